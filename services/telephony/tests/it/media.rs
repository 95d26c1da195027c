//! Media over real sockets: phones with a tone each, and who hears which.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

mod bench;
pub mod browser;
mod browsing;
mod opus;
pub mod peer;
mod recording;
mod reports;
mod talking;
