//! Operator commands against a running center: straight through the journal with a service's configuration, or through a
//! site's `edge` with a supervisor's account.

pub mod account;
pub mod door;
