//! Tests of the whole crate against real parts.

mod speech;
