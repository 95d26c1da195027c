//! Rules and figures by example, and what holds of any.

use proptest::prelude::*;

use super::*;

const NOW: Millis = 2_000 * DAY;

fn buyer(days_ago: &[u64], worth: i64) -> Figures {
    let orders: Vec<_> = days_ago.iter().map(|days| (NOW - days * DAY, worth)).collect();
    let first_at = orders.iter().map(|(at, _)| *at).min().unwrap_or(0);
    Figures { orders, first_at, ..Figures::default() }
}

fn of(figures: &Figures) -> Vec<String> {
    segments_of(&standard(), figures, NOW)
}

#[test]
fn the_standard_segments_tell_people_apart() {
    assert_eq!(of(&buyer(&[], 0)), ["prospect"]);
    assert_eq!(of(&buyer(&[10], 5_000)), ["new"]);
    assert_eq!(of(&buyer(&[400], 5_000)), Vec::<String>::new());
    assert_eq!(of(&buyer(&[1, 31, 61, 91], 60_000)), ["vip", "loyal"]);
    assert_eq!(of(&buyer(&[90, 120, 150], 5_000)), ["at_risk"]);
    let unhappy = Figures { moods: vec![(NOW - DAY, -2), (NOW - 200 * DAY, 2)], ..buyer(&[400], 1) };
    assert_eq!(of(&unhappy), ["unhappy"]);
}

#[test]
fn a_rule_is_data_and_a_wrong_one_is_refused() {
    let text = r#"{"id":"gold_mail","rule":{"all":[{"word":"tier","is":"gold"},{"consent":"marketing"},
        {"not":{"figure":"open_cases","at_least":1}},{"any":[{"figure":"spent365","at_least":1000},{"figure":"orders","below":1}]}]}}"#;
    let segment: Segment = serde_json::from_str(text).unwrap();
    assert_eq!(segment.check(), Ok(()));
    let mut gold = buyer(&[3], 5_000);
    gold.words.insert("tier".to_owned(), "gold".to_owned());
    assert!(!segment.rule.holds(&gold, NOW));
    gold.consents.insert("marketing".to_owned());
    assert!(segment.rule.holds(&gold, NOW));
    gold.open_cases = 1;
    assert!(!segment.rule.holds(&gold, NOW));
    assert!(serde_json::from_str::<Segment>(r#"{"id":"x","rule":{"figure":"shoe_size","at_least":1}}"#).is_err());
    let rule = |parts| Rule::Any { any: vec![Rule::Any { any: vec![] }; parts] };
    assert_eq!(Segment { id: "X".to_owned(), rule: rule(0) }.check(), Err(RuleFault::BadId));
    assert_eq!(Segment { id: "x".to_owned(), rule: rule(50) }.check(), Err(RuleFault::TooLong));
    let deep = (0..6).fold(rule(0), |rule, _| Rule::Not { not: Box::new(rule) });
    assert_eq!(Segment { id: "x".to_owned(), rule: deep }.check(), Err(RuleFault::TooDeep));
}

#[test]
fn scores_and_values_by_hand() {
    let monthly = buyer(&[15, 45, 75, 105], 30_000);
    let scores = rfm(&monthly, &Thresholds::default(), NOW).unwrap();
    assert_eq!((scores.recency, scores.frequency, scores.money), (5, 3, 4));
    let worth = value(&monthly, NOW);
    // 365 / 30 orders of 30,000.
    assert_eq!((worth.observed, worth.expected, worth.churn_percent), (120_000, 365_000, Some(0)));
    let silent = value(&buyer(&[60, 90, 120], 30_000), NOW);
    assert_eq!((silent.expected, silent.churn_percent), (182_500, Some(50)));
    assert_eq!(value(&buyer(&[5], 9_000), NOW), Value { observed: 9_000, expected: 0, churn_percent: None });
    assert_eq!(rfm(&buyer(&[], 0), &Thresholds::default(), NOW), None);
}

proptest! {
    #[test]
    fn silence_never_makes_somebody_worth_more_and_order_does_not_matter(
        mut days in prop::collection::vec(0..1_000_u64, 2..12), worth in 0..1_000_000_i64, later in 0..1_000_u64,
    ) {
        let one = value(&buyer(&days, worth), NOW);
        days.reverse();
        let figures = buyer(&days, worth);
        prop_assert_eq!(value(&figures, NOW), one);
        let then = value(&figures, NOW + later * DAY);
        prop_assert!(then.expected <= one.expected && then.churn_percent >= one.churn_percent);
        prop_assert_eq!(then.observed, one.observed);
    }
}
