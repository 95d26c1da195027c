//! The configuration of one site: one file for all its services; a process takes the sections that it needs.

use std::collections::BTreeMap;
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use chassis::Secret;
use serde::Deserialize;

/// The whole file. A wrong key is an error.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Whole {
    /// Which site this is.
    pub site: Site,
    /// How to reach the journal.
    pub journal: JournalSection,
    /// Logs, traces, metrics.
    #[serde(default)]
    pub telemetry: chassis::telemetry::Settings,
    /// Shutdown.
    #[serde(default)]
    pub shutdown: ShutdownSection,
    /// `routing`; needed to run it.
    pub routing: Option<routing::Config>,
    /// `chat`; needed to run it.
    pub chat: Option<chat::Config>,
    /// `edge`; needed to run it.
    pub edge: Option<edge::Config>,
    /// `telephony`; needed to run it.
    pub telephony: Option<telephony::Config>,
    /// `crm`; needed to run it.
    pub crm: Option<crm::Config>,
}

/// Which site this is.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// Its name: one NATS token, like `tokyo`; the NATS server of the site has the same.
    pub name: String,
}

/// How to reach the journal.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalSection {
    /// NATS servers, `nats://host:port`, this site's own first.
    pub servers: Vec<String>,
    /// Monitoring address of every NATS server, `http://host:port`: asked at start whether they sync before they acknowledge.
    pub monitoring: Vec<String>,
    /// Refuse to start when one does not. Default true; false only for practice.
    #[serde(default = "yes")]
    pub require_sync_always: bool,
    /// NATS server that shall lead every stream. Default `witness`: the death of a site is then the death of a follower.
    #[serde(default = "witness")]
    pub preferred_leader: String,
    /// Copies of every stream. Default 3.
    #[serde(default = "three")]
    pub replicas: usize,
    /// Keys that wrap customers' keys: the first wraps new ones, all open old ones. At least one.
    pub master_keys: Vec<MasterKey>,
    /// NATS user of each service that runs from this file.
    pub users: BTreeMap<String, User>,
    /// User of the NATS system account, for `placement` alone. Default none: the meta leader stays where it is.
    pub system: Option<User>,
}

/// A NATS user.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Name.
    pub user: String,
    /// Password.
    pub password: Secret,
}

/// A key that wraps customers' keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MasterKey {
    /// Name, stored beside what it wrapped.
    pub id: String,
    /// 32 bytes in base64.
    pub key: Secret,
}

/// Shutdown.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ShutdownSection {
    /// What work in progress may take after SIGTERM, in ms. Default 10,000: shorter than the 30 s that Kubernetes waits.
    pub grace_ms: u64,
}

impl Default for ShutdownSection {
    fn default() -> Self {
        Self { grace_ms: 10_000 }
    }
}

fn yes() -> bool {
    true
}

fn witness() -> String {
    "witness".to_owned()
}

fn three() -> usize {
    3
}

/// Why a configuration cannot be used, as a sentence.
#[derive(Debug, thiserror::Error)]
pub enum WrongConfig {
    /// Unreadable, or a wrong key.
    #[error(transparent)]
    File(Box<chassis::config::ConfigError>),
    /// A section that the service needs is missing.
    #[error("the configuration has no section [{0}]")]
    Section(String),
    /// A master key is not one.
    #[error("the master key {0:?} must be 32 bytes in base64")]
    MasterKey(String),
}

/// Reads the file and the environment's overrides.
///
/// # Errors
/// [`WrongConfig`] names the key.
pub fn load(file: &Path) -> Result<Whole, WrongConfig> {
    chassis::config::load(file, std::env::vars()).map_err(|error| WrongConfig::File(Box::new(error)))
}

impl Whole {
    /// What `service` needs to reach the journal.
    ///
    /// # Errors
    /// [`WrongConfig`] when it has no user here, or a master key is not one.
    pub fn journal(&self, service: &str) -> Result<journal::Settings, WrongConfig> {
        let section = &self.journal;
        let user = section.users.get(service);
        let user = user.ok_or_else(|| WrongConfig::Section(format!("journal.users.{service}")))?;
        let system = section.system.as_ref().filter(|_| service == PLACEMENT);
        let master_keys = section.master_keys.iter().map(MasterKey::decode).collect::<Result<_, _>>()?;
        Ok(journal::Settings {
            site: self.site.name.clone(),
            service: service.to_owned(),
            servers: section.servers.clone(),
            user: user.user.clone(),
            password: user.password.expose().to_owned(),
            require_sync_always: section.require_sync_always,
            monitoring: section.monitoring.clone(),
            master_keys,
            preferred_leader: section.preferred_leader.clone(),
            replicas: section.replicas,
            system: system.map(|system| journal::SystemUser {
                user: system.user.clone(),
                password: system.password.expose().to_owned(),
            }),
        })
    }
}

/// The service that keeps the leaders where they belong; it has no section of its own.
pub(crate) const PLACEMENT: &str = "placement";

impl MasterKey {
    fn decode(&self) -> Result<journal::MasterKey, WrongConfig> {
        let bytes = STANDARD.decode(self.key.expose()).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let bytes = bytes.ok_or_else(|| WrongConfig::MasterKey(self.id.clone()))?;
        Ok(journal::MasterKey::new(self.id.clone(), bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(extra: &str) -> Result<Whole, WrongConfig> {
        let key = STANDARD.encode([7; 32]);
        let text = format!(
            "[site]\nname = \"tokyo\"\n[journal]\nservers = [\"nats://a:1\"]\nmonitoring = []\n\
             master_keys = [{{ id = \"a\", key = {key:?} }}]\n[journal.users.chat]\nuser = \"tokyo-chat\"\npassword = \"p\"\n{extra}"
        );
        let name = format!("madoguchi-whole-{}-{}.toml", std::process::id(), extra.len());
        let file = std::env::temp_dir().join(name);
        std::fs::write(&file, text).unwrap();
        let loaded = load(&file);
        std::fs::remove_file(&file).unwrap();
        loaded
    }

    #[test]
    fn every_service_gets_its_own_user_and_only_placement_the_system_user() {
        let system = "[journal.users.placement]\nuser = \"tokyo-placement\"\npassword = \"q\"\n\
                      [journal.system]\nuser = \"system\"\npassword = \"s\"\n";
        let whole = whole(system).unwrap();
        let chat = whole.journal("chat").unwrap();
        assert_eq!((chat.user.as_str(), chat.replicas, chat.require_sync_always), ("tokyo-chat", 3, true));
        assert!(chat.system.is_none());
        assert!(whole.journal("placement").unwrap().system.is_some());
        assert!(
            matches!(whole.journal("routing"), Err(WrongConfig::Section(section)) if section == "journal.users.routing")
        );
    }

    #[test]
    fn a_wrong_key_is_named() {
        let error = whole("[shutdown]\ngrace = 3\n").unwrap_err().to_string();
        assert!(error.contains("grace"), "{error}");
    }

    #[test]
    fn a_short_master_key_is_refused() {
        let mut whole = whole("").unwrap();
        whole.journal.master_keys[0].key = Secret::new("c2hvcnQ=");
        assert!(matches!(whole.journal("chat"), Err(WrongConfig::MasterKey(id)) if id == "a"));
    }
}
