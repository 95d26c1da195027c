//! A browser with a microphone: another WebRTC stack's side of a leg.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use str0m::change::SdpAnswer;
use str0m::format::{Codec as Format, FormatParams};
use str0m::media::{Direction, Frequency, MediaKind, Mid};
use str0m::net::{Protocol, Receive};
use str0m::rtp::RtpWrite;
use str0m::{Candidate, Event, Input, Output, Rtc};
use telephony::media::{Codec as Law, Format as Sound};

use super::peer::{Voice, hear, tones};

/// A browser with a microphone that hums one tone.
pub struct Browser {
    heard: Arc<Mutex<Vec<Vec<u8>>>>,
    sound: Sound,
    /// Ends without a word, as a laptop that is shut.
    stop: Arc<AtomicBool>,
    /// Says goodbye first.
    pub leave: Arc<AtomicBool>,
    /// Keys to press.
    pub keys: Arc<Mutex<Vec<u8>>>,
}

impl Browser {
    /// Connects by way of whoever takes its offer and gives the answer, and hums.
    pub async fn join(hz: f64, answer: impl AsyncFnOnce(String) -> String) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
        let here = socket.local_addr().unwrap();
        let mut config = Rtc::builder().set_rtp_mode(true).clear_codecs();
        let codecs = config.codec_config();
        codecs.enable_opus(true, false);
        codecs.enable_pcmu(true, false);
        codecs.enable_pcma(true, false);
        codecs.add_config(126.into(), None, Format::Tele, Frequency::EIGHT_KHZ, None, FormatParams::default());
        let mut rtc = config.build(Instant::now());
        rtc.add_local_candidate(Candidate::host(here, "udp").unwrap());
        let mut change = rtc.sdp_api();
        let mid = change.add_media(MediaKind::Audio, Direction::SendRecv, None, None, None);
        let (offer, pending) = change.apply().unwrap();
        let answer = answer(offer.to_sdp_string()).await;
        assert!(answer.contains("a=ice-lite"));
        rtc.sdp_api().accept_answer(pending, SdpAnswer::from_sdp_string(&answer).unwrap()).unwrap();
        let opus = answer.contains("opus/48000/2");
        let sound = if opus { Sound::Opus } else { Sound::G711(Law::Pcmu) };
        let browser =
            Self { sound, heard: Arc::default(), stop: Arc::default(), leave: Arc::default(), keys: Arc::default() };
        browser.run(rtc, socket, here, mid, hz);
        browser
    }

    fn run(&self, mut rtc: Rtc, socket: UdpSocket, here: SocketAddr, mid: Mid, hz: f64) {
        let sound = self.sound;
        let (heard, stop, leave, keys) = (self.heard.clone(), self.stop.clone(), self.leave.clone(), self.keys.clone());
        thread::spawn(move || {
            let (mut next, mut tick, mut up) = (Instant::now(), 0u32, false);
            let mut voice = Voice::new(sound);
            let mut bytes = [0; 2_048];
            while !stop.load(Ordering::Relaxed) && rtc.is_alive() {
                let due = loop {
                    match rtc.poll_output().unwrap() {
                        Output::Timeout(due) => break due,
                        Output::Transmit(packet) => drop(socket.send_to(&packet.contents, packet.destination)),
                        Output::Event(Event::RtpPacket(packet)) => {
                            heard.lock().unwrap().push(packet.payload.to_vec());
                        }
                        Output::Event(event) => up |= matches!(event, Event::Connected),
                    }
                };
                if leave.swap(false, Ordering::Relaxed) {
                    rtc.close().unwrap();
                } else if up && Instant::now() >= next {
                    next += Duration::from_millis(20);
                    let press = keys.lock().unwrap().pop();
                    let (pt, payload) = match press {
                        Some(code) => (126, vec![code, 0x8A, 3, 32]),
                        None if sound == Sound::Opus => (111, voice.packet(Some(hz), tick * 160)),
                        None => (0, voice.packet(Some(hz), tick * 160)),
                    };
                    let mut direct = rtc.direct_api();
                    let stream = direct.stream_tx_by_mid(mid, None).unwrap();
                    stream.write_rtp(RtpWrite::new(
                        pt.into(),
                        u64::from(tick).into(),
                        tick * sound.step(),
                        Instant::now(),
                        payload,
                    ));
                    tick += 1;
                    rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
                } else if let Ok((length, source)) = socket.recv_from(&mut bytes) {
                    let contents = (&bytes[..length]).try_into().unwrap();
                    let received = Receive { proto: Protocol::Udp, source, destination: here, contents };
                    rtc.handle_input(Input::Receive(Instant::now(), received)).unwrap();
                } else if Instant::now() >= due {
                    rtc.handle_input(Input::Timeout(Instant::now())).unwrap();
                }
            }
        });
    }

    /// The tones in the last half second.
    fn tones(&self) -> BTreeSet<u32> {
        let heard = self.heard.lock().unwrap().clone();
        let last = heard[heard.len().saturating_sub(50)..].iter();
        let samples = hear(self.sound, last.map(Vec::as_slice));
        tones(&samples[samples.len().saturating_sub(4_000)..])
    }

    /// Waits until exactly these tones have been heard for half a second.
    pub async fn hears(&self, wanted: &[u32]) {
        let wanted: BTreeSet<u32> = wanted.iter().copied().collect();
        for _ in 0..500 {
            if self.heard.lock().unwrap().len() > 25 && self.tones() == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("the browser hears {:?}, not {wanted:?}", self.tones());
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}
