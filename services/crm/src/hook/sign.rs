//! What a receiver can check: that the center wrote it, and when. Pure.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The header's value: `t=<seconds since the Unix epoch>,v1=<HMAC-SHA-256 of "<t>.<body>", hexadecimal>`.
#[must_use]
pub fn signature(secret: &str, seconds: u64, body: &[u8]) -> String {
    let mut signed = format!("t={seconds},v1=");
    // Keys of any length are taken.
    if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
        mac.update(seconds.to_string().as_bytes());
        mac.update(b".");
        mac.update(body);
        for byte in mac.finalize().into_bytes() {
            // Writing to a text does not fail.
            let _written = write!(signed, "{byte:02x}");
        }
    }
    signed
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf '1790000000.{"a":1}' | openssl dgst -sha256 -hmac whsec_test`
    #[test]
    fn it_is_what_everybody_else_makes_of_it() {
        let expected = "t=1790000000,v1=f08690bbaaecbd1607eb9af71f092a9f7054e2b83f8b9d6a0690744d24fc6059";
        assert_eq!(signature("whsec_test", 1_790_000_000, br#"{"a":1}"#), expected);
    }
}
