//! The contract's enums as words of JSON.

use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A field of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProfileField {
    /// Full name as it is written.
    Name,
    /// Its reading, in katakana.
    Kana,
    /// Seven digits in Japan.
    Postcode,
    /// Without the postcode, one line.
    Address,
    /// `YYYY-MM-DD`.
    Birthday,
    /// BCP 47 tag.
    Language,
    /// What every agent should know before answering.
    Note,
    /// Record of the company that a contact belongs to.
    CompanyId,
    /// Where in that company.
    Department,
    /// What they are in that company.
    Post,
    /// `prospect` or `customer`.
    Stage,
    /// Loyalty tier.
    Tier,
    /// A word of the person's own.
    Gender,
}

impl ProfileField {
    /// Of the contract; none: this door does not know it.
    pub(crate) fn of(field: pb::ProfileField) -> Option<Self> {
        Some(match field {
            pb::ProfileField::Unspecified => return None,
            pb::ProfileField::Name => Self::Name,
            pb::ProfileField::Kana => Self::Kana,
            pb::ProfileField::Postcode => Self::Postcode,
            pb::ProfileField::Address => Self::Address,
            pb::ProfileField::Birthday => Self::Birthday,
            pb::ProfileField::Language => Self::Language,
            pb::ProfileField::Note => Self::Note,
            pb::ProfileField::CompanyId => Self::CompanyId,
            pb::ProfileField::Department => Self::Department,
            pb::ProfileField::Post => Self::Post,
            pb::ProfileField::Stage => Self::Stage,
            pb::ProfileField::Tier => Self::Tier,
            pb::ProfileField::Gender => Self::Gender,
        })
    }

    /// In the contract.
    pub(crate) fn contract(self) -> pb::ProfileField {
        match self {
            Self::Name => pb::ProfileField::Name,
            Self::Kana => pb::ProfileField::Kana,
            Self::Postcode => pb::ProfileField::Postcode,
            Self::Address => pb::ProfileField::Address,
            Self::Birthday => pb::ProfileField::Birthday,
            Self::Language => pb::ProfileField::Language,
            Self::Note => pb::ProfileField::Note,
            Self::CompanyId => pb::ProfileField::CompanyId,
            Self::Department => pb::ProfileField::Department,
            Self::Post => pb::ProfileField::Post,
            Self::Stage => pb::ProfileField::Stage,
            Self::Tier => pb::ProfileField::Tier,
            Self::Gender => pb::ProfileField::Gender,
        }
    }
}

/// What kind of name somebody is known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum IdentityWord {
    /// Telephone number.
    Phone,
    /// Mail address.
    Mail,
    /// LINE user id.
    Line,
    /// Id of another social network.
    Sns,
    /// Customer's number in a shop.
    Ec,
    /// Membership card.
    Card,
    /// Customer id of the center.
    Center,
    /// Corporate number.
    Corporate,
}

impl IdentityWord {
    /// Of the contract; none: this door does not know it.
    pub(crate) fn of(kind: pb::IdentityKind) -> Option<Self> {
        Some(match kind {
            pb::IdentityKind::Unspecified => return None,
            pb::IdentityKind::Phone => Self::Phone,
            pb::IdentityKind::Mail => Self::Mail,
            pb::IdentityKind::Line => Self::Line,
            pb::IdentityKind::Sns => Self::Sns,
            pb::IdentityKind::Ec => Self::Ec,
            pb::IdentityKind::Card => Self::Card,
            pb::IdentityKind::Center => Self::Center,
            pb::IdentityKind::Corporate => Self::Corporate,
        })
    }

    /// In the contract.
    pub(crate) fn contract(self) -> pb::IdentityKind {
        match self {
            Self::Phone => pb::IdentityKind::Phone,
            Self::Mail => pb::IdentityKind::Mail,
            Self::Line => pb::IdentityKind::Line,
            Self::Sns => pb::IdentityKind::Sns,
            Self::Ec => pb::IdentityKind::Ec,
            Self::Card => pb::IdentityKind::Card,
            Self::Center => pb::IdentityKind::Center,
            Self::Corporate => pb::IdentityKind::Corporate,
        }
    }
}

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KindWord {
    /// A person.
    Person,
    /// A company.
    Company,
}

impl KindWord {
    /// Of the contract; nothing said is a person.
    pub(crate) fn of(kind: pb::RecordKind) -> Self {
        match kind {
            pb::RecordKind::Unspecified | pb::RecordKind::Person => Self::Person,
            pb::RecordKind::Company => Self::Company,
        }
    }

    /// In the contract.
    pub(crate) fn contract(self) -> pb::RecordKind {
        match self {
            Self::Person => pb::RecordKind::Person,
            Self::Company => pb::RecordKind::Company,
        }
    }
}

/// Where in the relation a touchpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum StageWord {
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

impl StageWord {
    /// Of the contract; where it says nothing, by the kind.
    pub(crate) fn of(stage: pb::Stage, kind: &str) -> Self {
        match stage {
            pb::Stage::Know => Self::Know,
            pb::Stage::Consider => Self::Consider,
            pb::Stage::Buy => Self::Buy,
            pb::Stage::Use => Self::Use,
            pb::Stage::Contact => Self::Contact,
            pb::Stage::Again => Self::Again,
            pb::Stage::Unspecified => Self::of_kind(kind),
        }
    }

    fn of_kind(kind: &str) -> Self {
        match kind {
            "ad_response" | "sns" | "word_of_mouth" => Self::Know,
            "page_view" | "store_visit" | "form" => Self::Consider,
            "order" | "purchase" | "payment" => Self::Buy,
            "delivery" | "app" => Self::Use,
            _ => Self::Contact,
        }
    }
}
