//! Customers found by parts of what is known of them: by the hashes of the parts first, then opened and compared.

use std::collections::{BTreeMap, BTreeSet};

use chassis::refusal::Refusal;
use proto::crm::v1 as pb;
use sqlx::PgPool;

use super::{
    array,
    load::{Reader, Whole},
    read::{CANDIDATES, MOST_FOUND, by_index, look_up},
};
use crate::{
    convert::GIVEN_NAME,
    error::away,
    fold::{self, Word, fits},
    order::report::order_id,
    secret::Hasher,
};

/// As many more than wanted are opened at once.
const CHUNK: usize = 12;

/// Customers by words; all of them must be there. The answer's second part: there are more.
///
/// # Errors
/// `unavailable` when the database or the key store does not answer.
pub(crate) async fn search(
    reader: &Reader<'_>,
    hasher: &Hasher,
    text: &str,
    limit: usize,
) -> Result<(Vec<pb::Customer>, bool), Refusal> {
    let words = fold::words(text);
    if words.is_empty() {
        return Ok((Vec::new(), false));
    }
    let mut addressees = addressees(reader, hasher, text).await?;
    if !addressees.is_empty() && addressees.len() < MOST_FOUND {
        let more = addressees.len() > limit;
        addressees.truncate(limit);
        return Ok((addressees, more));
    }
    let buyers = buyers(reader.pool, hasher, text).await.map_err(|error| away(&error))?;
    let mut ranked: BTreeMap<(usize, std::cmp::Reverse<u64>, String), pb::Customer> = BTreeMap::new();
    for Whole { customer, .. } in reader.customers(buyers.as_slice().into()).await? {
        ranked.insert((0, std::cmp::Reverse(u64::MAX), customer.customer_id.clone()), customer);
    }
    let (mut found, cut) = candidates(reader.pool, hasher, &words, limit).await.map_err(|error| away(&error))?;
    found.retain(|id| !buyers.contains(id));
    let mut rest = found.as_slice();
    // Pieces seldom lie, so a few more than wanted are enough, and each costs its keys.
    while !rest.is_empty() && ranked.len() <= limit {
        let (some, others) = rest.split_at(rest.len().min(limit + CHUNK));
        rest = others;
        for whole in reader.customers(some.into()).await? {
            let (forms, first) = (forms(&whole), name_of(&whole));
            if words.iter().all(|word| fits(word, &forms)) {
                // Who is called so comes before who lives there.
                let called = words.iter().filter(|word| fits(word, &first)).count();
                let customer = whole.customer;
                let rank = (words.len() - called, std::cmp::Reverse(customer.last_at_ms), customer.customer_id.clone());
                ranked.insert(rank, customer);
            }
        }
    }
    let more = cut || !rest.is_empty() || ranked.len() > limit;
    Ok((ranked.into_values().take(limit).collect(), more))
}

/// Who has this whole mail address: its pieces are those of all addresses of its domain, and who types it wants nobody whose address merely ends so.
async fn addressees(reader: &Reader<'_>, hasher: &Hasher, text: &str) -> Result<Vec<pb::Customer>, Refusal> {
    let Some(address) = fold::identity(pb::IdentityKind::Mail.into(), "", text) else { return Ok(Vec::new()) };
    Ok(look_up(reader, hasher, &[address]).await?.into_iter().map(|whole| whole.customer).collect())
}

/// Whose an order of this number is, in whatever shop.
async fn buyers(pool: &PgPool, hasher: &Hasher, text: &str) -> Result<Vec<String>, sqlx::Error> {
    let number = text.trim();
    if number.contains(char::is_whitespace) || !number.contains(|sign: char| sign.is_numeric()) {
        return Ok(Vec::new());
    }
    let shops: Vec<String> = sqlx::query_scalar("select shop from order_shops").fetch_all(pool).await?;
    let orders: Vec<String> = shops.iter().map(|shop| order_id(hasher, shop, number)).collect();
    sqlx::query_scalar(
        "select distinct r.customer_id from orders o join records r using (record_id) where o.order_id = any($1) limit $2",
    )
    .bind(orders)
    .bind(i64::try_from(CANDIDATES).unwrap_or(i64::MAX))
    .fetch_all(pool)
    .await
}

