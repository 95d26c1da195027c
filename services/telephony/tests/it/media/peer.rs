//! A phone of plain RTP that says one tone and keeps what it hears.

use std::collections::BTreeSet;
use std::f64::consts::TAU;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustfft::FftPlanner;
use rustfft::num_complex::Complex;
use telephony::ids::{CallId, LegId, LegKey};
use telephony::media::rtp::{self, Header};
use telephony::media::sdp::parse::parse;
use telephony::media::srtp::{Master, Stream};
use telephony::media::{Codec, Config, Format, Media, MediaEvent};
use tokio::sync::mpsc::Receiver;
use tokio_util::sync::CancellationToken;

/// Samples looked at for tones: half a second.
const LOOK: usize = 4_000;

pub type Packet = (Header, Vec<u8>);
/// Payload type, marker, timestamp, payload.
pub type Instead = (u8, bool, u32, Vec<u8>);

pub struct Phone {
    pub port: u16,
    socket: Arc<UdpSocket>,
    format: Format,
    hz: Option<f64>,
    heard: Arc<Mutex<Vec<Packet>>>,
    stop: Arc<AtomicBool>,
    /// Sent in place of sound, the last first.
    pub keys: Arc<Mutex<Vec<Instead>>>,
    pub mute: Arc<AtomicBool>,
    /// Every tenth packet is lost.
    pub lossy: Arc<AtomicBool>,
    /// It encrypts with this, once it knows what the other encrypts with.
    pub master: Option<Master>,
    pub theirs: Arc<Mutex<Option<Stream>>>,
    /// Packets that its keys do not open.
    pub strange: Arc<AtomicUsize>,
}

