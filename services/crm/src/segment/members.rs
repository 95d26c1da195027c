//! Who belongs to a segment, page by page, and who of them may be called.

use chassis::refusal::{Code, Refusal};
use proto::crm::v1 as pb;

use super::{known::Known, view};
use crate::{
    error::{away, invalid},
    grpc::Door as Customers,
    view::Whole,
};

/// The channel of a consent to calls.
const VOICE: &str = "voice";

/// Members among the next `limit` customers after a place, and where to go on; empty: that was all.
///
/// # Errors
/// `no_such_segment`; `unavailable` when the database or the key store does not answer, or when this site's view is behind: one that is made anew
/// does not know yet who took their consent back.
pub(crate) async fn members(
    customers: &Customers,
    (segment, after): (&str, &str),
    limit: i64,
) -> Result<(Vec<(Whole, Known)>, String), Refusal> {
    let settings = customers.knower.settings().await?;
    if !settings.segments.iter().any(|known| known.id == segment) {
        return Err(Refusal::new(Code::NotFound, "no_such_segment", "there is no segment of this id"));
    }
    customers.all_caught_up().await?;
    let ids = view::page(&customers.pool, after, limit).await.map_err(|error| away(&error))?;
    let full = i64::try_from(ids.len()).unwrap_or(i64::MAX) >= limit;
    let next = ids.last().filter(|_| full).cloned().unwrap_or_default();
    let whole = customers.reader().customers(ids.as_slice().into()).await?;
    let mut known = customers.knower.know(&whole).await?;
    let belongs = whole.into_iter().filter_map(|whole| {
        let known = known.remove(&whole.customer.customer_id)?;
        known.segments.iter().any(|own| own == segment).then_some((whole, known))
    });
    Ok((belongs.collect(), next))
}

/// Members who may be called for a purpose.
///
/// # Errors
/// As [`members`]; `bad_purpose`.
pub(super) async fn callable(
    customers: &Customers,
    request: &pb::ListCallableRequest,
    limit: i64,
) -> Result<pb::ListCallableResponse, Refusal> {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    if !(1..=32).contains(&request.purpose.len()) || !request.purpose.bytes().all(fits) {
        return Err(invalid("bad_purpose", "a purpose is 1 to 32 of [a-z0-9_]"));
    }
    let (members, next) = members(customers, (&request.segment_id, &request.after), limit).await?;
    let mut told = pb::ListCallableResponse { next, ..pb::ListCallableResponse::default() };
    for (whole, _) in members {
        let customer = whole.customer;
        if !allows(&customer, &request.purpose) {
            told.not_allowed += 1;
        } else if let Some(number) = number(&customer) {
            let name = name(&customer);
            told.callable.push(pb::Callable { customer_id: customer.customer_id, number, name });
        } else {
            told.no_number += 1;
        }
    }
    Ok(told)
}

/// A no to calls or to all channels holds, whichever was said later; who said nothing does not allow it.
fn allows(customer: &pb::Customer, purpose: &str) -> bool {
    let mut said =
        customer.consents.iter().filter(|it| it.purpose == purpose && matches!(it.channel.as_str(), VOICE | ""));
    let first = said.next().is_some_and(|consent| consent.granted);
    first && said.all(|consent| consent.granted)
}

fn number(customer: &pb::Customer) -> Option<String> {
    let phones = customer.identities.iter().filter(|it| it.kind == i32::from(pb::IdentityKind::Phone));
    let best = phones.min_by_key(|identity| !identity.verified);
    best.map(|identity| identity.value.clone()).filter(|number| !number.is_empty())
}

fn name(customer: &pb::Customer) -> String {
    let field = customer.fields.iter().find(|it| it.field == i32::from(pb::ProfileField::Name));
    field.map(|it| it.value.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn consent(channel: &str, granted: bool) -> pb::Consent {
        pb::Consent { purpose: "marketing".into(), channel: channel.into(), granted }
    }

    #[test]
    fn only_who_allows_calls_is_called() {
        let with = |consents| pb::Customer { consents, ..pb::Customer::default() };
        let cases = [
            (vec![], false),
            (vec![consent("", true)], true),
            (vec![consent("mail", true)], false),
            (vec![consent("voice", true)], true),
            (vec![consent("", true), consent("voice", false)], false),
            (vec![consent("", false), consent("voice", true)], false),
        ];
        for (consents, allowed) in cases {
            assert_eq!(allows(&with(consents.clone()), "marketing"), allowed, "{consents:?}");
        }
        assert!(!allows(&with(vec![consent("", true)]), "analysis"));
    }

    #[test]
    fn a_proven_number_goes_before_the_others() {
        let phone = |value: &str, verified| {
            let (kind, namespace) = (pb::IdentityKind::Phone.into(), String::new());
            pb::Identity { kind, namespace, value: value.into(), verified }
        };
        let identities = vec![phone("+81311112222", false), phone("+819011112222", true)];
        let customer = pb::Customer { identities, ..pb::Customer::default() };
        assert_eq!(number(&customer).as_deref(), Some("+819011112222"));
        assert_eq!(number(&pb::Customer::default()), None);
    }
}