/// Customers that have the pieces of every word: first those who have them in one record, then, if these are not enough, those who have them somewhere.
/// The answer's second part: a look was cut short, so there may be more.
async fn candidates(
    pool: &PgPool,
    hasher: &Hasher,
    words: &[Word],
    enough: usize,
) -> Result<(Vec<String>, bool), sqlx::Error> {
    let mut found = with_pieces(pool, together(hasher, words), None, CANDIDATES + 1).await?;
    let mut cut = found.len() > CANDIDATES;
    if words.len() == 1 || found.len() > enough {
        return Ok((found, cut));
    }
    let mut left: Option<Vec<String>> = None;
    // The longest word is the rarest: what it leaves over narrows the others.
    let mut words: Vec<&Word> = words.iter().collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.forms.iter().map(|form| form.chars().count()).max()));
    let last = words.len() - 1;
    for (at, word) in words.into_iter().enumerate() {
        // Enough that the other words still find theirs among them. Where a record has them all, a short look is enough.
        let most = if at == last || !found.is_empty() { CANDIDATES + 1 } else { CANDIDATES * 10 };
        let some = with_pieces(pool, word.pieces(hasher), left.take(), most).await?;
        cut |= some.len() >= most;
        if some.is_empty() {
            return Ok((found, cut));
        }
        left = Some(some);
    }
    let known: BTreeSet<String> = found.iter().cloned().collect();
    found.extend(left.into_iter().flatten().filter(|id| !known.contains(id)));
    Ok((found, cut))
}

/// All words' pieces in one list, form by form: all as they are written, all as they read.
fn together(hasher: &Hasher, words: &[Word]) -> Vec<Vec<i32>> {
    let each: Vec<Vec<Vec<i32>>> = words.iter().map(|word| word.pieces(hasher)).collect();
    let forms = each.iter().map(Vec::len).max().unwrap_or(0);
    let of =
        |at: usize| each.iter().filter_map(|forms| forms.get(at).or_else(|| forms.last())).flatten().copied().collect();
    (0..forms).map(of).collect()
}

/// Customers of whom one record has all pieces of any of these lists; of these customers only, if some are given.
async fn with_pieces(
    pool: &PgPool,
    lists: Vec<Vec<i32>>,
    of: Option<Vec<String>>,
    most: usize,
) -> Result<Vec<String>, sqlx::Error> {
    let mut tx = by_index(pool).await?;
    let arrays: Vec<String> = lists.iter().filter(|pieces| !pieces.is_empty()).map(|pieces| array(pieces)).collect();
    sqlx::query_scalar(
        "select distinct r.customer_id from unnest($1::text[]) w cross join lateral \
         (select record_id from findable where pieces @> w::integer[] and ($2::text[] is null or record_id in \
         (select record_id from records where customer_id = any($2))) limit $3) f join records r using (record_id) limit $3",
    )
    .bind(arrays)
    .bind(of)
    .bind(i64::try_from(most).unwrap_or(i64::MAX))
    .fetch_all(&mut *tx)
    .await
}

fn name_of(whole: &Whole) -> Vec<String> {
    let names = [pb::ProfileField::Name, pb::ProfileField::Kana];
    let fields =
        whole.customer.fields.iter().filter(|value| names.iter().any(|field| value.field == i32::from(*field)));
    fields.flat_map(|value| field_forms(value.field, &value.value)).collect()
}

fn field_forms(field: i32, value: &str) -> Vec<String> {
    let field = if field == i32::from(GIVEN_NAME) { i32::from(pb::ProfileField::Name) } else { field };
    pb::ProfileField::try_from(field).map_or_else(|_| Vec::new(), |field| fold::forms(field, value))
}

/// Everything that a customer is found by.
fn forms(whole: &Whole) -> Vec<String> {
    let fields = whole.customer.fields.iter().flat_map(|value| field_forms(value.field, &value.value));
    let identities = whole.identities.iter().flat_map(|it| fold::identity_forms(it.kind, &it.value));
    fields.chain(identities).collect()
}
