//! Where a contact goes that its queue cannot serve in time. Queues never send contacts round in a circle, and the last
//! one keeps them until anybody on the channel may have them: nothing waits for ever.

use std::collections::BTreeSet;

use super::{
    command::Rejection,
    event::{ContactChange, MoveWhy},
    state::{Floor, QueueKey},
    types::{Id, Millis, Queue},
};

/// Refuses rules that would send contacts to an unknown queue, to another channel, or round in a circle.
pub(super) fn check(floor: &Floor, queue: &Queue) -> Result<(), Rejection> {
    for target in targets(queue) {
        let channel = if *target == queue.id {
            return Err(Rejection::Invalid("overflow: a queue cannot overflow into itself"));
        } else {
            let key = floor.queue_keys.get(target).ok_or(Rejection::UnknownQueue)?;
            floor.queue(*key).rules.channel
        };
        if channel != queue.channel {
            return Err(Rejection::Invalid("overflow: to_queue has another channel"));
        }
    }
    let mut seen = BTreeSet::new();
    let mut open: Vec<&Id> = targets(queue).collect();
    while let Some(id) = open.pop() {
        if *id == queue.id {
            return Err(Rejection::Invalid("overflow: these queues would send contacts round in a circle"));
        }
        if seen.insert(id)
            && let Some(key) = floor.queue_keys.get(id)
        {
            open.extend(targets(&floor.queue(*key).rules));
        }
    }
    Ok(())
}

fn targets(queue: &Queue) -> impl Iterator<Item = &Id> {
    queue.overflow.iter().map(|rule| &rule.to_queue).chain(&queue.on_limit)
}

/// The queue where a contact that comes to `queue` shall wait: follows the rules that look at length and expected wait.
pub(super) fn at_arrival(floor: &Floor, queue: QueueKey) -> Vec<(QueueKey, MoveWhy)> {
    let mut moves = Vec::new();
    let mut here = queue;
    // Rules go round in no circle, so this ends; the bound is for events that an older version stored.
    while moves.len() <= floor.queues.len() {
        let state = floor.queue(here);
        let next = state.rules.overflow.iter().find_map(|rule| {
            let long = rule.longer_than.is_some_and(|most| state.waiting > most as usize);
            let slow = rule.expected_over_ms.is_some_and(|most| state.waiting > 0 && floor.expected_in(here) > most);
            let why = if long { MoveWhy::Length } else { MoveWhy::Expected };
            let to = floor.queue_keys.get(&rule.to_queue)?;
            (long || slow).then_some((*to, why))
        });
        let Some((to, why)) = next else { break };
        moves.push((to, why));
        here = to;
    }
    moves
}

/// Into another queue, asleep while that one is closed.
pub(super) fn moved(floor: &Floor, to: &Id, why: MoveWhy, now: Millis) -> ContactChange {
    let not_before = floor.queue_keys.get(to).and_then(|key| closed_until(floor, *key, now));
    ContactChange::Moved { queue: to.clone(), why, not_before }
}

/// When a closed queue opens; None while it is open. A calendar that never opens again keeps nobody out.
pub(super) fn closed_until(floor: &Floor, queue: QueueKey, now: Millis) -> Option<Millis> {
    let calendar = floor.queue(queue).rules.calendar.as_ref()?;
    let opens_at = floor.calendars.get(calendar)?.opens_at(now)?;
    (opens_at > now).then_some(opens_at)
}
