//! The shapes of JSON.

use std::collections::BTreeMap;

use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{IdentityWord, KindWord, Mask, ProfileField, StageWord};

/// A name that somebody is known by.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// What kind of name.
    pub kind: IdentityWord,
    /// Whose numbers these are: the shop, the scheme, the network; empty where the kind says it all.
    #[serde(default)]
    pub namespace: String,
    /// In any spelling; the center folds it. 1 to 256 characters.
    pub value: String,
    /// Somebody proved that it is theirs.
    #[serde(default)]
    pub verified: bool,
}

impl Identity {
    fn of(identity: pb::Identity) -> Option<Self> {
        let kind = IdentityWord::of(identity.kind())?;
        let pb::Identity { namespace, value, verified, .. } = identity;
        Some(Self { kind, namespace, value, verified })
    }
}

impl From<Identity> for pb::Identity {
    fn from(identity: Identity) -> Self {
        let Identity { kind, namespace, value, verified } = identity;
        Self { kind: kind.contract().into(), namespace, value, verified }
    }
}

/// What somebody allows.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// `marketing`, `analysis`, `recording`, … 1 to 32 characters of [a-z0-9_].
    pub purpose: String,
    /// Channel it holds for; empty: all.
    #[serde(default)]
    pub channel: String,
    /// Allowed.
    pub granted: bool,
}

/// Why two records are one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CustomerLink")]
pub struct Link {
    /// Its id, for undoing it.
    pub link: String,
    /// One record.
    pub record_a: String,
    /// The other.
    pub record_b: String,
    /// The account that said so; empty: a verified identity that both have.
    pub by: String,
    /// When, milliseconds since the Unix epoch.
    pub at: u64,
    /// Kind of that identity.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<IdentityWord>,
}

/// A customer: all records that are one person or company, together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Customer {
    /// The smallest id of its records; any of them finds it.
    pub customer: String,
    /// All of its records, in order.
    pub records: Vec<String>,
    /// Person or company.
    pub kind: KindWord,
    /// The newest value of each field that is set and shown.
    pub fields: BTreeMap<ProfileField, String>,
    /// Fields that are set and not shown until they are asked for.
    pub masked: Vec<ProfileField>,
    /// What they are known by, verified ones first.
    pub identities: Vec<Identity>,
    /// The newest word for each purpose and channel.
    pub consents: Vec<Consent>,
    /// Segments they are in now.
    pub segments: Vec<String>,
    /// When anything was last heard of them, milliseconds since the Unix epoch; 0: never.
    pub last_at: u64,
    /// How many touchpoints there are.
    pub touchpoints: u64,
    /// Nobody wrote a name yet.
    pub thin: bool,
    /// The merges that stand.
    pub links: Vec<Link>,
}

impl Customer {
    pub(super) fn behind(mask: &Mask, customer: pb::Customer) -> Self {
        let kind = KindWord::of(customer.kind());
        let known = customer.fields.into_iter().filter(|set| !set.value.is_empty());
        let known = known.filter_map(|set| Some((ProfileField::of(set.field())?, set.value)));
        let (hidden, fields): (BTreeMap<_, _>, BTreeMap<_, _>) = known.partition(|(field, _)| mask.hides(*field));
        Self {
            customer: customer.customer_id,
            records: customer.record_ids,
            kind,
            fields,
            masked: hidden.into_keys().collect(),
            identities: customer.identities.into_iter().filter_map(Identity::of).collect(),
            consents: customer.consents.into_iter().map(consent).collect(),
            segments: customer.segments,
            last_at: customer.last_at_ms,
            touchpoints: customer.touchpoints,
            thin: customer.thin,
            links: customer.links.into_iter().map(link).collect(),
        }
    }
}

fn consent(consent: pb::Consent) -> Consent {
    let pb::Consent { purpose, channel, granted } = consent;
    Consent { purpose, channel, granted }
}

fn link(link: pb::Link) -> Link {
    let identity = IdentityWord::of(link.identity());
    let pb::Link { link_id, record_a, record_b, by, at_ms, .. } = link;
    Link { link: link_id, record_a, record_b, by, at: at_ms, identity }
}

