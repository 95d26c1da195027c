//! What agents ask of shops, as JSON.

use proto::crm::v1::{self as pb, command_body::What};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::shapes::{Line, To};
use crate::{customers::Mask, http::words::word};

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

impl Do {
    fn behind(mut self, mask: &Mask) -> Self {
        if let Self::PlaceOrder { to, .. } | Self::ChangeDelivery { to: Some(to), .. } = &mut self {
            *to = std::mem::take(to).behind(mask);
        }
        self
    }
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

/// Commands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShopCommands")]
pub(crate) struct Commands {
    /// Newest first.
    pub(super) commands: Vec<Command>,
}

/// What was asked of a shop, and what became of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ShopCommand")]
pub(crate) struct Command {
    /// Its id.
    id: String,
    /// The shop.
    shop: String,
    /// The customer's record.
    record: String,
    /// The order that it is about, or that it made.
    #[serde(skip_serializing_if = "String::is_empty")]
    order: String,
    /// As in `do`.
    kind: String,
    /// `asked`, `sent`, `confirmed` or `refused`.
    state: String,
    /// Account that asked; absent: the customer.
    #[serde(skip_serializing_if = "String::is_empty")]
    by: String,
    /// The conversation that it comes from.
    #[serde(skip_serializing_if = "String::is_empty")]
    conversation: String,
    /// When it was asked.
    asked_at: u64,
    /// When its state began, or the shop was asked last.
    at: u64,
    /// How often the shop was asked.
    attempts: u32,
    /// While it is `sent`: why the try before the last brought no answer.
    #[serde(skip_serializing_if = "String::is_empty")]
    fault: String,
    /// Why it was refused.
    #[serde(skip_serializing_if = "String::is_empty")]
    reason: String,
    /// In the shop's words.
    #[serde(skip_serializing_if = "String::is_empty")]
    words: String,
    /// The shop's number for what it did.
    #[serde(skip_serializing_if = "String::is_empty")]
    reference: String,
    /// `told`: the customer was told in the conversation. Another word: why never. Absent: not yet, or nobody is to be told.
    #[serde(skip_serializing_if = "String::is_empty")]
    told: String,
    /// The site that carries it out.
    #[serde(skip_serializing_if = "String::is_empty")]
    site: String,
    /// What was asked; absent once the customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    r#do: Option<Do>,
}

impl Command {
    /// As somebody behind this mask sees it.
    pub(super) fn seen(it: pb::Command, mask: &Mask) -> Self {
        let words = it.words.clone().unwrap_or_default();
        let over = it.state() == pb::CommandState::Confirmed || it.state() == pb::CommandState::Refused;
        Self {
            kind: word(it.kind().as_str_name(), "COMMAND_KIND_"),
            state: word(it.state().as_str_name(), "COMMAND_STATE_"),
            id: it.command_id,
            shop: it.shop,
            record: it.record_id,
            order: it.order_id,
            by: it.by,
            conversation: it.conversation_id,
            asked_at: it.asked_at_ms,
            at: it.at_ms,
            attempts: it.attempts,
            fault: if over { String::new() } else { it.fault },
            reason: it.reason,
            words: words.text,
            reference: words.reference,
            told: it.told,
            site: it.site,
            r#do: it.body.and_then(|body| body.what).map(|what| Do::from(what).behind(mask)),
        }
    }
}
