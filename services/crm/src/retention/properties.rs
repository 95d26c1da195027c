//! Nobody with something open, on hold, or newer than the limit is ever forgotten; a day has one run.

use proptest::prelude::*;

use super::rule::{DAY, Facts, Noted, Rules, Verdict, day_of, due};

fn rules() -> impl Strategy<Value = Rules> {
    let days = || prop_oneof![Just(0_u32), 30_u32..400];
    (days(), days()).prop_map(|(prospect_days, customer_days)| Rules { prospect_days, customer_days })
}

fn facts() -> impl Strategy<Value = Facts> {
    (0_u64..800 * DAY, any::<bool>(), 0_u64..3, any::<bool>()).prop_map(|(last_at, ordered, open, held)| Facts {
        last_at,
        ordered,
        open,
        held,
    })
}

proptest! {
    #[test]
    fn nobody_is_forgotten_who_must_not_be(rules in rules(), facts in facts(), now in 0_u64..1_200 * DAY) {
        let days = if facts.ordered { rules.customer_days } else { rules.prospect_days };
        let verdict = rules.decide(&facts, now);
        let old = days > 0 && now.saturating_sub(facts.last_at) > u64::from(days) * DAY;
        prop_assert_eq!(verdict == Verdict::Erase, old && facts.open == 0 && !facts.held);
        prop_assert_eq!(verdict == Verdict::Young, !old);
        prop_assert!(verdict != Verdict::Held || facts.held);
        prop_assert!(verdict != Verdict::Open || facts.open > 0);
        // Whom a first look passes over, the rules would not take either.
        if verdict == Verdict::Erase {
            prop_assert!(rules.earliest(now).is_some_and(|earliest| facts.last_at < earliest));
        }
    }

    #[test]
    fn a_day_has_one_run_and_the_day_of_the_setting_none(set_at in 0_u64..40 * DAY, steps in prop::collection::vec(1_u64..DAY, 1..40)) {
        let (mut now, mut last, mut runs) = (set_at, None, Vec::new());
        for step in steps {
            now += step;
            if let Some(day) = due(set_at, last, now) {
                runs.push(day);
                last = Some(Noted { day, began_at: now, ended: true });
            }
        }
        prop_assert!(runs.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(runs.iter().all(|day| *day > day_of(set_at)));
        prop_assert_eq!(due(set_at, None, set_at + DAY / 2 - 1), None, "there is half a day to look");
        prop_assert_eq!(due(set_at, last, now), None);
    }
}

#[test]
fn a_run_whose_site_died_is_taken_up_again() {
    let now = 100 * DAY;
    let died = Noted { day: day_of(now), began_at: now, ended: false };
    assert_eq!(due(0, Some(died), now + 60_000), None);
    assert_eq!(due(0, Some(died), now + 2 * 3_600_000), Some(day_of(now)));
    assert_eq!(due(0, Some(Noted { ended: true, ..died }), now + 2 * 3_600_000), None);
    let (ahead, wrong) = (Noted { day: died.day + 1, ..died }, Noted { day: died.day + 400, ..died });
    assert_eq!((due(0, Some(ahead), now), due(0, Some(wrong), now)), (None, Some(died.day)));
}

#[test]
fn what_is_too_short_cannot_be_asked_for() {
    for (days, sound) in [(0, true), (29, false), (30, true), (36_500, true), (36_501, false)] {
        assert_eq!(Rules { prospect_days: days, customer_days: 0 }.are_sound(), sound, "{days}");
        assert_eq!(Rules { prospect_days: 0, customer_days: days }.are_sound(), sound, "{days}");
    }
}
