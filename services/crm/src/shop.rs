//! Shops: what is asked of them, and by whom it is carried out.
//!
//! | module | what |
//! |---|---|
//! | [`command`] | one command: asked → sent → confirmed or refused: pure |
//! | [`thread`] | a command and who carries it out, as its subject tells: pure |
//! | [`asking`] | what can be asked, and how a shop reads it: pure |
//! | [`settings`] | the shops of the configuration |
//! | `client` | HTTP to shops |
//! | `carrier` | carries commands out |
//! | [`telling`] | what its customer is told of a command's end: pure |
//! | `teller` | tells it in the conversation |
//! | `watch` | goes on with what silent processes leave behind |
//! | `feed` | fetches shops' events |
//! | `view` | commands in rows |

pub mod asking;
pub(crate) mod carrier;
pub(crate) mod client;
pub mod command;
pub(crate) mod feed;
pub mod settings;
pub(crate) mod teller;
pub mod telling;
pub mod thread;
pub(crate) mod view;
pub(crate) mod watch;

#[cfg(test)]
mod properties;
