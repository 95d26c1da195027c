//! The forms of events. Unknown fields are refused: what is misspelt is told, never dropped.

use serde::{Deserialize, Serialize};

/// An event.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// A state of an order.
    Order(Box<OrderJson>),
    /// How much of an article is where.
    Stock(StockJson),
    /// What is known of a customer.
    Customer(Box<CustomerJson>),
    /// Something happened.
    Touchpoint(TouchpointJson),
    /// What somebody allows.
    Consent(ConsentJson),
}

/// Whom something is about.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct OwnerJson {
    /// `phone`, `mail`, `line`, `sns`, `ec`, `card`, `center`, `corporate`.
    pub kind: String,
    /// The shop of an `ec` number, the network of an `sns` id, the scheme of a `card`.
    #[serde(default)]
    pub namespace: String,
    /// In any spelling.
    pub value: String,
    /// Somebody proved that it is theirs.
    #[serde(default)]
    pub verified: bool,
}

/// A line.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct LineJson {
    /// Article number.
    pub sku: String,
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    #[serde(default)]
    pub price: i64,
}

/// How it is paid.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct PaymentJson {
    /// How.
    #[serde(default)]
    pub method: String,
    /// `due`, `authorised`, `paid`, `failed`, `refunded`; empty: not known.
    #[serde(default)]
    pub state: String,
    /// When that began, ms.
    #[serde(default)]
    pub at: u64,
}

/// How it gets there.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct DeliveryJson {
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub date: String,
    /// `HH:MM-HH:MM`.
    #[serde(default)]
    pub window: String,
    /// The carrier.
    #[serde(default)]
    pub carrier: String,
    /// Number of the parcel.
    #[serde(default)]
    pub tracking: String,
    /// ms.
    #[serde(default)]
    pub shipped_at: u64,
    /// ms.
    #[serde(default)]
    pub delivered_at: u64,
}

/// Whom and where to.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ToJson {
    /// Name.
    #[serde(default)]
    pub recipient: String,
    /// Seven digits.
    #[serde(default)]
    pub postcode: String,
    /// One line.
    #[serde(default)]
    pub address: String,
    /// As written.
    #[serde(default)]
    pub phone: String,
}

/// Something that comes back.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct ReturnJson {
    /// The shop's id of it.
    pub id: String,
    /// `asked`, `accepted`, `received`, `refunded`, `refused`.
    pub state: String,
    /// Code.
    #[serde(default)]
    pub reason: String,
    /// What.
    #[serde(default)]
    pub lines: Vec<LineJson>,
    /// ms.
    pub asked_at: u64,
    /// ms.
    #[serde(default)]
    pub ended_at: u64,
    /// Given back.
    #[serde(default)]
    pub refund: i64,
    /// Photos.
    #[serde(default)]
    pub files: Vec<String>,
}

/// A state of an order.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct OrderJson {
    /// The shop.
    pub shop: String,
    /// As the customer knows it.
    pub number: String,
    /// Grows with each change.
    pub version: u64,
    /// Whose it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<OwnerJson>,
    /// Whose it is, if the reporter knows the record.
    #[serde(default)]
    pub record: String,
    /// `placed`, `preparing`, `shipped`, `delivered`, `cancelled`, `returned`.
    pub status: String,
    /// `ec`, `store`, `phone`, …
    pub channel: String,
    /// For `store`.
    #[serde(default)]
    pub store: String,
    /// ms.
    pub placed_at: u64,
    /// ms.
    #[serde(default)]
    pub cancelled_at: u64,
    /// ms.
    #[serde(default)]
    pub changeable_until: u64,
    /// What all of it costs.
    #[serde(default)]
    pub total: i64,
    /// ISO 4217.
    #[serde(default)]
    pub currency: String,
    /// What.
    #[serde(default)]
    pub lines: Vec<LineJson>,
    /// How it is paid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentJson>,
    /// How it gets there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryJson>,
    /// Where to.
    #[serde(default)]
    pub to: ToJson,
    /// What agents should know.
    #[serde(default)]
    pub note: String,
    /// What comes back.
    #[serde(default)]
    pub returns: Vec<ReturnJson>,
    /// The center's command that placed it.
    #[serde(default)]
    pub command: String,
}

