//! Which records are one customer, and which may be. The pure core: sets in, sets out.

mod groups;
#[cfg(test)]
mod properties;
mod suggest;

pub use groups::{Edges, IDENTITY_LINK, MOST_SHARED, PersonLink, groups, identity_link, nearest_first, standing};
pub use suggest::{Likeness, likeness};
