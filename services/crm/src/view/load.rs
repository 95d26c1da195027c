//! Customers as agents see them: all records that are one, opened and put together.

use std::collections::{BTreeMap, HashMap};

use chassis::refusal::Refusal;
use journal::{DataKey, Vault};
use prost::Message as _;
use proto::{crm::v1 as pb, journal::v1::Sealed};
use sqlx::{PgPool, Row as _, postgres::PgRow};

use super::{rows::Rows, whom::Whom};
use crate::{
    bus,
    convert::GIVEN_NAME,
    customer::{identity_link, standing},
    error::{away, locked},
    fold::{Folded, shown},
    record::Stamp,
};

/// What reads the view.
#[derive(Clone)]
pub(crate) struct Reader<'a> {
    pub pool: &'a PgPool,
    pub vault: &'a Vault,
}

/// A customer with what only this service sees of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Whole {
    pub customer: pb::Customer,
    /// Identities that hold, as they are kept.
    pub identities: Vec<Folded>,
    stamps: BTreeMap<i32, Stamp>,
    given_name: String,
}

/// The customer of a record.
pub(crate) async fn group_of(pool: &PgPool, record: &str) -> Result<Option<String>, Refusal> {
    let found = sqlx::query_scalar("select customer_id from records where record_id = $1")
        .bind(record)
        .fetch_optional(pool)
        .await;
    found.map_err(|error| away(&error))
}

impl Reader<'_> {
    /// These customers, in the order asked for if that was by ids; who is not there is left out.
    ///
    /// # Errors
    /// `unavailable` when the database or the key store does not answer.
    pub(crate) async fn customers(&self, whom: Whom<'_>) -> Result<Vec<Whole>, Refusal> {
        // Most customers are one record, whose key is fetched meanwhile.
        let (rows, ()) = tokio::join!(Rows::of(self.pool, whom), self.fetch_first_keys(whom));
        let rows = rows.map_err(|error| away(&error))?;
        let records = rows.records().map_err(|error| away(&error))?;
        let keys = bus::keys(self.vault, records).await.map_err(|error| locked(&error))?;
        let mut members = members(&rows.members).map_err(|error| away(&error))?;
        let groups: HashMap<String, String> = members
            .iter()
            .flat_map(|(id, whole)| whole.customer.record_ids.iter().map(|record| (record.clone(), id.clone())))
            .collect();
        fill(&mut members, &groups, &rows, &Opener { keys: &keys }).map_err(|error| away(&error))?;
        let kinds = kinds(&rows.identities).map_err(|error| away(&error))?;
        join(&mut members, &groups, &rows, &kinds);
        let found: Vec<Whole> = match whom {
            Whom::One(id) => members.remove(id).into_iter().collect(),
            Whom::These(ids) => ids.iter().filter_map(|id| members.remove(id)).collect(),
            Whom::Known(..) => members.into_values().collect(),
        };
        Ok(found.into_iter().map(Whole::finished).collect())
    }

    /// Has the keys of the records whose names are the customers' ids at hand. A fault shows when a key is really asked for. Whoever an identity
    /// finds would have to be asked for first, and mostly the keys are there.
    async fn fetch_first_keys(&self, whom: Whom<'_>) {
        let ids = match whom {
            Whom::One(id) => vec![id.to_owned()],
            Whom::These(ids) => ids.to_vec(),
            Whom::Known(..) => return,
        };
        let _fetched = bus::keys(self.vault, ids.into_iter().collect()).await;
    }
}

fn members(rows: &[PgRow]) -> Result<Members, sqlx::Error> {
    let mut members = Members::new();
    for row in rows {
        let id: String = row.try_get("word")?;
        let customer = &mut members.entry(id.clone()).or_default().customer;
        customer.customer_id = id;
        customer.record_ids.push(row.try_get("record_id")?);
        customer.last_at_ms = customer.last_at_ms.max(row.try_get::<i64, _>("at")?.unsigned_abs());
        // One record that is a company makes the customer one.
        customer.kind = customer.kind.max(row.try_get("number")?);
    }
    Ok(members)
}

type Members = BTreeMap<String, Whole>;

fn fill(
    members: &mut Members,
    groups: &HashMap<String, String>,
    rows: &Rows,
    opener: &Opener<'_>,
) -> Result<(), sqlx::Error> {
    for row in &rows.fields {
        if let Some((record, whole)) = of(members, groups, row)? {
            whole.field(row, &record, opener)?;
        }
    }
    // Who was last said to be theirs comes first.
    for row in rows.identities.iter().rev() {
        if let Some((record, whole)) = of(members, groups, row)? {
            whole.identity(row, &record, opener)?;
        }
    }
    for row in &rows.consents {
        if let Some((_, whole)) = of(members, groups, row)? {
            whole.consent(row)?;
        }
    }
    for row in &rows.counts {
        if let Some((_, whole)) = of(members, groups, row)? {
            whole.customer.touchpoints += row.try_get::<i64, _>("at")?.unsigned_abs();
        }
    }
    Ok(())
}

/// Whose row it is.
fn of<'m>(
    members: &'m mut Members,
    groups: &HashMap<String, String>,
    row: &PgRow,
) -> Result<Option<(String, &'m mut Whole)>, sqlx::Error> {
    let record: String = row.try_get("record_id")?;
    let whole = groups.get(&record).and_then(|id| members.get_mut(id));
    Ok(whole.map(|whole| (record, whole)))
}

fn kinds(identities: &[PgRow]) -> Result<HashMap<Vec<u8>, i32>, sqlx::Error> {
    identities.iter().map(|row| Ok((row.try_get("hash")?, row.try_get("number")?))).collect()
}

