//! What a campaign that dials by itself needs of the journal's state.

use std::collections::BTreeSet;

use chassis::refusal::Refusal;
use journal::KeyError;

use super::store::{Campaigns, Stored};
use crate::{
    campaign::{Command, Event, Mode, Phase, decide, next_dial_at},
    gateway::now_ms,
    ids::CallId,
    ivr::flow::Prompt,
};

/// Somebody to be called now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Dialling {
    /// The campaign.
    pub campaign: String,
    /// Its queue.
    pub queue: String,
    /// The number that is shown.
    pub caller_id: String,
    /// How long it may ring, ms.
    pub ring_ms: u64,
    /// Within so long they talk with an agent, ms.
    pub within_ms: u64,
    /// The person's key.
    pub person: String,
    /// In E.164.
    pub number: String,
    /// May be empty.
    pub name: String,
}

impl Campaigns {
    /// What a campaign is called.
    pub(crate) fn name(&self, id: &str) -> Option<String> {
        self.look(id, |stored| stored.campaign.plan().map(|plan| plan.name.clone())).flatten()
    }

    /// What somebody hears who found nobody.
    pub(crate) fn announcement(&self, id: &str) -> Option<Prompt> {
        let nobody = |stored: &Stored| stored.campaign.plan()?.nobody.clone();
        self.look(id, nobody).flatten().map(|nobody| nobody.announcement)
    }

    /// The queue of a campaign of this mode that has somebody to call now.
    pub(super) fn wants(&self, id: &str, mode: Mode) -> Option<String> {
        let (now, never) = (now_ms(), self.never.all());
        let wants = |stored: &Stored| {
            let plan = stored.campaign.plan().filter(|plan| plan.mode == mode)?;
            let due = next_dial_at(&stored.campaign, &never, now).is_some_and(|at| at <= now);
            (stored.campaign.phase() == Phase::Running && due).then(|| plan.queue.clone())
        };
        self.look(id, wants).flatten()
    }

    /// The queues of all campaigns.
    pub(super) fn queues(&self) -> BTreeSet<String> {
        let queue = |stored: &Stored| stored.campaign.plan().map(|plan| plan.queue.clone());
        self.ids().iter().filter_map(|id| self.look(id, queue).flatten()).collect()
    }

    /// Calls for a queue that ring, or whose customers wait for an agent, of all campaigns that dial by themselves, whoever drives them.
    pub(super) fn ringing(&self, queue: &str) -> u32 {
        let count = |stored: &Stored| {
            let plan = stored.campaign.plan().filter(|plan| plan.mode == Mode::Progressive && plan.queue == queue);
            plan.map_or(0, |_| stored.campaign.ringing())
        };
        self.ids().iter().map(|id| self.look(id, count).unwrap_or_default()).sum()
    }

    /// The next person is dialled by this call: appended before anything rings. None: nobody is.
    ///
    /// # Errors
    /// As [`Campaigns::change`].
    pub(super) async fn dial_next(&self, id: &str, me: &str, call: CallId) -> Result<Option<String>, Refusal> {
        let by = call.to_string();
        let one = |stored: &Stored| {
            if !stored.driven_by(me) {
                return Ok(Vec::new());
            }
            let command = Command::Dial { by: by.clone(), free_agents: stored.campaign.ringing() + 1 };
            Ok(decide(&stored.campaign, &self.never.all(), &command, now_ms())?)
        };
        let events = self.change(id, "", &Default::default(), one).await?;
        Ok(events
            .into_iter()
            .find_map(|event| if let Event::Dialled { entry, .. } = event { Some(entry) } else { None }))
    }

    /// All that is needed to call somebody of a campaign; none when they were erased.
    ///
    /// # Errors
    /// The key is not to be had just now.
    pub(super) async fn dialling(&self, id: &str, person: &str) -> Result<Option<Dialling>, KeyError> {
        let plan = self.look(id, |stored| stored.campaign.plan().cloned()).flatten();
        let Some((plan, (number, name))) = plan.zip(self.person(id, person).await?) else { return Ok(None) };
        Ok(Some(Dialling {
            campaign: id.to_owned(),
            queue: plan.queue,
            caller_id: plan.caller_id,
            ring_ms: plan.ring_ms,
            within_ms: plan.nobody.map_or(0, |nobody| nobody.within_ms),
            person: person.to_owned(),
            number,
            name,
        }))
    }
}
