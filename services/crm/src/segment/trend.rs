//! How many belong to each segment, day by day. A day is counted once for all sites: whichever counts it first appends it as the only event of the
//! day's subject, and every view has that.

use std::{cmp::Reverse, collections::BTreeMap, time::Duration};

use chassis::refusal::Refusal;
use journal::{Expect, ProjectError, Record as Unit};
use prost::Message as _;
use proto::crm::v1::{self as pb, ProfileField};
use sqlx::{PgConnection, PgPool};
use tokio_util::sync::CancellationToken;

use super::{DAY, Millis, view};
use crate::{
    bus::{self, CRM},
    error::away,
    grpc::Door as Customers,
    service::now_ms,
};

/// Customers that are read at once.
const CUSTOMERS: i64 = 200;
/// Tiers that are told apart.
const MOST_TIERS: usize = 50;
/// Customers of a tier that is told: a profile's text is free and sealed, and what only one or two have may say something of them.
const LEAST: u64 = 3;
/// Longest tier that is told, characters.
const LONGEST_TIER: usize = 32;
/// Different texts that are counted at most.
const MOST_TEXTS: usize = 10_000;
/// How far Japan's clocks are before UTC, ms.
const JAPAN: Millis = 9 * 3_600_000;

fn subject(day: u32) -> String {
    format!("{}.settings.segment-day.{day}", CRM.prefix)
}

/// The day of a time, days since 1970-01-01 in Japan.
pub(super) fn day_of(at: Millis) -> u32 {
    u32::try_from((at + JAPAN) / DAY).unwrap_or(u32::MAX)
}

/// Takes the counted days of a batch in. The first count of a day holds.
///
/// # Errors
/// [`ProjectError::Poison`] for an event that is none.
pub(crate) async fn apply(tx: &mut PgConnection, units: &[Unit]) -> Result<(), ProjectError> {
    let days = format!("{}.settings.segment-day.", CRM.prefix);
    for unit in units.iter().filter(|unit| unit.subject.starts_with(&days)) {
        for bytes in &unit.unit.events {
            let counted = pb::SegmentsCounted::decode(bytes.clone());
            let counted = counted.map_err(|error| ProjectError::Poison(format!("decoding a counted day: {error}")))?;
            let Some(day) = counted.day else { continue };
            sqlx::query("insert into segment_days (day, counted) values ($1, $2) on conflict do nothing")
                .bind(i64::from(day.day))
                .bind(day.encode_to_vec())
                .execute(&mut *tx)
                .await?;
        }
    }
    Ok(())
}

/// The days from `first` on.
pub(super) async fn days(pool: &PgPool, first: u32) -> Result<Vec<pb::SegmentDay>, sqlx::Error> {
    let rows: Vec<Vec<u8>> = sqlx::query_scalar("select counted from segment_days where day >= $1 order by day")
        .bind(i64::from(first))
        .fetch_all(pool)
        .await?;
    let days = rows.into_iter().map(|bytes| pb::SegmentDay::decode(bytes.as_slice()));
    days.map(|day| day.map_err(|error| sqlx::Error::Decode(error.into()))).collect()
}

/// Looks every `pause` whether the day is counted, until the signal.
pub(crate) async fn keep(customers: Customers, pause: Duration, stop: CancellationToken) {
    let keep = async {
        loop {
            if let Err(refusal) = look(&customers).await {
                tracing::warn!(reason = %refusal.reason, "the day's segments are not counted yet");
            }
            tokio::time::sleep(pause).await;
        }
    };
    tokio::select! {
        () = keep => {}
        () = stop.cancelled() => {}
    }
}

async fn look(customers: &Customers) -> Result<(), Refusal> {
    let day = day_of(now_ms());
    let counted: bool = sqlx::query_scalar("select exists (select from segment_days where day = $1)")
        .bind(i64::from(day))
        .fetch_one(&customers.pool)
        .await
        .map_err(|error| away(&error))?;
    if counted {
        return Ok(());
    }
    // A view that is made anew knows few.
    customers.all_caught_up().await?;
    let counted = count(customers, day).await?;
    // A center without customers has nothing to tell of.
    if counted.customers == 0 { Ok(()) } else { tell(customers, counted).await }
}

async fn count(customers: &Customers, day: u32) -> Result<pb::SegmentDay, Refusal> {
    let mut counted = pb::SegmentDay { day, at_ms: now_ms(), ..pb::SegmentDay::default() };
    let (mut after, mut tiers) = (String::new(), BTreeMap::<String, u64>::new());
    loop {
        let ids = view::page(&customers.pool, &after, CUSTOMERS).await.map_err(|error| away(&error))?;
        let Some(last) = ids.last().cloned() else { break };
        let whole = customers.reader().customers(ids.as_slice().into()).await?;
        for known in customers.knower.know(&whole).await?.into_values() {
            known.segments.into_iter().for_each(|segment| *counted.segments.entry(segment).or_default() += 1);
        }
        for customer in whole.into_iter().map(|whole| whole.customer) {
            counted.customers += 1;
            let tier = customer.fields.into_iter().find(|it| it.field == i32::from(ProfileField::Tier));
            let Some(tier) = tier.map(|it| it.value).filter(|tier| !tier.is_empty()) else { continue };
            if tiers.len() < MOST_TEXTS || tiers.contains_key(&tier) {
                *tiers.entry(tier).or_default() += 1;
            }
        }
        after = last;
    }
    counted.tiers = told_tiers(tiers);
    Ok(counted)
}

/// The tiers that most customers have, and that say nothing of a few.
fn told_tiers(counted: BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let fits = |(tier, many): &(String, u64)| *many >= LEAST && tier.chars().count() <= LONGEST_TIER;
    let mut tiers: Vec<(String, u64)> = counted.into_iter().filter(fits).collect();
    tiers.sort_by_key(|(_, many)| Reverse(*many));
    tiers.truncate(MOST_TIERS);
    tiers.into_iter().collect()
}

async fn tell(customers: &Customers, counted: pb::SegmentDay) -> Result<(), Refusal> {
    let subject = subject(counted.day);
    let counted = pb::SegmentsCounted { day: Some(counted) };
    match bus::set(&customers.journal, subject, Expect::Last(0), &counted).await {
        // Another site was first: its count holds.
        Err(refusal) if refusal.reason == bus::CONFLICT => Ok(()),
        told => told.map(drop),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_one_customer_is_not_told() {
        let counted = |many: u64, tier: &str| (tier.to_owned(), many);
        let long = "x".repeat(33);
        let all = BTreeMap::from([counted(3, "gold"), counted(2, "紹介 山田様"), counted(9, &long)]);
        assert_eq!(told_tiers(all), BTreeMap::from([counted(3, "gold")]));
        let many: BTreeMap<_, _> = (0..60).map(|n| counted(n, &format!("t{n}"))).collect();
        let told = told_tiers(many);
        assert!(told.len() == MOST_TIERS && told.contains_key("t59") && !told.contains_key("t9"));
    }

    #[test]
    fn a_day_begins_at_midnight_in_japan() {
        // 2026-01-01T00:00 in Japan.
        let new_year = 1_767_193_200_000;
        assert_eq!(day_of(new_year), 20_454);
        assert_eq!(day_of(new_year - 1), 20_453);
    }
}
