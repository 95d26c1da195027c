//! What people changed of the rules, so that it can be shown and taken back.

use std::collections::VecDeque;

use super::{
    command::Rejection,
    event::{By, What},
    state::Floor,
    types::{Id, Millis, Setting},
};

/// So many changes are remembered and can be taken back; older ones are in the journal only.
const LIMIT: usize = 200;

/// One change by a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Grows by one.
    pub number: u64,
    /// When.
    pub at: Millis,
    /// Who; empty: not said.
    pub by: Id,
    /// As it was; None when it was new.
    pub before: Option<What>,
    /// As it is since.
    pub after: What,
    /// The change that took it back.
    pub undone_by: Option<u64>,
    /// The change that it took back.
    pub undoes: Option<u64>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Changes {
    pub(super) next: u64,
    pub(super) list: VecDeque<Change>,
}

/// What is changed, to be compared: a kind and an id.
fn thing(what: &What) -> Option<(u8, Id)> {
    match what {
        What::QueueDefined(queue) => Some((1, queue.id.clone())),
        What::AgentDefined(profile) => Some((2, profile.id.clone())),
        What::SettingDefined(Setting::Calendar(calendar)) => Some((3, calendar.id.clone())),
        What::SettingDefined(Setting::Reasons(_)) => Some((4, "".into())),
        What::SettingDefined(Setting::Priorities(_)) => Some((5, "".into())),
        What::AvailabilityChanged { agent, .. } => Some((6, agent.clone())),
        What::ContactEnqueued(_)
        | What::ContactOffered(_)
        | What::OfferAccepted(_)
        | What::OfferEnded { .. }
        | What::ContactReleased { .. }
        | What::ContactChanged { .. }
        | What::ContactEnded { .. } => None,
    }
}

/// States are remembered when somebody else than the agent set them, rules always.
fn remembered(what: &What, by: Option<&By>) -> bool {
    thing(what).is_some() && (by.is_some() || !matches!(what, What::AvailabilityChanged { .. }))
}

impl Floor {
    /// The same thing as it is now; None while it is not there.
    fn present(&self, what: &What) -> Option<What> {
        match what {
            What::QueueDefined(queue) => {
                let key = self.queue_keys.get(&queue.id)?;
                Some(What::QueueDefined(self.queue(*key).rules.clone()))
            }
            What::AgentDefined(profile) => {
                let (_, agent) = self.agent_of(&profile.id).filter(|(_, agent)| agent.defined)?;
                Some(What::AgentDefined(agent.profile()))
            }
            What::SettingDefined(setting) => self.setting(setting).map(What::SettingDefined),
            What::AvailabilityChanged { agent, .. } => {
                let (_, state) = self.agent_of(agent)?;
                let (agent, reason) = (agent.clone(), state.reason.clone());
                Some(What::AvailabilityChanged { agent, availability: state.availability, reason, until: None })
            }
            What::ContactEnqueued(_)
            | What::ContactOffered(_)
            | What::OfferAccepted(_)
            | What::OfferEnded { .. }
            | What::ContactReleased { .. }
            | What::ContactChanged { .. }
            | What::ContactEnded { .. } => None,
        }
    }

    /// The setting of the same kind and id as it is now.
    pub(super) fn setting(&self, like: &Setting) -> Option<Setting> {
        match like {
            Setting::Calendar(calendar) => self.calendars.get(&calendar.id).cloned().map(Setting::Calendar),
            Setting::Reasons(_) => Some(Setting::Reasons(self.reasons.clone())),
            Setting::Priorities(_) => Some(Setting::Priorities(self.priorities.clone())),
        }
    }

    /// Remembers a definition; call it before it is applied.
    pub(super) fn remember_change(&mut self, at: Millis, what: &What, by: Option<&By>) {
        if !remembered(what, by) {
            return;
        }
        let before = self.present(what);
        let changes = &mut self.changes;
        changes.next += 1;
        let undoes = by.and_then(|by| by.undoes);
        if let Some(undone) = changes.list.iter_mut().find(|change| Some(change.number) == undoes) {
            undone.undone_by = Some(changes.next);
        }
        let by = by.map_or_else(|| "".into(), |by| by.who.clone());
        let change = Change { number: changes.next, at, by, before, after: what.clone(), undone_by: None, undoes };
        changes.list.push_back(change);
        if changes.list.len() > LIMIT {
            changes.list.pop_front();
        }
    }

    /// Whether an agent's state is still the one that was set, whatever its limit.
    fn still_so(&self, set: &What) -> bool {
        let now = self.present(set);
        let state = |what: &What| match what {
            What::AvailabilityChanged { availability, reason, .. } => Some((*availability, reason.clone())),
            What::QueueDefined(_)
            | What::AgentDefined(_)
            | What::SettingDefined(_)
            | What::ContactEnqueued(_)
            | What::ContactOffered(_)
            | What::OfferAccepted(_)
            | What::OfferEnded { .. }
            | What::ContactReleased { .. }
            | What::ContactChanged { .. }
            | What::ContactEnded { .. } => None,
        };
        now.as_ref().and_then(state) == state(set)
    }

    /// The last changes by people, the newest first.
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.changes.list.iter().rev()
    }

    /// What takes a change back.
    pub(super) fn undo(&self, number: u64) -> Result<What, Rejection> {
        let position = self.changes.list.iter().position(|change| change.number == number);
        let position = position.ok_or(Rejection::UnknownChange)?;
        let change = &self.changes.list[position];
        let later = self.changes.list.iter().skip(position + 1);
        if later.map(|later| thing(&later.after)).any(|later| later == thing(&change.after)) {
            return Err(Rejection::ChangedSince);
        }
        if matches!(change.after, What::AvailabilityChanged { .. }) && !self.still_so(&change.after) {
            return Err(Rejection::ChangedSince);
        }
        change.before.clone().ok_or(Rejection::NothingBefore)
    }
}
