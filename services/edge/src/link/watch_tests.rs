use proptest::prelude::*;
use proto::chat::v1::{self as chat, chat_event};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::*;
use crate::{
    frames::Role,
    socket::handle::testing::{handle, taken},
};

fn watches() -> Watches {
    Watches::new(Duration::from_secs(4), 2, Audit::unread())
}

fn connect(watches: &Watches) -> UnboundedReceiver<WatchRequest> {
    let (out, requests) = unbounded_channel();
    watches.connected(out);
    requests
}

fn next(requests: &mut UnboundedReceiver<WatchRequest>) -> WatchRequest {
    requests.try_recv().unwrap()
}

fn event(tag: u64, number: u64) -> WatchResponse {
    let what = chat_event::What::Read(chat::Read { up_to: 1 });
    let event = chat::ChatEvent { number, what: Some(what), ..chat::ChatEvent::default() };
    let readable = ReadableEvent { event: Some(event), ..ReadableEvent::default() };
    WatchResponse { tag, what: Some(watch_response::What::Event(readable)), ..WatchResponse::default() }
}

fn refusal(tag: u64, code: tonic::Code, reason: &str) -> WatchResponse {
    let refusal = chat::Refusal { code: code.into(), message: String::new(), reason: reason.to_owned() };
    WatchResponse { tag, what: Some(watch_response::What::Refusal(refusal)), ..WatchResponse::default() }
}

fn watch(watches: &Watches, to: &Arc<Handle>, after: u64) {
    watches.watch(to, Some("r".to_owned()), "c".to_owned(), after, Instant::now());
}

fn numbers(handle: &Handle) -> Vec<u64> {
    taken(handle).iter().filter_map(|frame| frame["event"]["number"].as_u64()).collect()
}

#[test]
fn the_event_before_proves_the_watch_and_is_not_passed_on() {
    let (watches, agent) = (watches(), handle(1, "a", Role::Agent));
    let mut requests = connect(&watches);
    watch(&watches, &agent, 12);
    let request = next(&mut requests);
    assert_eq!((request.after, request.stop), (11, false));
    watches.answer(event(request.tag, 12));
    assert_eq!(taken(&agent), [json!({"type":"done","ref":"r","repeated":false})]);
    watches.answer(event(request.tag, 13));
    assert_eq!(numbers(&agent), [13]);
}

#[test]
fn a_lost_stream_goes_on_from_the_last_number() {
    let (watches, agent) = (watches(), handle(1, "a", Role::Agent));
    let tag = {
        let mut requests = connect(&watches);
        watch(&watches, &agent, 0);
        next(&mut requests).tag
    };
    for number in 1..=3 {
        watches.answer(event(tag, number));
    }
    watches.lost();
    let request = next(&mut connect(&watches));
    assert_eq!(request.after, 3);
    watches.answer(event(request.tag, 3));
    watches.answer(event(request.tag, 4));
    assert_eq!(numbers(&agent), [1, 2, 3, 4]);
}

#[test]
fn a_hole_is_asked_for_again() {
    let (watches, agent) = (watches(), handle(1, "a", Role::Agent));
    let mut requests = connect(&watches);
    watch(&watches, &agent, 0);
    let old = next(&mut requests).tag;
    watches.answer(event(old, 1));
    watches.answer(event(old, 3));
    assert!(next(&mut requests).stop);
    let request = next(&mut requests);
    assert_eq!(request.after, 1);
    watches.answer(event(old, 4));
    watches.answer(event(request.tag, 2));
    watches.answer(event(request.tag, 3));
    assert_eq!(numbers(&agent), [1, 2, 3]);
}

#[test]
fn someone_elses_conversation_is_refused_once() {
    let (watches, customer) = (watches(), handle(1, "c", Role::Customer));
    let mut requests = connect(&watches);
    watch(&watches, &customer, 0);
    let tag = next(&mut requests).tag;
    watches.answer(refusal(tag, tonic::Code::PermissionDenied, "not_your_conversation"));
    watches.answer(refusal(tag, tonic::Code::PermissionDenied, "not_your_conversation"));
    let frames = taken(&customer);
    assert_eq!(frames.len(), 1);
    assert_eq!((&frames[0]["ref"], &frames[0]["reason"]), (&json!("r"), &json!("not_your_conversation")));
}

