//! Orders, stock and commands as JSON, as docs/crm-orders.md has them.

use proto::crm::v1 as pb;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::asked::Command;
use crate::{
    customers::{Mask, ProfileField},
    http::words::word,
};

fn none(value: &u64) -> bool {
    *value == 0
}

/// A page of orders.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Orders {
    /// Newest first.
    pub(super) orders: Vec<Order>,
    /// `after` of the next page; empty: that was all.
    pub(super) next: String,
}

/// One order.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrderFound")]
pub(crate) struct Found {
    /// The order.
    pub(super) order: Order,
    /// What was asked of the shop about it, newest first.
    pub(super) commands: Vec<Command>,
}

/// An order.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Order {
    /// Its id in the center.
    id: String,
    /// The record that it belongs to.
    record: String,
    /// The shop or chain.
    shop: String,
    /// As the customer knows it; empty once they were erased.
    number: String,
    /// Grows with each change.
    version: u64,
    /// Who reported it.
    source: String,
    /// `placed`, `preparing`, `shipped`, `delivered`, `cancelled` or `returned`.
    status: String,
    /// `ec`, `store`, `phone`, …
    channel: String,
    /// The store, for `store`.
    #[serde(skip_serializing_if = "String::is_empty")]
    store: String,
    /// ms since the Unix epoch, as all times.
    placed_at: u64,
    /// Absent: it was not.
    #[serde(skip_serializing_if = "none")]
    cancelled_at: u64,
    /// Until when delivery can be changed; absent: the shop does not say.
    #[serde(skip_serializing_if = "none")]
    changeable_until: u64,
    /// What all of it costs, in the smallest unit.
    total: i64,
    /// ISO 4217.
    currency: String,
    /// What was bought.
    lines: Vec<Line>,
    /// Absent: nothing is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    payment: Option<Payment>,
    /// Absent: it was taken along.
    #[serde(skip_serializing_if = "Option::is_none")]
    delivery: Option<Delivery>,
    /// Whom and where to; absent once the customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<To>,
    /// What agents should know.
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    /// What comes back.
    returns: Vec<Return>,
    /// The command that placed it; absent: none.
    #[serde(skip_serializing_if = "String::is_empty")]
    command: String,
    /// The customer was erased.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}

/// A line of an order.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "OrderLine")]
pub(crate) struct Line {
    /// Article number.
    sku: String,
    /// What it is called.
    #[serde(default)]
    name: String,
    /// How many.
    quantity: u32,
    /// Price of one, in the smallest unit.
    #[serde(default)]
    price: i64,
}

/// How an order is paid.
#[derive(Serialize, JsonSchema)]
struct Payment {
    /// `card`, `cod`, …
    method: String,
    /// `due`, `authorised`, `paid`, `failed`, `refunded`; empty: not known.
    state: String,
    /// When that began.
    #[serde(skip_serializing_if = "none")]
    at: u64,
}

/// How an order gets there.
#[derive(Serialize, JsonSchema)]
struct Delivery {
    /// `YYYY-MM-DD`.
    #[serde(skip_serializing_if = "String::is_empty")]
    date: String,
    /// `HH:MM-HH:MM`.
    #[serde(skip_serializing_if = "String::is_empty")]
    window: String,
    /// The carrier.
    #[serde(skip_serializing_if = "String::is_empty")]
    carrier: String,
    /// Number of the parcel.
    #[serde(skip_serializing_if = "String::is_empty")]
    tracking: String,
    /// Absent: not yet.
    #[serde(skip_serializing_if = "none")]
    shipped_at: u64,
    /// Absent: not yet.
    #[serde(skip_serializing_if = "none")]
    delivered_at: u64,
}

/// Whom and where to.
#[derive(Default, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Recipient")]
pub(crate) struct To {
    /// Name.
    #[serde(default)]
    recipient: String,
    /// Seven digits.
    #[serde(default)]
    postcode: String,
    /// One line, without the postcode.
    #[serde(default)]
    address: String,
    /// As written.
    #[serde(default)]
    phone: String,
    /// Postcode, address and phone are empty because they are hidden from this account; not looked at in what is asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    masked: bool,
}

impl To {
    /// Behind this mask: whoever may not see addresses does not see where to.
    pub(super) fn behind(self, mask: &Mask) -> Self {
        let known = [&self.postcode, &self.address, &self.phone].iter().any(|value| !value.is_empty());
        if !known || !mask.hides(ProfileField::Address) {
            return self;
        }
        Self { recipient: self.recipient, masked: true, ..Self::default() }
    }
}

