//! When steps are, and which plan a task is of.

use std::fmt;

use super::Millis;

/// A day, ms.
pub const DAY: Millis = 86_400_000;
/// What the plan of a task begins with when a template made it.
const SIGN: &str = "tpl";

/// When each step is, by its position: so many days after the anchor. A step that is more than a day past at `now` is left out.
#[must_use]
pub fn schedule(days: &[u32], anchor: Millis, now: Millis) -> Vec<(usize, Millis)> {
    let at = |days: u32| anchor.saturating_add(u64::from(days) * DAY);
    let all = days.iter().map(|days| at(*days)).enumerate();
    all.filter(|(_, at)| at.saturating_add(DAY) >= now).map(|(step, at)| (step, at.max(now))).collect()
}

/// A customer's plan: the template, its version, and which start of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PlanId {
    /// The template's id.
    pub template: String,
    /// Its version.
    pub version: u64,
    /// `1`: the usual one; else the name of one more.
    pub which: String,
}

impl PlanId {
    /// Reads what [`Display`](fmt::Display) wrote; none: another plan.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ':');
        let sign = parts.next()?;
        let (template, version, which) = (parts.next()?, parts.next()?, parts.next()?);
        let word = |text: &str, most| {
            (1..=most).contains(&text.len())
                && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        let sound = sign == SIGN && word(template, 24) && word(which, 8);
        let version = version.parse().ok()?;
        sound.then(|| Self { template: template.to_owned(), version, which: which.to_owned() })
    }
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SIGN}:{}:{}:{}", self.template, self.version, self.which)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn steps_come_after_the_anchor_and_what_is_long_past_is_left_out() {
        let now = 1_000 * DAY;
        assert_eq!(schedule(&[0, 3, 30], now, now), [(0, now), (1, now + 3 * DAY), (2, now + 30 * DAY)]);
        // Bought ten days ago: the third day is past, the tenth is today.
        assert_eq!(schedule(&[3, 10, 30], now - 10 * DAY, now), [(1, now), (2, now + 20 * DAY)]);
        assert_eq!(schedule(&[9], now - 10 * DAY, now), [(0, now)], "yesterday's is done today");
        assert_eq!(schedule(&[3], now - 10 * DAY, now), []);
    }

    #[test]
    fn a_plans_id_comes_back_as_it_was_and_nothing_else_is_one() {
        let id = PlanId { template: "first_90_days".into(), version: 17, which: "1".into() };
        assert_eq!(PlanId::parse(&id.to_string()), Some(id));
        for text in ["", "late.first", "tpl:a:b:1", "tpl:A:1:1", "tpl:a:1", "tpl:a:1:", "tpl:a:1:x:y", "x:a:1:1"] {
            assert_eq!(PlanId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_step_is_before_now_or_out_of_order(mut days in prop::collection::vec(0..700_u32, 1..20), ago in 0..900_u64) {
            let now = 10_000 * DAY;
            days.sort_unstable();
            let steps = schedule(&days, now - ago * DAY, now);
            prop_assert!(steps.iter().all(|(step, at)| *at >= now && days.get(*step).is_some()));
            prop_assert!(steps.is_sorted_by_key(|(_, at)| *at));
            let long_past = days.iter().filter(|days| u64::from(**days) + 1 < ago).count();
            prop_assert_eq!(steps.len(), days.len() - long_past);
        }
    }
}