#[test]
fn what_is_away_for_a_moment_is_asked_again_until_the_deadline() {
    let (watches, agent, now) = (watches(), handle(1, "a", Role::Agent), Instant::now());
    let mut requests = connect(&watches);
    watch(&watches, &agent, 0);
    let tag = next(&mut requests).tag;
    watches.answer(refusal(tag, tonic::Code::Unavailable, "unavailable"));
    watches.expire(now + Duration::from_secs(1));
    assert!(next(&mut requests).stop && !next(&mut requests).stop);
    assert!(taken(&agent).is_empty());
    watches.expire(now + Duration::from_secs(5));
    assert_eq!(taken(&agent)[0]["reason"], json!("unavailable"));
}

#[test]
fn replaced_ended_and_forgotten_watches_are_stopped() {
    let (watches, agent) = (watches(), handle(1, "a", Role::Agent));
    let mut requests = connect(&watches);
    watch(&watches, &agent, 0);
    watch(&watches, &agent, 5);
    let first = next(&mut requests).tag;
    assert!(next(&mut requests).stop);
    watches.answer(event(first, 1));
    assert_eq!(taken(&agent).len(), 1);
    watches.forget(1);
    assert!(!next(&mut requests).stop && next(&mut requests).stop);
    assert!(watches.lock().watches.is_empty() && watches.lock().of_socket.is_empty());
    assert!(watches.lock().unconfirmed.is_empty());
}

#[test]
fn a_large_backlog_comes_in_pieces() {
    let (watches, agent) = (watches(), handle(1, "a", Role::Agent));
    let mut requests = connect(&watches);
    watch(&watches, &agent, 0);
    let (mut got, mut rounds) = (Vec::new(), 0);
    while let Some(request) = std::iter::from_fn(|| requests.try_recv().ok()).find(|request| !request.stop) {
        for number in request.after + 1..=20_000 {
            watches.answer(event(request.tag, number));
        }
        rounds += 1;
        let mut batch = Vec::new();
        while !agent.outbox.is_released() && agent.outbox.take(&mut batch).is_none() && !batch.is_empty() {
            let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
            got.extend(batch.drain(..).filter_map(|frame| read(&frame)["event"]["number"].as_u64()));
        }
        watches.resume(1);
    }
    assert!(rounds > 2);
    assert_eq!(got, (1..=20_000).collect::<Vec<u64>>());
}

#[test]
fn a_socket_watches_no_more_than_allowed() {
    let (watches, agent) = (watches(), handle(1, "a", Role::Agent));
    for conversation in ["a", "b", "c"] {
        watches.watch(&agent, Some("r".to_owned()), conversation.to_owned(), 0, Instant::now());
    }
    assert_eq!(taken(&agent)[0]["reason"], json!("too_many_requests"));
}

proptest! {
    /// Whatever is repeated, skipped or lost on the stream, the socket gets every number once and in order.
    #[test]
    fn every_number_once(steps in proptest::collection::vec((0_u8..8, 0_u64..6), 1..200)) {
        let (watches, agent) = (watches(), handle(1, "a", Role::Agent));
        let mut requests = connect(&watches);
        watch(&watches, &agent, 0);
        let (mut tag, mut at, mut got) = (0, 0, Vec::new());
        for (what, jump) in steps {
            while let Ok(request) = requests.try_recv() {
                if !request.stop {
                    (tag, at) = (request.tag, request.after);
                }
            }
            match what {
                0 => { watches.lost(); requests = connect(&watches); }
                1 => watches.answer(event(tag, at.saturating_sub(jump))),
                2 => watches.answer(event(tag, at + jump)),
                _ => { at += 1; watches.answer(event(tag, at)); }
            }
            got.extend(numbers(&agent));
        }
        let expected: Vec<u64> = (1..=got.len() as u64).collect();
        prop_assert_eq!(got, expected);
    }
}
