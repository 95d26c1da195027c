//! Rules as data: `{"all":[{"figure":"spent365","at_least":100000},{"not":{"word":"tier","is":"staff"}}]}`.

use serde::{Deserialize, Serialize};

use super::{Figure, Figures, Millis};

/// Parts that a rule has at most.
const MAX_PARTS: usize = 50;
/// Levels that a rule has at most.
const MAX_DEPTH: usize = 6;

/// A segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    /// 1 to 32 characters of [a-z0-9_]; routing and the desk know it by this.
    pub id: String,
    /// Who belongs to it.
    pub rule: Rule,
}

/// Who belongs to a segment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Rule {
    /// Whom all parts hold for; no part: everybody.
    All {
        /// The parts.
        all: Vec<Rule>,
    },
    /// Whom one part holds for; no part: nobody.
    Any {
        /// The parts.
        any: Vec<Rule>,
    },
    /// Whom the part does not hold for.
    Not {
        /// The part.
        not: Box<Rule>,
    },
    /// Whose figure is not less. Who has no such figure does not belong.
    AtLeast {
        /// Which.
        figure: Figure,
        /// The least.
        at_least: i64,
    },
    /// Whose figure is less. Who has no such figure does not belong.
    Below {
        /// Which.
        figure: Figure,
        /// The first that is too much.
        below: i64,
    },
    /// Whose profile says this word.
    Word {
        /// Which field.
        word: String,
        /// What it says.
        is: String,
    },
    /// Who allows this.
    Consent {
        /// For what purpose.
        consent: String,
    },
}

/// What is wrong with a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RuleFault {
    /// The id is malformed.
    #[error("a segment's id has 1 to 32 characters of [a-z0-9_]")]
    BadId,
    /// It has too many parts.
    #[error("a rule has at most {MAX_PARTS} parts")]
    TooLong,
    /// It has too many levels.
    #[error("a rule has at most {MAX_DEPTH} levels")]
    TooDeep,
}

impl Segment {
    /// Checks what a person wrote.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check(&self) -> Result<(), RuleFault> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        if !(1..=32).contains(&self.id.len()) || !self.id.bytes().all(fits) {
            return Err(RuleFault::BadId);
        }
        let (parts, depth) = self.rule.size();
        if parts > MAX_PARTS {
            return Err(RuleFault::TooLong);
        }
        if depth > MAX_DEPTH { Err(RuleFault::TooDeep) } else { Ok(()) }
    }
}

impl Rule {
    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, figures: &Figures, now: Millis) -> bool {
        match self {
            Rule::All { all } => all.iter().all(|rule| rule.holds(figures, now)),
            Rule::Any { any } => any.iter().any(|rule| rule.holds(figures, now)),
            Rule::Not { not } => !not.holds(figures, now),
            Rule::AtLeast { figure, at_least } => figures.get(*figure, now).is_some_and(|value| value >= *at_least),
            Rule::Below { figure, below } => figures.get(*figure, now).is_some_and(|value| value < *below),
            Rule::Word { word, is } => figures.words.get(word).is_some_and(|value| value == is),
            Rule::Consent { consent } => figures.consents.contains(consent),
        }
    }

    /// Parts and levels.
    fn size(&self) -> (usize, usize) {
        let many = |rules: &[Rule]| {
            rules
                .iter()
                .map(Rule::size)
                .fold((1, 1), |(parts, depth), (more, below)| (parts + more, depth.max(below + 1)))
        };
        match self {
            Rule::All { all: rules } | Rule::Any { any: rules } => many(rules),
            Rule::Not { not } => {
                let (parts, depth) = not.size();
                (parts + 1, depth + 1)
            }
            Rule::AtLeast { .. } | Rule::Below { .. } | Rule::Word { .. } | Rule::Consent { .. } => (1, 1),
        }
    }
}

/// Segments of a company that has not written its own yet.
#[must_use]
pub fn standard() -> Vec<Segment> {
    let at_least = |figure, at_least| Rule::AtLeast { figure, at_least };
    let below = |figure, below| Rule::Below { figure, below };
    let segment = |id: &str, all: Vec<Rule>| Segment { id: id.to_owned(), rule: Rule::All { all } };
    vec![
        segment("prospect", vec![below(Figure::Orders, 1)]),
        segment("new", vec![at_least(Figure::Orders, 1), below(Figure::Orders, 2), below(Figure::DaysSinceOrder, 90)]),
        segment("vip", vec![at_least(Figure::Spent365, 200_000)]),
        segment("loyal", vec![at_least(Figure::Orders365, 4)]),
        segment("at_risk", vec![at_least(Figure::Orders, 3), at_least(Figure::ChurnPercent, 60)]),
        segment("unhappy", vec![below(Figure::Mood90, -1)]),
    ]
}
