//! Every tunable of signalling.

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
};

use serde::{Deserialize, Serialize};

use super::{acl::Network, admission::Limits, session};
use crate::media::{Prefer, Srtp, Wish};

/// Section `[telephony.sip]` of the configuration file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where SIP over UDP listens. Port 0 takes a free one.
    pub udp: Option<SocketAddr>,
    /// Where SIP over TCP listens.
    pub tcp: Option<SocketAddr>,
    /// Where SIP over TLS listens; needs [`Config::tls_files`].
    pub tls: Option<SocketAddr>,
    /// Certificate and key for TLS.
    pub tls_files: Option<TlsFiles>,
    /// The address that others reach this gateway by, in Contact and Via. Unset: the address listened on.
    pub public: Option<IpAddr>,
    /// What this gateway calls itself in User-Agent.
    pub user_agent: String,
    /// Realm of the digest challenge; the phones' secrets are made for it.
    pub realm: String,
    /// Lines to carriers.
    pub trunks: Vec<Trunk>,
    /// Agents' SIP phones.
    pub phones: Vec<Phone>,
    /// How many calls may begin, and be there at once. The default keeps clear of where this stack collapses.
    pub limits: Limits,
    /// Registrations and calls of phones that are not proven yet, a second; more get 503. 0: no limit. 100: a thousand
    /// phones that all come back at once are in after 20 s.
    pub strangers_per_s: u32,
    /// Session timers (RFC 4028).
    pub session: session::Settings,
    /// What `Retry-After` says in a 503, s. 5: long enough to matter, short enough to come back.
    pub retry_after_s: u32,
    /// Base of all retransmissions, ms. RFC 3261 says 500; transactions give up after 64 of it.
    pub t1_ms: u64,
    /// How long a trunk may be silent after an INVITE before the next one is tried, ms. 4 s: three transmissions.
    pub silence_ms: u64,
    /// How long our INVITE may ring, s.
    pub no_answer_s: u64,
    /// How long an incoming call may stay unanswered before it is refused, s. Below the carriers' own 180 s.
    pub unanswered_s: u64,
    /// How long a taken-over call's re-INVITE may go unanswered, ms. 6 s: the caller hears silence until then.
    pub restore_ms: u64,
    /// How often a trunk is asked whether it is there, ms.
    pub probe_every_ms: u64,
    /// How long it may take to say so, ms.
    pub probe_wait_ms: u64,
    /// Lifetime of a phone's registration, s: the shortest and the longest that is granted.
    pub expires_s: (u32, u32),
    /// How long a digest nonce is good, s.
    pub nonce_s: u64,
    /// TCP and TLS connections at once; more are closed.
    pub connections: usize,
    /// An idle TCP or TLS connection is closed after, s.
    pub idle_s: u64,
    /// Events that may wait for the owner of the calls; then the legs wait.
    pub events: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            udp: None,
            tcp: None,
            tls: None,
            tls_files: None,
            public: None,
            user_agent: "Madoguchi".to_owned(),
            realm: "madoguchi".to_owned(),
            trunks: Vec::new(),
            phones: Vec::new(),
            limits: Limits::default(),
            strangers_per_s: 100,
            session: session::Settings::default(),
            retry_after_s: 5,
            t1_ms: 500,
            silence_ms: 4_000,
            no_answer_s: 120,
            unanswered_s: 150,
            restore_ms: 6_000,
            probe_every_ms: 15_000,
            probe_wait_ms: 2_000,
            expires_s: (60, 3_600),
            nonce_s: 300,
            connections: 2_000,
            idle_s: 900,
            events: 4_096,
        }
    }
}

/// PEM files for TLS.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate chain.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
    /// Authorities that trunks' certificates are checked with. Unset: no call goes out over TLS.
    #[serde(default)]
    pub authority: Option<PathBuf>,
}

/// How SIP travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Datagrams.
    #[default]
    Udp,
    /// A plain stream.
    Tcp,
    /// An encrypted stream.
    Tls,
}

