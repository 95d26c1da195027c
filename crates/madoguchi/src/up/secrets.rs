//! Keys and passwords of a practice center: made once, kept in one file that only its owner may read.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use base64::{Engine, engine::general_purpose::STANDARD};
use rand::Rng;
use rand::distr::{Alphanumeric, SampleString};
use serde::{Deserialize, Serialize};

use super::layout::file_error;
use super::options::UpError;

/// Everything secret.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Secrets {
    /// Wraps customers' keys; 32 bytes, base64.
    pub(super) master_key: String,
    /// Signs browsers' tokens; 32 bytes, base64.
    pub(super) token_key: String,
    /// What services of a site show each other.
    pub(super) internal_token: String,
    /// Passwords of everything else, by `<what>.<who>`.
    passwords: BTreeMap<String, String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// What the file holds; what is missing in it is made.
    pub(super) fn load(file: &Path) -> Result<Self, UpError> {
        let mut secrets: Self = match fs::read_to_string(file) {
            Ok(text) => serde_json::from_str(&text).map_err(|error| file_error("reading", file, error.into()))?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Self::default(),
            Err(error) => return Err(file_error("reading", file, error)),
        };
        for key in [&mut secrets.master_key, &mut secrets.token_key] {
            if key.is_empty() {
                *key = STANDARD.encode(rand::rng().random::<[u8; 32]>());
            }
        }
        if secrets.internal_token.is_empty() {
            secrets.internal_token = random();
        }
        Ok(secrets)
    }

    /// Makes the password of `who` for `what` when there is none yet.
    pub(super) fn make(&mut self, what: &str, who: &str) {
        self.passwords.entry(format!("{what}.{who}")).or_insert_with(random);
    }

    /// Chooses it.
    pub(super) fn choose(&mut self, what: &str, who: &str, password: &str) {
        self.passwords.insert(format!("{what}.{who}"), password.to_owned());
    }

    /// The password of `who` for `what`; empty when none was made.
    pub(super) fn password(&self, what: &str, who: &str) -> String {
        self.passwords.get(&format!("{what}.{who}")).cloned().unwrap_or_default()
    }

    /// Writes the file.
    pub(super) fn save(&self, file: &Path) -> Result<(), UpError> {
        let text = serde_json::to_string_pretty(self).map_err(|error| file_error("writing", file, error.into()))?;
        write_private(file, &text)
    }
}

/// Writes a file that only its owner may read, at once or not at all.
pub(super) fn write_private(file: &Path, text: &str) -> Result<(), UpError> {
    let failed = |source| file_error("writing", file, source);
    let fresh = file.with_extension("new");
    let _ = fs::remove_file(&fresh);
    let mut opened = File::options().create_new(true).write(true).mode(0o600).open(&fresh).map_err(failed)?;
    opened.write_all(text.as_bytes()).and_then(|()| opened.sync_all()).map_err(failed)?;
    fs::rename(&fresh, file).map_err(failed)
}

/// 24 letters and digits: 142 bits, and no character that an address or a configuration would have to escape.
fn random() -> String {
    Alphanumeric.sample_string(&mut rand::rng(), 24)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn secrets_are_made_once_and_private() {
        let file = std::env::temp_dir().join(format!("madoguchi-secrets-{}.json", std::process::id()));
        let _ = fs::remove_file(&file);
        let mut first = Secrets::load(&file).unwrap();
        first.make("nats", "tokyo-chat");
        let password = first.password("nats", "tokyo-chat");
        assert_eq!(password.len(), 24);
        first.save(&file).unwrap();
        let mut second = Secrets::load(&file).unwrap();
        second.make("nats", "tokyo-chat");
        assert_eq!(second.password("nats", "tokyo-chat"), password);
        assert_eq!((&second.master_key, &second.token_key), (&first.master_key, &first.token_key));
        assert_ne!(first.master_key, first.token_key);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        fs::remove_file(&file).unwrap();
    }
}
