//! Which level of an article at a place holds, and what can be stored: pure.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use proto::crm::v1::StockLevel;

use crate::order::check::{Fault, happened, shop, sku, small, sure, text, token, version, word};

/// Shop, article and place.
pub type Spot = (String, String, String);

/// The order of two levels of one spot: the greater version, then the smaller quantity, so that nobody is promised what may not be there.
#[must_use]
pub fn rank(level: &StockLevel) -> (u64, Reverse<u32>, Reverse<u32>, u64) {
    (level.version, Reverse(level.free), Reverse(level.reserved), level.at_ms)
}

/// Takes a level in.
pub fn take(held: &mut BTreeMap<Spot, StockLevel>, level: StockLevel) {
    let spot = (level.shop.clone(), level.sku.clone(), level.place.clone());
    if held.get(&spot).is_none_or(|held| rank(held) < rank(&level)) {
        held.insert(spot, level);
    }
}

/// Whether a level can be stored.
///
/// # Errors
/// [`Fault`]: why never.
pub fn check(level: &StockLevel, now: u64) -> Result<(), Fault> {
    shop(&level.shop)?;
    sure(sku(&level.sku), "bad_sku", "sku")?;
    sure(text(&level.name, 200), "bad_text", "name")?;
    sure(word(&level.place, (1, 64), token), "bad_place", "place")?;
    sure(text(&level.place_name, 100), "bad_text", "place_name")?;
    sure(word(&level.place_kind, (0, 32), small), "bad_place", "place_kind")?;
    happened(level.at_ms, now, "at")?;
    version(level.version)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::order::check::fault;

    fn level(sku: u8, place: u8, version: u64, free: u32) -> StockLevel {
        let (sku, place) = (format!("s{sku}"), format!("p{place}"));
        StockLevel { shop: "ec".to_owned(), sku, place, version, free, ..StockLevel::default() }
    }

    proptest! {
        #[test]
        fn any_order_and_any_repetition_ends_alike(
            levels in proptest::collection::vec((0_u8..2, 0_u8..2, 1_u64..4, 0_u32..5), 1..30),
        ) {
            let (mut one, mut other) = (BTreeMap::new(), BTreeMap::new());
            for (sku, place, version, free) in &levels {
                take(&mut one, level(*sku, *place, *version, *free));
            }
            for (sku, place, version, free) in levels.iter().rev().chain(&levels) {
                take(&mut other, level(*sku, *place, *version, *free));
            }
            prop_assert_eq!(one, other);
        }
    }

    #[test]
    fn what_cannot_be_stored_says_why() {
        let now = 1_790_000_000_000;
        let told = |level: StockLevel| check(&level, now);
        assert_eq!(told(level(1, 1, 1, 0)), Ok(()));
        assert_eq!(told(level(1, 1, 0, 0)), Err(fault("bad_version", "version")));
        assert_eq!(told(level(1, 1, u64::MAX, 0)), Err(fault("bad_version", "version")));
        assert_eq!(told(StockLevel { at_ms: now + 1, ..level(1, 1, 1, 0) }), Ok(()), "clocks differ");
        assert_eq!(told(StockLevel { at_ms: u64::MAX, ..level(1, 1, 1, 0) }), Err(fault("bad_time", "at")));
        assert_eq!(
            told(StockLevel { place: "新宿".to_owned(), ..level(1, 1, 1, 0) }),
            Err(fault("bad_place", "place"))
        );
        assert_eq!(told(StockLevel { sku: " K".to_owned(), ..level(1, 1, 1, 0) }), Err(fault("bad_sku", "sku")));
    }
}
