//! Reports of stock in, units out: one unit a shop.

use std::collections::BTreeMap;

use chassis::refusal::Refusal;
use journal::Journal;
use prost::Message as _;
use proto::{
    crm::v1::{StockLevel, StockReported},
    journal::v1::Unit,
};
use sha2::{Digest as _, Sha256};

use super::level;
use crate::{
    bus::{self, CRM},
    convert::is_reporter,
    error::invalid,
    order::{check::Fault, report::unstored},
    service::now_ms,
};

/// Levels in one report.
pub(crate) const MOST: usize = 500;

/// The subject of a shop's stock.
pub(crate) fn subject(shop: &str) -> String {
    format!("{}.stock.{shop}", CRM.prefix)
}

/// Whether a subject is one.
pub(crate) fn is_stock(subject: &str) -> bool {
    subject.strip_prefix(CRM.prefix).is_some_and(|rest| rest.starts_with(".stock."))
}

/// Stores what can be stored; why the others never can stands in their places.
///
/// # Errors
/// As for orders.
pub(crate) async fn report(
    journal: &Journal,
    source: &str,
    levels: Vec<StockLevel>,
) -> Result<Vec<Result<(), Fault>>, Refusal> {
    if levels.len() > MOST {
        return Err(invalid("too_many", "a report holds at most 500 levels"));
    }
    if !is_reporter(source) {
        return Err(invalid("bad_source", "a source is 1 to 64 of [a-z0-9._-], and not the center itself"));
    }
    let now = now_ms();
    let mut shops: BTreeMap<String, (Vec<usize>, Vec<StockLevel>)> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(levels.len());
    for (at, mut level) in levels.into_iter().enumerate() {
        if level.at_ms == 0 {
            level.at_ms = now;
        }
        outcomes.push(level::check(&level, now));
        if outcomes.last().is_some_and(Result::is_ok) {
            let (places, levels) = shops.entry(level.shop.clone()).or_default();
            places.push(at);
            levels.push(level);
        }
    }
    for (shop, (places, levels)) in shops {
        let event = StockReported { source: source.to_owned(), levels }.encode_to_vec();
        let id = Sha256::digest(&event).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let unit = Unit {
            events: vec![event.into()],
            decided_at_ms: now,
            site: journal.site().to_owned(),
            claim: None,
            epoch: 0,
        };
        if let Err(error) = bus::append(journal, subject(&shop), id, unit).await {
            let fault = unstored(&error)?;
            places.into_iter().for_each(|at| outcomes[at] = Err(fault));
        }
    }
    Ok(outcomes)
}
