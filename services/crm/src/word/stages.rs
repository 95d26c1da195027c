//! Where kinds of touchpoints stand in the relation.

use std::collections::HashMap;

use proto::crm::v1 as pb;

/// Where kinds stand when their reporter does not say: as the company wants it, else by what is known of the built-in ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stages {
    own: HashMap<String, pb::Stage>,
}

impl Stages {
    /// As a company wrote them.
    #[must_use]
    pub fn of(words: &pb::CompanyWords) -> Self {
        let said = |kind: &pb::TouchpointKind| (kind.stage() != pb::Stage::Unspecified).then(|| kind.stage());
        let own = words.kinds.iter().filter_map(|kind| Some((kind.word.clone(), said(kind)?)));
        Self { own: own.collect() }
    }

    /// Of a kind; unspecified: it has no place in the relation.
    #[must_use]
    pub fn of_kind(&self, kind: &str) -> pb::Stage {
        self.own.get(kind).copied().unwrap_or_else(|| built_in(kind))
    }

    /// Of a touchpoint: what its reporter said (the protobuf number, 0: nothing), else that of its kind.
    #[must_use]
    pub fn of_touchpoint(&self, said: i16, kind: &str) -> pb::Stage {
        match pb::Stage::try_from(i32::from(said)) {
            Ok(pb::Stage::Unspecified) => self.of_kind(kind),
            Ok(stage) => stage,
            // Of a newer version: nothing that is known here.
            Err(_) => pb::Stage::Unspecified,
        }
    }
}

fn built_in(kind: &str) -> pb::Stage {
    match kind {
        "ad_response" | "word_of_mouth" | "sns" => pb::Stage::Know,
        "page_view" | "form" | "store_visit" | "letter" => pb::Stage::Consider,
        "order" | "purchase" | "payment" => pb::Stage::Buy,
        "delivery" | "app" => pb::Stage::Use,
        "call" | "chat" | "mail" | "fax" | "return" | "task" | "case" => pb::Stage::Contact,
        _ => pb::Stage::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(word: &str, stage: pb::Stage) -> pb::TouchpointKind {
        pb::TouchpointKind { word: word.into(), stage: stage.into(), ..pb::TouchpointKind::default() }
    }

    #[test]
    fn every_built_in_kind_has_a_stage() {
        let kinds = "call chat mail form page_view order delivery return payment store_visit purchase app ad_response sns word_of_mouth letter fax task case";
        for kind in kinds.split(' ') {
            assert_ne!(Stages::default().of_kind(kind), pb::Stage::Unspecified, "{kind}");
        }
    }

    #[test]
    fn a_company_moves_kinds_and_adds_its_own_but_no_reporter_is_overruled() {
        let kinds = vec![
            kind("seminar", pb::Stage::Consider),
            kind("letter", pb::Stage::Know),
            kind("fax", pb::Stage::Unspecified),
        ];
        let stages = Stages::of(&pb::CompanyWords { kinds, ..pb::CompanyWords::default() });
        for (said, kind, wanted) in [
            (0, "seminar", pb::Stage::Consider),
            (0, "letter", pb::Stage::Know),
            (0, "fax", pb::Stage::Contact),
            (0, "order", pb::Stage::Buy),
            (0, "unheard_of", pb::Stage::Unspecified),
            (6, "seminar", pb::Stage::Again),
            (99, "seminar", pb::Stage::Unspecified),
        ] {
            assert_eq!(stages.of_touchpoint(said, kind), wanted, "{said} {kind}");
        }
    }
}
