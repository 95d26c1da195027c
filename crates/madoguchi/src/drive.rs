//! Drills: people who talk over real sockets, failures, checks and figures.
//!
//! | module | what |
//! |---|---|
//! | [`demo`], [`chaos`], [`bench`] | the commands |
//! | [`drill`] | one run: talk, failure, heal, check |
//! | [`talk`], [`company`] | customers and agents of a run, on a thread of their own |
//! | [`customer`], [`agent`], [`link`], [`frame`] | a browser without a screen, as `docs/socket.md` describes it |
//! | [`ledger`], [`progress`], [`stats`] | what the clients know for certain, kept outside every site |
//! | [`check`] | that knowledge against every replica of the journal and every site's view |
//! | [`figures`] | the last line |

pub mod agent;
pub mod bench;
pub mod chaos;
pub mod check;
pub mod company;
pub mod customer;
pub mod demo;
pub mod drill;
mod error;
pub mod figures;
pub mod frame;
pub mod http;
mod import;
pub mod ledger;
pub mod link;
pub mod progress;
pub mod stats;
pub mod talk;

pub use error::Error;
