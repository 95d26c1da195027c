//! One conversation: the pure core. No I/O, no clock, no randomness; texts are ciphertext it never looks into.
//!
//! [`decide`] says which events a command becomes, [`evolve`](Conversation::evolve) applies one event and cannot fail.
//! A command that was carried out before becomes no events; [`Conversation::number_of`] then tells by which event.
//!
//! There is no deadline in here: nothing happens to a conversation by the passing of time alone.

mod beside;
mod callback;
mod command;
mod decide;
mod event;
mod evolve;
mod form;
#[cfg(test)]
mod properties;
mod state;
#[cfg(test)]
mod two_writers;

pub use command::{Action, Command, Party, PartyKind, Summary};
pub use decide::{Rejection, decide};
pub use event::{CloseReason, Event, Sort, What};
pub use form::Form;
pub use state::{Author, Conversation, Due, PROMISED, Phase, Receipts, Wish};

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

/// A message's id: the 128 bits of the UUID its sender chose.
pub type MessageId = u128;

/// A file's id: the 128 bits of a UUID.
pub type FileId = u128;

/// Ciphertext of a text or a name. The core only carries it.
pub type Body = bytes::Bytes;

/// After so many events nothing more is said in a conversation: posts, transfers and reopenings are refused and receipts
/// are dropped, while assigning and closing still work, so that it can end. The customer goes on in a new conversation.
pub const MAX_EVENTS: u64 = 20_000;

/// Longest text, in characters.
pub const MAX_TEXT_CHARS: usize = 4_000;

/// Longest display name, in characters.
pub const MAX_NAME_CHARS: usize = 100;

/// Longest file, in bytes.
pub const MAX_FILE_BYTES: u64 = 10 * 1024 * 1024;

/// All files of a conversation together, in bytes.
pub const MAX_FILES_BYTES: u64 = 100 * 1024 * 1024;
