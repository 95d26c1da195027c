//! Two sites' routing services on a real three-server journal, each with a real PostgreSQL database.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

mod floor;
mod ownership;
mod site;
mod views;