impl Phone {
    pub fn new(hz: Option<f64>, format: impl Into<Format>) -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(5))).unwrap();
        let port = socket.local_addr().unwrap().port();
        Self {
            port,
            socket: Arc::new(socket),
            format: format.into(),
            hz,
            heard: Arc::default(),
            stop: Arc::default(),
            keys: Arc::default(),
            mute: Arc::default(),
            lossy: Arc::default(),
            master: None,
            theirs: Arc::default(),
            strange: Arc::default(),
        }
    }

    /// Its description; `events`: it knows RFC 4733.
    pub fn sdp(&self, events: bool) -> String {
        let number = self.number();
        let (tail, map) = match (events, self.format) {
            (false, _) => ("", ""),
            (true, Format::G711(_)) => (" 101", "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n"),
            (true, Format::Opus) => (" 101", "a=rtpmap:101 telephone-event/48000\r\na=fmtp:101 0-15\r\n"),
        };
        let name = self.format.rtpmap();
        let (protocol, crypto) = match self.master {
            Some(master) => ("RTP/SAVP", format!("a=crypto:{}\r\n", master.attribute(3))),
            None => ("RTP/AVP", String::new()),
        };
        format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {} {protocol} {number}{tail}\r\na=rtpmap:{number} {name}\r\n{map}{crypto}",
            self.port
        )
    }

    fn number(&self) -> u8 {
        match self.format {
            Format::G711(law) => law.payload_type(),
            Format::Opus => 96,
        }
    }

    /// Has our leg answer its offer, and talks.
    pub async fn call(&self, media: &Media, key: LegKey) {
        self.call_as(media, key, true).await;
    }

    pub async fn call_as(&self, media: &Media, key: LegKey, events: bool) {
        let answer = media.sip_accept(key, self.sdp(events).as_bytes()).await.unwrap();
        self.talk(self.agreed(&answer));
    }

    /// Where the other side's description wants to hear; its keys are taken.
    pub fn agreed(&self, description: &[u8]) -> SocketAddr {
        let line = parse(description).unwrap().media.remove(0);
        let key = line.crypto.first().and_then(|value| Master::read(value));
        assert_eq!(key.is_some(), self.master.is_some());
        *self.theirs.lock().unwrap() = key.map(|(_, master)| Stream::new(&master));
        (line.address.unwrap(), line.port).into()
    }

    /// Sends to there, and hears, until it is dropped.
    pub fn talk(&self, to: SocketAddr) {
        let (socket, hz, stop) = (self.socket.clone(), self.hz, self.stop.clone());
        let (format, number, mut voice) = (self.format, self.number(), Voice::new(self.format));
        let (keys, mute, lossy) = (self.keys.clone(), self.mute.clone(), self.lossy.clone());
        let mut ours = self.master.map(|master| Stream::new(&master));
        thread::spawn(move || {
            let start = Instant::now();
            for tick in 0u32.. {
                thread::sleep((start + Duration::from_millis(20) * tick).saturating_duration_since(Instant::now()));
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let at = tick * 160;
                let mut packet = Vec::new();
                let header = |payload_type, marker, timestamp| Header {
                    marker,
                    payload_type,
                    sequence: tick as u16,
                    timestamp,
                    ssrc: u32::from(socket.local_addr().unwrap().port()),
                };
                let key = keys.lock().unwrap().pop();
                if let Some((number, marker, timestamp, payload)) = key {
                    rtp::write(&header(number, marker, timestamp), &payload, &mut packet);
                } else if mute.load(Ordering::Relaxed) || lossy.load(Ordering::Relaxed) && tick % 10 == 7 {
                    // A codec goes on although a packet of it is lost.
                    voice.packet(hz, at);
                    continue;
                } else {
                    let header = header(number, tick == 0, at.wrapping_mul(format.units()));
                    rtp::write(&header, &voice.packet(hz, at), &mut packet);
                }
                if let Some(ours) = &mut ours {
                    ours.protect(&mut packet);
                }
                socket.send_to(&packet, to).unwrap();
            }
        });
        let (socket, heard, stop) = (self.socket.clone(), self.heard.clone(), self.stop.clone());
        let (theirs, strange) = (self.theirs.clone(), self.strange.clone());
        thread::spawn(move || {
            let mut bytes = [0; 2_048];
            while !stop.load(Ordering::Relaxed) {
                let Ok((length, _)) = socket.recv_from(&mut bytes) else { continue };
                let length = match &mut *theirs.lock().unwrap() {
                    Some(theirs) => theirs.open(&mut bytes[..length]).unwrap_or_else(|| {
                        strange.fetch_add(1, Ordering::Relaxed);
                        0
                    }),
                    None => length,
                };
                if let Some((header, payload)) = rtp::parse(&bytes[..length]) {
                    heard.lock().unwrap().push((header, payload.to_vec()));
                }
            }
        });
    }

    pub fn packets(&self) -> Vec<Packet> {
        self.heard.lock().unwrap().clone()
    }

    /// The tones in the last half second.
    pub fn tones(&self) -> BTreeSet<u32> {
        let packets = self.packets();
        let sound: Vec<_> = packets.iter().filter(|(header, _)| header.payload_type == self.number()).collect();
        // A second: a decoder that begins in the middle of a voice has found its feet by then.
        let samples =
            hear(self.format, sound[sound.len().saturating_sub(50)..].iter().map(|(_, payload)| &payload[..]));
        tones(&samples[samples.len().saturating_sub(LOOK)..])
    }

    /// Waits for so many packets more: ticks of the media thread, however slow the machine is.
    pub async fn waits_for(&self, more: usize) {
        let wanted = self.packets().len() + more;
        while self.packets().len() < wanted {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Waits until exactly these tones have been heard for half a second.
    pub async fn hears(&self, wanted: &[u32]) {
        let wanted: BTreeSet<u32> = wanted.iter().copied().collect();
        for _ in 0..500 {
            if self.packets().len() >= LOOK / 160 && self.tones() == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("hears {:?} in {} packets, not {wanted:?}", self.tones(), self.packets().len());
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// Says one tone in a format.
pub enum Voice {
    G711(Codec),
    Opus(Box<opus::Encoder>),
}

impl Voice {
    pub fn new(format: Format) -> Self {
        match format {
            Format::G711(law) => Self::G711(law),
            Format::Opus => {
                let mut encoder = opus::Encoder::new(8_000, opus::Channels::Mono, opus::Application::Voip).unwrap();
                encoder.set_bitrate(opus::Bitrate::Bits(24_000)).unwrap();
                encoder.set_inband_fec(true).unwrap();
                encoder.set_packet_loss_perc(10).unwrap();
                Self::Opus(Box::new(encoder))
            }
        }
    }

    /// The 20 ms from a sample on.
    pub fn packet(&mut self, hz: Option<f64>, at: u32) -> Vec<u8> {
        let samples = (at..at + 160).map(|at| sine(hz, at));
        match self {
            Self::G711(law) => samples.map(|sample| law.encode(sample)).collect(),
            Self::Opus(encoder) => encoder.encode_vec(&samples.collect::<Vec<_>>(), 400).unwrap(),
        }
    }
}

/// The samples of packets.
pub fn hear<'a>(format: Format, packets: impl Iterator<Item = &'a [u8]>) -> Vec<i16> {
    match format {
        Format::G711(law) => packets.flatten().map(|code| law.decode(*code)).collect(),
        Format::Opus => {
            let mut decoder = opus::Decoder::new(8_000, opus::Channels::Mono).unwrap();
            let mut samples = [0; 960];
            let decode = |packet: &[u8]| {
                let length = decoder.decode(packet, &mut samples, false).unwrap();
                samples[..length].to_vec()
            };
            packets.flat_map(decode).collect()
        }
    }
}

pub fn sine(hz: Option<f64>, at: u32) -> i16 {
    hz.map_or(0, |hz| (7_000.0 * (TAU * hz * f64::from(at) / 8_000.0).sin()) as i16)
}

/// The peaks of a spectrum above a fiftieth of full scale, to the next 10 Hz.
pub fn tones(samples: &[i16]) -> BTreeSet<u32> {
    let length = samples.len();
    if length < 800 {
        return BTreeSet::new();
    }
    // A Hann window: a tone between two bins must not leak into ones that are not there.
    let window = |at: usize| 0.5 - 0.5 * (TAU * at as f64 / length as f64).cos();
    let mut spectrum: Vec<Complex<f64>> =
        samples.iter().enumerate().map(|(at, sample)| Complex::new(f64::from(*sample) * window(at), 0.0)).collect();
    FftPlanner::new().plan_fft_forward(length).process(&mut spectrum);
    let level: Vec<f64> = spectrum[..length / 2].iter().map(|bin| bin.norm() * 4.0 / length as f64).collect();
    (1..level.len() - 1)
        .filter(|at| level[*at] > 650.0 && level[*at] >= level[at - 1] && level[*at] >= level[at + 1])
        .map(|at| ((at as f64 * 8_000.0 / length as f64) / 10.0).round() as u32 * 10)
        .collect()
}

pub struct Studio {
    pub media: Media,
    pub events: Receiver<MediaEvent>,
    pub stop: CancellationToken,
}

impl Studio {
    pub fn new(change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config { bind: Ipv4Addr::LOCALHOST.into(), threads: 1, ..Config::default() };
        change(&mut config);
        let stop = CancellationToken::new();
        let (media, events) = Media::start(config, stop.clone()).unwrap();
        Self { media, events, stop }
    }

    /// The next event that is asked for; others are stepped over.
    pub async fn event<T>(&mut self, mut wanted: impl FnMut(&MediaEvent) -> Option<T>) -> T {
        let next = async {
            loop {
                let event = self.events.recv().await.expect("media tells events");
                if let Some(found) = wanted(&event) {
                    return found;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), next).await.expect("the event comes")
    }

    pub async fn hear(&self, call: CallId, pairs: &[(u32, u32)]) {
        let pairs = pairs.iter().map(|(listener, speaker)| (LegId(*listener), LegId(*speaker))).collect();
        self.media.hear(call, pairs).await.unwrap();
    }
}

impl Drop for Studio {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
