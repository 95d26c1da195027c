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
    order::{check::Fault, report::unconfirmed},
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
    let mut shops: BTreeMap<String, Vec<StockLevel>> = BTreeMap::new();
    let mut outcomes = Vec::with_capacity(levels.len());
    for mut level in levels {
        if level.at_ms == 0 {
            level.at_ms = now_ms();
        }
        outcomes.push(level::check(&level));
        if outcomes.last().is_some_and(Result::is_ok) {
            shops.entry(level.shop.clone()).or_default().push(level);
        }
    }
    for (shop, levels) in shops {
        let event = StockReported { source: source.to_owned(), levels }.encode_to_vec();
        let id = Sha256::digest(&event).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let unit = Unit {
            events: vec![event.into()],
            decided_at_ms: now_ms(),
            site: journal.site().to_owned(),
            claim: None,
            epoch: 0,
        };
        bus::append(journal, subject(&shop), id, unit).await.map_err(|error| unconfirmed(&error))?;
    }
    Ok(outcomes)
}
