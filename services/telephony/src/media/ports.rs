//! UDP sockets from a range of ports. A port is taken as long as its socket is open; the kernel keeps the book.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU32, Ordering};

use socket2::{Domain, Protocol, Socket, Type};

use super::error::MediaError;

/// Bytes the kernel may hold for a socket: 64 KiB are over five seconds of a stream of G.711 with the kernel's own overhead.
const RECEIVE_BUFFER: usize = 64 * 1024;

/// Hands out sockets, round the range, so that a port rests before it is used again.
#[derive(Debug)]
pub(super) struct Ports {
    bind: IpAddr,
    first: u16,
    pairs: u32,
    next: AtomicU32,
}

/// Sound on an even port, reports on the next.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) port: u16,
    pub(super) sound: UdpSocket,
    pub(super) reports: UdpSocket,
}

impl Ports {
    pub(super) fn new(bind: IpAddr, range: &RangeInclusive<u16>) -> Result<Self, MediaError> {
        let first = range.start().saturating_add(range.start() % 2);
        if first == 0 || *range.end() <= first {
            return Err(MediaError::Config("the range of ports needs at least an even one and the next"));
        }
        let pairs = u32::from(range.end() - first).div_ceil(2);
        Ok(Self { bind, first, pairs, next: AtomicU32::new(rand::random_range(0..pairs)) })
    }

    /// Two sockets.
    pub(super) fn pair(&self) -> Result<Pair, MediaError> {
        for _ in 0..self.pairs {
            let at = self.next.fetch_add(1, Ordering::Relaxed) % self.pairs;
            let port = self.first + (at * 2) as u16;
            if let (Ok(sound), Ok(reports)) = (self.open(port), self.open(port + 1)) {
                return Ok(Pair { port, sound, reports });
            }
        }
        Err(MediaError::Ports)
    }

    fn open(&self, port: u16) -> io::Result<UdpSocket> {
        let address = SocketAddr::new(self.bind, port);
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        socket.set_nonblocking(true)?;
        socket.set_recv_buffer_size(RECEIVE_BUFFER)?;
        // Expedited forwarding (RFC 3246): routers that know it send sound first. Refused by some kernels' policy: no harm.
        let _ = if self.bind.is_ipv4() { socket.set_tos_v4(0xB8) } else { socket.set_tclass_v6(0xB8) };
        socket.bind(&address.into())?;
        Ok(socket.into())
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn pairs_are_even_rest_and_run_out() {
        let ports = Ports::new(Ipv4Addr::LOCALHOST.into(), &(41_231..=41_239)).unwrap();
        let first: Vec<_> = (0..4).map(|_| ports.pair().unwrap()).collect();
        assert!(first.iter().all(|pair| pair.port % 2 == 0 && (41_232..=41_238).contains(&pair.port)));
        assert!(matches!(ports.pair(), Err(MediaError::Ports)));
        let freed = first.into_iter().map(|pair| pair.port).max();
        assert!(freed.is_some());
        assert!(ports.pair().is_ok());
    }

    #[test]
    fn a_range_without_a_pair_is_refused() {
        for range in [5_001..=5_002, 0..=0, 65_535..=65_535] {
            assert!(Ports::new(Ipv4Addr::LOCALHOST.into(), &range).is_err(), "{range:?}");
        }
    }
}
