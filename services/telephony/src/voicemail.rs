//! Messages that callers left: which, and whether somebody called back.

use proto::telephony::v1 as pb;

use crate::{
    book::Known,
    call::{Call, Direction, End, LegKind, Millis},
    ids::{CallId, LegId},
};

/// What is shorter is no message: the caller hung up at the tone.
pub(crate) const SHORTEST_MS: u64 = 1_000;

/// The messages of these calls that may be seen, in the order of the calls.
pub(crate) fn list(calls: &[(CallId, Known)], may_see: impl Fn(&Known) -> bool) -> Vec<pb::Voicemail> {
    let seen = calls.iter().filter(|(_, known)| may_see(known));
    seen.filter_map(|(id, known)| {
        let (message, at) = known.call.message.as_ref()?;
        // What its gateway left behind can be heard; what is being recorded cannot yet.
        let cut_off = message.length_ms == 0 && known.end == Some(End::Lost);
        if message.length_ms < SHORTEST_MS && !cut_off {
            return None;
        }
        let (called_back_at_ms, called_back_by) = called_back(calls, &known.call, *at).unwrap_or_default();
        Some(pb::Voicemail {
            call_id: id.to_string(),
            part: message.part,
            mailbox: message.mailbox.clone(),
            number: known.call.number.clone(),
            name: known.call.name.clone(),
            at_ms: *at,
            length_ms: message.length_ms,
            called_back_at_ms,
            called_back_by,
        })
    })
    .collect()
}

/// The first call to the same customer since then in which they talked with an agent: when, and with whom.
fn called_back(calls: &[(CallId, Known)], left: &Call, at: Millis) -> Option<(Millis, String)> {
    let answered = calls.iter().map(|(_, known)| &known.call).filter(|call| {
        call.direction == Direction::Out
            && call.customer == left.customer
            && call.began_at >= at
            && call.answered_at > 0
    });
    let first = answered.min_by_key(|call| call.answered_at)?;
    let by = first.legs.get(&LegId(0)).and_then(|leg| match &leg.kind {
        LegKind::Agent(agent) => Some(agent.clone()),
        LegKind::Customer | LegKind::Consulted(_) | LegKind::Supervisor(..) | LegKind::Outside(_) => None,
    });
    Some((first.answered_at, by.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::{Begin, Command, Message, Patience, decide, evolve};

    const PATIENCE: Patience = Patience { connect_ms: 20_000, rejoin_ms: 20_000, ring_ms: 45_000 };

    fn call(begin: Begin, commands: Vec<Command>, began: Millis) -> (CallId, Known) {
        let mut known = Known { call: Call::default(), end: None, claim: None, last: 0 };
        for (at, command) in (began..).zip([Command::Begin(begin)].into_iter().chain(commands)) {
            for event in decide(&known.call, &command, &PATIENCE, at).unwrap() {
                evolve(&mut known.call, &event);
            }
        }
        (CallId::new(), known)
    }

    fn left(customer: &str, lengths: &[u64], began: Millis) -> (CallId, Known) {
        let message = |length_ms: &u64| {
            Command::LeaveMessage(Message { mailbox: "night".to_owned(), part: 1_000, length_ms: *length_ms })
        };
        call(Begin { customer: customer.to_owned(), ..Begin::default() }, lengths.iter().map(message).collect(), began)
    }

    fn to(customer: &str, reached: bool, began: Millis) -> (CallId, Known) {
        let begin = Begin {
            direction: Direction::Out,
            customer: customer.to_owned(),
            agent: Some("agent1".to_owned()),
            ..Begin::default()
        };
        let up = |leg| Command::LegUp { leg: LegId(leg), snapshot: vec![1] };
        call(begin, if reached { vec![up(0), up(1)] } else { vec![up(0)] }, began)
    }

    #[test]
    fn a_message_shows_when_it_was_begun_how_long_it_is_and_who_called_back() {
        let calls =
            [to("a", true, 90_000), to("a", true, 70_000), to("a", false, 60_000), left("a", &[0, 4_000], 50_000)];
        let listed = list(&calls, |_| true);
        let [message] = &listed[..] else { panic!("{listed:?}") };
        assert_eq!((message.at_ms, message.length_ms, message.part), (50_001, 4_000, 1_000));
        assert_eq!((message.called_back_at_ms, message.called_back_by.as_str()), (70_002, "agent1"));
        assert!(list(&calls, |_| false).is_empty(), "not for everybody");
    }

    #[test]
    fn calls_before_it_to_others_or_not_answered_are_no_call_back() {
        let calls =
            [to("a", false, 90_000), to("b", true, 80_000), left("a", &[0, 4_000], 50_000), to("a", true, 10_000)];
        assert_eq!(list(&calls, |_| true)[0].called_back_at_ms, 0);
    }

    #[test]
    fn what_is_not_said_yet_or_hardly_is_no_message_and_what_a_gateway_left_behind_is() {
        let mut calls = vec![left("a", &[], 1), left("b", &[0], 1), left("c", &[0, 999], 1)];
        assert!(list(&calls, |_| true).is_empty());
        calls[1].1.end = Some(End::Lost);
        assert_eq!(list(&calls, |_| true).len(), 1);
    }
}
