//! Tests of the whole crate against real parts.

mod media;
mod speech;
#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

mod sip;
