//! What crosses on the wire, and what users of other centers suffer, through the whole service: the call ends as it should, no agent is
//! stuck, and nothing is left of it.

use std::sync::atomic::Ordering;

use proto::telephony::v1::{Deed, End, LegKind, LegState, Phase};
use serde_json::{Value, json};
use telephony::media::Codec;

use crate::{
    center::{Center, agent, chief},
    flows::call,
    media::peer::Phone,
    sip::peer::{Dialog, Peer, contact, cseq, header},
};

const TALKS: &str = "they talk";

/// Calls wait in a queue; time-outs of signalling come five times as fast.
async fn center(change: impl FnOnce(&mut Value)) -> (Center, Peer) {
    let outside = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let flow = json!({"a": {"kind": "queue", "queue": "orders"}});
    let center = Center::start_as(flow, &outside, |config| {
        config["sip"]["t1_ms"] = json!(100);
        change(config);
    })
    .await;
    (center, outside)
}

async fn plain() -> (Center, Peer) {
    center(|_| ()).await
}

/// A caller who waits.
async fn waits(center: &mut Center, phone: &Phone) -> (Peer, Dialog, String) {
    let (caller, dialog) = call(center, phone).await;
    let up = |call: &proto::telephony::v1::Call| call.phase() == Phase::Queued && call.legs[0].state() == LegState::Up;
    let id = center.call("it waits", up).await.call_id;
    (caller, dialog, id)
}

async fn hangs_up(caller: &mut Peer, dialog: &mut Dialog) {
    dialog.cseq += 1;
    caller.within("BYE", dialog, &format!("bye{}", dialog.cseq), "", "").await;
    caller.response_to("BYE", 200).await;
}

fn phone() -> Phone {
    Phone::new(Some(440.0), Codec::Pcmu)
}

/// The call is over as said, and nothing is left: no agent, no leg.
async fn is_over(center: &mut Center, end: End) {
    let over = center.call("it is over", |call| call.ended_at_ms > 0).await;
    assert_eq!((over.end(), over.legs.len()), (end, 0), "{over:?}");
    center.is_empty().await;
}

#[tokio::test]
async fn a_cancel_that_crosses_the_answer_changes_nothing_and_the_bye_ends_the_call() {
    let (mut center, _outside) = plain().await;
    let mut caller = center.caller().await;
    let mut dialog = caller.calls("crosses").await;
    let early = dialog.clone();
    caller.answered(&mut dialog).await;
    // It gave up before it saw the answer.
    caller.within("CANCEL", &early, "crosses", "", "").await;
    caller.response_to("CANCEL", 200).await;
    caller.ack(&dialog, "ack").await;
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
}

#[tokio::test]
async fn a_caller_who_is_gone_while_it_rings_leaves_nothing() {
    let (mut center, _outside) = plain().await;
    let mut caller = center.caller().await;
    let mut dialog = caller.calls("early").await;
    caller.response_to("INVITE", 100).await;
    caller.within("CANCEL", &dialog, "early", "", "").await;
    caller.response_to("CANCEL", 200).await;
    // Whoever was first: the call is refused, or it stands and is hung up.
    let response = caller.concluded("INVITE").await;
    if response.status_code.code() == 200 {
        dialog.answered_with(&response);
        caller.ack(&dialog, "ack").await;
        hangs_up(&mut caller, &mut dialog).await;
    } else {
        assert_eq!(response.status_code.code(), 487);
        dialog.other = header(&response, "To").unwrap();
        caller.within("ACK", &dialog, "early", "", "").await;
    }
    is_over(&mut center, End::Customer).await;
}

#[tokio::test]
async fn a_bye_before_the_ack_ends_the_call() {
    let (mut center, _outside) = plain().await;
    let mut caller = center.caller().await;
    let mut dialog = caller.calls("early-bye").await;
    caller.answered(&mut dialog).await;
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
}

