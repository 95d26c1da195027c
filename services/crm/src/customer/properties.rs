//! Links and undone links in any order, at any number of sites: the same customers.

use std::collections::{BTreeMap, BTreeSet};

use proptest::{collection::vec, prelude::*};

use super::*;
use crate::record::Hash;

/// What a site hears.
#[derive(Clone, Debug)]
enum Heard {
    Linked(PersonLink),
    Verified(Hash, String),
    Undone(String, String),
}

const RECORDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn heard() -> impl Strategy<Value = Heard> {
    let record = || proptest::sample::select(&RECORDS[..]).prop_map(str::to_owned);
    let identity = || (0_u8..3).prop_map(|n| Hash([n; 16]));
    prop_oneof![
        ("l[0-5]", record(), record()).prop_map(|(link, a, b)| Heard::Linked(PersonLink { link, a, b })),
        (identity(), record()).prop_map(|(identity, record)| Heard::Verified(identity, record)),
        ("l[0-5]", record()).prop_map(|(link, record)| Heard::Undone(link, record)),
        (identity(), record()).prop_map(|(identity, record)| Heard::Undone(identity_link(identity), record)),
    ]
}

fn edges<'a>(all: impl IntoIterator<Item = &'a Heard>) -> Edges {
    let mut edges = Edges::default();
    for heard in all {
        match heard.clone() {
            Heard::Linked(said) => {
                edges.links.insert(said);
            }
            Heard::Verified(identity, record) => {
                edges.identities.entry(identity).or_default().insert(record);
            }
            Heard::Undone(link, record) => {
                edges.undone.insert((link, record));
            }
        }
    }
    edges
}

fn customers(edges: &Edges) -> BTreeMap<String, String> {
    let records: BTreeSet<String> = RECORDS.iter().map(|record| (*record).to_owned()).collect();
    groups(&records, edges).into_iter().map(|(record, customer)| (record.to_owned(), customer.to_owned())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn merging_and_undoing_converge(all in vec(heard(), 0..30).prop_shuffle(), twice in any::<bool>()) {
        let tokyo = customers(&edges(&all));
        let osaka = customers(&edges(all.iter().rev().chain(all.iter().filter(|_| twice))));
        prop_assert_eq!(&tokyo, &osaka);
        for (record, customer) in &tokyo {
            prop_assert!(customer <= record, "the smallest");
            prop_assert_eq!(&tokyo[customer], customer, "a customer's id is in it");
        }
    }

    #[test]
    fn who_is_one_is_reached_over_standing_links_and_nobody_else(all in vec(heard(), 0..30)) {
        let edges = edges(&all);
        let customers = customers(&edges);
        for record in RECORDS {
            let reached: BTreeSet<String> = nearest_first(record, &edges).into_iter().collect();
            let together: BTreeSet<String> =
                customers.iter().filter(|(_, customer)| **customer == customers[record]).map(|(other, _)| other.clone()).collect();
            prop_assert_eq!(reached, together);
        }
    }

    #[test]
    fn whoever_erases_from_the_end_can_always_go_on(all in vec(heard(), 0..30)) {
        let mut edges = edges(&all);
        let mut order = nearest_first("a", &edges);
        while let Some(last) = order.pop() {
            edges.links.retain(|said| said.a != last && said.b != last);
            edges.identities.values_mut().for_each(|records| { records.remove(&last); });
            let rest: BTreeSet<String> = nearest_first("a", &edges).into_iter().collect();
            prop_assert!(order.iter().all(|record| rest.contains(record)), "{order:?} of {rest:?}");
        }
    }

    #[test]
    fn an_undone_link_never_comes_back(before in vec(heard(), 0..10), after in vec(heard(), 0..10)) {
        let undone = Heard::Undone("l0".into(), "f".into());
        let all: Vec<Heard> = before.into_iter().chain([undone]).chain(after).collect();
        let edges = edges(&all);
        let (links, _) = standing(&edges);
        prop_assert!(links.iter().all(|said| said.link != "l0"));
    }
}

#[test]
fn an_identity_that_everybody_has_joins_nobody() {
    let identity = Hash([7; 16]);
    let shared = |count: usize| Edges {
        identities: BTreeMap::from([(identity, (0..count).map(|n| format!("r{n:03}")).collect())]),
        ..Edges::default()
    };
    let together = |count: usize| {
        let edges = shared(count);
        groups(&edges.identities[&identity], &edges).values().collect::<BTreeSet<_>>().len()
    };
    assert_eq!(together(MOST_SHARED), 1);
    assert_eq!(together(MOST_SHARED + 1), MOST_SHARED + 1);
}

#[test]
fn the_id_of_an_identitys_link_takes_out_the_record_on_which_it_is_undone() {
    let identity = Hash([7; 16]);
    let records: BTreeSet<String> = ["a", "b", "c"].map(str::to_owned).into();
    let mut edges = Edges { identities: BTreeMap::from([(identity, records.clone())]), ..Edges::default() };
    edges.undone.insert((identity_link(identity), "a".into()));
    let groups = groups(&records, &edges);
    assert_eq!((groups["a"], groups["b"], groups["c"]), ("a", "b", "b"));
}
