//! Orders: whole states that shops report, the greatest version holds.
//!
//! | module | what |
//! |---|---|
//! | [`check`] | what can be stored, and why not |
//! | [`state`] | which report holds, and what it means for the timeline: pure |

pub mod check;
pub mod state;
