//! Outbound campaigns, driven: the shell around [`crate::campaign`].
//!
//! * `store`: every campaign as the journal has it (`campaign.<id>`). Any gateway appends, on the state up to the subject's last
//!   sequence; of two that decide on the same state one is refused, reads on and decides again.
//! * `driver`: one gateway drives a campaign, named by the last claim in its subject: it offers entries to free agents, lets lapse what
//!   nobody took, and follows the conversations. A gateway that falls silent loses its campaigns as it loses its calls.
//! * `progressive`: what a campaign that dials by itself needs. The attempt is appended with the call's id, then that call begins; it is
//!   the conversation's id too.
//! * `never`: the center's list of those who are not to be called.
//! * `followed`: whose conversations have something to say, and for how long.
//! * `offer`: one entry as a conversation that asks for a call back. The agent dials by click; that gateway appends the attempt before
//!   it dials, and what became of the call after it.
//! * `door`: what supervisors ask. `words`, `view`: the contract. `people`: what is sealed.
//!
//! The core knows people by their keys (see `Gateway::customer_of`), so it holds no personal data, and who was erased stays on the list of
//! those who are not called.

pub(crate) mod door;
mod driver;
mod followed;
pub(crate) mod list;
mod never;
mod offer;
mod people;
mod progressive;
mod store;
#[cfg(test)]
mod tests;
mod view;
mod words;
mod world;

use std::sync::Arc;

use chassis::refusal::{Code, Refusal};

pub(crate) use store::Campaigns;

use crate::{
    campaign::{Outcome, Rejection},
    gateway::Gateway,
    ids::CallId,
};

/// Drives this gateway's campaigns until the signal.
pub(crate) async fn drive(gateway: Arc<Gateway>) {
    let (store, me) = (gateway.campaigns.clone(), gateway.journal.owner_name());
    let stop = gateway.stop.clone();
    driver::Driver::new(store, Arc::new(world::Center::new(gateway)), me).run(stop).await;
}

/// Appends what became of a call, when it was a campaign's.
pub(crate) fn ended(gateway: &Gateway, call: CallId, outcome: Outcome) {
    let store = gateway.campaigns.clone();
    tokio::spawn(async move {
        if let Err(refusal) = store.result(call, outcome).await {
            tracing::warn!(%call, reason = %refusal.reason, "what became of a campaign's call was not stored: it counts as lost");
        }
    });
}

impl From<Rejection> for Refusal {
    fn from(rejection: Rejection) -> Self {
        let (code, reason) = match &rejection {
            Rejection::BadPlan(_) => (Code::InvalidArgument, "bad_plan"),
            Rejection::BadEntry(_) => (Code::InvalidArgument, "bad_entry"),
            Rejection::NoPlan => (Code::NotFound, "no_such_campaign"),
            Rejection::Finished => (Code::FailedPrecondition, "campaign_finished"),
            Rejection::Full => (Code::ResourceExhausted, "campaign_full"),
            Rejection::WrongMode => (Code::FailedPrecondition, "wrong_mode"),
            Rejection::NoEntry => (Code::FailedPrecondition, "no_entry"),
            Rejection::NotNow => (Code::FailedPrecondition, "not_now"),
            Rejection::NotUnderWay => (Code::FailedPrecondition, "not_under_way"),
        };
        Self::new(code, reason, rejection.to_string())
    }
}
