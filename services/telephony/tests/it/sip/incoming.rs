//! Calls that come in, and every way they can cross.

use std::time::Duration;

use telephony::sip::{Ended, Hangup, SipError, SipEvent, admission::Limits};

use super::{
    Gateway, OURS,
    peer::{SDP, header},
    settings, wait_for,
};

#[tokio::test]
async fn a_call_comes_in_is_answered_and_the_caller_hangs_up() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.calls("plain").await;
    let SipEvent::Incoming { key, trunk, agent, from, from_name, to, sdp, sip_call_id } = gateway.event().await else {
        panic!("no call")
    };
    assert_eq!((trunk.as_deref(), agent), (Some("line"), None));
    assert_eq!((from.as_str(), from_name.as_str(), to.as_str()), ("0312345678", "Suzuki", "0120333906"));
    assert_eq!((sdp, sip_call_id.as_str()), (SDP.into(), "plain"));
    gateway.sip.ring(key, None).await.unwrap();
    gateway.sip.ring(key, None).await.unwrap();
    peer.response(180).await;
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    let answer = peer.answered(&mut dialog).await;
    assert_eq!(answer.body, OURS.as_bytes());
    assert_eq!(header(&answer, "Content-Type").as_deref(), Some("application/sdp"));
    assert!(matches!(gateway.sip.reject(key, 486, None).await, Err(SipError::WrongState)));
    peer.ack(&dialog, "ack").await;
    gateway.confirmed().await;
    assert_eq!(gateway.sip.trunks()[0].calls, 1);
    dialog.cseq = 2;
    peer.within("BYE", &dialog, "bye", "", "").await;
    peer.response_to("BYE", 200).await;
    assert_eq!(gateway.ended().await, (key, Ended::Bye));
    assert!(matches!(gateway.sip.hangup(key, Hangup::Over).await, Err(SipError::NoLeg)));
    gateway.is_empty().await;
    assert_eq!(gateway.sip.trunks()[0].calls, 0);
}

#[tokio::test]
async fn we_hang_up() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let (key, _, _) = gateway.standing(&mut peer, "ours").await;
    gateway.sip.hangup(key, Hangup::Over).await.unwrap();
    let bye = peer.asked("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::HungUp));
    gateway.is_empty().await;
}

#[tokio::test]
async fn a_refusal_carries_its_status_and_when_to_come_back() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.calls("refused").await;
    let key = gateway.incoming().await;
    gateway.sip.reject(key, 503, Some(Duration::from_secs(7))).await.unwrap();
    let refusal = peer.response(503).await;
    assert_eq!(header(&refusal, "Retry-After").as_deref(), Some("7"));
    dialog.other = header(&refusal, "To").unwrap();
    peer.within("ACK", &dialog, "refused", "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::Rejected(503)));
    gateway.is_empty().await;
}

#[tokio::test]
async fn the_caller_is_gone_while_it_rings() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let dialog = peer.calls("gone").await;
    let key = gateway.incoming().await;
    gateway.sip.ring(key, None).await.unwrap();
    peer.response(180).await;
    peer.within("CANCEL", &dialog, "gone", "", "").await;
    peer.response_to("CANCEL", 200).await;
    peer.response_to("INVITE", 487).await;
    peer.within("ACK", &dialog, "gone", "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::Cancelled));
    assert!(matches!(gateway.sip.answer(key, OURS.into()).await, Err(SipError::NoLeg)));
    gateway.is_empty().await;
}

#[tokio::test]
async fn a_cancel_that_crosses_the_answer_changes_nothing() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.calls("crossed").await;
    let early = dialog.clone();
    let key = gateway.incoming().await;
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    peer.answered(&mut dialog).await;
    peer.within("CANCEL", &early, "crossed", "", "").await;
    peer.response_to("CANCEL", 200).await;
    peer.ack(&dialog, "ack").await;
    gateway.confirmed().await;
    dialog.cseq = 2;
    peer.within("BYE", &dialog, "bye", "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::Bye));
    gateway.is_empty().await;
}

