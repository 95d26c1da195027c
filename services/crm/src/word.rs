//! A company's own words: names of kinds of touchpoints, departments and media, and where a kind stands in the relation.
//!
//! | part | what |
//! |---|---|
//! | [`Stages`] | where kinds of touchpoints stand; pure |
//! | [`usual_channel`] | by which channel a kind of touchpoint comes; pure |
//! | `settings` | what a supervisor wrote, checked |
//! | `view` | the words in this site's database: all SQL |
//! | `door` | requests in, answers out |

mod channels;
mod door;
mod settings;
mod stages;
mod view;

pub use channels::usual_channel;
pub(crate) use door::Door;
pub use stages::Stages;
pub(crate) use view::{apply, stages};
