//! What nobody should send.

use std::time::Duration;

use proptest::{
    prelude::*,
    strategy::ValueTree as _,
    test_runner::{Config as Cases, TestRunner},
};

use super::{
    Gateway,
    peer::{Peer, header},
    settings, wait_for,
};

/// Still serves.
async fn alive(peer: &mut Peer, round: &str) {
    let dialog = peer.call(&format!("alive{round}"));
    peer.within("OPTIONS", &dialog, &format!("alive{round}"), "", "").await;
    peer.response_to("OPTIONS", 200).await;
}

#[tokio::test]
async fn what_is_no_message_is_counted_and_hurts_nobody() {
    let gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let long = format!("INVITE sip:{} SIP/2.0\r\n\r\n", "x".repeat(8_000));
    let garbage: [&[u8]; 9] = [
        b"hello",
        b"\x00\x01\x02\xff\xfe",
        b"INVITE\r\n\r\n",
        b"INVITE sip:a@b\r\n\r\n",
        b"SIP/2.0\r\n\r\n",
        b"SIP/2.0 abc OK\r\n\r\n",
        b"INVITE sip:a@b HTTP/1.1\r\n\r\n",
        b"JUMP sip:a@b SIP/2.0\r\nVia: x\r\n\r\n",
        b"INVITE sip:[::1 SIP/2.0\r\n\r\n",
    ];
    for packet in garbage {
        peer.raw(packet).await;
    }
    peer.raw(b"\r\n\r\n").await;
    peer.raw(long.as_bytes()).await;
    // Headers are missing: a message, but none that can be dealt with.
    peer.raw(b"INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\nContent-Length: 0\r\n\r\n")
        .await;
    alive(&mut peer, "garbage").await;
    let counts = gateway.sip.counts();
    assert_eq!((counts.malformed, counts.legs, counts.dialogs), (11, 0, 0));
}

#[tokio::test]
async fn a_request_that_lacks_something_is_told_so() {
    let gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let dialog = peer.call("lacking");
    let whole = peer.request("INVITE", &dialog.target, &dialog, "l", "", "v=0\r\n");
    for missing in ["From: ", "Call-ID: ", "CSeq: "] {
        let text: String = whole.split_inclusive("\r\n").filter(|line| !line.starts_with(missing)).collect();
        peer.raw(text.as_bytes()).await;
        peer.response(400).await;
    }
    let cut = whole.replace("Content-Length: 5", "Content-Length: 500");
    peer.raw(cut.as_bytes()).await;
    peer.response(400).await;
    // Without a Contact there is nowhere to send an ACK's answer to.
    let text: String = whole.split_inclusive("\r\n").filter(|line| !line.starts_with("Contact: ")).collect();
    peer.raw(text.replace("z9hG4bKl", "z9hG4bKm").as_bytes()).await;
    assert!(header(&peer.response(400).await, "To").unwrap().contains(";tag="));
    assert_eq!(gateway.sip.counts().malformed, 5);
    wait_for(|| gateway.sip.counts().legs == 0, || "legs are left".to_owned()).await;
}

#[tokio::test]
async fn requests_of_calls_that_are_not_here() {
    let gateway = Gateway::start(settings()).await;
    let mut peer = gateway.peer().await;
    let mut dialog = peer.call("nowhere");
    dialog.other.push_str(";tag=nobody");
    for (n, method) in ["BYE", "INVITE", "UPDATE", "INFO", "REFER", "NOTIFY"].into_iter().enumerate() {
        dialog.cseq = u32::try_from(n).unwrap() + 1;
        peer.within(method, &dialog, method, "", "").await;
        peer.response_to(method, 481).await;
    }
    dialog.other = peer.call("nowhere").other;
    for method in ["SUBSCRIBE", "PUBLISH", "MESSAGE"] {
        dialog.cseq += 1;
        peer.within(method, &dialog, method, "", "").await;
        assert!(header(&peer.response_to(method, 405).await, "Allow").unwrap().contains("INVITE"));
    }
    peer.within("CANCEL", &dialog, "CANCEL", "", "").await;
    peer.response_to("CANCEL", 481).await;
}

