//! The journal against a real three-server cluster and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

mod appending;
mod claims;
mod common;
mod failures;
mod following;
mod projecting;
mod sealing;
mod steering;
