//! Every tunable of media.

use std::net::{IpAddr, Ipv4Addr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use super::wish::Prefer;

/// How media is done in this process.
#[derive(Debug, Clone)]
pub struct Config {
    /// The local address of all sockets.
    pub bind: IpAddr,
    /// The address that phones and trunks are told.
    pub public: IpAddr,
    /// The address that browsers are told; `None`: the same.
    pub browser: Option<IpAddr>,
    /// What is spoken with browsers that speak both.
    pub browser_codec: Prefer,
    /// UDP ports for sound; a SIP leg takes two, a browser one.
    pub ports: RangeInclusive<u16>,
    /// Media threads. A call stays on its thread.
    pub threads: usize,
    /// Where recordings are written, one file a part; `None`: nowhere, chunks are only told.
    pub recordings: Option<PathBuf>,
    /// Without a packet for so long a leg is silent.
    pub silence: Duration,
    /// What the jitter buffer holds back when a stream begins. 20 ms: a tick is the least that can be told apart.
    pub hold_ms: u32,
    /// What it holds back at most when packets come late.
    pub most_hold_ms: u32,
    /// Events that may wait to be taken.
    pub events: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::UNSPECIFIED),
            public: IpAddr::V4(Ipv4Addr::LOCALHOST),
            browser: None,
            browser_codec: Prefer::G711,
            ports: 20_000..=29_999,
            threads: 2,
            recordings: None,
            silence: Duration::from_secs(10),
            hold_ms: 20,
            most_hold_ms: 200,
            events: 4_096,
        }
    }
}
