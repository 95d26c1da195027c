//! The chat service at two sites against a real three-server cluster and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

mod beside;
mod callbacks;
mod common;
mod erasing;
mod failing;
mod sagas;
mod talking;
mod viewing;
