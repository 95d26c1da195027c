//! What every Madoguchi service does the same way. No domain word lives here.
//!
//! | module | what |
//! |---|---|
//! | [`config`] | read the whole configuration before a port is bound; a wrong key is a sentence |
//! | [`secret`] | values that must not be printed |
//! | [`telemetry`] | structured logs, OpenTelemetry traces and metrics |
//! | [`trace`] | W3C trace context through gRPC metadata |
//! | [`grpc`] | server with health, reflection and the internal token; client channels |
//! | [`outside`] | services outside, asked with JSON over HTTP |
//! | [`pool`] | PostgreSQL pool and migrations |
//! | [`refusal`] | the few error codes, mapped to gRPC in one table |
//! | [`shutdown`] | ordered shutdown with a deadline |

pub mod config;
pub mod grpc;
pub mod outside;
pub mod pool;
pub mod refusal;
pub mod secret;
pub mod shutdown;
pub mod telemetry;
pub mod trace;

pub use secret::Secret;
pub use shutdown::Shutdown;
