//! Everything that can be tuned, with its default and why.

use std::{collections::BTreeMap, net::SocketAddr};

use chassis::Secret;
use serde::Deserialize;

use crate::{shop::settings::Settings, work::WorkConfig};

/// Shortest [`Config::identity_secret`], bytes.
const SHORTEST_SECRET: usize = 16;

/// The `[crm]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where gRPC listens, inside the site.
    pub listen: SocketAddr,
    /// The site's internal token.
    pub token: Secret,
    /// Connection string of this site's PostgreSQL.
    pub database: Secret,
    /// gRPC address of this site's chat service, `http://host:port`. Unset: tasks that are due wait, and shops'
    /// answers are told to nobody.
    #[serde(default)]
    pub chat: Option<String>,
    /// How cases are to be served, and where tasks go.
    #[serde(default)]
    pub work: WorkConfig,
    /// Keys the hashes of identities, 16 bytes or more. **The same at every site and for ever**: with another one the same customer number is another record.
    pub identity_secret: Secret,
    /// Connections to PostgreSQL, 6 to 100. Four projections and the erasures hold one each while they write; the rest serve requests.
    #[serde(default = "defaults::database_connections")]
    pub database_connections: u32,
    /// How long a few new facts wait before they are written to the view together, ms, 0 to 5,000. A transaction costs about the same for one
    /// fact as for hundreds; what an agent just wrote is seen this much later.
    #[serde(default = "defaults::view_pace_ms")]
    pub view_pace_ms: u64,
    /// Units on their way to the journal at once over all reports, 16 to 10,000. Beyond it, reports wait.
    #[serde(default = "defaults::appends_in_flight")]
    pub appends_in_flight: usize,
    /// How often it is looked whether the day's segments were counted, ms, 10 to 3,600,000. One site counts, for all.
    #[serde(default = "defaults::trend_look_ms")]
    pub trend_look_ms: u64,
    /// Shops that can be asked, by name: the name that their orders bear. Default none.
    #[serde(default)]
    pub shops: BTreeMap<String, Settings>,
    /// What webhooks may do.
    #[serde(default)]
    pub webhooks: Webhooks,
}

/// The `[crm.webhooks]` section. **The same at every site.**
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Webhooks {
    /// Receivers may be on this machine and in private networks, there also by `http://`. Default false: whoever may add a webhook could otherwise make
    /// the center knock at doors that only the site itself should see.
    pub private_networks: bool,
    /// How long a receiver may fail before its webhook is paused, ms, 1,000 to 2,592,000,000. Default a day: a night's outage needs nobody.
    pub patience_ms: u64,
}

impl Default for Webhooks {
    fn default() -> Self {
        Self { private_networks: false, patience_ms: 86_400_000 }
    }
}

mod defaults {
    pub(super) fn database_connections() -> u32 {
        12
    }

    pub(super) fn view_pace_ms() -> u64 {
        50
    }

    pub(super) fn trend_look_ms() -> u64 {
        60_000
    }

    pub(super) fn appends_in_flight() -> usize {
        1_024
    }
}

impl Config {
    /// The first value that is out of its range, as a sentence.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        if self.identity_secret.expose().len() < SHORTEST_SECRET {
            return Some(format!("crm.identity_secret is too short: {SHORTEST_SECRET} bytes or more"));
        }
        if let Some(fault) = self.work.fault() {
            return Some(fault);
        }
        let ranges = [
            ("database_connections", u64::from(self.database_connections), 6, 100),
            ("view_pace_ms", self.view_pace_ms, 0, 5_000),
            ("trend_look_ms", self.trend_look_ms, 10, 3_600_000),
            ("webhooks.patience_ms", self.webhooks.patience_ms, 1_000, 2_592_000_000),
            ("appends_in_flight", self.appends_in_flight as u64, 16, 10_000),
        ];
        let out = ranges.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value));
        out.map(|(name, value, least, most)| format!("crm.{name} is {value}: must be {least} to {most}"))
    }
}
