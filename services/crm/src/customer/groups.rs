//! Connected sets of records. The set of links and undone links decides, not their order: sites that heard the same facts agree.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::record::Hash;

/// An identity that more records claim with proof than this joins none of them: it is a shared or made-up one (`000-0000-0000`).
pub const MOST_SHARED: usize = 50;

/// A person's word that two records are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PersonLink {
    /// Its id.
    pub link: String,
    /// The record on which it was said.
    pub a: String,
    /// The other.
    pub b: String,
}

/// What joins records.
#[derive(Clone, Debug, Default)]
pub struct Edges {
    /// Identities with the records that have them with proof.
    pub identities: BTreeMap<Hash, BTreeSet<String>>,
    /// Persons' words.
    pub links: BTreeSet<PersonLink>,
    /// Links undone, each with the record on which it was said.
    pub undone: BTreeSet<(String, String)>,
}

/// What the ids of links that identities make begin with; the identity's hash follows, in hexadecimal digits.
pub const IDENTITY_LINK: &str = "idn-";

/// The id of the link that an identity makes.
#[must_use]
pub fn identity_link(identity: Hash) -> String {
    format!("{IDENTITY_LINK}{identity}")
}

/// The links that stand: of persons, and of identities each as its records.
#[must_use]
pub fn standing(edges: &Edges) -> (Vec<&PersonLink>, Vec<(Hash, Vec<&str>)>) {
    let undone: BTreeSet<&str> = edges.undone.iter().map(|(link, _)| link.as_str()).collect();
    let links = edges.links.iter().filter(|said| !undone.contains(said.link.as_str())).collect();
    let usable = edges.identities.iter().filter(|(_, records)| records.len() <= MOST_SHARED);
    let shared = usable.filter_map(|(identity, records)| {
        let link = identity_link(*identity);
        let joined = |record: &&String| !edges.undone.contains(&(link.clone(), (*record).clone()));
        let joined: Vec<&str> = records.iter().filter(joined).map(String::as_str).collect();
        (joined.len() > 1).then_some((*identity, joined))
    });
    (links, shared.collect())
}

/// Neighbours of every record that has any.
fn neighbours(edges: &Edges) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut near: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut join = |a, b| {
        near.entry(a).or_default().insert(b);
        near.entry(b).or_default().insert(a);
    };
    let (links, shared) = standing(edges);
    links.into_iter().for_each(|said| join(said.a.as_str(), said.b.as_str()));
    for (_, records) in shared {
        records.windows(2).for_each(|pair| join(pair[0], pair[1]));
    }
    near
}

/// Each record with its customer: the smallest record that it is joined with, over however many links.
#[must_use]
pub fn groups<'a>(records: &'a BTreeSet<String>, edges: &'a Edges) -> BTreeMap<&'a str, &'a str> {
    let near = neighbours(edges);
    let mut customers: BTreeMap<&str, &str> = BTreeMap::new();
    // In order, so that the first record of a set that is met is its smallest.
    for first in records.iter().map(String::as_str).chain(near.keys().copied()).collect::<BTreeSet<_>>() {
        let mut todo = vec![first];
        while let Some(record) = todo.pop() {
            if !customers.contains_key(record) {
                customers.insert(record, first);
                todo.extend(near.get(record).into_iter().flatten());
            }
        }
    }
    customers
}

/// The records of a customer from one of them outwards. Whoever takes them away from the end keeps the rest together.
#[must_use]
pub fn nearest_first(from: &str, edges: &Edges) -> Vec<String> {
    let near = neighbours(edges);
    let (mut seen, mut order, mut todo) = (BTreeSet::from([from]), Vec::new(), VecDeque::from([from]));
    while let Some(record) = todo.pop_front() {
        order.push(record.to_owned());
        for other in near.get(record).into_iter().flatten() {
            if seen.insert(*other) {
                todo.push_back(*other);
            }
        }
    }
    order
}
