//! What happened to a case, in words and with its texts opened.

use chassis::refusal::Refusal;
use proto::{
    crm::v1::{self as pb, case_event::What},
    journal::v1::Sealed,
};

use super::store::Store;

/// One event as a list shows it.
///
/// # Errors
/// When the key store does not answer.
pub(crate) async fn entry(store: &Store, subject: &str, event: pb::CaseEvent) -> Result<pb::CaseEntry, Refusal> {
    let (what, word, sealed) = told(event.what);
    let text = store.open(subject, sealed.as_ref()).await?;
    Ok(pb::CaseEntry { at_ms: event.at_ms, by: event.by, what: what.to_owned(), word, text })
}

fn told(what: Option<What>) -> (&'static str, String, Option<Sealed>) {
    match what {
        Some(What::Opened(it)) => ("opened", it.department, it.title),
        Some(What::Assigned(it)) => ("assigned", it.owner, None),
        Some(What::HandedOver(it)) => ("handed_over", it.department, it.text),
        Some(What::Noted(it)) => ("noted", String::new(), it.text),
        Some(What::Attached(it)) => ("attached", it.file_id, it.name),
        Some(What::Joined(it)) => ("joined", it.conversation_id, None),
        Some(What::Ranked(it)) => ("ranked", it.priority.to_string(), None),
        Some(What::Waited(it)) => ("waited", it.whom, None),
        Some(What::Resumed(_)) => ("resumed", String::new(), None),
        Some(What::Escalated(it)) => {
            let late = match it.late() {
                pb::Late::First => "first",
                pb::Late::Solve => "solve",
                pb::Late::Unspecified => "",
            };
            ("escalated", late.to_owned(), None)
        }
        Some(What::Solved(it)) => ("solved", it.code, None),
        Some(What::Reopened(_)) => ("reopened", String::new(), None),
        // A newer version's.
        None => ("unknown", String::new(), None),
    }
}
