//! Events as shops and other systems write them: JSON, one object an event (docs/crm-events.md).
//!
//! | module | what |
//! |---|---|
//! | [`json`] | the forms |
//! | [`read`] | JSON into what the services take |
//! | `origin` | where somebody came from, as a page tells |
//! | `store` | many events, each stored or told why not |

pub mod json;
mod origin;
pub mod read;
pub(crate) mod store;
