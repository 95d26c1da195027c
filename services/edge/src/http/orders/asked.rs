//! What agents ask of shops, as JSON.

use proto::crm::v1::{self as pb, command_body::What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shapes::{Line, To};

/// Body of `POST /api/v1/shop-commands`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AskShop")]
pub(crate) struct Ask {
    /// UUID chosen by the caller: the same id is the same command.
    id: String,
    /// The order, for what is about one.
    #[serde(default)]
    order: String,
    /// The shop, for what is not about an order.
    #[serde(default)]
    shop: String,
    /// The customer, for what is not about an order.
    #[serde(default)]
    customer: String,
    /// The conversation that it comes from.
    #[serde(default)]
    conversation: String,
    /// What.
    r#do: Do,
}

impl Ask {
    /// The same for the service.
    pub(super) fn request(self, by: &str) -> pb::AskShopRequest {
        pb::AskShopRequest {
            command_id: self.id,
            shop: self.shop,
            customer_id: self.customer,
            order_id: self.order,
            by: by.to_owned(),
            conversation_id: self.conversation,
            body: Some(pb::CommandBody { number: String::new(), what: Some(self.r#do.into()) }),
        }
    }
}

/// What a shop is asked to do.
#[derive(Deserialize, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[schemars(rename = "ShopDeed")]
pub(crate) enum Do {
    /// Take an order.
    PlaceOrder {
        /// What, with the prices that the customer was told.
        lines: Vec<Line>,
        /// How it is paid: `cod`, `card`, `convenience_store`, …
        payment: String,
        /// `YYYY-MM-DD`; absent: as soon as possible.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        date: String,
        /// `HH:MM-HH:MM`; absent: any.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        window: String,
        /// Whom and where to.
        to: To,
        /// What the shop should know.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// Channel of the conversation: `voice`, `chat`, …
        #[serde(default, skip_serializing_if = "String::is_empty")]
        channel: String,
    },
    /// Deliver at another time, or elsewhere.
    ChangeDelivery {
        /// As above; date and window absent: as they are.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        date: String,
        /// As above.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        window: String,
        /// Whom and where to; absent: as it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<To>,
    },
    /// Send something back.
    StartReturn {
        /// What; absent: all of it.
        #[serde(default)]
        lines: Vec<Line>,
        /// Code.
        reason: String,
        /// In the customer's words.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        note: String,
        /// Photos: files of conversations, each `<conversation>/<file>`.
        #[serde(default)]
        files: Vec<String>,
    },
    /// Send nothing.
    CancelOrder {
        /// Code.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        reason: String,
    },
    /// Set something aside.
    ReserveStock {
        /// Article number.
        sku: String,
        /// Store or warehouse.
        place: String,
        /// How many.
        quantity: u32,
        /// Until when, ms since the Unix epoch; 0: as long as the shop does.
        #[serde(default)]
        until: u64,
    },
    /// Give back what was set aside.
    ReleaseStock {
        /// Id of the command that reserved it.
        command: String,
    },
}

impl From<Do> for What {
    fn from(asked: Do) -> Self {
        match asked {
            Do::PlaceOrder { lines, payment, date, window, to, note, channel } => Self::PlaceOrder(pb::PlaceOrder {
                lines: lines.into_iter().map(Into::into).collect(),
                payment_method: payment,
                slot: slot(date, window),
                to: Some(pb::OrderPrivate { note, ..to.into() }),
                channel,
            }),
            Do::ChangeDelivery { date, window, to } => {
                Self::ChangeDelivery(pb::ChangeDelivery { slot: slot(date, window), to: to.map(Into::into) })
            }
            Do::StartReturn { lines, reason, note, files } => {
                let lines = lines.into_iter().map(Into::into).collect();
                Self::StartReturn(pb::StartReturn { lines, reason, note, files })
            }
            Do::CancelOrder { reason } => Self::CancelOrder(pb::CancelOrder { reason }),
            Do::ReserveStock { sku, place, quantity, until } => {
                Self::ReserveStock(pb::ReserveStock { sku, place, quantity, until_ms: until })
            }
            Do::ReleaseStock { command } => Self::ReleaseStock(pb::ReleaseStock { command_id: command }),
        }
    }
}

fn slot(date: String, window: String) -> Option<pb::DeliverySlot> {
    (!date.is_empty() || !window.is_empty()).then_some(pb::DeliverySlot { date, window })
}

impl From<What> for Do {
    fn from(what: What) -> Self {
        match what {
            What::PlaceOrder(it) => {
                let (slot, to) = (it.slot.unwrap_or_default(), it.to.unwrap_or_default());
                Self::PlaceOrder {
                    lines: it.lines.into_iter().map(Into::into).collect(),
                    payment: it.payment_method,
                    date: slot.date,
                    window: slot.window,
                    note: to.note.clone(),
                    to: to.into(),
                    channel: it.channel,
                }
            }
            What::ChangeDelivery(it) => {
                let slot = it.slot.unwrap_or_default();
                Self::ChangeDelivery { date: slot.date, window: slot.window, to: it.to.map(Into::into) }
            }
            What::StartReturn(it) => {
                let lines = it.lines.into_iter().map(Into::into).collect();
                Self::StartReturn { lines, reason: it.reason, note: it.note, files: it.files }
            }
            What::CancelOrder(it) => Self::CancelOrder { reason: it.reason },
            What::ReserveStock(it) => {
                Self::ReserveStock { sku: it.sku, place: it.place, quantity: it.quantity, until: it.until_ms }
            }
            What::ReleaseStock(it) => Self::ReleaseStock { command: it.command_id },
        }
    }
}
