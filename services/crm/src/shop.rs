//! Shops: what is asked of them, and by whom it is carried out.
//!
//! | module | what |
//! |---|---|
//! | [`command`] | one command: asked → sent → confirmed or refused: pure |
//! | [`thread`] | a command and who carries it out, as its subject tells: pure |

pub mod command;
pub mod thread;

#[cfg(test)]
mod properties;
