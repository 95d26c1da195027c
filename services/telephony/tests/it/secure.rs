//! A line whose sound is encrypted: what its phones hear, and what it refuses.

use std::sync::atomic::Ordering;

use proto::telephony::v1::Phase;
use rsipstack::sip::Request;
use serde_json::json;
use telephony::media::{Codec, sdp::parse::parse, srtp::Master};

use crate::{
    center::Center,
    flows::{OUTSIDE, call, calling},
    media::peer::Phone,
    sip::peer::Peer,
};

fn phone(hz: f64) -> Phone {
    let mut phone = Phone::new(Some(hz), Codec::Pcmu);
    phone.master = Some(Master::random());
    phone
}

/// The key that the gateway offers to encrypt with; there is no other way to talk.
fn key(invite: &Request) -> Master {
    let line = parse(&invite.body).unwrap().media.remove(0);
    assert_eq!((line.protocol.as_str(), line.crypto.len()), ("RTP/SAVP", 1));
    Master::read(&line.crypto[0]).unwrap().1
}

#[tokio::test]
async fn a_line_that_requires_it_carries_encrypted_sound_alone_also_after_a_takeover() {
    let mut outside = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let required = |config: &mut serde_json::Value| config["sip"]["trunks"][0]["srtp"] = json!("required");
    let mut center = Center::start_as(calling(&[OUTSIDE]), &outside, required).await;
    let (customer, other) = (phone(440.0), phone(700.0));
    let (mut caller, _) = call(&center, &customer).await;
    let invite = outside.asked("INVITE").await;
    let before = key(&invite);
    outside.answer(&invite, 200, "", &other.sdp(false)).await;
    other.talk(other.agreed(&invite.body));
    outside.asked("ACK").await;
    customer.hears(&[700]).await;
    other.hears(&[440]).await;
    assert_eq!((customer.strange.load(Ordering::Relaxed), other.strange.load(Ordering::Relaxed)), (0, 0));
    center.call("they talk", |call| call.phase() == Phase::Talking).await;

    center.another_takes_over().await;
    let (again, there) = tokio::join!(caller.asked("INVITE"), outside.asked("INVITE"));
    assert!(key(&again) != before && key(&there) != before, "with new keys");
    let (to_center, to_other) = (customer.agreed(&again.body), other.agreed(&there.body));
    caller.answer(&again, 200, "", &customer.sdp(false)).await;
    outside.answer(&there, 200, "", &other.sdp(false)).await;
    tokio::join!(caller.asked("ACK"), outside.asked("ACK"));
    customer.talk(to_center);
    other.talk(to_other);
    center.call("it was taken over", |call| call.moved == 1 && call.legs.len() == 2).await;
    let heard = (customer.packets().len(), other.packets().len());
    customer.waits_for(50).await;
    other.waits_for(50).await;
    customer.hears(&[700]).await;
    other.hears(&[440]).await;
    assert!(customer.packets().len() > heard.0 && other.packets().len() > heard.1);

    // Who does not encrypt is not taken, whoever calls.
    let mut plain = center.caller().await;
    let mut dialog = plain.call("plain");
    let in_clear = Phone::new(None, Codec::Pcmu);
    let invite = plain.request("INVITE", &dialog.target, &dialog, "plain", "", &in_clear.sdp(false));
    plain.raw(invite.as_bytes()).await;
    dialog.answered_with(&plain.response(488).await);
    let second = phone(900.0);
    let _talks = call(&center, &second).await;
    let invite = outside.asked("INVITE").await;
    outside.answer(&invite, 200, "", &in_clear.sdp(false)).await;
    let bye = outside.asked("BYE").await;
    outside.answer(&bye, 200, "", "").await;
}
