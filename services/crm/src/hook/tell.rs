//! The journal's units as events for others: ids and what is not personal. Whoever wants more asks the API, with their own rights. Pure.

use std::collections::{BTreeSet, HashMap};

use bytes::Bytes;
use journal::Record as Unit;
use prost::Message as _;
use proto::{
    chat::v1::{ChatEvent, chat_event::What as Chatted},
    crm::v1::{CaseEvent, CrmEvent, OrderReported, TaskEvent, Touchpoint, case_event, crm_event, task_event},
    telephony::v1::{CallEvent, call_event::What as Called},
};
use serde_json::{Value, json};

use super::{
    Millis,
    kind::{self, Source},
};
use crate::{
    bus::record_of,
    fold::is_record_id,
    order::report::order_of,
    work::{About, TASK, about},
};

/// The form's version: fields are only added within one.
const VERSION: u32 = 1;
/// Records that are named of a customer, at most.
const MOST_NAMED: usize = 100;
/// How the vault's keys of webhooks begin: they are nobody's.
pub const KEY_PREFIX: &str = "hook-";

/// Whose an event is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A record's.
    Record(String),
    /// That of a case's record.
    Case(String),
    /// That of a task's record.
    Task(String),
}

/// An event before it is known whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// As [`kind`] names it. [`kind::CHANGED`] becomes [`kind::CREATED`] at a record's first unit.
    pub kind: &'static str,
    /// When it was decided.
    pub at: Millis,
    /// Whose it is.
    pub whose: Whose,
    /// What is to be said of it.
    pub data: Value,
}

/// What this site's view knows, for a chunk of units.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// The customer of each record.
    pub customers: HashMap<String, String>,
    /// The unit in which each record was first heard of.
    pub births: HashMap<String, u64>,
    /// Each customer's records, and up to which unit their grouping was looked at when one of them moved last.
    pub groups: HashMap<String, (Vec<String>, u64)>,
    /// The record of each case.
    pub cases: HashMap<String, String>,
    /// The record of each task.
    pub tasks: HashMap<String, String>,
}

/// An event as it is sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The same at every site, for ever.
    pub id: String,
    /// What it is.
    pub kind: &'static str,
    /// Whose order among others it keeps.
    pub customer: String,
    /// The request's body.
    pub body: Bytes,
}

/// What a unit says.
#[must_use]
pub fn drafts(source: Source, unit: &Unit) -> Vec<Draft> {
    match source {
        Source::Crm => match (record_of(&unit.subject), order_of(&unit.subject)) {
            (Some(record), _) => facts(record, unit),
            (None, Some(order)) => each(unit, |report| Some(order_draft(order, unit.unit.decided_at_ms, report))),
            (None, None) => Vec::new(),
        },
        Source::Work => match about(&unit.subject) {
            Some(About::Case(id)) => each(unit, |event| case_draft(id, event)),
            Some(About::Task(id)) => each(unit, |event| task_draft(id, event)),
            None => Vec::new(),
        },
        Source::Chat => each(unit, |event| talk_draft(&unit.subject, event)),
        Source::Telephony => each(unit, |event| call_draft(&unit.subject, event)),
        Source::Keys => {
            journal::vault::tombstone(unit).and_then(|(key, at)| erased_draft(key, at)).into_iter().collect()
        }
    }
}

