//! The other side of the measure: sockets that send a packet every 20 ms, and sockets that send everything back.

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering::Relaxed};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::super::error::MediaError;
use super::super::figures::Task;
use super::super::g711::FRAME;
use super::super::rtp::{self, Header};

/// Parts of 20 ms that the sockets are spread over.
const PARTS: u32 = 10;

/// Packets on the peers' side.
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) sent: AtomicU64,
    pub(super) got: AtomicU64,
}

/// One peer: its place and its port.
pub(super) struct Peer {
    pub(super) index: usize,
    pub(super) port: u16,
}

/// Sockets that talk.
pub(super) struct Peers {
    sockets: Vec<UdpSocket>,
    to: Vec<AtomicU16>,
}

impl Peers {
    pub(super) fn new(count: usize) -> Result<Self, MediaError> {
        Ok(Self { sockets: sockets(count)?, to: (0..count).map(|_| AtomicU16::new(0)).collect() })
    }

    pub(super) fn ports(&self) -> Vec<Peer> {
        let port = |socket: &UdpSocket| socket.local_addr().map(|address| address.port()).unwrap_or_default();
        self.sockets.iter().enumerate().map(|(index, socket)| Peer { index, port: port(socket) }).collect()
    }

    /// Where a peer sends to.
    pub(super) fn point(&self, index: usize, port: u16) {
        self.to[index].store(port, Relaxed);
    }

    /// Talks until it is done.
    pub(super) fn run(self, counts: Arc<Counts>, done: Arc<AtomicBool>) -> Result<JoinHandle<()>, MediaError> {
        let talk = move || {
            let start = Instant::now();
            let mut packet = Vec::new();
            for part in 0u32.. {
                let due = start + Duration::from_millis(20) / PARTS * part;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if done.load(Relaxed) {
                    return;
                }
                self.part(part, &counts, &mut packet);
            }
        };
        thread::Builder::new().name("peers".to_owned()).spawn(talk).map_err(|error| MediaError::Thread("peers", error))
    }

    fn part(&self, part: u32, counts: &Counts, packet: &mut Vec<u8>) {
        let mut bytes = [0; 512];
        let tick = part / PARTS;
        for at in ((part % PARTS) as usize..self.sockets.len()).step_by(PARTS as usize) {
            let (ssrc, sequence) = (at as u32, tick as u16);
            let header = Header { marker: tick == 0, payload_type: 0, sequence, timestamp: tick * FRAME as u32, ssrc };
            rtp::write(&header, &[(at + tick as usize) as u8; FRAME], packet);
            let to = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.to[at].load(Relaxed));
            if self.sockets[at].send_to(packet, to).is_ok() {
                counts.sent.fetch_add(1, Relaxed);
            }
            while self.sockets[at].recv(&mut bytes).is_ok() {
                counts.got.fetch_add(1, Relaxed);
            }
        }
    }
}

/// Sockets that send everything back.
pub(super) struct Echo(Vec<UdpSocket>);

impl Echo {
    pub(super) fn new(count: usize) -> Result<Self, MediaError> {
        sockets(count).map(Self)
    }

    pub(super) fn ports(&self) -> Vec<u16> {
        self.0.iter().map(|socket| socket.local_addr().map(|address| address.port()).unwrap_or_default()).collect()
    }

    /// Microseconds of CPU time that it took; every socket is looked at every 20 ms, as a tick does.
    pub(super) fn run(self, time: Duration) -> f64 {
        let echo = move || {
            let task = Task::default();
            task.is_this();
            let (start, mut bytes) = (Instant::now(), [0; 512]);
            while start.elapsed() < time {
                thread::sleep(Duration::from_millis(20));
                for socket in &self.0 {
                    while let Ok((length, from)) = socket.recv_from(&mut bytes) {
                        // Only the cost counts here.
                        let _ = socket.send_to(&bytes[..length], from);
                    }
                }
            }
            task.cpu_us() as f64
        };
        thread::spawn(echo).join().unwrap_or(f64::NAN)
    }
}

fn sockets(count: usize) -> Result<Vec<UdpSocket>, MediaError> {
    let open = |_| -> io::Result<UdpSocket> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        Ok(socket)
    };
    (0..count).map(open).collect::<io::Result<_>>().map_err(|_| MediaError::Ports)
}
