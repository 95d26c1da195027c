//! Orders: whole states that shops report, the greatest version holds.
//!
//! | module | what |
//! |---|---|
//! | [`check`] | what can be stored, and why not |
//! | [`state`] | which report holds, and what it means for the timeline: pure |
//! | `report` | reports in, units out |
//! | `view` | rows, and reading them |

pub mod check;
pub(crate) mod report;
pub mod state;
pub(crate) mod view;
