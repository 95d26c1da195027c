//! Words of the contract as JSON has them.

/// A word without its prefix: of `ORDER_STATUS_PLACED` and `ORDER_STATUS_` it is `placed`; unspecified is empty.
pub(super) fn word(name: &str, prefix: &str) -> String {
    let word = name.strip_prefix(prefix).unwrap_or(name).to_ascii_lowercase();
    if word == "unspecified" { String::new() } else { word }
}
