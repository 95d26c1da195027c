//! JSON into what the services take: pure. A word that is none of the known ones is a fault of its field.

use proto::crm::v1 as pb;

use super::json::{
    ConsentJson, CustomerJson, DeliveryJson, Event, LineJson, OrderJson, OwnerJson, PaymentJson, ReturnJson, StockJson,
    ToJson, TouchpointJson,
};
use super::origin;
use crate::order::check::{Fault, fault};

/// What an event comes to.
#[derive(Clone, Debug, PartialEq)]
pub enum Read {
    /// A state of an order.
    Order(Box<pb::OrderReport>),
    /// A level of stock.
    Stock(pb::StockLevel),
    /// Facts about one record, 1 to 30.
    Facts(Vec<pb::Fact>),
}

impl Read {
    /// The shop of an order or of stock.
    pub(crate) fn shop(&self) -> Option<&str> {
        match self {
            Self::Order(report) => report.state.as_ref().map(|state| state.shop.as_str()),
            Self::Stock(level) => Some(&level.shop),
            Self::Facts(_) => None,
        }
    }
}

/// Reads one event.
///
/// # Errors
/// [`Fault`]: `bad_json` of no field, or a word that is not known.
pub fn event(json: &str) -> Result<Read, Fault> {
    let event: Event = serde_json::from_str(json).map_err(|_| fault("bad_json", ""))?;
    Ok(match event {
        Event::Order(order) => Read::Order(Box::new(self::order(*order)?)),
        Event::Stock(stock) => Read::Stock(self::stock(stock)),
        Event::Customer(customer) => Read::Facts(self::customer(*customer)?),
        Event::Touchpoint(touchpoint) => Read::Facts(vec![self::touchpoint(touchpoint)?]),
        Event::Consent(consent) => Read::Facts(vec![self::consent(consent)?]),
    })
}

/// A state of an order.
///
/// # Errors
/// [`Fault`] of a word that is not known.
pub fn order(json: OrderJson) -> Result<pb::OrderReport, Fault> {
    let (date, window) = json.delivery.as_ref().map(|it| (it.date.clone(), it.window.clone())).unwrap_or_default();
    let tracking = json.delivery.as_ref().map(|it| it.tracking.clone()).unwrap_or_default();
    let slot = (!date.is_empty() || !window.is_empty()).then_some(pb::DeliverySlot { date, window });
    let state = pb::OrderState {
        shop: json.shop,
        status: status(&json.status)?.into(),
        channel: json.channel,
        store: json.store,
        placed_at_ms: json.placed_at,
        lines: lines(json.lines),
        total: json.total,
        currency: if json.currency == "JPY" { String::new() } else { json.currency },
        payment: json.payment.map(payment).transpose()?,
        delivery: json.delivery.map(|it| delivery(it, slot)),
        returns: json.returns.into_iter().map(returned).collect::<Result<_, _>>()?,
        cancelled_at_ms: json.cancelled_at,
        changeable_until_ms: json.changeable_until,
        command_id: json.command,
    };
    let private = pb::OrderPrivate { number: json.number, tracking, note: json.note, ..to(json.to) };
    Ok(pb::OrderReport {
        version: json.version,
        owner: json.owner.map(identity).transpose()?,
        record_id: json.record,
        state: Some(state),
        private: Some(private),
    })
}

fn status(word: &str) -> Result<pb::OrderStatus, Fault> {
    Ok(match word {
        "placed" => pb::OrderStatus::Placed,
        "preparing" => pb::OrderStatus::Preparing,
        "shipped" => pb::OrderStatus::Shipped,
        "delivered" => pb::OrderStatus::Delivered,
        "cancelled" => pb::OrderStatus::Cancelled,
        "returned" => pb::OrderStatus::Returned,
        _ => return Err(fault("bad_status", "status")),
    })
}

/// Lines.
pub(crate) fn lines(lines: Vec<LineJson>) -> Vec<pb::OrderLine> {
    let line = |LineJson { sku, name, quantity, price }| pb::OrderLine { sku, name, quantity, price };
    lines.into_iter().map(line).collect()
}

