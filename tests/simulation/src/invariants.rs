//! What must hold, as plain functions over what was stored and what people know.

use std::collections::{BTreeMap, BTreeSet};

use ::chat::conversation::{Conversation, Event as TalkEvent, Phase};
use ::routing::floor::{Arrival, Availability, Floor, Stage, What, audit};

use crate::{
    floor::FloorUnit,
    journal::Entry,
    people::{Ack, Diary, message_id},
    wire::{ConversationId, contact},
};

/// Something that must hold does not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Broken(pub String);

fn broken(text: String) -> Result<(), Broken> {
    Err(Broken(text))
}

/// Numbers run 1, 2, 3 …, and a message id comes once.
pub fn contiguous(conversations: &BTreeMap<ConversationId, Vec<TalkEvent>>) -> Result<(), Broken> {
    let mut ids = BTreeSet::new();
    for (conversation, events) in conversations {
        for (event, expected) in events.iter().zip(1..) {
            if event.number != expected {
                return broken(format!("conversation {conversation} has {} where {expected} belongs", event.number));
            }
            if message_id(event).is_some_and(|id| !ids.insert(id)) {
                return broken(format!("conversation {conversation} holds a message twice: {event:?}"));
            }
        }
    }
    Ok(())
}

/// What was promised is stored, under the number promised.
pub fn acked_is_stored(acks: &[Ack], conversations: &BTreeMap<ConversationId, Vec<TalkEvent>>) -> Result<(), Broken> {
    for ack in acks {
        let events = conversations.get(&ack.conversation).map_or(&[][..], Vec::as_slice);
        let stored = events.iter().find(|event| event.number == ack.number).and_then(message_id);
        if stored != Some(ack.message) {
            return broken(format!("promised {ack:?}, stored {stored:?}"));
        }
    }
    Ok(())
}

/// Everybody who watches sees what is stored, each event once and in order.
pub fn seen_is_stored(diary: &Diary, conversations: &BTreeMap<ConversationId, Vec<TalkEvent>>) -> Result<(), Broken> {
    for (conversation, seen) in &diary.seen {
        let events = conversations.get(conversation).map_or(&[][..], Vec::as_slice);
        if events.get(..seen.len()) != Some(seen.as_slice()) {
            return broken(format!("a watcher of {conversation} saw something else than what is stored"));
        }
    }
    Ok(())
}

/// Epochs grow with every claim, and nobody writes with an old one.
pub fn one_owner(units: &[Entry<FloorUnit>]) -> Result<(), Broken> {
    let mut epoch = 0;
    for entry in units {
        let unit = &entry.unit;
        let right = match &unit.claim {
            Some((_, claimed)) => *claimed == epoch + 1,
            None => unit.epoch == epoch,
        };
        if !right {
            return broken(format!("unit {} has epoch {} after {epoch}: {unit:?}", entry.sequence, unit.epoch));
        }
        epoch = unit.epoch;
    }
    Ok(())
}

/// A contact waits for the first time once: what comes late or twice does not bring back one that is over.
pub fn enqueued_once(units: &[Entry<FloorUnit>]) -> Result<(), Broken> {
    let mut known = BTreeSet::new();
    for event in units.iter().flat_map(|entry| &entry.unit.events) {
        if let What::ContactEnqueued(Arrival { contact, .. }) = &event.what
            && !known.insert(contact.clone())
        {
            return broken(format!("{contact} was let wait twice"));
        }
    }
    Ok(())
}

