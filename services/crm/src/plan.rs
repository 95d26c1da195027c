//! Success plans: templates of steps, and the tasks that they become for a customer.
//!
//! | part | what |
//! |---|---|
//! | [`schedule`] | when the steps of a template are; pure |
//! | [`PlanId`] | which plan a task is of; pure |
//! | `settings` | what a supervisor wrote, checked |
//! | `view` | templates and plans in this site's database: all SQL |
//! | `door` | requests in, answers out |
//!
//! A plan has no state of its own: it is its tasks. Their ids are made from customer, template, version and step, so that a start that is sent again,
//! also at another site, makes nothing twice and finishes what was broken off.

mod door;
mod schedule;
mod settings;
mod view;

pub(crate) use door::Door;
pub use schedule::{DAY, PlanId, schedule};
pub(crate) use view::apply;

/// Milliseconds since 1970-01-01 UTC.
pub type Millis = u64;
