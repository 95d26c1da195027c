//! Everything that can be tuned, with its default and why.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use chassis::Secret;
use serde::Deserialize;

use crate::{
    call::Patience,
    media,
    services::Service,
    sip,
    speech::{EngineConfig, Engines, SpeechError, Voice, VoiceConfig},
};

/// The `[telephony]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where gRPC listens, inside the site.
    pub listen: SocketAddr,
    /// The site's internal token.
    pub token: Secret,
    /// Connection string of this site's PostgreSQL: the view of calls. Calls go on while it is away.
    pub database: Secret,
    /// Connections to PostgreSQL, 3 to 100. The view's makers hold two; the rest serve lists.
    #[serde(default = "defaults::database_connections")]
    pub database_connections: u32,
    /// How long a few new events wait before they are written to the view together, ms, 0 to 5,000. A transaction costs about the same for one
    /// event as for hundreds; lists of calls that are over may be this much behind.
    #[serde(default = "defaults::view_pace_ms")]
    pub view_pace_ms: u64,
    /// gRPC address of this site's chat service, `http://host:port`: a call that waits for an agent is a conversation there.
    pub chat: String,
    /// gRPC address of this site's routing service, `http://host:port`.
    pub routing: String,
    /// gRPC address of this site's crm, `http://host:port`: flows look callers and orders up there. Absent: only a service named `customers` knows
    /// them.
    #[serde(default)]
    pub crm: Option<String>,
    /// The routing floor.
    #[serde(default = "defaults::floor")]
    pub floor: String,
    /// Makes customers' keys from their numbers, so that the same number is the same customer at every site and nobody can guess the
    /// number from the key. The same at all sites.
    pub number_secret: Secret,
    /// SIP.
    pub sip: sip::Config,
    /// Sound.
    pub media: Media,
    /// Recorded sounds and speech.
    pub speech: Speech,
    /// The flow of numbers that no other flow was given to. Empty: such calls wait in `queue`.
    #[serde(default)]
    pub flow: String,
    /// The queue of calls without a flow.
    #[serde(default = "defaults::queue")]
    pub queue: String,
    /// Services outside that flows may ask, by name; the one named `customers` knows customers and orders.
    #[serde(default)]
    pub services: BTreeMap<String, Service>,
    /// What numbers in E.164 must begin with to be dialled, by agents and their phones; short numbers (110, 9110) are dialled too. A stolen
    /// account must not call premium numbers abroad.
    #[serde(default = "defaults::dial")]
    pub dial: Vec<String>,
    /// How long an agent who accepted may take to be connected, ms, 2,000 to 120,000. A browser asks for the microphone.
    #[serde(default = "defaults::connect_ms")]
    pub connect_ms: u64,
    /// How long a lost leg may take to come back, ms, 2,000 to 120,000. Longer than a browser takes to find another site.
    #[serde(default = "defaults::rejoin_ms")]
    pub rejoin_ms: u64,
    /// How long a dialled number may ring, ms, 5,000 to 180,000.
    #[serde(default = "defaults::ring_ms")]
    pub ring_ms: u64,
    /// Silence of a gateway after which its calls are taken over, ms, 500 to 10,000. Beats come every 250 ms.
    #[serde(default = "defaults::suspect_ms")]
    pub suspect_ms: u64,
    /// A phone from which no sound comes for so long is gone, ms, 30,000 to 3,600,000. Some send none while they hold.
    #[serde(default = "defaults::reap_ms")]
    pub reap_ms: u64,
    /// Recorded sound is dropped at this age, days; the same at every site. Unset or 0: never.
    #[serde(default)]
    pub recordings_days: u32,
    /// All recorded sound together may take so much of each server's disk, in MiB; beyond it calls go on and are not recorded.
    #[serde(default = "defaults::recordings_mib")]
    pub recordings_mib: u64,
}

impl Config {
    /// How long the center waits.
    pub(crate) fn patience(&self) -> Patience {
        Patience { connect_ms: self.connect_ms, rejoin_ms: self.rejoin_ms, ring_ms: self.ring_ms }
    }

    /// What is out of its range.
    pub(crate) fn fault(&self) -> Option<String> {
        let ranges = [
            ("connect_ms", self.connect_ms, 2_000..=120_000),
            ("rejoin_ms", self.rejoin_ms, 2_000..=120_000),
            ("ring_ms", self.ring_ms, 5_000..=180_000),
            ("suspect_ms", self.suspect_ms, 500..=10_000),
            ("reap_ms", self.reap_ms, 30_000..=3_600_000),
            ("database_connections", u64::from(self.database_connections), 3..=100),
            ("view_pace_ms", self.view_pace_ms, 0..=5_000),
        ];
        let wrong = ranges.into_iter().find(|(_, value, range)| !range.contains(value));
        wrong.map(|(name, value, range)| {
            format!("telephony.{name} is {value}: it must be {} to {}", range.start(), range.end())
        })
    }
}

