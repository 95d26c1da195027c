//! The binary as a person uses it.

mod up;
