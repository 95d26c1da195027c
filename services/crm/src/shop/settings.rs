//! The shops of the configuration: `[crm.shops.<name>]`.

use chassis::Secret;
use serde::Deserialize;

/// A shop.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// Its API, `https://…`, as docs/crm-shop.md has it. `http://` is for the site's own network: addresses of customers go there.
    pub url: String,
    /// Sent as `Authorization: Bearer …`; unset: nothing is sent.
    #[serde(default)]
    pub token: Option<Secret>,
    /// How long one answer may take, ms, 100 to 60,000.
    #[serde(default = "ten_seconds")]
    pub timeout_ms: u64,
    /// How often its events are fetched, ms, 100 to 3,600,000; 0: never, the shop sends them by itself.
    #[serde(default = "two_seconds")]
    pub poll_ms: u64,
}

fn ten_seconds() -> u64 {
    10_000
}

fn two_seconds() -> u64 {
    2_000
}
