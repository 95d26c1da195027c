//! Any order, any repetition: the same record.

use bytes::Bytes;
use proptest::{collection::vec, prelude::*, sample::Index};

use super::*;

fn boxed(byte: u8) -> Boxed {
    Boxed { place: "crm.record.a".into(), bytes: Bytes::from(vec![byte]) }
}

fn what() -> impl Strategy<Value = What> {
    let identity = || (0_u8..3).prop_map(|n| Hash([n; 16]));
    prop_oneof![
        (identity(), any::<bool>(), any::<u8>()).prop_map(|(identity, verified, byte)| What::Identified {
            identity,
            kind: 1,
            verified,
            sealed: boxed(byte),
            pieces: vec![i32::from(byte)]
        }),
        identity().prop_map(|identity| What::Withdrawn { identity }),
        (1_i16..4, proptest::option::of(any::<u8>())).prop_map(|(field, byte)| What::FieldSet {
            field,
            value: byte.map(boxed),
            pieces: byte.into_iter().map(i32::from).collect()
        }),
        ("[ab]", -2_i16..3).prop_map(|(kind, mood)| What::Touched(Touch { kind, mood, ..Touch::default() })),
        ("[lm]", "[xy]").prop_map(|(link, other)| What::Linked { link, other }),
        "[lm]".prop_map(|link| What::LinkUndone { link }),
        ("[pq]", any::<bool>()).prop_map(|(purpose, granted)| What::ConsentSet {
            purpose,
            channel: String::new(),
            granted
        }),
        (1_i16..3).prop_map(What::KindSet),
    ]
}

/// Facts with times that often meet; the key says which fact it is.
fn facts() -> impl Strategy<Value = Vec<Fact>> {
    vec((what(), 0_u64..4, "[a-c]"), 0..24).prop_map(|all| {
        let numbered = all.into_iter().enumerate();
        numbered
            .map(|(n, (what, at_ms, by))| Fact { key: format!("{:02}/{by}", n * 7 % 24), at_ms, by, what })
            .collect()
    })
}

fn record(facts: impl IntoIterator<Item = Fact>) -> Record {
    let mut record = Record::default();
    facts.into_iter().for_each(|fact| record.apply(fact));
    record
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn order_and_repetition_change_nothing(facts in facts(), order in vec(any::<Index>(), 48)) {
        let wanted = record(facts.clone());
        let mut told: Vec<Fact> = order.iter().filter(|_| !facts.is_empty()).map(|at| at.get(&facts).clone()).collect();
        told.extend(facts.into_iter().rev());
        prop_assert_eq!(record(told), wanted);
    }

    #[test]
    fn two_sites_that_heard_the_same_in_their_own_order_agree(facts in facts(), cut in any::<Index>()) {
        let at = if facts.is_empty() { 0 } else { cut.index(facts.len()) };
        let (first, second) = facts.split_at(at);
        let tokyo = record(first.iter().chain(second).cloned());
        let osaka = record(second.iter().chain(first).chain(second).cloned());
        prop_assert_eq!(tokyo, osaka);
    }

    #[test]
    fn the_later_word_holds_and_of_two_at_once_the_greater_fact(early in 0_u64..9, late in 0_u64..9) {
        let set = |key: &str, at_ms, byte| Fact {
            key: key.into(), at_ms, by: String::new(),
            what: What::FieldSet { field: 1, value: Some(boxed(byte)), pieces: vec![] },
        };
        let held = record([set("b/desk", late, 2), set("a/desk", early, 1)]);
        let wanted = if early > late { 1 } else { 2 };
        prop_assert_eq!(held.fields[&1].sealed.clone(), Some(boxed(wanted)));
    }
}

#[test]
fn proof_is_not_lost_by_a_report_without_it_but_by_a_withdrawal() {
    let identity = Hash([1; 16]);
    let seen = |key: &str, at_ms, verified| Fact {
        key: key.into(),
        at_ms,
        by: String::new(),
        what: What::Identified { identity, kind: 2, verified, sealed: boxed(1), pieces: vec![] },
    };
    let gone = |at_ms| Fact { key: "g/desk".into(), at_ms, by: String::new(), what: What::Withdrawn { identity } };
    let known = |facts: Vec<Fact>| record(facts).identities[&identity].clone();
    assert!(known(vec![seen("a/ec", 1, true), seen("b/import", 2, false)]).is_verified());
    let withdrawn = known(vec![seen("a/ec", 1, true), gone(3), seen("b/import", 2, false)]);
    assert!(!withdrawn.holds() && !withdrawn.is_verified());
    let again = known(vec![seen("a/ec", 1, true), gone(3), seen("c/import", 4, false)]);
    assert!(again.holds() && !again.is_verified());
}
