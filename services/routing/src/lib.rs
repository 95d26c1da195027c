//! Which agent gets which contact.

pub mod bench;
pub mod floor;
