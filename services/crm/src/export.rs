//! All that is kept, page by page: `ExportService` over gRPC. No decisions.

use std::collections::BTreeSet;

use chassis::refusal::Refusal;
use prost::Message;
use proto::crm::v1::{self as pb, export_service_server::ExportService};
use tonic::{Request, Response, Status};

use crate::{
    bus,
    error::{away, invalid, locked},
    fold::is_record_id,
    grpc::Door as Customers,
    order,
    orders_door::shown,
    segment,
    view::{self, FactPlace},
};

/// Customers that are read at once.
const CUSTOMERS: i64 = 100;
/// Touchpoints that are read at once.
const ENTRIES: i64 = 500;
/// Orders that are read at once.
const ORDERS: i64 = 100;
/// A page's size, bytes; one that is larger alone is a page of its own.
const PAGE: usize = 1024 * 1024;

/// Everything the answers need.
pub(crate) struct Door {
    pub(crate) customers: Customers,
}

#[tonic::async_trait]
impl ExportService for Door {
    async fn export_customers(
        &self,
        request: Request<pb::ExportCustomersRequest>,
    ) -> Result<Response<pb::ExportCustomersResponse>, Status> {
        let after = request.into_inner().after;
        Ok(Response::new(self.customers_after(place(&after)?).await?))
    }

    async fn export_timeline(
        &self,
        request: Request<pb::ExportTimelineRequest>,
    ) -> Result<Response<pb::ExportTimelineResponse>, Status> {
        let after = request.into_inner().after;
        let after = FactPlace::parse(&after).ok_or_else(bad_cursor)?;
        Ok(Response::new(self.timeline_after(&after).await?))
    }

    async fn export_orders(
        &self,
        request: Request<pb::ExportOrdersRequest>,
    ) -> Result<Response<pb::ExportOrdersResponse>, Status> {
        let after = request.into_inner().after;
        Ok(Response::new(self.orders_after(place(&after)?).await?))
    }
}

impl Door {
    async fn customers_after(&self, after: &str) -> Result<pb::ExportCustomersResponse, Refusal> {
        let pool = &self.customers.pool;
        let ids = segment::page(pool, after, CUSTOMERS).await.map_err(|error| away(&error))?;
        let last = ids.last().filter(|_| is_full(ids.len(), CUSTOMERS)).cloned();
        let whole = self.customers.reader().customers(ids.as_slice().into()).await?;
        let mut consents = view::consents(pool, &ids).await.map_err(|error| away(&error))?;
        let exported = whole.into_iter().map(|whole| {
            let consents = consents.remove(&whole.customer.customer_id).unwrap_or_default();
            let customer = pb::Customer { consents: Vec::new(), ..whole.customer };
            pb::ExportedCustomer { customer: Some(customer), consents }
        });
        let id = |it: &pb::ExportedCustomer| it.customer.as_ref().map_or_else(String::new, |it| it.customer_id.clone());
        let (customers, next) = cut(exported.collect(), last, id);
        Ok(pb::ExportCustomersResponse { customers, next })
    }

    async fn timeline_after(&self, after: &FactPlace) -> Result<pb::ExportTimelineResponse, Refusal> {
        let entries = view::all_touchpoints(&self.customers.reader(), after, ENTRIES).await?;
        let at =
            |it: &pb::ExportedEntry| it.entry.as_ref().map_or_else(String::new, |it| FactPlace::of(it).to_string());
        let last = entries.last().filter(|_| is_full(entries.len(), ENTRIES)).map(at);
        let (entries, next) = cut(entries, last, at);
        Ok(pb::ExportTimelineResponse { entries, next })
    }

    async fn orders_after(&self, after: &str) -> Result<pb::ExportOrdersResponse, Refusal> {
        let pool = &self.customers.pool;
        let rows = order::view::page(pool, after, ORDERS).await.map_err(|error| away(&error))?;
        let last = rows.last().filter(|_| is_full(rows.len(), ORDERS)).map(|row| row.order_id.clone());
        let records: BTreeSet<String> = rows.iter().map(|row| row.record_id.clone()).collect();
        let named: Vec<String> = records.iter().cloned().collect();
        let owners = view::customers_of(pool, &named).await.map_err(|error| away(&error))?;
        let keys = bus::keys(self.customers.journal.vault(), records).await.map_err(|error| locked(&error))?;
        let orders = rows.into_iter().map(|row| {
            let customer_id = owners.get(&row.record_id).unwrap_or(&row.record_id).clone();
            pb::ExportedOrder { customer_id, order: Some(shown::order(&row, keys.get(&row.record_id))) }
        });
        // One whose key went meanwhile is an erased customer's.
        let legible = orders.filter(|it| it.order.as_ref().is_some_and(|order| order.private.is_some()));
        let id = |it: &pb::ExportedOrder| it.order.as_ref().map_or_else(String::new, |it| it.order_id.clone());
        let (orders, next) = cut(legible.collect(), last, id);
        Ok(pb::ExportOrdersResponse { orders, next })
    }
}

fn is_full(read: usize, limit: i64) -> bool {
    i64::try_from(read).unwrap_or(i64::MAX) >= limit
}

/// As many as fit in a page, and where to go on: after the last of them, or after the last that was read.
fn cut<T: Message>(mut all: Vec<T>, last: Option<String>, place: impl Fn(&T) -> String) -> (Vec<T>, String) {
    let mut size = 0;
    let fits = all.iter().take_while(|it| {
        size += it.encoded_len();
        size <= PAGE
    });
    let fits = fits.count().max(1);
    if fits >= all.len() {
        return (all, last.unwrap_or_default());
    }
    all.truncate(fits);
    let next = all.last().map(place).unwrap_or_default();
    (all, next)
}

fn place(after: &str) -> Result<&str, Refusal> {
    if after.is_empty() || is_record_id(after) { Ok(after) } else { Err(bad_cursor()) }
}

fn bad_cursor() -> Refusal {
    invalid("bad_cursor", "that is no place in an export")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_where_it_is_full_and_goes_on_after_its_last() {
        let big = |id: &str| pb::ListTimelineRequest {
            customer_id: id.into(),
            after: "x".repeat(PAGE / 2),
            ..pb::ListTimelineRequest::default()
        };
        let at = |it: &pb::ListTimelineRequest| it.customer_id.clone();
        let ids = |all: &[pb::ListTimelineRequest]| all.iter().map(at).collect::<Vec<_>>();
        let (page, next) = cut(vec![big("a"), big("b"), big("c")], Some("c".into()), at);
        assert_eq!((ids(&page), next.as_str()), (vec!["a".to_owned()], "a"));
        let (page, next) = cut(vec![big("c")], Some("d".into()), at);
        assert_eq!((ids(&page), next.as_str()), (vec!["c".to_owned()], "d"), "the last that was read may be left out");
        assert_eq!(cut(vec![big("c")], None, at).1, "");
        assert_eq!(cut(Vec::<pb::ListTimelineRequest>::new(), Some("c".into()), at).1, "c");
    }
}
