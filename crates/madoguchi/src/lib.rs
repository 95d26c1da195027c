//! The one binary: services, the practice center, the operator's tool, and what drives and measures a center.
//!
//! | module | what |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`serve`] | one service of a site, or all of them in one process |
//! | [`up`] | a whole practice center on one machine, and how to break it |
//! | [`drive`] | demo, chaos, bench: people who talk, failures, checks, figures |
//! | [`operator`] | accounts, erasure, status |

pub mod cli;
pub mod drive;
pub mod operator;
pub mod serve;
pub mod up;