/// Something that comes back.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "OrderReturn")]
struct Return {
    /// The shop's id of it.
    id: String,
    /// `asked`, `accepted`, `received`, `refunded` or `refused`.
    state: String,
    /// Code.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    /// What.
    lines: Vec<Line>,
    /// When.
    asked_at: u64,
    /// Refunded or refused; absent: not yet.
    #[serde(skip_serializing_if = "none")]
    ended_at: u64,
    /// Given back, in the smallest unit.
    refund: i64,
    /// Photos, each `<conversation>/<file>`.
    files: Vec<String>,
}

impl From<pb::OrderLine> for Line {
    fn from(pb::OrderLine { sku, name, quantity, price }: pb::OrderLine) -> Self {
        Self { sku, name, quantity, price }
    }
}

impl From<Line> for pb::OrderLine {
    fn from(Line { sku, name, quantity, price }: Line) -> Self {
        Self { sku, name, quantity, price }
    }
}

impl From<To> for pb::OrderPrivate {
    fn from(To { recipient, postcode, address, phone, masked: _ }: To) -> Self {
        Self { recipient, postcode, address, phone, ..Self::default() }
    }
}

impl From<pb::OrderPrivate> for To {
    fn from(it: pb::OrderPrivate) -> Self {
        Self { recipient: it.recipient, postcode: it.postcode, address: it.address, phone: it.phone, masked: false }
    }
}

fn lines(lines: Vec<pb::OrderLine>) -> Vec<Line> {
    lines.into_iter().map(Line::from).collect()
}

impl From<pb::Payment> for Payment {
    fn from(it: pb::Payment) -> Self {
        Self { state: word(it.state().as_str_name(), "PAYMENT_STATE_"), method: it.method, at: it.at_ms }
    }
}

impl From<pb::OrderReturn> for Return {
    fn from(it: pb::OrderReturn) -> Self {
        Self {
            state: word(it.state().as_str_name(), "RETURN_STATE_"),
            id: it.return_id,
            reason: it.reason,
            lines: lines(it.lines),
            asked_at: it.asked_at_ms,
            ended_at: it.ended_at_ms,
            refund: it.refund,
            files: it.files,
        }
    }
}

impl Order {
    /// As somebody behind this mask sees it.
    pub(super) fn seen(it: pb::Order, mask: &Mask) -> Self {
        let state = it.state.unwrap_or_default();
        let erased = it.private.is_none();
        let private = it.private.unwrap_or_default();
        let delivery = state.delivery.clone().map(|delivery| {
            let slot = delivery.slot.unwrap_or_default();
            Delivery {
                date: slot.date,
                window: slot.window,
                carrier: delivery.carrier,
                tracking: private.tracking.clone(),
                shipped_at: delivery.shipped_at_ms,
                delivered_at: delivery.delivered_at_ms,
            }
        });
        Self {
            id: it.order_id,
            record: it.record_id,
            number: private.number.clone(),
            version: it.version,
            source: it.source,
            status: word(state.status().as_str_name(), "ORDER_STATUS_"),
            shop: state.shop,
            channel: state.channel,
            store: state.store,
            placed_at: state.placed_at_ms,
            cancelled_at: state.cancelled_at_ms,
            changeable_until: state.changeable_until_ms,
            total: state.total,
            currency: if state.currency.is_empty() { "JPY".to_owned() } else { state.currency },
            lines: lines(state.lines),
            payment: state.payment.map(Payment::from),
            delivery,
            note: private.note.clone(),
            to: (!erased && !private.address.is_empty()).then(|| To::from(private).behind(mask)),
            returns: state.returns.into_iter().map(Return::from).collect(),
            command: state.command_id,
            erased,
        }
    }
}

/// Shops.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Shops {
    /// Those that can be asked, by name.
    pub(super) shops: Vec<Shop>,
}

/// A shop that can be asked.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Shop {
    /// Its name.
    pub(super) name: String,
    /// When it last answered this site; absent: not since the service started.
    #[serde(skip_serializing_if = "none")]
    pub(super) answered_at: u64,
}

/// Stock that was found.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Stock {
    /// By article, places with most first.
    pub(super) stock: Vec<Level>,
    /// There are more; add a word.
    pub(super) more: bool,
}

/// How much of an article is where.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "StockLevel")]
pub(crate) struct Level {
    /// The shop or chain.
    shop: String,
    /// Article number.
    sku: String,
    /// What it is called.
    name: String,
    /// Id of the store or warehouse.
    place: String,
    /// What people call it.
    place_name: String,
    /// `store`, `warehouse`, …
    place_kind: String,
    /// How many can be sold.
    free: u32,
    /// How many are set aside.
    reserved: u32,
    /// When it was counted; 0: not known.
    at: u64,
}

impl From<pb::StockLevel> for Level {
    fn from(it: pb::StockLevel) -> Self {
        Self {
            shop: it.shop,
            sku: it.sku,
            name: it.name,
            place: it.place,
            place_name: it.place_name,
            place_kind: it.place_kind,
            free: it.free,
            reserved: it.reserved,
            at: it.at_ms,
        }
    }
}