#[tokio::test]
async fn an_answer_that_crosses_a_cancel_ends_once() {
    let mut gateway = Gateway::start(settings()).await;
    for round in 0..20 {
        let mut peer = gateway.peer().await;
        let mut dialog = peer.calls(&format!("race{round}")).await;
        let early = dialog.clone();
        let key = gateway.incoming().await;
        let (sip, branch) = (gateway.sip.clone(), format!("race{round}"));
        let (answered, ()) = tokio::join!(sip.answer(key, OURS.into()), peer.within("CANCEL", &early, &branch, "", ""));
        // Whoever came first: the caller either has a call, and hangs up, or has none.
        peer.response_to("CANCEL", 200).await;
        tokio::select! {
            response = peer.response_to("INVITE", 487) => {
                dialog.other = header(&response, "To").unwrap();
                peer.within("ACK", &dialog, &branch, "", "").await;
                assert_eq!(gateway.ended().await, (key, Ended::Cancelled));
            }
            event = gateway.events.recv() => {
                let Some(SipEvent::Ended { why, .. }) = event else { panic!("{event:?}") };
                assert!(answered.is_err() || matches!(why, Ended::Cancelled | Ended::Lost), "{why:?}");
            }
        }
    }
    gateway.is_empty().await;
}

#[tokio::test]
async fn a_bye_before_the_ack_ends_the_call() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.calls("early-bye").await;
    let key = gateway.incoming().await;
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    peer.answered(&mut dialog).await;
    dialog.cseq = 2;
    peer.within("BYE", &dialog, "bye", "", "").await;
    peer.response_to("BYE", 200).await;
    assert_eq!(gateway.ended().await, (key, Ended::Bye));
    gateway.is_empty().await;
}

#[tokio::test]
async fn a_lost_ack_ends_the_call_with_a_bye() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.calls("lost-ack").await;
    let key = gateway.incoming().await;
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    peer.answered(&mut dialog).await;
    peer.answered(&mut dialog).await;
    let bye = peer.asked("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::Lost));
    gateway.is_empty().await;
}

#[tokio::test]
async fn our_bye_waits_for_the_ack() {
    let mut config = settings();
    config.t1_ms = 100;
    let mut gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.calls("patient").await;
    let key = gateway.incoming().await;
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    gateway.sip.hangup(key, Hangup::Over).await.unwrap();
    // Two more copies of the 200, and no BYE among them.
    for _ in 0..3 {
        peer.answered(&mut dialog).await;
    }
    peer.ack(&dialog, "ack").await;
    let bye = peer.asked("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::HungUp));
}

#[tokio::test]
async fn nobody_answers_in_time() {
    let mut config = settings();
    config.unanswered_s = 1;
    let mut gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    peer.calls("ignored").await;
    let key = gateway.incoming().await;
    peer.response(480).await;
    assert_eq!(gateway.ended().await, (key, Ended::NoAnswer));
    gateway.is_empty().await;
}

#[tokio::test]
async fn copies_of_an_invite_are_one_call() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let dialog = peer.calls("twice").await;
    peer.invite(&dialog, "twice", "").await;
    let key = gateway.incoming().await;
    // The same call by another path.
    peer.invite(&dialog, "detour", "").await;
    peer.response(482).await;
    gateway.sip.hangup(key, Hangup::Busy).await.unwrap();
    peer.response(486).await;
    assert_eq!(gateway.ended().await, (key, Ended::Rejected(486)));
    gateway.is_empty().await;
}

