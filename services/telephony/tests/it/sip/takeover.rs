//! A call outlives the gateway that carried it.

use std::time::Duration;

use telephony::{
    ids::CallId,
    sip::{Caller, Ended, Hangup, SipError, SipEvent, Snapshot, Target, Transport},
};

use super::{
    Gateway, OURS,
    peer::{SDP, called, contact, cseq},
    settings,
};

const MOVED: &str =
    "v=0\r\no=- 8 8 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 6000 RTP/AVP 0\r\n";

#[tokio::test]
async fn an_incoming_call_goes_on_at_another_gateway() {
    let mut dead = Gateway::start(settings()).await;
    let mut heir = Gateway::start(settings()).await;
    let mut peer = dead.peer().await;
    let (key, snapshot, mut dialog) = dead.standing(&mut peer, "moved").await;
    let journaled = snapshot.to_bytes();
    // Fenced: the old owner says nothing more.
    dead.sip.forget(key);
    dead.is_empty().await;

    peer.clear();
    let snapshot = Snapshot::from_bytes(&journaled).unwrap();
    let (restored, asked) = tokio::join!(heir.sip.restore(key, &snapshot, MOVED.into()), async {
        let invite = peer.asked("INVITE").await;
        peer.answer(&invite, 200, "", SDP).await;
        invite
    });
    let (answer, after) = restored.unwrap();
    assert_eq!(answer, SDP.as_bytes());
    assert_eq!(asked.body, MOVED.as_bytes());
    assert!(cseq(&asked) > 100, "{}", cseq(&asked));
    let own = heir.sip.address(Transport::Udp).unwrap().to_string();
    assert!(contact(&asked).ends_with(&own), "{} is not at {own}", contact(&asked));
    assert_eq!(cseq(&peer.asked("ACK").await), cseq(&asked));
    assert_eq!(heir.sip.counts().legs, 1);
    assert_eq!(heir.sip.trunks()[0].calls, 1);

    // It can be taken over again, and the caller's requests reach the heir.
    assert_ne!(after, snapshot);
    dialog.target = contact(&asked);
    dialog.cseq = 2;
    peer.within("INFO", &dialog, "info", "", "Signal=9\r\n").await;
    assert!(matches!(heir.event().await, SipEvent::Digit { digit: '9', .. }));
    dialog.cseq = 3;
    peer.within("BYE", &dialog, "bye", "", "").await;
    assert_eq!(heir.ended().await, (key, Ended::Bye));
    heir.is_empty().await;
    assert!(dead.events.try_recv().is_err(), "the dead gateway spoke");
    assert!(
        peer.until_quiet(Duration::from_millis(300))
            .await
            .iter()
            .all(|message| matches!(message, rsipstack::sip::SipMessage::Response(_)))
    );
}

#[tokio::test]
async fn a_call_that_we_made_goes_on_at_another_gateway_and_is_hung_up_there() {
    let mut dead = Gateway::start(settings()).await;
    let mut heir = Gateway::start(settings()).await;
    let mut peer = dead.peer().await;
    let key = CallId::new().leg(1);
    let target = Target::Uri(format!("sip:0312345678@{}", peer.address()));
    dead.sip.invite(key, target, Caller::default(), OURS.into()).await.unwrap();
    let invite = peer.asked("INVITE").await;
    peer.answer(&invite, 200, "", SDP).await;
    peer.asked("ACK").await;
    let SipEvent::Answered { snapshot, .. } = dead.event().await else { panic!("not answered") };
    dead.sip.forget(key);
    let (restored, asked) = tokio::join!(heir.sip.restore(key, &snapshot, MOVED.into()), async {
        let invite = peer.asked("INVITE").await;
        peer.answer(&invite, 200, "", SDP).await;
        invite
    });
    restored.unwrap();
    assert_eq!(called(&invite).call_id, called(&asked).call_id);
    heir.sip.hangup(key, Hangup::Over).await.unwrap();
    let bye = peer.asked("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(heir.ended().await, (key, Ended::HungUp));
    heir.is_empty().await;
}

#[tokio::test]
async fn a_carrier_that_does_not_know_the_call_or_is_silent_is_told_of() {
    let mut dead = Gateway::start(settings()).await;
    let mut heir = Gateway::start(settings()).await;
    let mut peer = dead.peer().await;
    let (key, snapshot, _) = dead.standing(&mut peer, "refused").await;
    dead.sip.forget(key);
    let (restored, ()) = tokio::join!(heir.sip.restore(key, &snapshot, MOVED.into()), async {
        let invite = peer.asked("INVITE").await;
        peer.answer(&invite, 481, "", "").await;
    });
    assert!(matches!(restored, Err(SipError::Refused(481))), "{restored:?}");
    heir.is_empty().await;
    // Silence: the retransmissions of the test's settings end after 1.6 s.
    let silent = heir.sip.restore(key, &snapshot, MOVED.into()).await;
    assert!(matches!(silent, Err(SipError::NoAnswer)), "{silent:?}");
    heir.is_empty().await;
}

#[tokio::test]
async fn a_call_is_restored_once() {
    let mut dead = Gateway::start(settings()).await;
    let heir = Gateway::start(settings()).await;
    let mut peer = dead.peer().await;
    let (key, snapshot, _) = dead.standing(&mut peer, "once").await;
    dead.sip.forget(key);
    let (restored, ()) = tokio::join!(heir.sip.restore(key, &snapshot, MOVED.into()), async {
        let invite = peer.asked("INVITE").await;
        peer.answer(&invite, 200, "", SDP).await;
    });
    restored.unwrap();
    let again = heir.sip.restore(key, &snapshot, MOVED.into()).await;
    assert!(matches!(again, Err(SipError::LegExists)), "{again:?}");
    assert_eq!(heir.sip.counts().legs, 1);
}