fn payment(PaymentJson { method, state, at }: PaymentJson) -> Result<pb::Payment, Fault> {
    let state = match state.as_str() {
        "" => pb::PaymentState::Unspecified,
        "due" => pb::PaymentState::Due,
        "authorised" => pb::PaymentState::Authorised,
        "paid" => pb::PaymentState::Paid,
        "failed" => pb::PaymentState::Failed,
        "refunded" => pb::PaymentState::Refunded,
        _ => return Err(fault("bad_payment", "payment")),
    };
    Ok(pb::Payment { method, state: state.into(), at_ms: at })
}

fn delivery(it: DeliveryJson, slot: Option<pb::DeliverySlot>) -> pb::Delivery {
    pb::Delivery { slot, carrier: it.carrier, shipped_at_ms: it.shipped_at, delivered_at_ms: it.delivered_at }
}

fn returned(it: ReturnJson) -> Result<pb::OrderReturn, Fault> {
    let state = match it.state.as_str() {
        "asked" => pb::ReturnState::Asked,
        "accepted" => pb::ReturnState::Accepted,
        "received" => pb::ReturnState::Received,
        "refunded" => pb::ReturnState::Refunded,
        "refused" => pb::ReturnState::Refused,
        _ => return Err(fault("bad_return", "returns")),
    };
    Ok(pb::OrderReturn {
        return_id: it.id,
        state: state.into(),
        reason: it.reason,
        lines: lines(it.lines),
        asked_at_ms: it.asked_at,
        ended_at_ms: it.ended_at,
        refund: it.refund,
        files: it.files,
    })
}

/// Whom and where to.
pub(crate) fn to(ToJson { recipient, postcode, address, phone }: ToJson) -> pb::OrderPrivate {
    pb::OrderPrivate { recipient, postcode, address, phone, ..pb::OrderPrivate::default() }
}

fn stock(it: StockJson) -> pb::StockLevel {
    pb::StockLevel {
        shop: it.shop,
        sku: it.sku,
        name: it.name,
        place: it.place,
        place_name: it.place_name,
        place_kind: it.place_kind,
        free: it.free,
        reserved: it.reserved,
        version: it.version,
        at_ms: it.at,
    }
}

/// An identity.
///
/// # Errors
/// [`Fault`] of a kind that is not known.
pub fn identity(OwnerJson { kind, namespace, value, verified }: OwnerJson) -> Result<pb::Identity, Fault> {
    let kind = match kind.as_str() {
        "phone" => pb::IdentityKind::Phone,
        "mail" => pb::IdentityKind::Mail,
        "line" => pb::IdentityKind::Line,
        "sns" => pb::IdentityKind::Sns,
        "ec" => pb::IdentityKind::Ec,
        "card" => pb::IdentityKind::Card,
        "center" => pb::IdentityKind::Center,
        "corporate" => pb::IdentityKind::Corporate,
        _ => return Err(fault("bad_identity", "owner")),
    };
    Ok(pb::Identity { kind: kind.into(), namespace, value, verified })
}

/// The parts of a customer, each a fact of its own: `<id>.p` the profile, `<id>.k` the kind, `<id>.<n>` the identities.
fn customer(json: CustomerJson) -> Result<Vec<pb::Fact>, Fault> {
    let (at_ms, owner) = (at(json.at)?, identity(json.owner)?);
    let fact = |part: String, what| pb::Fact {
        fact_id: format!("{}.{part}", json.id),
        at_ms,
        record_id: String::new(),
        owner: Some(owner.clone()),
        what: Some(what),
    };
    let fields = [
        (pb::ProfileField::Name, json.name),
        (pb::ProfileField::Kana, json.kana),
        (pb::ProfileField::Postcode, json.postcode),
        (pb::ProfileField::Address, json.address),
        (pb::ProfileField::Birthday, json.birthday),
        (pb::ProfileField::Language, json.language),
        (pb::ProfileField::Note, json.note),
        (pb::ProfileField::Tier, json.tier),
        (pb::ProfileField::Stage, json.stage),
        (pb::ProfileField::Department, json.department),
        (pb::ProfileField::Post, json.post),
        (pb::ProfileField::Gender, json.gender),
        (pb::ProfileField::CompanyId, json.company_id),
    ];
    let fields =
        fields.into_iter().filter_map(|(field, value)| Some(pb::FieldValue { field: field.into(), value: value? }));
    let fields: Vec<_> = fields.collect();
    let mut facts = Vec::new();
    if !fields.is_empty() {
        facts.push(fact("p".to_owned(), pb::fact::What::Profile(pb::ProfileValues { fields })));
    }
    if let Some(kind) = json.kind {
        facts.push(fact("k".to_owned(), pb::fact::What::Kind(record_kind(&kind)?.into())));
    }
    let plain = |kind: &str, value| OwnerJson { kind: kind.to_owned(), value, ..OwnerJson::default() };
    let phones = json.phones.into_iter().map(|value| plain("phone", value));
    let mails = json.mails.into_iter().map(|value| plain("mail", value));
    for (at, known) in phones.chain(mails).chain(json.identities).enumerate() {
        facts.push(fact(at.to_string(), pb::fact::What::Identified(identity(known)?)));
    }
    if facts.is_empty() {
        facts.push(fact("o".to_owned(), pb::fact::What::Identified(owner.clone())));
    }
    if facts.len() <= 30 { Ok(facts) } else { Err(fault("too_many", "identities")) }
}

