//! What becomes of a call that somebody of the center began, for the campaign that waits for it.

use super::Actor;
use crate::{
    call::{Call, Direction, End, Event, LegKind, What},
    campaign::Outcome,
    campaigns,
    ids::LegId,
    sip::Ended,
};

impl Actor<'_> {
    /// Remembers how the customer's side ended, before the call makes an end of it.
    pub(super) fn remember_refusal(&mut self, leg: LegId, why: Ended) {
        if self.call.customer_leg().is_some_and(|(customer, _)| customer == leg) {
            self.refused = Some(why);
        }
    }

    /// Tells as soon as it is known: the end of a talk is not waited for.
    pub(super) fn tell_campaign(&self, events: &[Event]) {
        if self.call.direction != Direction::Out {
            return;
        }
        if let Some(outcome) = outcome(&self.call, events, self.refused.as_ref()) {
            campaigns::ended(self.gateway, self.id, outcome);
        }
    }
}

/// What these events, which made the call what it is, say of the attempt; none: nothing yet, or nothing new.
fn outcome(call: &Call, events: &[Event], refused: Option<&Ended>) -> Option<Outcome> {
    if call.answered_at > 0 {
        let news = |event: &Event| event.at == call.answered_at || matches!(event.what, What::Ended(_));
        return events.iter().any(news).then_some(Outcome::Answered);
    }
    // Also whoever hung up before an agent came: they picked up and found nobody.
    let over = |event: &Event| matches!(event.what, What::Abandoned | What::Ended(_));
    if call.picked_up_at > 0 && events.iter().any(over) {
        return Some(Outcome::Abandoned);
    }
    let end = events.iter().find_map(|event| if let What::Ended(end) = event.what { Some(end) } else { None })?;
    Some(match (end, refused) {
        (_, Some(Ended::Refused(status))) => of_status(*status),
        (End::Lost, _) => Outcome::Lost,
        // The agent's browser never came, or no trunk took the call: nothing rang.
        (_, Some(Ended::NoRoute)) => Outcome::Failed,
        (_, Some(Ended::NoAnswer)) => Outcome::NoAnswer,
        (_, _) if call.legs.values().any(|leg| leg.kind == LegKind::Customer) => Outcome::NoAnswer,
        (_, _) => Outcome::Failed,
    })
}

/// What a carrier's word means for a list.
fn of_status(status: u16) -> Outcome {
    match status {
        486 | 600 | 603 => Outcome::Busy,
        404 | 410 | 484 | 604 => Outcome::NoSuchNumber,
        408 | 480 | 487 => Outcome::NoAnswer,
        _ => Outcome::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Leg, LegState, Via};

    fn over(end: End) -> Vec<Event> {
        vec![Event { at: 9, what: What::Ended(end) }]
    }

    fn rung() -> Call {
        let customer =
            Leg { kind: LegKind::Customer, via: Via::Trunk, state: LegState::Down, since: 1, snapshot: Vec::new() };
        let mut call = Call::default();
        call.legs.insert(LegId(1), customer);
        call
    }

    #[test]
    fn a_call_says_what_became_of_the_attempt() {
        let ended = |refused: Option<Ended>| outcome(&rung(), &over(End::Failed), refused.as_ref());
        assert_eq!(ended(Some(Ended::Refused(486))), Some(Outcome::Busy));
        assert_eq!(ended(Some(Ended::Refused(404))), Some(Outcome::NoSuchNumber));
        assert_eq!(ended(Some(Ended::Refused(480))), Some(Outcome::NoAnswer));
        assert_eq!(ended(Some(Ended::Refused(503))), Some(Outcome::Failed));
        assert_eq!(ended(Some(Ended::NoRoute)), Some(Outcome::Failed));
        assert_eq!(ended(None), Some(Outcome::NoAnswer), "it rang for as long as it may");
        assert_eq!(outcome(&rung(), &over(End::Lost), None), Some(Outcome::Lost));
        assert_eq!(outcome(&rung(), &[], Some(&Ended::Refused(486))), None, "not over yet");
        assert_eq!(outcome(&Call::default(), &over(End::Failed), None), Some(Outcome::Failed), "nothing rang");
    }

    #[test]
    fn who_picked_up_and_found_nobody_says_so_at_once_and_stays_so() {
        let mut waiting = rung();
        waiting.picked_up_at = 3;
        let abandoned = vec![Event { at: 6, what: What::Abandoned }];
        assert_eq!(outcome(&waiting, &abandoned, None), Some(Outcome::Abandoned));
        for end in [End::Abandoned, End::Customer, End::Lost, End::Failed] {
            assert_eq!(outcome(&waiting, &over(end), Some(&Ended::Bye)), Some(Outcome::Abandoned), "{end:?}");
        }
        assert_eq!(outcome(&waiting, &[], None), None, "they wait");
    }

    #[test]
    fn a_talk_is_told_at_its_beginning_and_stays_one_after_its_end() {
        let mut talking = rung();
        talking.answered_at = 5;
        let up = |at| vec![Event { at, what: What::LegUp { leg: LegId(1), snapshot: Vec::new() } }];
        assert_eq!(outcome(&talking, &up(5), None), Some(Outcome::Answered));
        assert_eq!(outcome(&talking, &up(6), None), None, "told once");
        assert_eq!(outcome(&talking, &over(End::Customer), Some(&Ended::Bye)), Some(Outcome::Answered));
    }
}
