//! Files as they are taken in: what they are is said by their first bytes, never by their sender.

use bytes::Bytes;

/// Bytes of one part: sealed and wrapped it stays far below what the servers take (1 MiB).
pub const PART_BYTES: usize = 512 * 1024;

/// A file to store.
#[derive(Clone, Debug)]
pub struct NewFile {
    /// The conversation that it is for (UUID).
    pub conversation: String,
    /// Whose key seals it.
    pub customer: String,
    /// Its id (UUID).
    pub file: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub media_type: &'static str,
    /// All of it.
    pub bytes: Bytes,
}

/// What a stored file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileHead {
    /// Its name.
    pub name: String,
    /// What it is.
    pub media_type: String,
    /// Its length.
    pub bytes: u64,
    /// How many parts it has.
    pub parts: u32,
}

/// A kind of file that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Magic {
    /// Its media type.
    pub media_type: &'static str,
    /// Endings of its name, in lower case.
    pub endings: &'static [&'static str],
}

const IMAGES: [(&[u8], usize, Magic); 4] = [
    (b"\x89PNG\r\n\x1a\n", 0, Magic { media_type: "image/png", endings: &["png"] }),
    (b"\xff\xd8\xff", 0, Magic { media_type: "image/jpeg", endings: &["jpg", "jpeg"] }),
    (b"GIF8", 0, Magic { media_type: "image/gif", endings: &["gif"] }),
    (b"WEBP", 8, Magic { media_type: "image/webp", endings: &["webp"] }),
];
const OTHERS: [(&[u8], usize, Magic); 2] = [
    (b"%PDF-", 0, Magic { media_type: "application/pdf", endings: &["pdf"] }),
    (b"ftyp", 4, Magic { media_type: "video/mp4", endings: &["mp4", "m4v", "mov"] }),
];
const ZIPPED: [Magic; 4] = [
    Magic { media_type: "application/zip", endings: &["zip"] },
    Magic { media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document", endings: &["docx"] },
    Magic { media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", endings: &["xlsx"] },
    Magic {
        media_type: "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        endings: &["pptx"],
    },
];
const TEXT: Magic = Magic { media_type: "text/plain", endings: &["txt", "csv", "log"] };

/// What a file is: its first bytes must be of a kind that is taken, and its name must end as that kind's do. Text is what has
/// no kind, is UTF-8 and holds no control characters. `None`: not taken.
pub fn sniff(name: &str, bytes: &[u8]) -> Option<&'static str> {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase())?;
    let ends = |magic: &Magic| magic.endings.contains(&ending.as_str());
    let starts = |at: usize, with: &[u8]| bytes.get(at..).is_some_and(|rest| rest.starts_with(with));
    if let Some((_, _, magic)) = IMAGES.iter().chain(&OTHERS).find(|(with, at, _)| starts(*at, with)) {
        return ends(magic).then_some(magic.media_type);
    }
    if starts(0, b"PK\x03\x04") {
        return ZIPPED.iter().find(|magic| ends(magic)).map(|magic| magic.media_type);
    }
    let plain = |text: &str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'));
    (ends(&TEXT) && std::str::from_utf8(bytes).is_ok_and(plain)).then_some(TEXT.media_type)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_alone_makes_no_image() {
        let png = b"\x89PNG\r\n\x1a\nrest";
        assert_eq!(sniff("写真.PNG", png), Some("image/png"));
        assert_eq!(sniff("a.jpg", png), None);
        assert_eq!(sniff("a", png), None);
        assert_eq!(sniff("a.png", b"<svg onload=alert(1)>"), None);
        assert_eq!(sniff("a.svg", b"<svg></svg>"), None);
        assert_eq!(sniff("a.html", b"<html>"), None);
        assert_eq!(sniff("a.exe", b"MZ\x90\0"), None);
        assert_eq!(sniff("a.txt", b"MZ\x90\0"), None);
        assert_eq!(sniff("a.webp", b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(sniff("a.pdf", b"%PDF-1.7"), Some("application/pdf"));
        assert_eq!(sniff("a.xlsx", b"PK\x03\x04.."), Some(ZIPPED[2].media_type));
        assert_eq!(sniff("a.jar", b"PK\x03\x04.."), None);
        assert_eq!(sniff("メモ.txt", "お問い合わせ\r\n".as_bytes()), Some("text/plain"));
        assert_eq!(sniff("sjis.txt", b"\x82\xa0"), None);
    }
}
