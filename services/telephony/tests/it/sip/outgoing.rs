//! Calls that we make.

use telephony::{
    ids::{CallId, LegKey},
    sip::{Caller, Config, Ended, Hangup, SipError, SipEvent, Target, Trunk},
};

use super::{
    Gateway, OURS,
    peer::{Peer, SDP, called, cseq, header},
    settings,
};

fn number() -> Target {
    Target::Number("0312345678".to_owned())
}

/// Trunks to these peers, tried in this order.
fn to(peers: &[&Peer]) -> Config {
    let mut config = settings();
    config.silence_ms = 300;
    config.trunks.clear();
    for (n, peer) in peers.iter().enumerate() {
        let mut trunk = Trunk::new(format!("line{n}"), "127.0.0.1", peer.address().port());
        (trunk.priority, trunk.probe) = (u16::try_from(n).unwrap(), false);
        config.trunks.push(trunk);
    }
    config
}

async fn peer() -> Peer {
    Peer::new("127.0.0.1:9".parse().unwrap()).await
}

async fn call(gateway: &Gateway) -> LegKey {
    let key = CallId::new().leg(1);
    let caller = Caller { number: "0120333906".to_owned(), name: "Madoguchi \"x\"".to_owned() };
    gateway.sip.invite(key, number(), caller, OURS.into()).await.unwrap();
    key
}

