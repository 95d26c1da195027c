//! The binary as a person uses it.
#![allow(clippy::unwrap_used, reason = "a test's helper that fails is a failed test")]

mod moving;
mod up;
