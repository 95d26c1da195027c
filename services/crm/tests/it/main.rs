//! The crm service at two sites against a real three-server cluster and a real PostgreSQL.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

mod center;
mod commands;
mod common;
mod contacts;
mod erasing;
mod failing;
mod history;
mod hooks;
mod journeys;
mod knowing;
mod media;
mod merging;
mod orders;
mod plans;
mod receiver;
mod retaining;
mod segments;
mod talks;
mod telling;
mod trend;
mod words;
mod working;