/// The events of a unit, of the kinds that are wanted.
#[must_use]
pub fn events(source: Source, unit: &Unit, known: &Known, wanted: &BTreeSet<String>) -> Vec<Event> {
    let mut told = Vec::new();
    for draft in drafts(source, unit) {
        let record = known.record(&draft.whose);
        let customer = known.customers.get(&record).unwrap_or(&record).clone();
        let mut data = draft.data;
        let mut kind = draft.kind;
        if kind == kind::CHANGED && known.births.get(&record) == Some(&unit.sequence) {
            kind = kind::CREATED;
        }
        if kind == kind::MERGED {
            let Some((records, looked_at)) = known.groups.get(&customer) else { continue };
            if records.len() < 2 || *looked_at < unit.sequence {
                continue;
            }
            data = json!({ "records": records.iter().take(MOST_NAMED).collect::<Vec<_>>() });
        }
        let id = format!("{}-{}-{}", source.name(), unit.sequence, told.len());
        let body = json!({
            "version": VERSION, "id": id, "kind": kind, "at": draft.at, "stream": source.name(), "sequence": unit.sequence,
            "customer": customer, "record": record, "data": data,
        });
        told.push(Event { id, kind, customer, body: Bytes::from(body.to_string()) });
    }
    // After they are numbered: an event's id is the same for every webhook.
    told.retain(|event| wanted.contains(event.kind));
    told
}

/// An event with which somebody tries a webhook out.
#[must_use]
pub fn test(id: String, at: Millis) -> Event {
    let body = json!({
        "version": VERSION, "id": id, "kind": kind::TEST, "at": at, "stream": "", "sequence": 0, "customer": "", "record": "",
        "data": {},
    });
    Event { id, kind: kind::TEST, customer: String::new(), body: Bytes::from(body.to_string()) }
}

impl Known {
    fn record(&self, whose: &Whose) -> String {
        match whose {
            Whose::Record(record) => record.clone(),
            Whose::Case(case) => self.cases.get(case).cloned().unwrap_or_default(),
            Whose::Task(task) => self.tasks.get(task).cloned().unwrap_or_default(),
        }
    }
}

/// Events that cannot be read are stepped over, as everywhere.
fn each<E: prost::Message + Default>(unit: &Unit, draft: impl Fn(E) -> Option<Draft>) -> Vec<Draft> {
    unit.unit.events.iter().filter_map(|bytes| draft(E::decode(bytes.clone()).ok()?)).collect()
}

/// One change for all that a unit says of a record, then each thing that happened, then who is joined.
fn facts(record: &str, unit: &Unit) -> Vec<Draft> {
    use crm_event::What;
    let mut what: BTreeSet<&'static str> = BTreeSet::new();
    let (mut later, mut joins) = (Vec::new(), false);
    let draft = |kind, at, data| Draft { kind, at, whose: Whose::Record(record.to_owned()), data };
    let decoded = unit.unit.events.iter().filter_map(|bytes| CrmEvent::decode(bytes.clone()).ok());
    for event in decoded {
        let at = event.at_ms;
        match event.what {
            Some(What::Identified(it)) => {
                joins |= it.verified;
                what.insert("identities");
            }
            Some(What::IdentityWithdrawn(_)) => {
                what.insert("identities");
            }
            Some(What::ProfileSet(_)) => {
                what.insert("profile");
            }
            Some(What::KindSet(_)) => {
                what.insert("kind");
            }
            Some(What::ConsentSet(_)) => {
                what.insert("consents");
            }
            Some(What::Touched(it)) => {
                let data = touchpoint(&it.touchpoint.unwrap_or_default(), at);
                later.push(draft(kind::TOUCHED, unit.unit.decided_at_ms, data));
            }
            Some(What::Linked(_)) => joins = true,
            Some(What::LinkUndone(it)) => {
                later.push(draft(kind::SPLIT, unit.unit.decided_at_ms, json!({ "link": it.link_id })));
            }
            None => {}
        }
    }
    let mut all = vec![draft(kind::CHANGED, unit.unit.decided_at_ms, json!({ "what": what }))];
    all.append(&mut later);
    if joins {
        all.push(draft(kind::MERGED, unit.unit.decided_at_ms, Value::Null));
    }
    all
}

fn touchpoint(it: &Touchpoint, at: Millis) -> Value {
    json!({ "kind": it.kind, "channel": it.channel, "route": it.route, "reason": it.reason, "happened_at": at })
}

