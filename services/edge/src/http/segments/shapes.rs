//! The shapes of JSON.

use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A name in both languages.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SegmentName")]
pub(crate) struct Name {
    /// In Japanese.
    pub(in super::super) ja: String,
    /// In English.
    pub(in super::super) en: String,
}

/// A segment.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SegmentRule")]
pub(crate) struct Segment {
    /// 1 to 32 characters of [a-z0-9_]; reservations and priorities of the floor name it.
    segment: String,
    /// What people call it, 1 to 60 characters.
    name: Name,
    /// Who belongs to it, as docs/crm-segments.md writes it.
    rule: serde_json::Value,
}

/// Something that agents propose.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Offer")]
pub(crate) struct Offer {
    /// 1 to 32 characters of [a-z0-9_].
    offer: String,
    /// What is proposed, 1 to 200 characters.
    title: Name,
    /// Segment of those whom it is for; empty: everybody.
    #[serde(default)]
    segment: String,
    /// Not proposed again for this many days after an answer, 1 to 3,650.
    rest_days: u32,
    /// Not proposed from then on, milliseconds since the Unix epoch; 0: no end.
    #[serde(default)]
    until: u64,
}

/// All segments and offers.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Segments")]
pub(crate) struct Settings {
    /// In the order in which they count: of several that a customer is in the first decides in routing.
    segments: Vec<Segment>,
    /// The first that fits is proposed first.
    offers: Vec<Offer>,
    /// Which version this is, or was when the writer read it: `409 conflict` when somebody else was faster.
    version: u64,
}

impl From<pb::SegmentSettings> for Settings {
    fn from(told: pb::SegmentSettings) -> Self {
        let segment = |it: pb::Segment| Segment {
            segment: it.segment_id,
            name: Name { ja: it.name_ja, en: it.name_en },
            rule: serde_json::from_str(&it.rule).unwrap_or_default(),
        };
        Self {
            segments: told.segments.into_iter().map(segment).collect(),
            offers: told.offers.into_iter().map(Offer::from).collect(),
            version: told.version,
        }
    }
}

impl From<Settings> for pb::SegmentSettings {
    fn from(it: Settings) -> Self {
        let segment = |it: Segment| pb::Segment {
            segment_id: it.segment,
            name_ja: it.name.ja,
            name_en: it.name.en,
            rule: it.rule.to_string(),
        };
        let offer = |it: Offer| pb::Offer {
            offer_id: it.offer,
            title_ja: it.title.ja,
            title_en: it.title.en,
            segment_id: it.segment,
            rest_days: it.rest_days,
            until_ms: it.until,
        };
        Self {
            segments: it.segments.into_iter().map(segment).collect(),
            offers: it.offers.into_iter().map(offer).collect(),
            version: it.version,
        }
    }
}

impl From<pb::Offer> for Offer {
    fn from(it: pb::Offer) -> Self {
        Self {
            offer: it.offer_id,
            title: Name { ja: it.title_ja, en: it.title_en },
            segment: it.segment_id,
            rest_days: it.rest_days,
            until: it.until_ms,
        }
    }
}

/// What a customer's history says in figures. Money is in the smallest currency unit.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "CustomerFigures")]
pub(crate) struct Figures {
    /// Orders and purchases ever, without cancelled ones.
    orders: u32,
    /// What they were worth after returns.
    spent: i64,
    /// The same of the last 365 days.
    spent_365: i64,
    /// Expected over the next 365 days: a guess, never added to what is known.
    expected: i64,
    /// How likely they are gone, percent; absent: fewer than two orders say nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    churn_percent: Option<u32>,
    /// How lately they ordered, 1 to 5; 0: never.
    recency: u32,
    /// How often, 1 to 5.
    frequency: u32,
    /// For how much, 1 to 5.
    money: u32,
}

impl From<pb::CustomerFigures> for Figures {
    fn from(it: pb::CustomerFigures) -> Self {
        Self {
            orders: it.orders,
            spent: it.spent,
            spent_365: it.spent_365,
            expected: it.expected,
            churn_percent: it.churn_percent,
            recency: it.recency,
            frequency: it.frequency,
            money: it.money,
        }
    }
}

/// Somebody who belongs to a segment.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SegmentMember")]
struct Member {
    /// Their id.
    customer: String,
    /// What their history says.
    figures: Figures,
}

/// A page of members, by id.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SegmentMembers")]
pub(crate) struct Members {
    /// Possibly none, though more pages follow.
    members: Vec<Member>,
    /// `after` of the next page; empty: that was all.
    next: String,
}

impl From<pb::ListMembersResponse> for Members {
    fn from(page: pb::ListMembersResponse) -> Self {
        let member =
            |it: pb::Member| Member { customer: it.customer_id, figures: it.figures.unwrap_or_default().into() };
        Self { members: page.members.into_iter().map(member).collect(), next: page.next }
    }
}

/// What a customer said.
#[derive(Clone, Copy, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(rename = "OfferWord")]
pub(crate) enum Answer {
    /// They take it.
    Accepted,
    /// They don't want it.
    Declined,
}

/// Body of `POST /api/v1/customers/{id}/offers/{offer}`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OfferAnswer")]
pub(crate) struct AnswerBody {
    /// Id of the answer, a UUID chosen by the browser: sent again it is the same answer.
    pub(super) change: String,
    /// What they said.
    pub(super) answer: Answer,
    /// The conversation in which they said it; empty: none.
    #[serde(default)]
    pub(super) conversation: String,
}

/// An answer that was noted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OfferAnswered")]
pub(crate) struct Answered {
    /// The offer.
    pub(super) offer: String,
    /// What they said.
    pub(super) answer: Answer,
}