#[tokio::test]
async fn a_lost_ack_ends_the_call_with_a_bye() {
    let (mut center, _outside) = plain().await;
    let mut caller = center.caller().await;
    let mut dialog = caller.calls("lost-ack").await;
    caller.answered(&mut dialog).await;
    let bye = caller.asked("BYE").await;
    caller.answer(&bye, 200, "", "").await;
    is_over(&mut center, End::Customer).await;
}

#[tokio::test]
async fn offers_that_cross_after_a_takeover_are_made_again_and_the_talk_goes_on() {
    let (mut center, _outside) = plain().await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.assigns(&id, "one").await;
    let browser = center.joins(&id, &agent("one"), 700.0).await;
    phone.hears(&[700]).await;
    center.another_takes_over().await;
    drop(browser);
    // The new gateway's offer and one of the caller, who puts it on hold just now.
    let offered = caller.asked("INVITE").await;
    dialog.target = contact(&offered);
    dialog.cseq += 1;
    let held = format!("{}a=sendonly\r\n", phone.sdp(false));
    caller.within("INVITE", &dialog, "glare", "", &held).await;
    let mine = caller.concluded("INVITE").await;
    assert_eq!(mine.status_code.code(), 491, "each refuses the other's");
    caller.within("ACK", &dialog, "glare", "", "").await;
    caller.answer(&offered, 491, "", "").await;
    let again = loop {
        let invite = caller.asked("INVITE").await;
        if cseq(&invite) > cseq(&offered) {
            break invite;
        }
    };
    caller.answer(&again, 200, "", &phone.sdp(false)).await;
    let browser = center.joins(&id, &agent("one"), 900.0).await;
    center
        .call("they talk again", |call| call.moved == 1 && call.phase() == Phase::Talking && call.legs.len() == 2)
        .await;
    drop(browser);
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_another_gateway_takes_over_is_not_lost_but_gone() {
    let (mut center, _outside) = plain().await;
    let phone = phone();
    let (mut caller, mut dialog, _) = waits(&mut center, &phone).await;
    center.another_takes_over().await;
    let offered = caller.asked("INVITE").await;
    dialog.target = contact(&offered);
    hangs_up(&mut caller, &mut dialog).await;
    caller.answer(&offered, 487, "", "").await;
    is_over(&mut center, End::Customer).await;
}

#[tokio::test]
async fn two_agents_who_accept_one_call_do_not_both_have_it() {
    let (mut center, _outside) = plain().await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.until("the conversation is open", async |center| center.office.is_open(&id).then_some(())).await;
    center.office.assign(&id, "one");
    center.office.assign(&id, "two");
    let (mut first, mut second) = (center.client.clone(), center.client.clone());
    let ask = |who: &str| proto::telephony::v1::JoinCallRequest {
        call_id: id.clone(),
        by: Some(agent(who)),
        sdp: "v=0".to_owned(),
    };
    // Neither offer is any good: what counts is whose leg there is.
    let (one, two) = tokio::join!(first.join_call(ask("one")), second.join_call(ask("two")));
    assert!(one.is_err() && two.is_err(), "{one:?} {two:?}");
    center.call("the last has it", |call| call.agent_id == "two").await;
    let browser = center.joins(&id, &agent("two"), 900.0).await;
    phone.hears(&[900]).await;
    let call = center.call(TALKS, |call| call.phase() == Phase::Talking && call.legs.len() == 2).await;
    assert!(call.legs.iter().all(|leg| leg.person_id != "one"), "{:?}", call.legs);
    let late = center.join(&id, &agent("one"), "v=0".to_owned()).await.unwrap_err();
    assert!(matches!(late.code(), tonic::Code::NotFound | tonic::Code::PermissionDenied), "{late:?}");
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
    drop(browser);
}

#[tokio::test]
async fn a_caller_who_is_gone_at_the_offer_leaves_no_agent_stuck() {
    let (mut center, _outside) = plain().await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.assigns(&id, "one").await;
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
    center.until("the conversation is closed", async |center| center.office.is_closed(&id).then_some(())).await;
    let late = center.join(&id, &agent("one"), "v=0".to_owned()).await.unwrap_err();
    assert!(matches!(late.code(), tonic::Code::NotFound | tonic::Code::FailedPrecondition), "{late:?}");
    center.is_empty().await;
}

/// FreeSWITCH #2529: the one who was being called went on ringing after the caller had hung up.
#[tokio::test]
async fn whoever_is_being_consulted_rings_no_more_when_the_caller_is_gone() {
    let (mut center, mut outside) = plain().await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.assigns(&id, "one").await;
    let browser = center.joins(&id, &agent("one"), 700.0).await;
    center.call(TALKS, |call| call.phase() == Phase::Talking).await;
    center.does_to(&id, &agent("one"), Deed::Consult, |deed| deed.to_number = "+81450000000".to_owned()).await;
    let ringing = outside.asked("INVITE").await;
    outside.answer(&ringing, 180, "", "").await;
    hangs_up(&mut caller, &mut dialog).await;
    let cancel = outside.asked("CANCEL").await;
    outside.answer(&cancel, 200, "", "").await;
    outside.answer(&ringing, 487, "", "").await;
    is_over(&mut center, End::Customer).await;
    drop(browser);
}

/// FreeSWITCH #2540 and #1062, OpenSIPS #3123: an agent whom the connection failed stayed reserved.
#[tokio::test]
async fn an_agent_who_does_not_connect_gives_the_call_back_and_another_has_it() {
    let (mut center, _outside) = center(|config| config["connect_ms"] = json!(2_000)).await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.assigns(&id, "one").await;
    center.call("it waits again", |call| call.phase() == Phase::Queued && call.agent_id.is_empty()).await;
    center.assigns(&id, "two").await;
    let browser = center.joins(&id, &agent("two"), 900.0).await;
    phone.hears(&[900]).await;
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
    drop(browser);
}

/// Asterisk #1557: one agent hung up, and everybody else's call was gone.
#[tokio::test]
async fn one_call_that_ends_ends_no_other() {
    let (mut center, _outside) = plain().await;
    let (one, two) = (phone(), phone());
    let (mut first, mut dialog, id) = waits(&mut center, &one).await;
    center.assigns(&id, "one").await;
    let browser = center.joins(&id, &agent("one"), 700.0).await;
    center.call(TALKS, |call| call.phase() == Phase::Talking).await;
    let (mut second, mut other) = call(&center, &two).await;
    let waiting = async |center: &mut Center| {
        let mut all = center.calls().await?.into_iter();
        all.find(|it| it.call_id != id && it.phase() == Phase::Queued)
    };
    let next = center.until("another waits", waiting).await.call_id;
    center.assigns(&next, "two").await;
    hangs_up(&mut first, &mut dialog).await;
    let rest = center.joins(&next, &agent("two"), 900.0).await;
    two.hears(&[900]).await;
    hangs_up(&mut second, &mut other).await;
    center.is_empty().await;
    drop((browser, rest));
}

/// Asterisk #1736: what was sent twice was counted twice.
#[tokio::test]
async fn what_is_sent_twice_counts_once() {
    let (mut center, _outside) = plain().await;
    let mut caller = center.caller().await;
    let mut dialog = caller.call("twice");
    for _ in 0..3 {
        caller.invite(&dialog, "twice", "").await;
    }
    caller.answered(&mut dialog).await;
    for _ in 0..3 {
        caller.ack(&dialog, "ack").await;
    }
    center.call("it waits", |call| call.phase() == Phase::Queued).await;
    let trunks = center.trunks().await;
    assert_eq!((trunks.trunks[0].calls, trunks.carried.unwrap().calls), (1, 1));
    assert_eq!(center.calls().await.unwrap().len(), 1);
    dialog.cseq += 1;
    for _ in 0..3 {
        caller.within("BYE", &dialog, "bye", "", "").await;
    }
    is_over(&mut center, End::Customer).await;
    assert_eq!(center.calls().await.unwrap().len(), 1);
}

/// rustpbx #171: a queue's time was up after the agent had connected, and hung up.
#[tokio::test]
async fn a_queue_whose_time_is_up_does_not_end_a_talk() {
    let outside = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let flow = json!({
        "a": {"kind": "queue", "queue": "orders", "leave_after_ms": 10_000, "leave_to": "b"},
        "b": {"kind": "hangup"},
    });
    let mut center = Center::start_as(flow, &outside, |config| config["sip"]["t1_ms"] = json!(100)).await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.assigns(&id, "one").await;
    let browser = center.joins(&id, &agent("one"), 700.0).await;
    phone.hears(&[700]).await;
    // As many ticks of the media's clock as are left until then.
    phone.waits_for(550).await;
    let call = center.call(TALKS, |call| call.phase() == Phase::Talking).await;
    assert_eq!(call.agent_id, "one");
    phone.hears(&[700]).await;
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
    drop(browser);
}

/// rustpbx PR #206: a change of a standing call was taken for a flood of new ones.
#[tokio::test]
async fn changes_of_a_standing_call_are_no_new_calls() {
    let (mut center, _outside) =
        center(|config| config["sip"]["limits"] = json!({"calls_per_s": 1, "burst": 1, "at_once": 1})).await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.assigns(&id, "one").await;
    let browser = center.joins(&id, &agent("one"), 700.0).await;
    for change in 0..5 {
        dialog.cseq += 1;
        let hold = if change % 2 == 0 { "a=sendonly\r\n" } else { "a=sendrecv\r\n" };
        let offer = format!("{}{hold}", phone.sdp(false));
        caller.within("INVITE", &dialog, &format!("change{change}"), "", &offer).await;
        assert_eq!(caller.concluded("INVITE").await.status_code.code(), 200);
        caller.ack(&dialog, &format!("ack{change}")).await;
    }
    dialog.cseq += 1;
    caller.within("INVITE", &dialog, "last", "", &phone.sdp(false)).await;
    assert_eq!(caller.concluded("INVITE").await.status_code.code(), 200);
    caller.ack(&dialog, "acklast").await;
    phone.hears(&[700]).await;
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
    drop(browser);
}

/// A phone that falls silent without a word is gone, and so is everything of its call.
#[tokio::test]
async fn a_browser_that_dies_leaves_the_caller_to_another_agent() {
    let (mut center, _outside) =
        center(|config| (config["rejoin_ms"], config["media"]["silence_ms"]) = (json!(2_000), json!(1_000))).await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.assigns(&id, "one").await;
    let browser = center.joins(&id, &agent("one"), 700.0).await;
    phone.hears(&[700]).await;
    drop(browser);
    center.call("it waits again", |call| call.phase() == Phase::Queued && call.agent_id.is_empty()).await;
    center.assigns(&id, "two").await;
    let next = center.joins(&id, &agent("two"), 900.0).await;
    phone.hears(&[900]).await;
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
    drop(next);
}

/// Listening that is not silent: a supervisor who leaves and comes is neither heard nor counted as a party.
#[tokio::test]
async fn the_agent_and_the_caller_go_on_when_a_supervisor_comes_and_goes() {
    let (mut center, _outside) = plain().await;
    let phone = phone();
    let (mut caller, mut dialog, id) = waits(&mut center, &phone).await;
    center.assigns(&id, "one").await;
    let browser = center.joins(&id, &agent("one"), 700.0).await;
    phone.hears(&[700]).await;
    for _ in 0..2 {
        center.does(&id, &chief(), Deed::Monitor).await;
        let ear = center.joins(&id, &chief(), 1_500.0).await;
        ear.hears(&[440, 700]).await;
        ear.leave.store(true, Ordering::Relaxed);
        center.does(&id, &chief(), Deed::StopSupervising).await;
        phone.hears(&[700]).await;
    }
    let call = center.call(TALKS, |call| call.legs.len() == 2).await;
    assert!(call.legs.iter().all(|leg| leg.kind() != LegKind::Monitor));
    hangs_up(&mut caller, &mut dialog).await;
    is_over(&mut center, End::Customer).await;
    drop(browser);
}