/// Something that happened between a customer and the company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "TimelineEntry")]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// Record it belongs to.
    pub record: String,
    /// When it happened, milliseconds since the Unix epoch.
    pub at: u64,
    /// Who reported it.
    pub source: String,
    /// What it was: `call`, `chat`, `order`, … or a word of the company's own.
    pub kind: String,
    /// Channel it came by; may be empty.
    pub channel: String,
    /// Dialled number, campaign, referrer, shop; may be empty.
    pub route: String,
    /// What it was about; may be empty.
    pub reason: String,
    /// How the customer seemed: -2 to 2; 0: nothing is known.
    pub mood: i32,
    /// Free text; may be empty.
    pub text: String,
    /// What it hangs on: a conversation's, call's or order's id; may be empty.
    pub reference: String,
    /// Where in the relation it stands.
    pub stage: StageWord,
    /// Worth in yen; 0: none.
    pub amount: i64,
}

impl From<pb::TimelineEntry> for Entry {
    fn from(entry: pb::TimelineEntry) -> Self {
        let touched = entry.touchpoint.unwrap_or_default();
        let stage = StageWord::of(touched.stage(), &touched.kind);
        let pb::Touchpoint { kind, channel, route, reason, mood, text, reference, amount, .. } = touched;
        Self {
            id: entry.fact_id,
            record: entry.record_id,
            at: entry.at_ms,
            source: entry.source,
            kind,
            channel,
            route,
            reason,
            mood,
            text,
            reference,
            stage,
            amount,
        }
    }
}

/// Somebody who may be the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Suggestion {
    /// The other one.
    pub other: Customer,
    /// 1 to 100: how likely.
    pub score: u32,
    /// Why: `same_phone`, `same_mail`, `same_name`, `same_kana`, `same_address`, `same_birthday`.
    pub reasons: Vec<String>,
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn customer() -> pb::Customer {
        let field =
            |field: pb::ProfileField, value: &str| pb::FieldValue { field: field.into(), value: value.to_owned() };
        pb::Customer {
            customer_id: "c".to_owned(),
            fields: vec![
                field(pb::ProfileField::Name, "山田 花子"),
                field(pb::ProfileField::Birthday, "1980-01-02"),
                field(pb::ProfileField::Tier, ""),
                pb::FieldValue { field: 9_999, value: "of a newer center".to_owned() },
            ],
            identities: vec![pb::Identity { kind: 9_999, value: "x".to_owned(), ..pb::Identity::default() }],
            ..pb::Customer::default()
        }
    }

    #[test]
    fn what_is_masked_is_named_but_not_told() {
        let mask = Mask::new([ProfileField::Birthday, ProfileField::Address]);
        let seen = json!(mask.customer(customer()));
        assert_eq!((&seen["fields"], &seen["masked"]), (&json!({"name":"山田 花子"}), &json!(["birthday"])));
        assert!(!seen.to_string().contains("1980"));
        assert_eq!((&seen["kind"], &seen["identities"]), (&json!("person"), &json!([])));
    }

    #[test]
    fn only_what_was_asked_for_is_shown() {
        let mask = Mask::new([ProfileField::Birthday, ProfileField::Address]);
        let mask = mask.without(&[ProfileField::Birthday].into());
        assert!(!mask.hides(ProfileField::Birthday) && mask.hides(ProfileField::Address));
        assert_eq!(json!(mask.customer(customer()))["fields"]["birthday"], "1980-01-02");
    }

    #[test]
    fn a_touchpoint_without_a_stage_has_that_of_its_kind() {
        let stage = |kind: &str, stage: pb::Stage| {
            let touchpoint = pb::Touchpoint { kind: kind.to_owned(), stage: stage.into(), ..pb::Touchpoint::default() };
            Entry::from(pb::TimelineEntry { touchpoint: Some(touchpoint), ..pb::TimelineEntry::default() }).stage
        };
        assert_eq!(stage("order", pb::Stage::Unspecified), StageWord::Buy);
        assert_eq!(stage("order", pb::Stage::Again), StageWord::Again);
        assert_eq!(stage("own_kind", pb::Stage::Unspecified), StageWord::Contact);
    }
}
