//! Configuration: one TOML file and environment overrides, read whole before a port is bound.

use std::path::{Path, PathBuf};

use ::config::{Config, Environment, File, FileFormat};
use serde::de::DeserializeOwned;

/// Exit status of a program whose configuration is wrong (`EX_USAGE` of sysexits.h).
pub const EXIT_WRONG_CONFIG: u8 = 64;

/// Environment variables `MADOGUCHI__SECTION__KEY` override the file.
pub const ENVIRONMENT_PREFIX: &str = "MADOGUCHI";

/// What is wrong with a configuration, as a sentence for the operator.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file is not there or not readable.
    #[error("cannot read the configuration file {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A key is unknown, missing or of the wrong kind.
    #[error("the configuration {path} is wrong: {source}")]
    Wrong {
        /// The file.
        path: PathBuf,
        /// Which key and why.
        source: ::config::ConfigError,
    },
}

/// Reads `file` and the overrides of `environment` into `T`. Derive `T` with `#[serde(deny_unknown_fields)]`, so that a
/// mistyped key is an error.
///
/// # Errors
/// [`ConfigError`] names the file and the key.
pub fn load<T: DeserializeOwned>(
    file: &Path,
    environment: impl IntoIterator<Item = (String, String)>,
) -> Result<T, ConfigError> {
    let text =
        std::fs::read_to_string(file).map_err(|source| ConfigError::Unreadable { path: file.to_owned(), source })?;
    let overrides = Environment::with_prefix(ENVIRONMENT_PREFIX)
        .prefix_separator("__")
        .separator("__")
        .try_parsing(true)
        .source(Some(environment.into_iter().collect()));
    Config::builder()
        .add_source(File::from_str(&text, FileFormat::Toml))
        .add_source(overrides)
        .build()
        .and_then(Config::try_deserialize)
        .map_err(|source| ConfigError::Wrong { path: file.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;
    use crate::Secret;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Whole {
        chat: Chat,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Chat {
        port: u16,
        password: Secret,
    }

    fn load_text(name: &str, text: &str, environment: &[(&str, &str)]) -> Result<Whole, ConfigError> {
        let path = std::env::temp_dir().join(format!("madoguchi-config-{}-{name}.toml", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let overrides = environment.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        let loaded = load(&path, overrides);
        std::fs::remove_file(&path).unwrap();
        loaded
    }

    #[test]
    fn environment_overrides_the_file() {
        let text = "[chat]\nport = 1\npassword = \"a\"";
        let whole = load_text("override", text, &[("MADOGUCHI__CHAT__PORT", "2"), ("HOME", "/")]).unwrap();
        assert_eq!((whole.chat.port, whole.chat.password.expose()), (2, "a"));
    }

    #[test]
    fn a_mistyped_key_is_named() {
        let error = load_text("mistyped", "[chat]\nprot = 1\npassword = \"a\"", &[]).unwrap_err();
        assert!(error.to_string().contains("prot"), "{error}");
    }

    #[test]
    fn a_secret_comes_from_its_file() {
        let file = std::env::temp_dir().join(format!("madoguchi-secret-{}", std::process::id()));
        std::fs::write(&file, "s3cret\n").unwrap();
        let text = format!("[chat]\nport = 1\npassword = {{ file = {:?} }}", file);
        let whole = load_text("secret", &text, &[]).unwrap();
        std::fs::remove_file(&file).unwrap();
        assert_eq!(whole.chat.password.expose(), "s3cret");
    }
}
