//! Changes of a call that stands.

use telephony::sip::{Ended, SipError, SipEvent, session};

use super::{
    Gateway, OURS,
    peer::{SDP, cseq, header},
    settings,
};

const HELD: &str =
    "v=0\r\no=- 7 8 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 5000 RTP/AVP 0\r\na=sendonly\r\n";

#[tokio::test]
async fn we_hold_the_caller() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let (key, before, _) = gateway.standing(&mut peer, "hold").await;
    let (held, asked) = tokio::join!(gateway.sip.reinvite(key, HELD.into()), async {
        let invite = peer.asked("INVITE").await;
        peer.answer(&invite, 200, "", SDP).await;
        invite
    });
    let (answer, after) = held.unwrap();
    assert_eq!((answer.as_slice(), asked.body.as_slice()), (SDP.as_bytes(), HELD.as_bytes()));
    assert_ne!(before, after);
    assert_eq!(cseq(&peer.asked("ACK").await), cseq(&asked));
}

#[tokio::test]
async fn a_refused_change_leaves_the_call_as_it_was() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let (key, _, mut dialog) = gateway.standing(&mut peer, "refused-change").await;
    let (held, ()) = tokio::join!(gateway.sip.reinvite(key, HELD.into()), async {
        let invite = peer.asked("INVITE").await;
        peer.answer(&invite, 488, "", "").await;
    });
    assert!(matches!(held, Err(SipError::Refused(488))), "{held:?}");
    dialog.cseq = 2;
    peer.within("BYE", &dialog, "bye", "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::Bye));
    gateway.is_empty().await;
}

#[tokio::test]
async fn the_caller_holds_us() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let (key, _, mut dialog) = gateway.standing(&mut peer, "held").await;
    dialog.cseq = 2;
    peer.within("INVITE", &dialog, "hold", "", HELD).await;
    let SipEvent::Changing { sdp, .. } = gateway.event().await else { panic!("no change") };
    assert_eq!(sdp, HELD.as_bytes());
    gateway.sip.accept_change(key, SDP.into()).await.unwrap();
    assert_eq!(peer.response_to("INVITE", 200).await.body, SDP.as_bytes());
    peer.ack(&dialog, "hold-ack").await;
    assert!(matches!(gateway.sip.accept_change(key, SDP.into()).await, Err(SipError::WrongState)));
    // One that we cannot take.
    dialog.cseq = 3;
    peer.within("INVITE", &dialog, "video", "", SDP).await;
    assert!(matches!(gateway.event().await, SipEvent::Changing { .. }));
    gateway.sip.refuse_change(key, 488).await.unwrap();
    peer.response_to("INVITE", 488).await;
}

#[tokio::test]
async fn the_same_offer_again_is_a_refresh_and_troubles_nobody() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let (key, _, mut dialog) = gateway.standing(&mut peer, "refresh").await;
    dialog.cseq = 2;
    peer.within("INVITE", &dialog, "again", "", SDP).await;
    assert_eq!(peer.response_to("INVITE", 200).await.body, OURS.as_bytes());
    peer.ack(&dialog, "again-ack").await;
    dialog.cseq = 3;
    peer.within("UPDATE", &dialog, "update", "", "").await;
    peer.response_to("UPDATE", 200).await;
    dialog.cseq = 4;
    peer.within("BYE", &dialog, "bye", "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::Bye));
}

#[tokio::test]
async fn offers_that_cross_are_made_again() {
    let mut gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let (key, _, mut dialog) = gateway.standing(&mut peer, "glare").await;
    dialog.cseq = 2;
    let sip = gateway.sip.clone();
    let ours = tokio::spawn(async move { sip.reinvite(key, HELD.into()).await });
    let crossing = peer.asked("INVITE").await;
    peer.within("INVITE", &dialog, "glare", "", HELD).await;
    // Each refuses the other's.
    peer.response_to("INVITE", 491).await;
    peer.within("ACK", &dialog, "glare", "", "").await;
    peer.answer(&crossing, 491, "", "").await;
    let again = loop {
        let invite = peer.asked("INVITE").await;
        if cseq(&invite) > cseq(&crossing) {
            break invite;
        }
    };
    peer.answer(&again, 200, "", SDP).await;
    assert_eq!(ours.await.unwrap().unwrap().0, SDP.as_bytes());
}

#[tokio::test]
async fn we_refresh_at_half_time_and_end_a_call_that_the_other_side_forgot() {
    let mut config = settings();
    config.session = session::Settings { interval_s: 1, min_s: 1 };
    let mut gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.call("timer");
    peer.invite(&dialog, "timer", "Allow: INVITE, ACK, BYE, UPDATE\r\nSupported: timer\r\n").await;
    let key = gateway.incoming().await;
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    let answer = peer.answered(&mut dialog).await;
    assert_eq!(header(&answer, "Session-Expires").as_deref(), Some("1;refresher=uas"));
    peer.ack(&dialog, "ack").await;
    gateway.confirmed().await;
    for _ in 0..2 {
        let update = peer.asked("UPDATE").await;
        assert!(update.body.is_empty());
        peer.answer(&update, 200, "Session-Expires: 1;refresher=uac\r\n", "").await;
    }
    let update = peer.asked("UPDATE").await;
    peer.answer(&update, 481, "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::Lost));
    gateway.is_empty().await;
}

#[tokio::test]
async fn a_caller_who_should_refresh_and_does_not_is_gone() {
    let mut config = settings();
    config.session = session::Settings { interval_s: 1, min_s: 1 };
    let mut gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.call("silent");
    peer.invite(&dialog, "silent", "Supported: timer\r\nSession-Expires: 1;refresher=uac\r\n").await;
    let key = gateway.incoming().await;
    gateway.sip.answer(key, OURS.into()).await.unwrap();
    peer.answered(&mut dialog).await;
    peer.ack(&dialog, "ack").await;
    gateway.confirmed().await;
    peer.asked("BYE").await;
    assert_eq!(gateway.ended().await, (key, Ended::Lost));
}
