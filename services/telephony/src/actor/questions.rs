//! What a flow asks of its surroundings: the hours, who calls, services outside.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proto::routing::v1::GetFloorRequest;
use serde_json::{Value, json};

use super::{Actor, Input};
use crate::{
    gateway::Gateway,
    ids::CallId,
    ivr::{
        flow::{CALLER, DIALLED, LookupWhat},
        run::{self, Answer, Question},
    },
    services::{AskError, CUSTOMERS},
};

/// How long a look-up has at most; the flow gives up then too.
const LOOKUP: Duration = Duration::from_secs(5);

impl Actor<'_> {
    /// Asks beside; the flow hears the answer. After a takeover the same may be asked once more, with the same call.
    pub(super) fn ask(&self, ask: u32, question: Question) {
        let (gateway, call, about) = (Arc::clone(self.gateway), self.id, self.about());
        self.beside(async move {
            let answer = match question {
                Question::Hours { calendar } => hours(&gateway, &calendar).await,
                Question::Lookup { what, by } => look_up(&gateway, call, about, what, by).await,
                Question::Service { service, input, timeout_ms } => {
                    let asked = with_answers(about, &input);
                    let most = Duration::from_millis(timeout_ms);
                    told(call, &service, gateway.services.ask(&service, &asked, most).await)
                }
            };
            Some(Input::Flow(run::Input::Answered { ask, answer }))
        });
    }

    /// What every service is told of the call.
    fn about(&self) -> Value {
        json!({ "call": self.id.to_string(), DIALLED: self.call.dialled, CALLER: self.call.number })
    }
}

fn with_answers(mut about: Value, answers: &BTreeMap<String, String>) -> Value {
    about["answers"] = json!(answers);
    about
}

fn told(call: CallId, service: &str, answer: Result<BTreeMap<String, String>, AskError>) -> Answer {
    answer.map_or_else(
        |error| {
            tracing::warn!(%error, %call, service, "a flow goes on without a service's answer");
            Answer::Failed
        },
        Answer::Found,
    )
}

/// Whom the center knows; nobody, until a service that knows them is configured.
async fn look_up(gateway: &Gateway, call: CallId, about: Value, what: LookupWhat, by: String) -> Answer {
    let mut asked = with_answers(about, &BTreeMap::new());
    asked["what"] = json!(what);
    asked["by"] = json!(by);
    match gateway.services.ask(CUSTOMERS, &asked, LOOKUP).await {
        Ok(fields) if fields.is_empty() => Answer::Missing,
        Err(AskError::Unknown) => Answer::Missing,
        Err(AskError::Status(status)) if status.as_u16() == 404 => Answer::Missing,
        answer => told(call, CUSTOMERS, answer),
    }
}

/// Whether a calendar is open: what a queue that lives by it says.
async fn hours(gateway: &Gateway, calendar: &str) -> Answer {
    let request = GetFloorRequest { floor: gateway.config.floor.clone(), with_lists: true, limit: 1 };
    match gateway.routing.clone().get_floor(request).await {
        Ok(floor) => {
            let floor = floor.into_inner();
            match floor.queues.iter().find(|queue| queue.calendar_id == calendar) {
                Some(queue) if queue.open => Answer::Open,
                Some(_) => Answer::Closed,
                None => Answer::Open,
            }
        }
        Err(status) => {
            tracing::warn!(code = ?status.code(), calendar, "the hours are not known: the caller is let through");
            Answer::Open
        }
    }
}