#[tokio::test]
async fn too_many_calls_are_told_to_come_back_and_leave_nothing() {
    let mut config = settings();
    config.limits = Limits { calls_per_s: 1, burst: 2, at_once: 100 };
    let mut gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    for n in 0..5 {
        peer.calls(&format!("many{n}")).await;
    }
    for _ in 0..3 {
        let refusal = peer.response(503).await;
        assert_eq!(header(&refusal, "Retry-After").as_deref(), Some("5"));
        assert!(header(&refusal, "To").unwrap().contains(";tag="));
    }
    let keys = [gateway.incoming().await, gateway.incoming().await];
    for key in keys {
        gateway.sip.hangup(key, Hangup::Busy).await.unwrap();
        gateway.ended().await;
    }
    assert_eq!(gateway.sip.counts().refused_rate, 3);
    gateway.is_empty().await;
}

#[tokio::test]
async fn a_trunk_has_so_many_channels() {
    let mut config = settings();
    config.trunks[0].channels = 1;
    let mut gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    let (key, _, _) = gateway.standing(&mut peer, "first").await;
    peer.calls("second").await;
    peer.response(503).await;
    assert_eq!((gateway.sip.trunks()[0].refused, gateway.sip.counts().refused_trunk), (1, 1));
    gateway.sip.hangup(key, Hangup::Over).await.unwrap();
    gateway.ended().await;
    peer.calls("third").await;
    gateway.incoming().await;
}

#[tokio::test]
async fn a_draining_gateway_takes_no_call_and_keeps_those_it_has() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let (key, _, mut dialog) = gateway.standing(&mut peer, "kept").await;
    gateway.sip.drain(true);
    peer.calls("late").await;
    peer.response_to("INVITE", 503).await;
    let mut options = peer.call("probe");
    options.cseq = 1;
    peer.within("OPTIONS", &options, "probe", "", "").await;
    peer.response_to("OPTIONS", 503).await;
    dialog.cseq = 2;
    peer.within("INFO", &dialog, "info", "", "Signal=5\r\n").await;
    peer.response_to("INFO", 200).await;
    assert!(matches!(gateway.event().await, SipEvent::Digit { digit: '5', .. }));
    gateway.sip.drain(false);
    peer.within("OPTIONS", &options, "probe2", "", "").await;
    peer.response_to("OPTIONS", 200).await;
    gateway.sip.hangup(key, Hangup::Over).await.unwrap();
    assert_eq!(gateway.sip.counts().refused_drain, 1);
}

#[tokio::test]
async fn strangers_are_refused() {
    let mut config = settings();
    config.trunks[0].sources = vec!["203.0.113.0/24".parse().unwrap()];
    let mut gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    peer.calls("stranger").await;
    peer.response(403).await;
    assert_eq!(gateway.sip.counts().refused_source, 1);
    gateway.is_empty().await;
}

#[tokio::test]
async fn an_unknown_extension_and_too_short_a_session_are_named() {
    let mut config = settings();
    config.session = telephony::sip::session::Settings::default();
    let gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    peer.invite(&peer.call("reliable"), "a", "Require: 100rel\r\n").await;
    assert_eq!(header(&peer.response(420).await, "Unsupported").as_deref(), Some("100rel"));
    peer.invite(&peer.call("short"), "b", "Supported: timer\r\nSession-Expires: 30\r\n").await;
    assert_eq!(header(&peer.response(422).await, "Min-SE").as_deref(), Some("90"));
    wait_for(|| gateway.sip.counts().legs == 0, || "legs are left".to_owned()).await;
}

#[tokio::test]
async fn a_call_without_an_offer_gets_ours_and_answers_in_the_ack() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.call("offerless");
    peer.raw(peer.request("INVITE", &dialog.target, &dialog, "o", "", "").as_bytes()).await;
    let SipEvent::Incoming { key, sdp, .. } = gateway.event().await else { panic!("no call") };
    assert!(sdp.is_empty());
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    peer.answered(&mut dialog).await;
    peer.within("ACK", &dialog, "ack", "", SDP).await;
    let SipEvent::PeerAnswer { sdp, .. } = gateway.event().await else { panic!("no answer") };
    assert_eq!(sdp, SDP.as_bytes());
    gateway.confirmed().await;
}
