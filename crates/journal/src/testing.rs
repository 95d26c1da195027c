//! A real three-server NATS cluster and a real PostgreSQL for tests. No stand-ins.
//!
//! Both are looked for in an environment variable, then `PATH`, then the project's own folder. Everything lives in one
//! temporary folder and ends with the last handle.

mod cluster;
mod postgres;
mod process;

pub use cluster::{Cluster, OSAKA, TOKYO, WITNESS};
pub use postgres::Postgres;
