//! Reports between the two ends of a leg.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use telephony::ids::CallId;
use telephony::media::MediaEvent;
use telephony::media::rtcp::{self, Block, Sender};
use telephony::media::rtp::{self, Header};
use telephony::media::sdp::parse::parse;

use super::peer::Studio;

/// A peer that says that it misses a tenth, with a jitter of 12 ms, is believed; the round trip is measured by its answer.
async fn quality(mux: bool) {
    let mut studio = Studio::new(|_| {});
    let key = CallId::new().leg(0);
    let (sound, reports) = pair();
    let offer = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 0\r\n{}",
        sound.local_addr().unwrap().port(),
        if mux { "a=rtcp-mux\r\n" } else { "" },
    );
    let answer = studio.media.sip_accept(key, offer.as_bytes()).await.unwrap();
    let port = parse(&answer).unwrap().media[0].port;
    let peer =
        std::thread::spawn(move || talk(&sound, if mux { &sound } else { &reports }, port, port + u16::from(!mux)));
    let got = studio
        .event(|event| {
            let MediaEvent::Quality { rtt_ms, loss_permille, jitter_ms, .. } = event else { return None };
            rtt_ms.map(|rtt| (rtt, *loss_permille, *jitter_ms))
        })
        .await;
    assert!(got.0 < 5_000 && got.1 >= 100 && got.2 == 12, "{got:?}");
    drop(studio);
    peer.join().unwrap();
}

fn pair() -> (UdpSocket, UdpSocket) {
    for _ in 0..100 {
        let sound = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let next = sound.local_addr().unwrap().port().wrapping_add(1);
        if let Ok(reports) = UdpSocket::bind((Ipv4Addr::LOCALHOST, next)) {
            sound.set_nonblocking(true).unwrap();
            reports.set_nonblocking(true).unwrap();
            return (sound, reports);
        }
    }
    panic!("no two ports side by side are free");
}

/// Talks for 12 s and answers each report once.
fn talk(sound: &UdpSocket, reports: &UdpSocket, to: u16, reports_to: u16) {
    let (mut packet, mut bytes) = (Vec::new(), [0; 2_048]);
    for tick in 0..600u32 {
        std::thread::sleep(Duration::from_millis(20));
        let header = Header { marker: false, payload_type: 0, sequence: tick as u16, timestamp: tick * 160, ssrc: 9 };
        rtp::write(&header, &[0xFF; 160], &mut packet);
        sound.send_to(&packet, (Ipv4Addr::LOCALHOST, to)).unwrap();
        for socket in [sound, reports] {
            while let Ok((length, _)) = socket.recv_from(&mut bytes) {
                let told = rtp::is_rtcp(&bytes[..length]).then(|| rtcp::read(&bytes[..length])).flatten();
                if let Some(Sender { ssrc, time, packets, .. }) = told.and_then(|told| told.sender) {
                    assert!(packets > 100, "it counts what it sent");
                    let last_sender = rtcp::middle(time);
                    let block =
                        Block { ssrc, fraction: 26, lost: 9, highest: 9, jitter: 12 * 8, last_sender, delay: 0 };
                    let own = Sender { ssrc: 9, time, timestamp: 0, packets: tick, bytes: tick * 160 };
                    rtcp::write(&own, Some(&block), &mut packet);
                    reports.send_to(&packet, (Ipv4Addr::LOCALHOST, reports_to)).unwrap();
                }
            }
        }
    }
}

#[tokio::test]
async fn reports_share_the_port_of_the_sound() {
    quality(true).await;
}

#[tokio::test]
async fn reports_have_a_port_of_their_own() {
    quality(false).await;
}