/// A real message with a few things done to it.
fn mutated(messages: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let change = (any::<prop::sample::Index>(), 0u8..5, any::<u8>(), any::<prop::sample::Index>());
    (prop::sample::select(messages), prop::collection::vec(change, 1..8)).prop_map(|(mut bytes, changes)| {
        for (at, what, byte, to) in changes {
            if bytes.is_empty() {
                break;
            }
            let (at, to) = (at.index(bytes.len()), to.index(bytes.len()));
            match what {
                0 => bytes[at] = byte,
                1 => drop(bytes.remove(at)),
                2 => bytes.insert(at, byte),
                3 => bytes.truncate(at),
                _ => {
                    let (from, until) = (at.min(to), at.max(to).min(at.min(to) + 60));
                    let copy = bytes[from..until].to_vec();
                    bytes.splice(until..until, copy);
                }
            }
        }
        bytes.truncate(8_000);
        bytes
    })
}

/// Everything that is read from a message before and after it becomes a call. A panic anywhere would end the gateway.
fn read_all(bytes: &[u8]) {
    use rsipstack::{
        sip::{HeadersExt as _, SipMessage, Transport, typed},
        transaction::key::{TransactionKey, TransactionRole},
        transport::SipConnection,
    };
    let Ok(message) = SipMessage::try_from(bytes) else { return };
    let from = "127.0.0.1:5060".parse().unwrap();
    let Ok(SipMessage::Request(request)) = SipConnection::update_msg_received(message, from, Transport::Udp) else {
        return;
    };
    let _ = TransactionKey::from_request(&request, TransactionRole::Server);
    let _ = request.to_header().and_then(|to| to.tag().map(|tag| to.with_tag(tag.unwrap_or_else(|| "x".into()))));
    let _ = request.typed_contact_headers();
    let _ = request.typed_record_route_headers();
    let _ = request.typed_route_headers();
    let _ = request.from_header().map(|from| typed::From::parse(from.value()));
    let _ = request.to_header().map(|to| typed::To::parse(to.value()));
    let _ = request.p_asserted_identity_header().map(|id| typed::Contact::parse_header_list(id.value()));
    let _ = request.refer_to_header().map(|to| typed::Contact::parse(to.value()));
    let _ = (request.has_multiple_vias(), request.destination(), request.to_bytes());
}

fn samples(peer: &Peer) -> Vec<Vec<u8>> {
    let dialog = peer.call("fuzz");
    let more = "Session-Expires: 1800;refresher=uac\r\nSupported: timer\r\nRecord-Route: <sip:127.0.0.1;lr>\r\n\
                P-Asserted-Identity: \"A\" <tel:+81312345678>\r\nRefer-To: <sip:1@b?Replaces=a%40b>\r\n\
                Authorization: Digest username=\"201\", realm=\"r\", nonce=\"1-2\", uri=\"sip:a\", response=\"0\"\r\n";
    ["INVITE", "REGISTER", "OPTIONS", "BYE", "CANCEL", "ACK", "REFER", "INFO", "UPDATE"]
        .map(|method| peer.request(method, &dialog.target, &dialog, "fuzz", more, "v=0\r\nSignal=1\r\n").into_bytes())
        .to_vec()
}

#[tokio::test]
async fn mutated_messages_are_read_without_panic() {
    let strategy = mutated(samples(&Peer::new("127.0.0.1:9".parse().unwrap()).await));
    let mut runner = TestRunner::new(Cases { cases: 20_000, ..Cases::default() });
    runner
        .run(&strategy, |bytes| {
            read_all(&bytes);
            Ok(())
        })
        .unwrap();
}

#[tokio::test]
async fn mutated_messages_never_break_it_nor_stay() {
    let mut config = settings();
    (config.unanswered_s, config.phones) = (
        1,
        vec![telephony::sip::Phone {
            agent: "a".into(),
            user: "201".into(),
            ha1: "0".repeat(32),
            srtp: telephony::media::Srtp::Off,
            codec: telephony::media::Prefer::G711,
        }],
    );
    let mut gateway = Gateway::start(config).await;
    let mut peer = gateway.peer().await;
    let strategy = mutated(samples(&peer));
    let mut runner = TestRunner::new(Cases { cases: 1, ..Cases::default() });
    for round in 0..1_500 {
        let bytes = strategy.new_tree(&mut runner).unwrap().current();
        peer.raw(&bytes).await;
        if round % 100 == 99 {
            peer.clear();
            alive(&mut peer, &round.to_string()).await;
        }
    }
    // Whatever became a call ends by itself: nobody answers it here.
    let counts = || gateway.sip.counts();
    wait_for(|| counts().legs == 0 && counts().dialogs == 0, || format!("{:?}", counts())).await;
    while let Ok(Some(_)) = tokio::time::timeout(Duration::from_millis(10), gateway.events.recv()).await {}
    wait_for(|| gateway.sip.counts().transactions == 0, || format!("{:?}", gateway.sip.counts())).await;
}
