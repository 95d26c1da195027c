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

fn touched(days_ago: u64, kind: &str, reason: &str, reference: &str, amount: i64) -> Touched {
    let (kind, reason, reference) = (kind.to_owned(), reason.to_owned(), reference.to_owned());
    Touched { at: NOW - days_ago * DAY, kind, reason, reference, amount, ..Touched::default() }
}

#[test]
fn what_was_cancelled_or_went_back_is_not_worth_anything() {
    let mut history = vec![
        touched(50, "order", "", "a", 9_000),
        touched(40, "return", "refunded", "a", -2_000),
        touched(45, "return", "damaged", "a", 0),
        touched(30, "order", "", "b", 5_000),
        touched(29, "order", "cancelled", "b", -5_000),
        touched(20, "purchase", "", "", 700),
        touched(20, "purchase", "", "", 700),
        touched(10, "page_view", "", "", 0),
    ];
    history.push(Touched { mood: -2, ..touched(5, "call", "", "", 0) });
    history.push(Touched { route: "care".to_owned(), ..touched(3, "offer", "declined", "", 0) });
    let figures = Figures::of(&history);
    assert_eq!(value(&figures, NOW).observed, 7_000 + 700 + 700);
    assert_eq!(figures.get(Figure::Orders, NOW), Some(3));
    assert_eq!(figures.get(Figure::Mood90, NOW), Some(-2));
    assert_eq!(figures.answered.get("care"), Some(&(NOW - 3 * DAY)));
    history.reverse();
    let mut other = Figures::of(&history);
    other.orders.reverse();
    other.touches.reverse();
    assert_eq!(other, figures);
}

#[test]
fn an_offer_rests_after_an_answer_and_ends_at_its_time() {
    let offer = |id: &str, segment: &str, until| next::Proposal {
        id: id.to_owned(),
        segment: segment.to_owned(),
        rest_days: 30,
        until,
    };
    let offers = [offer("care", "", 0), offer("gift", "vip", 0), offer("sale", "", NOW + DAY)];
    let mut figures = Figures::default();
    let told = |figures: &Figures, segments: &[String], now| {
        next::proposed(&offers, segments, figures, now).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(told(&figures, &[], NOW), ["care", "sale"]);
    assert_eq!(told(&figures, &["vip".to_owned()], NOW + DAY), ["care", "gift"]);
    figures.answered.insert("care".to_owned(), NOW - 29 * DAY);
    assert_eq!(told(&figures, &[], NOW), ["sale"]);
    assert_eq!(told(&figures, &[], NOW + DAY), ["care"]);
}
