//! What people write, as the center keeps it, compares it and finds it. The forms themselves are in the crate `spelling`.

mod field;
mod identity;
mod words;

pub use field::{field, forms};
pub use identity::{Folded, identity, is_record_id, shown};
pub use words::{Word, fits, identity_forms, pieces, whole, words};
