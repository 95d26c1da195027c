//! Tests of the whole crate against real parts.

mod media;
mod speech;
