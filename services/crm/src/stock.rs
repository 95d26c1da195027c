//! Stock: how much of what is where, as shops report it. The greatest version of each article and place holds.
//!
//! | module | what |
//! |---|---|
//! | [`level`] | which level holds, and what can be stored: pure |
//! | `report` | reports in, units out |
//! | `view` | rows, and finding them |

pub mod level;
pub(crate) mod report;
pub(crate) mod view;
