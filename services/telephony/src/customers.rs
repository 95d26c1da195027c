//! What flows learn of callers and orders from this site's crm.

use std::collections::BTreeMap;

use chassis::grpc::Channel;
use proto::crm::v1::{
    GetOrderRequest, Identity, IdentityKind, ListOrdersRequest, ListShopsRequest, LookUpRequest, Order, ProfileField,
    crm_service_client::CrmServiceClient, order_service_client::OrderServiceClient,
};
use tonic::{Code, Status};

/// This site's crm.
#[derive(Clone)]
pub(crate) struct Customers {
    customers: CrmServiceClient<Channel>,
    orders: OrderServiceClient<Channel>,
}

/// What was learnt, by name; none: nobody, or nothing, is known by it.
pub(crate) type Learnt = Option<BTreeMap<String, String>>;

impl Customers {
    pub(crate) fn new(channel: Channel) -> Self {
        Self { customers: CrmServiceClient::new(channel.clone()), orders: OrderServiceClient::new(channel) }
    }

    /// Who has this telephone number, with their newest order. Several who share it are nobody: a flow must not call one by another's name.
    ///
    /// # Errors
    /// When crm does not answer.
    pub(crate) async fn customer(mut self, number: &str) -> Result<Learnt, Status> {
        let phone = Identity { kind: IdentityKind::Phone.into(), value: number.to_owned(), ..Identity::default() };
        let found = self.customers.look_up(LookUpRequest { identities: vec![phone] }).await?.into_inner().customers;
        let mut named = found.into_iter().filter(|customer| !customer.thin);
        let (Some(customer), None) = (named.next(), named.next()) else { return Ok(None) };
        let field = |field: ProfileField| {
            let held = customer.fields.iter().find(|it| it.field == i32::from(field));
            held.map(|it| it.value.clone()).unwrap_or_default()
        };
        let mut learnt = BTreeMap::from([
            ("name".to_owned(), field(ProfileField::Name)),
            ("kana".to_owned(), field(ProfileField::Kana)),
            ("tier".to_owned(), field(ProfileField::Tier)),
            ("language".to_owned(), field(ProfileField::Language)),
            ("segment".to_owned(), customer.segments.first().cloned().unwrap_or_default()),
            ("segments".to_owned(), customer.segments.join(",")),
        ]);
        let newest = ListOrdersRequest { customer_id: customer.customer_id, limit: 1, ..ListOrdersRequest::default() };
        if let Some(order) = self.orders.list_orders(newest).await?.into_inner().orders.into_iter().next() {
            learnt.extend(told(&order).map(|(name, value)| (format!("order_{name}"), value)));
        }
        learnt.retain(|_, value| !value.is_empty());
        Ok(Some(learnt))
    }

    /// An order by its number, of whichever shop has it.
    ///
    /// # Errors
    /// When crm does not answer.
    pub(crate) async fn order(mut self, number: &str) -> Result<Learnt, Status> {
        let shops = self.orders.list_shops(ListShopsRequest {}).await?.into_inner().shops;
        for shop in shops {
            let asked = GetOrderRequest { shop: shop.name, number: number.to_owned(), ..GetOrderRequest::default() };
            match self.orders.get_order(asked).await {
                Ok(found) => {
                    let mut learnt: BTreeMap<String, String> = match found.into_inner().order {
                        Some(order) => told(&order).into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
                        None => continue,
                    };
                    learnt.retain(|_, value| !value.is_empty());
                    return Ok(Some(learnt));
                }
                Err(status) if matches!(status.code(), Code::NotFound | Code::InvalidArgument) => {}
                Err(status) => return Err(status),
            }
        }
        Ok(None)
    }
}

/// What a flow may say of an order.
fn told(order: &Order) -> [(&'static str, String); 4] {
    let state = order.state.clone().unwrap_or_default();
    let number = order.private.as_ref().map(|private| private.number.clone()).unwrap_or_default();
    let status = state.status().as_str_name().trim_start_matches("ORDER_STATUS_").to_ascii_lowercase();
    let delivery = state.delivery.unwrap_or_default();
    let date = delivery.slot.map(|slot| slot.date).unwrap_or_default();
    [("number", number), ("status", status), ("delivery_date", date), ("shop", state.shop)]
}
