//! The crm service at two sites against a real three-server cluster and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

mod center;
mod commands;
mod common;
mod erasing;
mod failing;
mod history;
mod hooks;
mod knowing;
mod merging;
mod orders;
mod receiver;
mod retaining;
mod segments;
mod talks;
mod working;
