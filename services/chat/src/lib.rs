//! Conversations on every text channel.

pub mod conversation;