/// A time is needed: what is given none would be another event at each sending, newer than what came meanwhile.
fn at(at_ms: u64) -> Result<u64, Fault> {
    if at_ms > 0 { Ok(at_ms) } else { Err(fault("bad_time", "at")) }
}

fn record_kind(word: &str) -> Result<pb::RecordKind, Fault> {
    match word {
        "person" => Ok(pb::RecordKind::Person),
        "company" => Ok(pb::RecordKind::Company),
        _ => Err(fault("bad_kind", "kind")),
    }
}

fn touchpoint(json: TouchpointJson) -> Result<pb::Fact, Fault> {
    let origin = origin::route(&json.page, &json.referrer)?;
    let touchpoint = pb::Touchpoint {
        kind: json.kind,
        channel: json.channel,
        route: if json.route.is_empty() { origin } else { json.route },
        reason: json.reason,
        mood: json.mood,
        text: json.text,
        reference: json.reference,
        stage: 0,
        amount: json.amount,
    };
    Ok(pb::Fact {
        fact_id: json.id,
        at_ms: at(json.at)?,
        record_id: String::new(),
        owner: Some(identity(json.owner)?),
        what: Some(pb::fact::What::Touchpoint(touchpoint)),
    })
}

fn consent(json: ConsentJson) -> Result<pb::Fact, Fault> {
    let consent = pb::Consent { purpose: json.purpose, channel: json.channel, granted: json.granted };
    Ok(pb::Fact {
        fact_id: json.id,
        at_ms: at(json.at)?,
        record_id: String::new(),
        owner: Some(identity(json.owner)?),
        what: Some(pb::fact::What::Consent(consent)),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn order_json() -> serde_json::Value {
        json!({
            "type": "order", "shop": "ec", "number": "A-1", "version": 3, "status": "shipped", "channel": "ec",
            "owner": { "kind": "ec", "namespace": "ec", "value": "C-9", "verified": true }, "placed_at": 10, "total": 900,
            "currency": "JPY", "lines": [{ "sku": "K", "quantity": 2, "price": 450 }],
            "payment": { "method": "card", "state": "paid", "at": 11 },
            "delivery": { "date": "2026-09-22", "carrier": "yamato", "tracking": "123", "shipped_at": 12 },
            "to": { "recipient": "山田 花子", "address": "東京都" },
            "returns": [{ "id": "R-1", "state": "asked", "asked_at": 13, "lines": [{ "sku": "K", "quantity": 1 }] }]
        })
    }

    #[test]
    fn an_order_is_read_whole() {
        let Ok(Read::Order(report)) = event(&order_json().to_string()) else { panic!("it is an order") };
        let (state, private) = (report.state.clone().unwrap(), report.private.clone().unwrap());
        assert_eq!((state.status(), state.total, state.lines[0].quantity), (pb::OrderStatus::Shipped, 900, 2));
        assert_eq!(state.delivery.clone().unwrap().slot.unwrap().date, "2026-09-22");
        assert_eq!((private.number.as_str(), private.tracking.as_str()), ("A-1", "123"));
        assert_eq!(private.recipient, "山田 花子");
        assert_eq!(report.owner.clone().unwrap().kind(), pb::IdentityKind::Ec);
        assert_eq!(crate::order::check::report(&report, 1_000), Ok(()));
    }

    #[test]
    fn what_is_misspelt_is_told() {
        let changed = |field: &str, value: serde_json::Value| {
            let mut json = order_json();
            json[field] = value;
            event(&json.to_string()).map(drop)
        };
        assert_eq!(changed("status", json!("sent")), Err(fault("bad_status", "status")));
        assert_eq!(changed("sttaus", json!("shipped")), Err(fault("bad_json", "")));
        assert_eq!(changed("type", json!("ordr")), Err(fault("bad_json", "")));
        assert_eq!(changed("payment", json!({ "state": "maybe" })), Err(fault("bad_payment", "payment")));
        assert_eq!(changed("owner", json!({ "kind": "fax", "value": "1" })), Err(fault("bad_identity", "owner")));
    }

    #[test]
    fn a_touchpoints_route_is_what_its_reporter_says_else_where_they_came_from() {
        let owner = json!({ "kind": "ec", "namespace": "ec", "value": "C-9" });
        let route = |mut json: serde_json::Value| {
            (json["type"], json["id"], json["at"]) = (json!("touchpoint"), json!("t-1"), json!(5));
            (json["owner"], json["kind"]) = (owner.clone(), json!("page_view"));
            event(&json.to_string()).map(|read| {
                let Read::Facts(facts) = read else { panic!("it is a fact") };
                let Some(pb::fact::What::Touchpoint(touchpoint)) = facts[0].what.clone() else {
                    panic!("it is a touchpoint")
                };
                touchpoint.route
            })
        };
        let referrer = "https://www.youtube.com/watch?v=abc";
        assert_eq!(route(json!({ "referrer": referrer })).unwrap(), "youtube");
        assert_eq!(route(json!({ "page": "https://shop.example/?utm_campaign=spring" })).unwrap(), "spring");
        assert_eq!(route(json!({ "referrer": referrer, "route": "tv-7" })).unwrap(), "tv-7");
        assert_eq!(route(json!({ "referrer": "video", "route": "tv-7" })), Err(fault("bad_url", "referrer")));
        assert_eq!(route(json!({})).unwrap(), "");
    }

    #[test]
    fn a_customer_is_one_fact_a_part() {
        let json = json!({
            "type": "customer", "id": "c-1", "at": 5, "owner": { "kind": "ec", "namespace": "ec", "value": "C-9" },
            "name": "山田 花子", "tier": "gold", "kind": "person", "phones": ["03-1234-5678"], "mails": ["h@example.jp"]
        });
        let Ok(Read::Facts(facts)) = event(&json.to_string()) else { panic!("they are facts") };
        let ids: Vec<_> = facts.iter().map(|fact| fact.fact_id.as_str()).collect();
        assert_eq!(ids, ["c-1.p", "c-1.k", "c-1.0", "c-1.1"]);
        assert!(facts.iter().all(|fact| fact.at_ms == 5 && fact.owner.is_some()));
    }

    #[test]
    fn an_event_of_a_customer_says_when() {
        let owner = json!({ "kind": "ec", "namespace": "ec", "value": "C-9" });
        let events = [
            json!({ "type": "customer", "id": "c-1", "owner": owner, "name": "山田 花子" }),
            json!({ "type": "touchpoint", "id": "t-1", "owner": owner, "kind": "store_visit" }),
            json!({ "type": "consent", "id": "k-1", "owner": owner, "purpose": "marketing", "granted": true }),
        ];
        for mut json in events {
            let told = |json: &serde_json::Value| event(&json.to_string()).map(drop);
            assert_eq!(told(&json), Err(fault("bad_time", "at")), "{json}");
            json["at"] = json!(0);
            assert_eq!(told(&json), Err(fault("bad_time", "at")), "{json}");
            json["at"] = json!(5);
            assert_eq!(told(&json), Ok(()), "{json}");
        }
    }
}
