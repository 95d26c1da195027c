//! Every tunable of the door.

use std::{net::SocketAddr, path::PathBuf};

use chassis::Secret;
use serde::{Deserialize, Serialize};

use crate::customers::ProfileField;

/// Configuration of the door. A wrong key is an error.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Address that browsers reach.
    pub listen: SocketAddr,
    /// The site's internal token, shown to `chat` and `routing`.
    pub token: Secret,
    /// 32 bytes in base64 that seal the browsers' tokens; the same at every site, so that each checks the others'.
    pub token_key: Secret,
    /// Address of `chat`, `http://host:port`.
    pub chat: String,
    /// Address of `routing`, `http://host:port`.
    pub routing: String,
    /// Address of `telephony`, `http://host:port`. Unset: this site has no calls.
    #[serde(default)]
    pub telephony: Option<String>,
    /// Address of `crm`, `http://host:port`. Unset: this site keeps no customers.
    #[serde(default)]
    pub crm: Option<String>,
    /// Fields of a customer's profile that agents see only when they ask for them, which is audited; supervisors see them at once. Default
    /// `birthday` and `address`.
    #[serde(default = "masked")]
    pub masked_fields: Vec<ProfileField>,
    /// Every site with the address that browsers use. Must hold this site.
    pub sites: Vec<SiteAddress>,
    /// Folder with `desk/` and `widget/`, each with an `index.html`. A page that is not there is answered by 404.
    pub pages: PathBuf,
    /// The floor whose agents sign in here. Default `main`.
    #[serde(default = "main_floor")]
    pub floor: String,
    /// Origins of company pages that embed the widget and call this API, as `https://shop.example`. Default none.
    #[serde(default)]
    pub widget_origins: Vec<String>,
    /// Take a client's address from the last entry of `X-Forwarded-For`: only behind a proxy that sets it. Default false.
    #[serde(default)]
    pub trust_forwarded_for: bool,
    /// All customers' files together may take so much of each server's disk, in MiB; more are refused (`storage_full`), so that files
    /// never take the room of conversations. Default 2,048.
    #[serde(default = "two_gib")]
    pub files_mib: u64,
    /// Bounds of sockets.
    #[serde(default)]
    pub sockets: Sockets,
    /// How often clients may ask.
    #[serde(default)]
    pub rates: Rates,
    /// Sign-in.
    #[serde(default)]
    pub sign_in: SignIn,
    /// When an agent without a socket is set away.
    #[serde(default)]
    pub presence: Presence,
    /// When this site counts as cut off.
    #[serde(default)]
    pub reach: Reach,
    /// The request audit.
    #[serde(default)]
    pub audit: Audit,
}

fn main_floor() -> String {
    "main".to_owned()
}

fn masked() -> Vec<ProfileField> {
    vec![ProfileField::Birthday, ProfileField::Address]
}

fn two_gib() -> u64 {
    2_048
}

/// A site as browsers know it.
#[derive(Clone, Debug, Deserialize, Serialize, PartialEq, Eq, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SiteAddress {
    /// Its name.
    pub name: String,
    /// Its address, `http://host:port` or `https://host`, without a path.
    pub url: String,
}

/// Bounds of sockets.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Sockets {
    /// At most so many at once. Default 20,000: about 40 KiB each when idle.
    pub max: usize,
    /// `hello` must come within, in ms. Default 5,000.
    pub hello_ms: u64,
    /// The center sends something at least so often, in ms. Default 1,000: browsers leave a dead site after 2.5 of them.
    pub heartbeat_ms: u64,
    /// A client that sends nothing for so long is closed, in ms. Default 60,000.
    pub silent_ms: u64,
    /// One write may take so long, in ms, before the reader counts as too slow. Default 5,000.
    pub write_ms: u64,
    /// Frames waiting for a slow reader, in bytes. Events of a catch-up take half of it at most and wait in `chat`.
    /// Default 1 MiB.
    pub outbox_bytes: usize,
    /// Frames waiting for all slow readers together, in bytes. Default 256 MiB.
    pub outbox_total_bytes: usize,
    /// Commands of one socket without an answer yet. Default 1,024.
    pub in_flight: usize,
    /// Conversations that one socket watches. Default 1,000.
    pub watches: usize,
    /// A command that `chat` or `routing` did not answer is sent again with its ids for so long, in ms, then answered
    /// `unavailable`. Default 4,000: longer than the restart of a process.
    pub answer_ms: u64,
    /// Receipts of one conversation wait so long for a newer one, in ms. Default 250.
    pub receipt_ms: u64,
}

