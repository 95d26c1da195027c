//! Session timers (RFC 4028): a call whose other side vanished without a word ends by itself. Pure.

use serde::Deserialize;

/// What we want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// How long a session lives without a refresh, s. 0: no timers of our own. Default 1 800.
    pub interval_s: u32,
    /// The shortest we put up with, s. RFC 4028 allows no less than 90.
    pub min_s: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { interval_s: 1_800, min_s: 90 }
    }
}

/// Who keeps the session alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refresher {
    /// We send refreshes.
    We,
    /// The other side does.
    They,
}

/// What was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Life without a refresh, s.
    pub interval_s: u32,
    /// Who refreshes.
    pub refresher: Refresher,
}

/// What a message says about session timers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// `Session-Expires`, s.
    pub interval_s: Option<u32>,
    /// Its `refresher`: true for the one who sends the request.
    pub uac: Option<bool>,
    /// Whether `timer` is in `Supported`.
    pub supported: bool,
}

/// The interval asked for is too short; the smallest we take, s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSmall(pub u32);

/// Reads `Session-Expires: 1800;refresher=uac`.
pub fn parse(value: &str) -> Option<(u32, Option<bool>)> {
    let mut parts = value.split(';').map(str::trim);
    let interval_s = parts.next()?.parse().ok()?;
    let uac = parts.find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("refresher").then(|| value.trim().eq_ignore_ascii_case("uac"))
    });
    Some((interval_s, uac))
}

/// What we agree to as the one who answers.
///
/// # Errors
/// [`TooSmall`], to be said as 422, only to somebody who understands it.
pub fn answer(said: Said, ours: Settings) -> Result<Option<Agreed>, TooSmall> {
    let interval_s = match (said.interval_s, ours.interval_s) {
        (None, 0) => return Ok(None),
        (None, ours) => ours,
        (Some(theirs), _) if theirs < ours.min_s && said.supported => return Err(TooSmall(ours.min_s)),
        (Some(theirs), 0) => theirs.max(ours.min_s),
        (Some(theirs), wanted) => theirs.min(wanted).max(ours.min_s),
    };
    let refresher = if said.uac == Some(true) && said.supported { Refresher::They } else { Refresher::We };
    Ok(Some(Agreed { interval_s, refresher }))
}

/// What was agreed, as the one who asked, by the other side's 2xx. One that says nothing does not know timers: then we
/// refresh alone, as the RFC allows.
pub fn asked(said: Said, ours: Settings) -> Option<Agreed> {
    match said.interval_s {
        Some(interval_s) => {
            let refresher = if said.uac == Some(false) { Refresher::They } else { Refresher::We };
            Some(Agreed { interval_s: interval_s.max(ours.min_s), refresher })
        }
        None if ours.interval_s > 0 => Some(Agreed { interval_s: ours.interval_s, refresher: Refresher::We }),
        None => None,
    }
}

impl Agreed {
    /// `Session-Expires` in an answer to the other side's request.
    pub fn in_answer(self) -> String {
        let refresher = if self.refresher == Refresher::They { "uac" } else { "uas" };
        format!("{};refresher={refresher}", self.interval_s)
    }

    /// How long after the last refresh something is due, ms: our refresh at half time, or the end when theirs did not
    /// come, a little before the interval is over, as the RFC says.
    pub fn due_after_ms(self) -> u64 {
        let interval = u64::from(self.interval_s) * 1_000;
        match self.refresher {
            Refresher::We => interval / 2,
            Refresher::They => interval - (interval / 3).min(32_000),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OURS: Settings = Settings { interval_s: 1_800, min_s: 90 };

    fn said(interval_s: Option<u32>, uac: Option<bool>, supported: bool) -> Said {
        Said { interval_s, uac, supported }
    }

    #[test]
    fn the_header_is_read() {
        assert_eq!(parse("1800"), Some((1_800, None)));
        assert_eq!(parse(" 90 ; refresher = UAC"), Some((90, Some(true))));
        assert_eq!(parse("90;x=1;refresher=uas"), Some((90, Some(false))));
        assert_eq!(parse("soon"), None);
        assert_eq!(parse(""), None);
        assert_eq!(parse("99999999999"), None);
    }

    #[test]
    fn answering() {
        let we = |interval_s| Ok(Some(Agreed { interval_s, refresher: Refresher::We }));
        assert_eq!(answer(said(None, None, false), OURS), we(1_800));
        assert_eq!(answer(said(Some(600), None, true), OURS), we(600));
        assert_eq!(answer(said(Some(7_200), None, true), OURS), we(1_800));
        assert_eq!(answer(said(Some(30), None, true), OURS), Err(TooSmall(90)));
        assert_eq!(answer(said(Some(30), None, false), OURS), we(90));
        assert_eq!(
            answer(said(Some(600), Some(true), true), OURS),
            Ok(Some(Agreed { interval_s: 600, refresher: Refresher::They }))
        );
        assert_eq!(answer(said(None, None, true), Settings { interval_s: 0, min_s: 90 }), Ok(None));
    }

    #[test]
    fn asking() {
        assert_eq!(
            asked(said(Some(300), Some(false), true), OURS),
            Some(Agreed { interval_s: 300, refresher: Refresher::They })
        );
        assert_eq!(asked(said(None, None, false), OURS), Some(Agreed { interval_s: 1_800, refresher: Refresher::We }));
        assert_eq!(asked(said(None, None, false), Settings { interval_s: 0, min_s: 90 }), None);
    }

    #[test]
    fn due() {
        assert_eq!(Agreed { interval_s: 1_800, refresher: Refresher::We }.due_after_ms(), 900_000);
        assert_eq!(Agreed { interval_s: 1_800, refresher: Refresher::They }.due_after_ms(), 1_768_000);
        assert_eq!(Agreed { interval_s: 90, refresher: Refresher::They }.due_after_ms(), 60_000);
    }
}
