//! What a flow asks of its surroundings: the hours, who calls, services outside.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use proto::routing::v1::GetFloorRequest;
use serde_json::{Value, json};
use tokio::time::timeout;
use tonic::Code;

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

/// Whom the center knows: a service of the company's own named `customers` goes before crm; without either nobody is known.
async fn look_up(gateway: &Gateway, call: CallId, about: Value, what: LookupWhat, by: String) -> Answer {
    let mut asked = with_answers(about, &BTreeMap::new());
    asked["what"] = json!(what);
    asked["by"] = json!(by);
    match gateway.services.ask(CUSTOMERS, &asked, LOOKUP).await {
        Ok(fields) if fields.is_empty() => Answer::Missing,
        Err(AskError::Unknown) => ask_crm(gateway, call, what, &by).await,
        Err(AskError::Status(status)) if status.as_u16() == 404 => Answer::Missing,
        answer => told(call, CUSTOMERS, answer),
    }
}

async fn ask_crm(gateway: &Gateway, call: CallId, what: LookupWhat, by: &str) -> Answer {
    let Some(crm) = gateway.customers.clone() else { return Answer::Missing };
    let asked = async {
        match what {
            LookupWhat::Customer => crm.customer(by).await,
            LookupWhat::Order => crm.order(by).await,
        }
    };
    match timeout(LOOKUP, asked).await {
        Ok(Ok(Some(learnt))) => Answer::Found(learnt),
        Ok(Ok(None)) => Answer::Missing,
        Ok(Err(status)) if status.code() == Code::InvalidArgument => Answer::Missing,
        Ok(Err(status)) => {
            tracing::warn!(code = ?status.code(), %call, "a flow goes on without crm's answer");
            Answer::Failed
        }
        Err(_) => {
            tracing::warn!(%call, "a flow goes on: crm does not answer in time");
            Answer::Failed
        }
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