fn order_draft(order: &str, at: Millis, report: OrderReported) -> Draft {
    let state = report.state.unwrap_or_default();
    let status = state.status().as_str_name().trim_start_matches("ORDER_STATUS_").to_lowercase();
    let data = json!({ "order": order, "shop": state.shop, "status": status, "order_version": report.version,
        "channel": state.channel, "placed_at": state.placed_at_ms });
    Draft { kind: kind::ORDER, at, whose: Whose::Record(report.record_id), data }
}

fn case_draft(case: &str, event: CaseEvent) -> Option<Draft> {
    use case_event::What;
    let (mut kind, mut data) = (kind::CASE_CHANGED, json!({ "case": case }));
    let mut whose = Whose::Case(case.to_owned());
    let what = match event.what? {
        What::Opened(it) => {
            kind = kind::CASE_CREATED;
            whose = Whose::Record(it.record_id);
            data["kind"] = json!(it.kind);
            data["department"] = json!(it.department);
            "opened"
        }
        What::Assigned(_) => "assigned",
        What::HandedOver(it) => {
            data["department"] = json!(it.department);
            "handed_over"
        }
        What::Noted(_) => "noted",
        What::Attached(_) => "attached",
        What::Joined(_) => "joined",
        What::Ranked(it) => {
            data["priority"] = json!(it.priority);
            "ranked"
        }
        What::Waited(_) => "waited",
        What::Resumed(_) => "resumed",
        What::Escalated(_) => "escalated",
        What::Solved(_) => {
            kind = kind::CASE_CLOSED;
            "solved"
        }
        What::Reopened(_) => "reopened",
    };
    data["what"] = json!(what);
    Some(Draft { kind, at: event.at_ms, whose, data })
}

fn task_draft(task: &str, event: TaskEvent) -> Option<Draft> {
    use task_event::What;
    let mut data = json!({ "task": task });
    let mut whose = Whose::Task(task.to_owned());
    let (kind, what) = match event.what? {
        What::Planned(it) => {
            whose = Whose::Record(it.record_id);
            data["kind"] = json!(it.kind);
            data["case"] = json!(it.case_id);
            data["due_at"] = json!(it.at_ms);
            (kind::TASK_CREATED, "planned")
        }
        What::Moved(it) => {
            data["due_at"] = json!(it.at_ms);
            (kind::TASK_CHANGED, "moved")
        }
        What::Due(_) => (kind::TASK_CHANGED, "due"),
        What::Done(it) => {
            data["outcome"] = json!(it.outcome);
            (kind::TASK_DONE, "done")
        }
        What::Cancelled(_) => (kind::TASK_CANCELLED, "cancelled"),
    };
    data["what"] = json!(what);
    Some(Draft { kind, at: event.at_ms, whose, data })
}

/// A conversation that began; of calls and of tasks others tell.
fn talk_draft(subject: &str, event: ChatEvent) -> Option<Draft> {
    let Some(Chatted::Opened(opened)) = event.what else { return None };
    if opened.channel == "voice" || opened.channel == TASK || !is_record_id(&opened.customer_id) {
        return None;
    }
    let data = json!({ "kind": "chat", "channel": "chat", "conversation": subject.strip_prefix("chat.")?,
        "reason": opened.reason, "happened_at": event.at_ms });
    Some(Draft { kind: kind::TOUCHED, at: event.at_ms, whose: Whose::Record(opened.customer_id), data })
}

/// A call that began. The number that was dialled is the company's own.
fn call_draft(subject: &str, event: CallEvent) -> Option<Draft> {
    let Some(Called::Began(began)) = event.what else { return None };
    if !is_record_id(&began.customer_id) {
        return None;
    }
    let data = json!({ "kind": "call", "channel": "voice", "conversation": subject.strip_prefix("call.")?,
        "happened_at": event.at_ms });
    Some(Draft { kind: kind::TOUCHED, at: event.at_ms, whose: Whose::Record(began.customer_id), data })
}

fn erased_draft(key: String, at: Millis) -> Option<Draft> {
    let somebody = !key.starts_with(KEY_PREFIX);
    somebody.then(|| Draft { kind: kind::ERASED, at, whose: Whose::Record(key), data: json!({}) })
}
