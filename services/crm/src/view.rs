//! All SQL of this service: this site's view of all records.
//!
//! | part | what |
//! |---|---|
//! | `project` | CRM into rows, exactly once |
//! | `center` | what happened in conversations and calls, from CHAT and TELEPHONY |
//! | `contacts` | the contacts of a company |
//! | `write` | rows, many in one statement; what is there and what comes are joined by the core's rules |
//! | `regroup` | which records are one customer, anew around what changed |
//! | `erasure` | erased records leave the view |
//! | `export` | all touchpoints and consents, to be given out whole |
//! | `load` | customers, opened and put together |
//! | `rows` | everything that is kept of some customers, by one statement |
//! | `read` | look-up, timeline, suggestions |
//! | `search` | customers by parts of what is known |
//! | `whom` | whose rows a statement reads |
//! | `digest` | whether two views are equal |

mod center;
mod contacts;
mod digest;
mod erasure;
mod export;
mod load;
mod project;
mod read;
mod regroup;
mod rows;
mod search;
mod whom;
mod write;

pub(crate) use center::{CALLS, CONVERSATIONS, Calls, Conversations};
pub(crate) use contacts::{ContactPlace, contacts};
pub use digest::digest;
pub(crate) use erasure::Erasures;
pub(crate) use export::{FactPlace, all_touchpoints, consents, customers_of};
pub(crate) use load::{Reader, Whole, group_of};
pub(crate) use project::{FACTS, Facts, Means, position_of};
pub(crate) use read::{CANDIDATES, Cursor, MOST_FOUND, found, known_by, look_up, marks, suggestions, timeline};
pub(crate) use regroup::edges;
pub(crate) use search::search;
pub(crate) use whom::{Forms, Whom, forms, known_by_sql};
pub(crate) use write::erased;

/// How this service's schema is made.
pub static MIGRATOR: sqlx::migrate::Migrator = sqlx::migrate!();

/// The schema in the site's database.
pub const SCHEMA: &str = "crm";

/// A list of lists goes through PostgreSQL's text form: an array's rows must be of one length.
fn array(pieces: &[i32]) -> String {
    let listed: Vec<String> = pieces.iter().map(i32::to_string).collect();
    format!("{{{}}}", listed.join(","))
}

/// Sequences and times as PostgreSQL keeps them.
pub(crate) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
