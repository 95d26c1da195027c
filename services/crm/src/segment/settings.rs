//! What a supervisor wrote: checked, and as the core takes it.

use std::collections::BTreeSet;

use chassis::refusal::{Code, Refusal};
use proto::crm::v1 as pb;

use super::{Segment, next::Proposal, rule::standard};

/// Segments, and offers, at most.
const MOST: usize = 50;
/// Longest rule, characters.
const LONGEST_RULE: usize = 4_000;
/// Longest name of a segment and longest title of an offer, characters.
const LONGEST_NAME: usize = 60;
const LONGEST_TITLE: usize = 200;
/// Longest rest of an offer, days.
const LONGEST_REST: u32 = 3_650;

/// Settings that hold.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// As people read and write them.
    pub told: pb::SegmentSettings,
    /// The segments' rules, in order.
    pub segments: Vec<Segment>,
    /// The offers, in order.
    pub offers: Vec<Proposal>,
}

impl Settings {
    /// Of what a person wrote.
    ///
    /// # Errors
    /// `bad_segment`, `bad_offer`, `too_many`.
    pub(crate) fn checked(told: pb::SegmentSettings) -> Result<Self, Refusal> {
        if told.segments.len() > MOST || told.offers.len() > MOST {
            return Err(Refusal::new(Code::InvalidArgument, "too_many", "at most 50 segments and 50 offers"));
        }
        let mut ids = BTreeSet::new();
        let mut segments = Vec::with_capacity(told.segments.len());
        for segment in &told.segments {
            if !ids.insert(segment.segment_id.clone()) {
                return Err(bad_segment(segment, "is there twice"));
            }
            segments.push(segment_of(segment)?);
        }
        let mut offers: Vec<Proposal> = Vec::with_capacity(told.offers.len());
        for offer in &told.offers {
            if offers.iter().any(|known| known.id == offer.offer_id) {
                return Err(bad_offer(offer, "is there twice"));
            }
            if !offer.segment_id.is_empty() && !ids.contains(&offer.segment_id) {
                return Err(bad_offer(offer, "is for a segment that is not there"));
            }
            offers.push(offer_of(offer)?);
        }
        Ok(Self { told, segments, offers })
    }

    /// Those of a company that has not written its own yet.
    pub(crate) fn standard() -> Self {
        let segments = standard();
        let told = segments.iter().map(|segment| {
            let (name_ja, name_en) = standard_name(&segment.id);
            let rule = serde_json::to_string(&segment.rule).unwrap_or_default();
            let (name_ja, name_en) = (name_ja.to_owned(), name_en.to_owned());
            pb::Segment { segment_id: segment.id.clone(), name_ja, name_en, rule }
        });
        let told = pb::SegmentSettings { segments: told.collect(), ..pb::SegmentSettings::default() };
        Self { told, segments, offers: Vec::new() }
    }
}

fn standard_name(id: &str) -> (&'static str, &'static str) {
    match id {
        "prospect" => ("見込み客", "Prospects"),
        "new" => ("新規のお客様", "New customers"),
        "vip" => ("VIP", "VIP"),
        "loyal" => ("常連のお客様", "Loyal customers"),
        "at_risk" => ("離れそうなお客様", "At risk"),
        _ => ("ご不満のお客様", "Unhappy"),
    }
}

fn segment_of(told: &pb::Segment) -> Result<Segment, Refusal> {
    named(&told.name_ja, LONGEST_NAME)
        .and_then(|()| named(&told.name_en, LONGEST_NAME))
        .map_err(|fault| bad_segment(told, fault))?;
    if told.rule.chars().count() > LONGEST_RULE {
        return Err(bad_segment(told, "has a rule of more than 4,000 characters"));
    }
    let rule = serde_json::from_str(&told.rule)
        .map_err(|error| bad_segment(told, &format!("has a rule that cannot be read: {error}")))?;
    let segment = Segment { id: told.segment_id.clone(), rule };
    segment.check().map_err(|fault| bad_segment(told, &format!("is none: {fault}")))?;
    Ok(segment)
}

fn offer_of(told: &pb::Offer) -> Result<Proposal, Refusal> {
    named(&told.title_ja, LONGEST_TITLE)
        .and_then(|()| named(&told.title_en, LONGEST_TITLE))
        .map_err(|fault| bad_offer(told, fault))?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !(1..=32).contains(&told.offer_id.len()) || !told.offer_id.bytes().all(fits) {
        return Err(bad_offer(told, "has an id that is not 1 to 32 of [a-z0-9_]"));
    }
    if !(1..=LONGEST_REST).contains(&told.rest_days) {
        return Err(bad_offer(told, "rests 1 to 3,650 days"));
    }
    let (id, segment) = (told.offer_id.clone(), told.segment_id.clone());
    Ok(Proposal { id, segment, rest_days: told.rest_days, until: told.until_ms })
}

fn named(text: &str, longest: usize) -> Result<(), &'static str> {
    if text.trim().is_empty() || text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err("needs names in Japanese and English that are not too long");
    }
    Ok(())
}

fn bad_segment(segment: &pb::Segment, fault: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, "bad_segment", format!("the segment {:?} {fault}", segment.segment_id))
}

fn bad_offer(offer: &pb::Offer, fault: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, "bad_offer", format!("the offer {:?} {fault}", offer.offer_id))
}
