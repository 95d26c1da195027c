//! Between protobuf and the core.

mod events;
mod report;

pub(crate) use events::{GIVEN_NAME, facts, field_pieces, identity_pieces, records_to_open};
pub(crate) use report::{Checked, Events, check, is_reporter, is_word};