/// How much of an article is where.
#[derive(Clone, Debug, Default, Deserialize, Serialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct StockJson {
    /// The shop.
    pub shop: String,
    /// Article number.
    pub sku: String,
    /// What it is called.
    #[serde(default)]
    pub name: String,
    /// Where.
    pub place: String,
    /// What people call that.
    #[serde(default)]
    pub place_name: String,
    /// `store`, `warehouse`, …
    #[serde(default)]
    pub place_kind: String,
    /// How many can be sold.
    pub free: u32,
    /// How many are set aside.
    #[serde(default)]
    pub reserved: u32,
    /// Grows with each change.
    pub version: u64,
    /// ms.
    #[serde(default)]
    pub at: u64,
}

/// What is known of a customer; what is not there stays as it is, what is empty is cleared.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomerJson {
    /// The same id from the same source is the same event.
    pub id: String,
    /// Whom it is about.
    pub owner: OwnerJson,
    /// When it became true, ms; needed.
    #[serde(default)]
    pub at: u64,
    /// `person` or `company`.
    #[serde(default)]
    pub kind: Option<String>,
    /// Full name.
    #[serde(default)]
    pub name: Option<String>,
    /// Its reading.
    #[serde(default)]
    pub kana: Option<String>,
    /// Postcode.
    #[serde(default)]
    pub postcode: Option<String>,
    /// Address.
    #[serde(default)]
    pub address: Option<String>,
    /// `YYYY-MM-DD`.
    #[serde(default)]
    pub birthday: Option<String>,
    /// BCP 47 tag.
    #[serde(default)]
    pub language: Option<String>,
    /// What every agent should know.
    #[serde(default)]
    pub note: Option<String>,
    /// Loyalty tier.
    #[serde(default)]
    pub tier: Option<String>,
    /// `prospect` or `customer`.
    #[serde(default)]
    pub stage: Option<String>,
    /// Of a business customer's contact.
    #[serde(default)]
    pub department: Option<String>,
    /// What they are there.
    #[serde(default)]
    pub post: Option<String>,
    /// A word of the person's own.
    #[serde(default)]
    pub gender: Option<String>,
    /// Record of the company that a contact belongs to.
    #[serde(default)]
    pub company_id: Option<String>,
    /// Telephone numbers.
    #[serde(default)]
    pub phones: Vec<String>,
    /// Mail addresses.
    #[serde(default)]
    pub mails: Vec<String>,
    /// Other things they are known by.
    #[serde(default)]
    pub identities: Vec<OwnerJson>,
}

/// Something happened.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TouchpointJson {
    /// The same id from the same source is the same event.
    pub id: String,
    /// Whom it is about.
    pub owner: OwnerJson,
    /// When, ms; needed.
    #[serde(default)]
    pub at: u64,
    /// `store_visit`, `page_view`, `ad_response`, …
    pub kind: String,
    /// Channel it came by.
    #[serde(default)]
    pub channel: String,
    /// Where it came from; empty: what `page` and `referrer` tell.
    #[serde(default)]
    pub route: String,
    /// Address of the page that was looked at; not kept.
    #[serde(default)]
    pub page: String,
    /// Address of what linked to it; not kept.
    #[serde(default)]
    pub referrer: String,
    /// What it was about.
    #[serde(default)]
    pub reason: String,
    /// -2 to 2.
    #[serde(default)]
    pub mood: i32,
    /// Free text.
    #[serde(default)]
    pub text: String,
    /// What it hangs on.
    #[serde(default)]
    pub reference: String,
    /// Worth.
    #[serde(default)]
    pub amount: i64,
}

/// What somebody allows.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentJson {
    /// The same id from the same source is the same event.
    pub id: String,
    /// Whom it is about.
    pub owner: OwnerJson,
    /// When, ms; needed.
    #[serde(default)]
    pub at: u64,
    /// What for.
    pub purpose: String,
    /// By which channel.
    #[serde(default)]
    pub channel: String,
    /// Allowed.
    pub granted: bool,
}