impl Default for Sockets {
    fn default() -> Self {
        Self {
            max: 20_000,
            hello_ms: 5_000,
            heartbeat_ms: 1_000,
            silent_ms: 60_000,
            write_ms: 5_000,
            outbox_bytes: 1 << 20,
            outbox_total_bytes: 256 << 20,
            in_flight: 1_024,
            watches: 1_000,
            answer_ms: 4_000,
            receipt_ms: 250,
        }
    }
}

/// A rate with a burst.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Rate {
    /// So many a second for ever.
    pub per_second: u32,
    /// So many at once after a pause.
    pub burst: u32,
}

/// How often clients may ask. Generous: many people share one address behind a company's or a carrier's NAT.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Rates {
    /// Frames of one socket. Default 500 a second, burst 1,000.
    pub socket: Rate,
    /// Frames of all sockets of one address. Default 20,000 a second, burst 40,000.
    pub address: Rate,
    /// HTTP API calls of one address. Default 500 a second, burst 2,000.
    pub http: Rate,
    /// New anonymous customers of one address. Default 200 a second, burst 12,000.
    pub customers: Rate,
    /// Messages left over HTTP from one address. Default 5 a second, burst 100.
    pub messages: Rate,
    /// Files from one address: 10 MiB each at most. Default 2 a second, burst 60.
    pub uploads: Rate,
    /// Links for going on elsewhere tried from one address. Default 1 a second, burst 20.
    pub links: Rate,
}

impl Default for Rates {
    fn default() -> Self {
        Self {
            socket: Rate { per_second: 500, burst: 1_000 },
            address: Rate { per_second: 20_000, burst: 40_000 },
            http: Rate { per_second: 500, burst: 2_000 },
            customers: Rate { per_second: 200, burst: 12_000 },
            messages: Rate { per_second: 5, burst: 100 },
            uploads: Rate { per_second: 2, burst: 60 },
            links: Rate { per_second: 1, burst: 20 },
        }
    }
}

/// Sign-in.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SignIn {
    /// Wrong passwords of one login within `window_ms`, then it is refused for the rest of it. Default 10.
    pub failures_per_login: u32,
    /// Wrong passwords from one address within `window_ms`. Default 100.
    pub failures_per_address: u32,
    /// In ms. Default 300,000.
    pub window_ms: u64,
    /// Passwords checked at once: each takes 19 MiB and one core for about 20 ms. Default 2.
    pub hashing: usize,
    /// Sign-ins waiting for their turn; more are refused. Default 1,000.
    pub waiting: usize,
    /// An account's token is good for so long, in s. Default 43,200 (12 hours).
    pub account_token_s: u64,
    /// An anonymous customer's, in s. Default 2,592,000 (30 days).
    pub customer_token_s: u64,
}

impl Default for SignIn {
    fn default() -> Self {
        Self {
            failures_per_login: 10,
            failures_per_address: 100,
            window_ms: 300_000,
            hashing: 2,
            waiting: 1_000,
            account_token_s: 12 * 3_600,
            customer_token_s: 30 * 24 * 3_600,
        }
    }
}

/// When an agent without a socket is set away.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Presence {
    /// A door with a socket of an agent says so at least so often, in ms. Default 5,000.
    pub ping_ms: u64,
    /// An agent without a socket anywhere is set away after, in ms. Default 30,000; at least twice `ping_ms`.
    pub grace_ms: u64,
}

impl Default for Presence {
    fn default() -> Self {
        Self { ping_ms: 5_000, grace_ms: 30_000 }
    }
}

/// When a site that hears nobody sends its browsers away.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reach {
    /// Doors of different sites tell each other that they are there every so often, in ms. Default 300.
    pub beat_ms: u64,
    /// No other site's door and no leader of the journal for so long, in ms: the site is cut off. Default 1,500; at least four
    /// beats, so that one late beat is no cut.
    pub silence_ms: u64,
}