/// Where a trunk says which number was dialled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialled {
    /// In the Request-URI.
    #[default]
    RequestUri,
    /// In To.
    To,
}

/// A line to a carrier.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trunk {
    /// Its name, for people and logs.
    pub id: String,
    /// Name or address of the carrier's side.
    pub host: String,
    /// Its port. Unset: 5060, or 5061 with TLS.
    #[serde(default)]
    pub port: Option<u16>,
    /// How to speak to it.
    #[serde(default)]
    pub transport: Transport,
    /// Networks that its calls come from. Empty: only the host's own addresses.
    #[serde(default)]
    pub sources: Vec<Network>,
    /// User and secret that it asks for.
    #[serde(default)]
    pub credential: Option<Credential>,
    /// Register at it, for so many seconds each time. Unset: it knows our address.
    #[serde(default)]
    pub register_s: Option<u32>,
    /// Calls at once, both directions. 0: no limit.
    #[serde(default)]
    pub channels: u32,
    /// Calls that may begin in a second, both directions. 0: no limit.
    #[serde(default)]
    pub calls_per_s: u32,
    /// Lower is tried first.
    #[serde(default)]
    pub priority: u16,
    /// Share among the trunks of the same priority.
    #[serde(default = "one")]
    pub weight: u16,
    /// The number shown to who is called, when the call brings none.
    #[serde(default)]
    pub caller_id: Option<String>,
    /// Where it says which number was dialled.
    #[serde(default)]
    pub dialled: Dialled,
    /// True: ask it with OPTIONS whether it is there. Default true.
    #[serde(default = "yes")]
    pub probe: bool,
    /// Whether its sound is encrypted: `off`, `offered` or `required`. The keys travel in SIP: use it over TLS.
    #[serde(default)]
    pub srtp: Srtp,
    /// What is spoken with a line that speaks both: `g711`, so that nothing is transcoded, or `opus` for one that is thin or lossy. Only `opus`
    /// is offered as such; a line that knows nothing else is answered with it anyway.
    #[serde(default)]
    pub codec: Prefer,
}

impl Trunk {
    /// A trunk with the defaults of the configuration file.
    pub fn new(id: impl Into<String>, host: impl Into<String>, port: u16) -> Self {
        Self {
            id: id.into(),
            host: host.into(),
            port: Some(port),
            transport: Transport::Udp,
            sources: Vec::new(),
            credential: None,
            register_s: None,
            channels: 0,
            calls_per_s: 0,
            priority: 0,
            weight: 1,
            caller_id: None,
            dialled: Dialled::RequestUri,
            probe: true,
            srtp: Srtp::Off,
            codec: Prefer::G711,
        }
    }

    /// What it wants of its sound.
    pub fn wish(&self) -> Wish {
        Wish { srtp: self.srtp, codec: self.codec }
    }

    /// Its port, with the transport's own when none is given.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(if self.transport == Transport::Tls { 5061 } else { 5060 })
    }
}

fn one() -> u16 {
    1
}

fn yes() -> bool {
    true
}

/// What proves us to a trunk.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The user.
    pub user: String,
    /// The secret.
    pub secret: String,
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("user", &self.user).finish_non_exhaustive()
    }
}

/// An agent's SIP phone.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phone {
    /// Whose it is.
    pub agent: String,
    /// The user it registers as.
    pub user: String,
    /// MD5 of `user:realm:secret`, 32 hexadecimal digits; see [`super::digest::ha1`].
    pub ha1: String,
    /// As a trunk's. Of an agent's phones the strictest counts for all.
    #[serde(default)]
    pub srtp: Srtp,
    /// As a trunk's: `opus` for an agent at home. When one of an agent's phones has it, it counts for all.
    #[serde(default)]
    pub codec: Prefer,
}

impl Phone {
    /// What it wants of its sound.
    pub fn wish(&self) -> Wish {
        Wish { srtp: self.srtp, codec: self.codec }
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Phone").field("agent", &self.agent).field("user", &self.user).finish_non_exhaustive()
    }
}
