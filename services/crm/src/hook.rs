//! Webhooks: other systems are told what happened, at least once and in order, whoever dies.
//!
//! | part | what |
//! |---|---|
//! | [`kind`] | what can be told, and from which stream it comes; pure |
//! | [`address`] | where may be told; pure |
//! | [`pace`] | when a try follows, and when it is enough; pure |
//! | [`thread`] | a webhook and who tells it, as its subject says; pure |
//! | [`tell`] | the journal's units as events; pure |
//! | [`sign`] | what a receiver can check; pure |
//! | `keeper` | owns webhooks: claims, decides, stores |
//! | `delivery` | one webhook: streams in, requests out |
//! | `lanes` | events of a chunk to the receiver, each customer's in order |
//! | `view` | webhooks in rows, and what events need to know; all SQL |
//! | `door` | requests in, answers out |

pub mod address;
mod delivery;
mod door;
mod keeper;
pub mod kind;
mod lanes;
pub mod pace;
pub mod sign;
pub mod tell;
pub mod thread;
pub(crate) mod view;

#[cfg(test)]
mod properties;

pub(crate) use door::Door;
pub(crate) use keeper::{Keeper, Settings};

/// Milliseconds since the Unix epoch.
pub type Millis = u64;