impl Default for Reach {
    fn default() -> Self {
        Self { beat_ms: 300, silence_ms: 1_500 }
    }
}

/// The request audit.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Audit {
    /// Entries are gathered for so long, in ms, and stored as one unit. Default 1,000.
    pub gather_ms: u64,
    /// Entries waiting while the journal is away; more are counted and dropped. Default 50,000.
    pub buffer: usize,
}

impl Default for Audit {
    fn default() -> Self {
        Self { gather_ms: 1_000, buffer: 50_000 }
    }
}

/// What is wrong with a configuration, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// `sites` does not hold the site that this door belongs to.
    #[error("edge.sites does not name this site, {0}")]
    SiteMissing(String),
    /// An address that is not an HTTP origin.
    #[error("{0} in edge.sites or edge.widget_origins is not an address like https://host:port")]
    Origin(String),
    /// One late beat would be a cut.
    #[error("edge.reach.silence_ms must be at least four times edge.reach.beat_ms, and that more than 0")]
    Reach,
    /// The presence grace is shorter than two pings: agents who are here would be set away.
    #[error("edge.presence.grace_ms must be at least twice edge.presence.ping_ms")]
    Grace,
    /// The key of the tokens.
    #[error("edge.token_key must be 32 bytes in base64")]
    TokenKey,
}

impl Config {
    /// Checks what the types cannot say; `site` is this site's name.
    ///
    /// # Errors
    /// [`ConfigError`] names the first thing that is wrong.
    pub fn check(&self, site: &str) -> Result<(), ConfigError> {
        if !self.sites.iter().any(|known| known.name == site) {
            return Err(ConfigError::SiteMissing(site.to_owned()));
        }
        let origins = self.sites.iter().map(|known| &known.url).chain(&self.widget_origins);
        if let Some(wrong) = origins.into_iter().find(|url| !is_origin(url)) {
            return Err(ConfigError::Origin(wrong.clone()));
        }
        if self.reach.beat_ms == 0 || self.reach.silence_ms < 4 * self.reach.beat_ms {
            return Err(ConfigError::Reach);
        }
        if self.presence.grace_ms < 2 * self.presence.ping_ms {
            return Err(ConfigError::Grace);
        }
        Ok(())
    }

    /// The sites in a browser's order: `site` first, the others as configured.
    pub fn sites_home_first(&self, site: &str) -> Vec<SiteAddress> {
        let (home, others): (Vec<_>, Vec<_>) = self.sites.iter().cloned().partition(|known| known.name == site);
        home.into_iter().chain(others).collect()
    }
}

/// `http://host:port` without a path, and nothing that could end a header's directive.
fn is_origin(url: &str) -> bool {
    let Some(host) = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://")) else { return false };
    !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:[]".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"{"listen":"127.0.0.1:0","token":"t","token_key":"k","chat":"http://c","routing":"http://r",
        "sites":[{"name":"tokyo","url":"http://a:1"},{"name":"osaka","url":"http://b:2"}],"pages":"web"}"#;

    fn config() -> Config {
        serde_json::from_str(TEXT).unwrap()
    }

    #[test]
    fn the_least_configuration_is_enough() {
        let config = config();
        config.check("osaka").unwrap();
        let names: Vec<_> = config.sites_home_first("osaka").into_iter().map(|site| site.name).collect();
        assert_eq!(names, ["osaka", "tokyo"]);
        assert_eq!(config.sockets.max, 20_000);
        assert_eq!((config.crm, config.masked_fields), (None, vec![ProfileField::Birthday, ProfileField::Address]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        assert!(matches!(config().check("kyoto"), Err(ConfigError::SiteMissing(_))));
        let mut wrong = config();
        wrong.widget_origins = vec!["https://shop.example; script-src *".to_owned()];
        assert!(matches!(wrong.check("tokyo"), Err(ConfigError::Origin(_))));
        wrong = config();
        wrong.presence.grace_ms = 9_999;
        assert!(matches!(wrong.check("tokyo"), Err(ConfigError::Grace)));
        assert!(serde_json::from_str::<Config>(&TEXT.replace("\"pages\"", "\"paegs\"")).is_err());
    }
}