/// A contact is accepted by the agent who was asked, and by nobody else until it waits again.
pub fn one_taker(units: &[Entry<FloorUnit>]) -> Result<(), Broken> {
    let mut asked: BTreeMap<String, Option<(String, u32)>> = BTreeMap::new();
    for entry in units {
        for event in &entry.unit.events {
            match &event.what {
                What::ContactOffered(offer) => {
                    let open = asked.insert(offer.contact.to_string(), Some((offer.agent.to_string(), offer.round)));
                    if open.flatten().is_some() {
                        return broken(format!("{} is offered or held twice", offer.contact));
                    }
                }
                What::OfferAccepted(answer) => {
                    let by = Some((answer.agent.to_string(), answer.round));
                    if asked.get(&*answer.contact) != Some(&by) {
                        return broken(format!("{answer:?} took what was with {:?}", asked.get(&*answer.contact)));
                    }
                    // Held: only its end may follow.
                    asked.insert(answer.contact.to_string(), Some((String::new(), 0)));
                }
                What::OfferEnded { offer, .. } => {
                    asked.insert(offer.contact.to_string(), None);
                }
                What::ContactEnded { contact, .. } => {
                    asked.remove(&**contact);
                }
                What::QueueDefined(_)
                | What::AgentDefined(_)
                | What::AvailabilityChanged { .. }
                | What::ContactEnqueued(_)
                | What::ContactChanged { .. }
                | What::SettingDefined(_)
                | What::ContactReleased { .. } => {}
            }
        }
    }
    Ok(())
}

/// Whoever was told that they took an offer did, and nobody else was told so.
pub fn taken_is_stored<'a>(
    diaries: impl Iterator<Item = (String, &'a Diary)>,
    units: &[Entry<FloorUnit>],
) -> Result<(), Broken> {
    let mut stored = BTreeMap::new();
    for event in units.iter().flat_map(|entry| &entry.unit.events) {
        if let What::OfferAccepted(answer) = &event.what {
            stored.insert((answer.contact.clone(), answer.round), answer.agent.to_string());
        }
    }
    for (agent, diary) in diaries {
        for taken in &diary.taken {
            if stored.get(taken) != Some(&agent) {
                return broken(format!("{agent} was told to have taken {taken:?}, stored is {:?}", stored.get(taken)));
            }
        }
    }
    Ok(())
}

/// A floor's indices fit its state, nobody waits whom a free agent could have, and nobody is asked who is not ready.
pub fn floor_is_sound(floor: &Floor) -> Result<(), Broken> {
    let asked = floor.agents().find(|agent| agent.availability != Availability::Ready && !agent.offers.is_empty());
    if let Some(agent) = asked {
        return broken(format!(
            "{} is {:?} and asked to take {:?}",
            agent.profile.id, agent.availability, agent.offers
        ));
    }
    audit(floor, floor.at()).map_err(|violation| Broken(violation.to_string()))
}

/// Two sites that followed the same units show the same floor. Pauses that are over are not shown: an owner drops them when they
/// end, a follower when it must.
pub fn same_floor(one: &Floor, other: &Floor) -> Result<(), Broken> {
    let agents = |floor: &Floor| floor.agents().collect::<Vec<_>>();
    if one.contacts(usize::MAX) == other.contacts(usize::MAX)
        && agents(one) == agents(other)
        && one.queues().eq(other.queues())
    {
        return Ok(());
    }
    let shown = |floor: &Floor| format!("{:?} {:?}", floor.contacts(usize::MAX), agents(floor));
    broken(format!("the sites' floors differ:\n{}\n{}", shown(one), shown(other)))
}

/// When everything is quiet: the floor holds exactly what the conversations ask for, and nobody waits but for an agent who is asked
/// for by name and has no room.
pub fn served(conversation: ConversationId, state: &Conversation, floor: &Floor) -> Result<(), Broken> {
    let id = contact(conversation, state.round());
    let contact = floor.contact(&id);
    let only = contact.as_ref().and_then(|contact| floor.agent(contact.only_agent.as_deref()?));
    let full = only
        .is_some_and(|agent| (agent.holding.len() + agent.offers.len()) as u32 >= agent.profile.capacities[0].limit);
    let stage = contact.map(|contact| contact.stage);
    let right = match (state.phase(), &stage) {
        (Phase::Assigned, Some(Stage::Held(agent))) => state.holder() == Some(&**agent),
        (Phase::Closed | Phase::Absent, None) => true,
        (Phase::Waiting, Some(Stage::Waiting)) => full,
        (Phase::Absent | Phase::Waiting | Phase::Assigned | Phase::Closed, _) => false,
    };
    if right {
        return Ok(());
    }
    broken(format!(
        "conversation {conversation} is {:?} held by {:?}, its contact {id} is {stage:?}",
        state.phase(),
        state.holder()
    ))
}
