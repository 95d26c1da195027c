//! What a supervisor wrote: checked.

use std::collections::BTreeSet;

use chassis::refusal::{Code, Refusal};
use proto::crm::v1 as pb;

use crate::convert::is_word;

/// Kinds, and departments, at most.
const MOST: usize = 200;
/// Routes at most.
const MOST_ROUTES: usize = 500;
/// Longest name, and longest route, characters.
const LONGEST_NAME: usize = 60;
const LONGEST_ROUTE: usize = 128;

/// Words as they are kept.
///
/// # Errors
/// `bad_word`, `too_many`.
pub(super) fn checked(told: pb::CompanyWords) -> Result<pb::CompanyWords, Refusal> {
    if told.kinds.len() > MOST || told.departments.len() > MOST || told.routes.len() > MOST_ROUTES {
        return Err(Refusal::new(Code::InvalidArgument, "too_many", "at most 200 kinds, 200 departments, 500 routes"));
    }
    words("kind", told.kinds.iter().map(|kind| (kind.word.as_str(), kind.name.as_ref())))?;
    words(
        "department",
        told.departments.iter().map(|department| (department.word.as_str(), department.name.as_ref())),
    )?;
    for kind in &told.kinds {
        if pb::Stage::try_from(kind.stage).is_err() {
            return Err(bad("kind", &kind.word, "stands in a stage that there is not"));
        }
    }
    let mut known = BTreeSet::new();
    for route in &told.routes {
        if !text(&route.route, LONGEST_ROUTE) {
            return Err(bad("route", &route.route, "is not 1 to 128 characters"));
        }
        named("route", &route.route, route.name.as_ref())?;
        if !known.insert(route.route.as_str()) {
            return Err(bad("route", &route.route, "is there twice"));
        }
    }
    Ok(pb::CompanyWords { version: 0, ..told })
}

fn words<'a>(sort: &str, all: impl Iterator<Item = (&'a str, Option<&'a pb::WordName>)>) -> Result<(), Refusal> {
    let mut known = BTreeSet::new();
    for (word, name) in all {
        if !is_word(word, 1) {
            return Err(bad(sort, word, "is not 1 to 32 of [a-z0-9_]"));
        }
        named(sort, word, name)?;
        if !known.insert(word) {
            return Err(bad(sort, word, "is there twice"));
        }
    }
    Ok(())
}

fn named(sort: &str, word: &str, name: Option<&pb::WordName>) -> Result<(), Refusal> {
    let fits = name.is_some_and(|name| text(&name.ja, LONGEST_NAME) && text(&name.en, LONGEST_NAME));
    if fits { Ok(()) } else { Err(bad(sort, word, "needs names in Japanese and English of at most 60 characters")) }
}

fn text(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

fn bad(sort: &str, word: &str, fault: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, "bad_word", format!("the {sort} {word:?} {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name() -> Option<pb::WordName> {
        Some(pb::WordName { ja: "春のテレビ".into(), en: "TV in spring".into() })
    }

    fn kind(word: &str) -> pb::TouchpointKind {
        pb::TouchpointKind { word: word.into(), name: name(), stage: 0 }
    }

    fn route(route: &str) -> pb::RouteWord {
        pb::RouteWord { route: route.into(), name: name() }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let department = |word: &str| pb::DepartmentWord { word: word.into(), name: name() };
        let all = pb::CompanyWords {
            kinds: vec![kind("seminar")],
            departments: vec![department("seminar")],
            routes: vec![route("seminar"), route("+81 3 0000 0000")],
            version: 9,
        };
        assert_eq!(checked(all.clone()).map(|it| it.version), Ok(0));
        let nameless = Some(pb::WordName { en: " ".into(), ..name().unwrap() });
        for (fault, reason) in [
            (pb::CompanyWords { kinds: vec![kind("Seminar")], ..all.clone() }, "bad_word"),
            (pb::CompanyWords { kinds: vec![kind("a"), kind("a")], ..all.clone() }, "bad_word"),
            (pb::CompanyWords { kinds: vec![pb::TouchpointKind { stage: 7, ..kind("a") }], ..all.clone() }, "bad_word"),
            (
                pb::CompanyWords { kinds: vec![pb::TouchpointKind { name: None, ..kind("a") }], ..all.clone() },
                "bad_word",
            ),
            (pb::CompanyWords { departments: vec![department("")], ..all.clone() }, "bad_word"),
            (pb::CompanyWords { routes: vec![route(&"0".repeat(129))], ..all.clone() }, "bad_word"),
            (pb::CompanyWords { routes: vec![route("a\n")], ..all.clone() }, "bad_word"),
            (pb::CompanyWords { routes: vec![route("a"), route("a")], ..all.clone() }, "bad_word"),
            (
                pb::CompanyWords { routes: vec![pb::RouteWord { name: nameless, ..route("a") }], ..all.clone() },
                "bad_word",
            ),
            (pb::CompanyWords { kinds: vec![kind("a"); 201], ..all.clone() }, "too_many"),
            (pb::CompanyWords { routes: vec![route("a"); 501], ..all.clone() }, "too_many"),
        ] {
            assert_eq!(checked(fault.clone()).unwrap_err().reason, reason, "{fault:?}");
        }
    }
}
