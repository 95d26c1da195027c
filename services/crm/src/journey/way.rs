//! One customer's way.

use super::Millis;

/// Steps of a path that are kept; a longer one is told as cut.
pub const MOST_STEPS: usize = 12;

/// Where a touchpoint stands in the relation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    /// Advertising, word of mouth.
    Know,
    /// Page views, questions before a purchase.
    Consider,
    /// Orders and purchases.
    Buy,
    /// Delivery, use.
    Use,
    /// Calls, chats, returns.
    Contact,
    /// A further purchase, a recommendation.
    Again,
}

impl Stage {
    /// The word that paths have for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Know => "know",
            Self::Consider => "consider",
            Self::Buy => "buy",
            Self::Use => "use",
            Self::Contact => "contact",
            Self::Again => "again",
        }
    }
}

/// A touchpoint as far as ways look at it. The order of the fields is the order of touchpoints, so that it never hangs on how they came in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    /// When.
    pub at: Millis,
    /// Its id.
    pub fact: String,
    /// What.
    pub kind: String,
    /// None: this kind has no place in the relation.
    pub stage: Option<Stage>,
    /// By what; may be empty.
    pub channel: String,
    /// Where it came from; may be empty.
    pub route: String,
}

/// What paths are made of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum By {
    /// Stages.
    #[default]
    Stage,
    /// Kinds of touchpoints.
    Kind,
}

/// How a way began.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Channel of the first touchpoint.
    pub channel: String,
    /// Its route.
    pub route: String,
}

/// Touchpoints of one stage after another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// Which stage.
    pub stage: Stage,
    /// When its first touchpoint was.
    pub from: Millis,
}

/// A way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Way {
    /// How it began.
    pub entry: Entry,
    /// Its stages; no two neighbours are alike. Empty: no touchpoint had one.
    pub steps: Vec<Step>,
    /// Its words, repeats folded, at most [`MOST_STEPS`].
    pub path: Vec<String>,
    /// The path goes on beyond its last word.
    pub cut: bool,
}

/// A customer's way from their touchpoints in any order; none: there were none.
#[must_use]
pub fn way_of(mut touches: Vec<Touch>, by: By) -> Option<Way> {
    touches.sort_unstable();
    let first = touches.first()?;
    let entry = Entry { channel: first.channel.clone(), route: first.route.clone() };
    let mut way = Way { entry, ..Way::default() };
    for touch in touches {
        if let Some(stage) = touch.stage
            && way.steps.last().is_none_or(|last| last.stage != stage)
        {
            way.steps.push(Step { stage, from: touch.at });
        }
        let word = match by {
            By::Stage => touch.stage.map(|stage| stage.word().to_owned()),
            By::Kind => Some(touch.kind),
        };
        let Some(word) = word.filter(|word| way.path.last() != Some(word)) else { continue };
        if way.path.len() < MOST_STEPS {
            way.path.push(word);
        } else {
            way.cut = true;
        }
    }
    Some(way)
}
