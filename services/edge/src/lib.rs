//! The only door for browsers: HTTP, WebSocket, sign-in, roles, limits, audit, static pages. It decides nothing about
//! conversations or the floor; `chat` and `routing` do.
//!
//! | module | what |
//! |---|---|
//! | [`config`] | every tunable: default, unit, why |
//! | [`customers`] | customers as pages see them, and what is masked |
//! | [`frames`] | the socket's frames, as `docs/socket.md` has them |
//! | [`accounts`] | accounts: pure core, directory, passwords, journal |
//! | [`audit`] | who asked what, gathered and stored |
//! | [`keep`] | the desk's settings, files, used links |
//! | [`door`] | the parts put together, and serving |
//! | [`run`] | the service |
//!
//! Inside: `socket` (one task a browser), `link` (streams to `chat` and `routing`, shared by all sockets), `http` (the
//! API, pages, headers), `presence` (agents without a socket are set away), `reach` (a site
//! that is cut off sends browsers away), `limits`, `tokens`.

pub mod accounts;
pub mod audit;
mod clock;
pub mod config;
pub mod customers;
pub mod door;
pub mod frames;
pub mod http;
pub mod keep;
mod limits;
mod link;
mod metrics;
mod notices;
mod presence;
mod reach;
mod run;
mod server;
mod socket;
mod tokens;
mod viewing;

pub use config::Config;
pub use run::{RunError, run};
