//! Any touchpoints of any customers.
//!
//! What holds: neither the order in which touchpoints come in nor that of customers matters; every customer is on one path or elsewhere; of those who
//! reached a stage each went on or stayed; steps are as many as were crossed; times are told within 4 %.
//!
//! Broken by hand, and each seen to fail here: touchpoints that are not sorted; a stage that counts twice when it is come back to; a path that is
//! dropped without being counted elsewhere; a bucket's upper end in place of its middle.

use proptest::{prelude::*, sample::select};

use super::*;

const STAGES: [Option<Stage>; 7] = [
    Some(Stage::Know),
    Some(Stage::Consider),
    Some(Stage::Buy),
    Some(Stage::Use),
    Some(Stage::Contact),
    Some(Stage::Again),
    None,
];

fn touch() -> impl Strategy<Value = Touch> {
    let words =
        (select(vec!["page_view", "order", "call"]), select(vec!["", "web", "voice"]), select(vec!["", "spring"]));
    (0..50_u64, 0..4_u8, select(STAGES.to_vec()), words).prop_map(|(at, fact, stage, (kind, channel, route))| Touch {
        at,
        fact: format!("f{fact}"),
        kind: kind.to_owned(),
        stage,
        channel: channel.to_owned(),
        route: route.to_owned(),
    })
}

fn everybody() -> impl Strategy<Value = Vec<Vec<Touch>>> {
    prop::collection::vec(prop::collection::vec(touch(), 0..30), 0..12)
}

fn counted(customers: &[Vec<Touch>], by: By, most: usize) -> Report {
    let mut tally = Tally::default();
    customers.iter().filter_map(|touches| way_of(touches.clone(), by)).for_each(|way| tally.add(way));
    tally.report(most, 20)
}

proptest! {
    #[test]
    fn no_order_matters(customers in everybody(), turn in 0..12_usize, by_kind: bool) {
        let by = if by_kind { By::Kind } else { By::Stage };
        let mut other = customers.clone();
        other.iter_mut().for_each(|touches| touches.reverse());
        let len = other.len().max(1);
        other.rotate_left(turn % len);
        prop_assert_eq!(counted(&customers, by, 5), counted(&other, by, 5));
    }

    #[test]
    fn counts_add_up(customers in everybody(), most in 0..6_usize) {
        let report = counted(&customers, By::Stage, most);
        let heard_of = customers.iter().filter(|touches| !touches.is_empty()).count() as u64;
        prop_assert_eq!(report.customers, heard_of);
        prop_assert_eq!(report.paths.iter().map(|(_, count)| count).sum::<u64>() + report.elsewhere, heard_of);
        prop_assert_eq!(report.entries.iter().map(|(_, count)| count).sum::<u64>(), heard_of);
        for (stage, count) in &report.stages {
            let touched = |touches: &&Vec<Touch>| touches.iter().any(|touch| touch.stage == Some(*stage));
            prop_assert_eq!(count.reached, customers.iter().filter(touched).count() as u64);
            prop_assert!(count.went_on <= count.reached && count.reached <= heard_of);
        }
        let ways = || customers.iter().filter_map(|touches| way_of(touches.clone(), By::Stage));
        let crossed: usize = ways().map(|way| way.steps.len().saturating_sub(1)).sum();
        prop_assert_eq!(report.crossings.iter().map(|crossing| crossing.times.count()).sum::<u64>(), crossed as u64);
        prop_assert!(report.crossings.iter().all(|crossing| crossing.from != crossing.to));
        for way in ways() {
            prop_assert!(way.path.len() <= MOST_STEPS && way.path.windows(2).all(|pair| pair[0] != pair[1]));
            prop_assert_eq!(way.cut, way.steps.len() > MOST_STEPS);
        }
    }

    #[test]
    fn a_time_is_told_within_4_percent(mut times in prop::collection::vec(0..40_000_000_000_u64, 1..200), percent in 1..=100_u64) {
        let mut spread = Spread::default();
        times.iter().for_each(|time| spread.add(*time));
        times.sort_unstable();
        let rank = (times.len() as u64 * percent).div_ceil(100) as usize;
        let exact = times[rank - 1];
        prop_assert!(spread.percentile(percent).abs_diff(exact) * 25 <= exact.max(25), "{} {exact}", spread.percentile(percent));
    }
}

fn at(days: u64, kind: &str, stage: Stage) -> Touch {
    let (fact, kind) = (format!("{kind}{days}"), kind.to_owned());
    Touch { at: days * 86_400_000, fact, kind, stage: Some(stage), channel: "web".into(), route: "spring".into() }
}

#[test]
fn a_floor_by_hand() {
    let buys = vec![
        at(9, "order", Stage::Buy),
        at(1, "page_view", Stage::Consider),
        at(2, "page_view", Stage::Consider),
        at(10, "call", Stage::Contact),
        at(20, "order", Stage::Buy),
    ];
    let looks = vec![at(5, "page_view", Stage::Consider)];
    let report = counted(&[buys, looks.clone(), looks], By::Stage, 1);
    assert_eq!(report.paths, [((vec!["consider".to_owned()], false), 2)]);
    assert_eq!((report.customers, report.elsewhere), (3, 1));
    assert_eq!(report.stages[&Stage::Consider], StageCount { reached: 3, went_on: 1 });
    assert_eq!(report.stages[&Stage::Buy], StageCount { reached: 1, went_on: 1 });
    let first = &report.crossings[0];
    assert_eq!((first.from, first.to, first.times.count()), (Stage::Consider, Stage::Buy, 1));
    let days = first.times.percentile(50) as f64 / 86_400_000.0;
    assert!((days - 8.0).abs() < 0.3, "{days}");
    assert_eq!(report.entries[0], (Entry { channel: "web".into(), route: "spring".into() }, 3));
    assert_eq!(Spread::default().percentile(50), 0);
}

#[test]
fn a_tally_never_outgrows_its_bounds() {
    let mut tally = Tally::default();
    let all = MOST_PATHS + 50;
    for n in 0..all {
        let touch = Touch { kind: format!("k{n}"), route: format!("r{n}"), ..at(1, "k", Stage::Know) };
        tally.add(way_of(vec![touch], By::Kind).unwrap());
    }
    let report = tally.report(usize::MAX, usize::MAX);
    assert_eq!((report.paths.len(), report.elsewhere, report.entries.len()), (MOST_PATHS, 50, MOST_ENTRIES));
}