#[tokio::test]
async fn a_call_rings_is_answered_and_hung_up() {
    let mut peer = peer().await;
    let mut gateway = Gateway::start(to(&[&peer])).await;
    let key = call(&gateway).await;
    let invite = peer.asked("INVITE").await;
    assert_eq!(invite.uri.user(), Some("0312345678"));
    assert!(header(&invite, "From").unwrap().starts_with("\"Madoguchi x\" <sip:0120333906@"));
    assert_eq!(invite.body, OURS.as_bytes());
    peer.answer(&invite, 100, "", "").await;
    peer.answer(&invite, 180, "", "").await;
    assert!(matches!(gateway.event().await, SipEvent::Ringing { sdp: None, .. }));
    peer.answer(&invite, 183, "", SDP).await;
    assert!(matches!(gateway.event().await, SipEvent::Ringing { sdp: Some(_), .. }));
    peer.answer(&invite, 200, "", SDP).await;
    let SipEvent::Answered { sdp, .. } = gateway.event().await else { panic!("not answered") };
    assert_eq!(sdp, SDP.as_bytes());
    assert_eq!(cseq(&peer.asked("ACK").await), cseq(&invite));
    assert_eq!(gateway.sip.trunks()[0].calls, 1);
    gateway.sip.hangup(key, Hangup::Over).await.unwrap();
    let bye = peer.asked("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::HungUp));
    gateway.is_empty().await;
    assert_eq!(gateway.sip.trunks()[0].calls, 0);
}

#[tokio::test]
async fn a_bye_on_the_heels_of_the_answer_is_understood() {
    let mut peer = peer().await;
    let mut gateway = Gateway::start(to(&[&peer])).await;
    let key = call(&gateway).await;
    let invite = peer.asked("INVITE").await;
    let dialog = called(&invite);
    peer.answer(&invite, 200, "", SDP).await;
    peer.within("BYE", &dialog, "bye", "", "").await;
    peer.response_to("BYE", 200).await;
    let mut event = gateway.event().await;
    if matches!(event, SipEvent::Answered { .. }) {
        event = gateway.event().await;
    }
    assert!(matches!(event, SipEvent::Ended { why: Ended::Bye, .. }), "{event:?}");
    assert!(matches!(gateway.sip.hangup(key, Hangup::Over).await, Err(SipError::NoLeg)));
    gateway.is_empty().await;
}

#[tokio::test]
async fn the_next_trunk_takes_what_the_first_does_not() {
    let (mut refusing, mut silent, mut good) = (peer().await, peer().await, peer().await);
    let mut gateway = Gateway::start(to(&[&refusing, &silent, &good])).await;
    call(&gateway).await;
    let invite = refusing.asked("INVITE").await;
    refusing.answer(&invite, 503, "", "").await;
    refusing.asked("ACK").await;
    silent.asked("INVITE").await;
    let invite = good.asked("INVITE").await;
    good.answer(&invite, 200, "", SDP).await;
    assert!(matches!(gateway.event().await, SipEvent::Answered { .. }));
    let trunks = gateway.sip.trunks();
    assert_eq!(trunks.iter().map(|trunk| (trunk.failed, trunk.calls)).collect::<Vec<_>>(), [(1, 0), (1, 0), (0, 1)]);
}

#[tokio::test]
async fn a_busy_number_is_not_tried_elsewhere() {
    let (mut first, mut second) = (peer().await, peer().await);
    let mut gateway = Gateway::start(to(&[&first, &second])).await;
    let key = call(&gateway).await;
    let invite = first.asked("INVITE").await;
    first.answer(&invite, 486, "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::Refused(486)));
    assert!(second.until_quiet(std::time::Duration::from_millis(100)).await.is_empty());
    gateway.is_empty().await;
}

#[tokio::test]
async fn we_give_up_while_it_rings() {
    let mut peer = peer().await;
    let mut gateway = Gateway::start(to(&[&peer])).await;
    let key = call(&gateway).await;
    let invite = peer.asked("INVITE").await;
    peer.answer(&invite, 180, "", "").await;
    assert!(matches!(gateway.event().await, SipEvent::Ringing { .. }));
    gateway.sip.hangup(key, Hangup::Over).await.unwrap();
    assert_eq!(gateway.ended().await, (key, Ended::HungUp));
    let cancel = peer.asked("CANCEL").await;
    peer.answer(&cancel, 200, "", "").await;
    peer.answer(&invite, 487, "", "").await;
    peer.asked("ACK").await;
    gateway.is_empty().await;
}

#[tokio::test]
async fn an_answer_that_crosses_our_cancel_is_hung_up() {
    let mut peer = peer().await;
    let mut gateway = Gateway::start(to(&[&peer])).await;
    let key = call(&gateway).await;
    let invite = peer.asked("INVITE").await;
    peer.answer(&invite, 180, "", "").await;
    assert!(matches!(gateway.event().await, SipEvent::Ringing { .. }));
    gateway.sip.hangup(key, Hangup::Over).await.unwrap();
    let cancel = peer.asked("CANCEL").await;
    peer.answer(&invite, 200, "", SDP).await;
    peer.answer(&cancel, 200, "", "").await;
    peer.asked("ACK").await;
    let bye = peer.asked("BYE").await;
    peer.answer(&bye, 200, "", "").await;
    assert_eq!(gateway.ended().await, (key, Ended::HungUp));
    gateway.is_empty().await;
}

#[tokio::test]
async fn nobody_picks_up() {
    let mut peer = peer().await;
    let mut config = to(&[&peer]);
    config.no_answer_s = 1;
    let mut gateway = Gateway::start(config).await;
    let key = call(&gateway).await;
    let invite = peer.asked("INVITE").await;
    peer.answer(&invite, 180, "", "").await;
    assert!(matches!(gateway.event().await, SipEvent::Ringing { .. }));
    assert_eq!(gateway.ended().await, (key, Ended::NoAnswer));
    let cancel = peer.asked("CANCEL").await;
    peer.answer(&cancel, 200, "", "").await;
    peer.answer(&invite, 487, "", "").await;
    gateway.is_empty().await;
}

#[tokio::test]
async fn what_cannot_be_called() {
    let mut gateway = Gateway::start(Config { trunks: Vec::new(), ..settings() }).await;
    let key = CallId::new().leg(1);
    for target in [
        Target::Number("03-12\r\nX: y".to_owned()),
        Target::Number(String::new()),
        Target::Uri("sip:a@b\r\nX: y".to_owned()),
        Target::Phone { agent: String::new() },
    ] {
        let result = gateway.sip.invite(key, target, Caller::default(), OURS.into()).await;
        assert!(matches!(result, Err(SipError::BadTarget)), "{result:?}");
    }
    gateway.sip.invite(key, number(), Caller::default(), OURS.into()).await.unwrap();
    assert_eq!(gateway.ended().await, (key, Ended::NoRoute));
    gateway.is_empty().await;
}