/// Opens what the view holds sealed.
pub(super) struct Opener<'a> {
    pub(super) keys: &'a HashMap<String, DataKey>,
}

impl Opener<'_> {
    /// Bytes of `sealed` and `place` of a row; none when there are none, or the record was erased meanwhile.
    pub(super) fn open(&self, row: &PgRow, record: &str) -> Result<Option<Vec<u8>>, sqlx::Error> {
        let (sealed, place): (Option<Vec<u8>>, Option<String>) = (row.try_get("sealed")?, row.try_get("place")?);
        let (Some(sealed), Some(place), Some(key)) = (sealed, place, self.keys.get(record)) else { return Ok(None) };
        Ok(key.open(&place, &Sealed { key_id: record.to_owned(), r#box: sealed.into() }).ok())
    }
}

impl Whole {
    /// Of two records' values of one field the later one holds.
    fn field(&mut self, row: &PgRow, record: &str, opener: &Opener<'_>) -> Result<(), sqlx::Error> {
        let (field, stamp): (i32, String) = (row.try_get("number")?, row.try_get("stamp")?);
        let stamp = Stamp::read(stamp);
        if self.stamps.get(&field).is_some_and(|held| *held >= stamp) {
            return Ok(());
        }
        self.stamps.insert(field, stamp);
        let value = opener.open(row, record)?.and_then(|plain| String::from_utf8(plain).ok()).unwrap_or_default();
        if field == i32::from(GIVEN_NAME) {
            self.given_name = value;
            return Ok(());
        }
        self.customer.fields.retain(|held| held.field != field);
        if !value.is_empty() {
            self.customer.fields.push(pb::FieldValue { field, value });
        }
        Ok(())
    }

    fn identity(&mut self, row: &PgRow, record: &str, opener: &Opener<'_>) -> Result<(), sqlx::Error> {
        let verified: bool = row.try_get("yes")?;
        let Some(plain) = opener.open(row, record)? else { return Ok(()) };
        let Some(folded) = identity_of(&plain, row.try_get("place")?) else { return Ok(()) };
        let identity =
            pb::Identity { kind: folded.kind, namespace: folded.namespace.clone(), value: shown(&folded), verified };
        match self.identities.iter().position(|known| *known == folded) {
            Some(at) => self.customer.identities[at].verified |= verified,
            None => {
                self.identities.push(folded);
                self.customer.identities.push(identity);
            }
        }
        Ok(())
    }

    /// Rows come by time: a later word takes an earlier one's place.
    fn consent(&mut self, row: &PgRow) -> Result<(), sqlx::Error> {
        let consent =
            pb::Consent { purpose: row.try_get("word")?, channel: row.try_get("other")?, granted: row.try_get("yes")? };
        self.customer.consents.retain(|held| (&held.purpose, &held.channel) != (&consent.purpose, &consent.channel));
        self.customer.consents.push(consent);
        Ok(())
    }

    fn finished(mut self) -> Self {
        let customer = &mut self.customer;
        let named = |field: pb::ProfileField| customer.fields.iter().any(|value| value.field == i32::from(field));
        let has_name = named(pb::ProfileField::Name);
        customer.thin = !has_name && !named(pb::ProfileField::Kana);
        if !has_name && !self.given_name.is_empty() {
            customer
                .fields
                .push(pb::FieldValue { field: pb::ProfileField::Name.into(), value: self.given_name.clone() });
        }
        customer.fields.sort_by_key(|value| value.field);
        customer.identities.sort_by_key(|identity| (!identity.verified, identity.kind));
        customer.consents.sort_by(|a, b| (&a.purpose, &a.channel).cmp(&(&b.purpose, &b.channel)));
        self
    }
}

/// A fact's box holds an identity, a call's the number alone.
fn identity_of(plain: &[u8], place: String) -> Option<Folded> {
    if bus::record_of(&place).is_none() {
        return crate::fold::identity(pb::IdentityKind::Phone.into(), "", std::str::from_utf8(plain).ok()?);
    }
    let identity = pb::Identity::decode(plain).ok()?;
    Some(Folded { kind: identity.kind, namespace: identity.namespace, value: identity.value })
}

/// Tells each customer which links hold it together.
fn join(members: &mut Members, groups: &HashMap<String, String>, rows: &Rows, kinds: &HashMap<Vec<u8>, i32>) {
    let (links, shared) = standing(&rows.edges);
    for said in links {
        let Some(whole) = groups.get(&said.a).and_then(|id| members.get_mut(id)) else { continue };
        let word = rows.words.get(&(said.link.clone(), said.a.clone(), said.b.clone()));
        let (at_ms, by) = word.map_or((0, String::new()), |(stamp, by)| (stamp.at_ms(), by.clone()));
        let (record_a, record_b) = (said.a.clone(), said.b.clone());
        whole.customer.links.push(pb::Link { link_id: said.link.clone(), record_a, record_b, by, at_ms, identity: 0 });
    }
    for (identity, records) in shared {
        let kind = kinds.get(identity.0.as_slice()).copied().unwrap_or(0);
        for pair in records.windows(2) {
            let Some(whole) = groups.get(pair[0]).and_then(|id| members.get_mut(id)) else { continue };
            let (record_a, record_b) = (pair[0].to_owned(), pair[1].to_owned());
            let link_id = identity_link(identity);
            whole.customer.links.push(pb::Link { link_id, record_a, record_b, identity: kind, ..pb::Link::default() });
        }
    }
}
