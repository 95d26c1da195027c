//! Values that must not be printed.

use std::{fmt, path::PathBuf};

use serde::Deserialize;

/// A password, key or connection string. Configured as a plain string or as `{ file = "path" }` (trailing line breaks
/// are cut); never shown by `Debug`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Source")]
pub struct Secret(String);

impl Secret {
    /// Wraps a value that came from elsewhere.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself; keep it out of logs and errors.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Source {
    Plain(String),
    File { file: PathBuf },
}

impl TryFrom<Source> for Secret {
    type Error = String;

    fn try_from(source: Source) -> Result<Self, String> {
        match source {
            Source::Plain(value) => Ok(Self(value)),
            Source::File { file } => std::fs::read_to_string(&file)
                .map(|text| Self(text.trim_end_matches(['\r', '\n']).to_owned()))
                .map_err(|error| format!("reading the secret file {}: {error}", file.display())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