/// The `[telephony.media]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Media {
    /// The local address of all sockets for sound.
    pub bind: IpAddr,
    /// The address that phones and trunks are told.
    pub public: IpAddr,
    /// The address that browsers are told; unset: the same.
    #[serde(default)]
    pub browser: Option<IpAddr>,
    /// What is spoken with the agents' browsers: `g711`, as telephones do, so that nothing is transcoded; or `opus`, which needs a third of the
    /// bandwidth and makes up for lost packets: for agents at home behind thin or lossy lines. A browser that lacks it gets the other one.
    #[serde(default)]
    pub browser_codec: media::Prefer,
    /// The first UDP port for sound. A SIP leg takes two ports, a browser one.
    #[serde(default = "defaults::first_port")]
    pub first_port: u16,
    /// The last.
    #[serde(default = "defaults::last_port")]
    pub last_port: u16,
    /// Media threads, 1 to 64. A call stays on its thread.
    #[serde(default = "defaults::threads")]
    pub threads: usize,
    /// Where recordings are also written as files; unset: they are kept in the journal alone.
    #[serde(default)]
    pub recordings: Option<PathBuf>,
    /// A leg from which nothing is heard for so long is lost, ms, 1,000 to 60,000.
    #[serde(default = "defaults::silence_ms")]
    pub silence_ms: u64,
}

impl Media {
    /// As the media threads take it.
    pub(crate) fn settings(&self) -> media::Config {
        media::Config {
            bind: self.bind,
            public: self.public,
            browser: self.browser,
            browser_codec: self.browser_codec,
            ports: self.first_port..=self.last_port,
            threads: self.threads,
            recordings: self.recordings.clone(),
            silence: Duration::from_millis(self.silence_ms),
            ..media::Config::default()
        }
    }
}

/// The `[telephony.speech]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speech {
    /// Folder of recorded sounds, `<name>.wav`.
    pub sounds: PathBuf,
    /// Folder of what was spoken; it is made.
    pub cache: PathBuf,
    /// How large that folder grows, bytes, 1,000,000 or more. A second takes 16,000.
    #[serde(default = "defaults::cache_bytes")]
    pub cache_bytes: u64,
    /// Texts spoken at once, 1 to 64. A text costs a core about a tenth of its length.
    #[serde(default = "defaults::at_once")]
    pub at_once: usize,
    /// How long a text may wait and be spoken, ms, 500 to 60,000. A caller hears silence meanwhile.
    #[serde(default = "defaults::patience_ms")]
    pub patience_ms: u64,
}

impl Speech {
    /// The voice that speaks with what is installed.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub(crate) fn voice(&self) -> Result<Voice, SpeechError> {
        let engines = Engines::find(&EngineConfig::default(), &self.cache.join("engine"))?;
        let config = VoiceConfig {
            sounds: self.sounds.clone(),
            cache: self.cache.clone(),
            cache_bytes: self.cache_bytes,
            at_once: self.at_once,
            patience: Duration::from_millis(self.patience_ms),
        };
        Voice::new(&config, engines)
    }
}

mod defaults {
    pub(super) fn database_connections() -> u32 {
        6
    }

    pub(super) fn view_pace_ms() -> u64 {
        200
    }

    pub(super) fn cache_bytes() -> u64 {
        200_000_000
    }

    pub(super) fn at_once() -> usize {
        2
    }

    pub(super) fn patience_ms() -> u64 {
        8_000
    }

    pub(super) fn reap_ms() -> u64 {
        300_000
    }

    pub(super) fn recordings_mib() -> u64 {
        4_096
    }

    pub(super) fn first_port() -> u16 {
        20_000
    }

    pub(super) fn last_port() -> u16 {
        29_999
    }

    pub(super) fn threads() -> usize {
        2
    }

    pub(super) fn silence_ms() -> u64 {
        10_000
    }

    pub(super) fn floor() -> String {
        "main".to_owned()
    }

    pub(super) fn dial() -> Vec<String> {
        vec!["+81".to_owned()]
    }

    pub(super) fn queue() -> String {
        "phone".to_owned()
    }

    pub(super) fn connect_ms() -> u64 {
        20_000
    }

    pub(super) fn rejoin_ms() -> u64 {
        20_000
    }

    pub(super) fn ring_ms() -> u64 {
        45_000
    }

    pub(super) fn suspect_ms() -> u64 {
        1_000
    }
}
