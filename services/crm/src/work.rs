//! Cases and tasks: the cores [`case`](crate::case) and [`task`](crate::task), on the journal and in the view.
//!
//! | module | what |
//! |---|---|
//! | `config` | how quickly cases are to be served |
//! | `stored` | a case or a task as its events tell it, in the words of the protocol |
//! | `store` | read a subject, decide, append: a lost race is decided again |
//! | `view` | the lists, all SQL |
//! | `door` | gRPC in and out |
//! | `entries` | what happened to a case, opened |
//! | `clock` | lateness is said, due tasks become conversations, closed conversations end their tasks |

mod clock;
mod config;
mod door;
mod entries;
mod store;
mod stored;
mod view;
mod words;

pub(crate) use clock::derived;
pub(crate) use clock::{Clock, run as keep_time};
pub use config::{KindConfig, WorkConfig};
pub(crate) use door::Door;
pub(crate) use store::{Pen, Store, task_out};
pub(crate) use stored::StoredTask;
pub(crate) use view::{TASK, WORKED, Work, forget, hear_talks, replay_all};

use journal::Stream;

/// Cases and tasks.
pub const WORK: Stream = Stream::new("WORK", "work");

/// A case's subject.
pub(crate) fn case_subject(id: &str) -> String {
    format!("{}.case.{id}", WORK.prefix)
}

/// A task's subject.
pub(crate) fn task_subject(id: &str) -> String {
    format!("{}.task.{id}", WORK.prefix)
}

/// What a subject is about.
pub(crate) enum About<'a> {
    /// A case.
    Case(&'a str),
    /// A task.
    Task(&'a str),
}

/// What a subject is about; none: something that a newer version knows.
pub(crate) fn about(subject: &str) -> Option<About<'_>> {
    let rest = subject.strip_prefix(WORK.prefix)?.strip_prefix('.')?;
    let case = rest.strip_prefix("case.").map(About::Case);
    case.or_else(|| rest.strip_prefix("task.").map(About::Task))
}
