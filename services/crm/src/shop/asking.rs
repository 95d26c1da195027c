//! What can be asked of a shop, and how it is written for it: pure.

use proto::crm::v1::{CommandBody, CommandKind, DeliverySlot, OrderLine, OrderPrivate, command_body::What};
use serde_json::{Value, json};

use crate::order::check::{Fault, fault, files, lines, private, reason, sku, slot, small, sure, text, token, word};

/// The kind of a body.
#[must_use]
pub fn kind(what: &What) -> CommandKind {
    match what {
        What::PlaceOrder(_) => CommandKind::PlaceOrder,
        What::ChangeDelivery(_) => CommandKind::ChangeDelivery,
        What::StartReturn(_) => CommandKind::StartReturn,
        What::CancelOrder(_) => CommandKind::CancelOrder,
        What::ReserveStock(_) => CommandKind::ReserveStock,
        What::ReleaseStock(_) => CommandKind::ReleaseStock,
    }
}

/// Whether it is about an order that there is.
#[must_use]
pub fn needs_order(kind: CommandKind) -> bool {
    match kind {
        CommandKind::ChangeDelivery | CommandKind::StartReturn | CommandKind::CancelOrder => true,
        CommandKind::Unspecified | CommandKind::PlaceOrder | CommandKind::ReserveStock | CommandKind::ReleaseStock => {
            false
        }
    }
}

/// The kind of a body that can be asked.
///
/// # Errors
/// [`Fault`]: why it never can.
pub fn check(body: &CommandBody) -> Result<CommandKind, Fault> {
    let what = body.what.as_ref().ok_or_else(|| fault("bad_command", "do"))?;
    match what {
        What::PlaceOrder(it) => {
            sure(!it.lines.is_empty(), "bad_line", "lines")?;
            lines(&it.lines)?;
            sure(word(&it.payment_method, (1, 32), small), "bad_payment", "payment")?;
            sure(word(&it.channel, (0, 32), small), "bad_channel", "channel")?;
            when(it.slot.as_ref())?;
            let to = it.to.as_ref().ok_or_else(|| fault("bad_text", "to"))?;
            sure(!to.recipient.trim().is_empty() && !to.address.trim().is_empty(), "bad_text", "to")?;
            private(to)?;
        }
        What::ChangeDelivery(it) => {
            sure(it.slot.is_some() || it.to.is_some(), "bad_command", "do")?;
            when(it.slot.as_ref())?;
            it.to.as_ref().map_or(Ok(()), private)?;
        }
        What::StartReturn(it) => {
            lines(&it.lines)?;
            sure(!it.reason.is_empty(), "bad_reason", "reason")?;
            reason(&it.reason)?;
            sure(text(&it.note, 1_000), "bad_text", "note")?;
            files(&it.files)?;
        }
        What::CancelOrder(it) => reason(&it.reason)?,
        What::ReserveStock(it) => {
            sure(sku(&it.sku), "bad_sku", "sku")?;
            sure(word(&it.place, (1, 64), token), "bad_place", "place")?;
            sure((1..=1_000).contains(&it.quantity), "bad_quantity", "quantity")?;
        }
        What::ReleaseStock(it) => sure(word(&it.command_id, (1, 64), token), "bad_id", "command")?,
    }
    Ok(kind(what))
}

fn when(slot: Option<&DeliverySlot>) -> Result<(), Fault> {
    slot.map_or(Ok(()), |it| self::slot(&it.date, &it.window))
}

/// A command as a shop reads it (docs/crm-shop.md).
#[must_use]
pub fn written(id: &str, record: &str, body: &CommandBody) -> Value {
    let mut written = match &body.what {
        None => json!({}),
        Some(What::PlaceOrder(it)) => {
            let (date, window) = slot_of(it.slot.as_ref());
            let to = it.to.clone().unwrap_or_default();
            json!({ "kind": "place_order", "lines": lines_of(&it.lines), "payment": it.payment_method, "date": date,
                "window": window, "to": to_of(&to), "note": to.note, "channel": it.channel })
        }
        Some(What::ChangeDelivery(it)) => {
            let (date, window) = slot_of(it.slot.as_ref());
            let mut written = json!({ "kind": "change_delivery", "date": date, "window": window });
            if let Some(to) = &it.to {
                written["to"] = to_of(to);
            }
            written
        }
        Some(What::StartReturn(it)) => {
            json!({ "kind": "start_return", "lines": lines_of(&it.lines), "reason": it.reason,
            "note": it.note, "files": it.files })
        }
        Some(What::CancelOrder(it)) => json!({ "kind": "cancel_order", "reason": it.reason }),
        Some(What::ReserveStock(it)) => json!({ "kind": "reserve_stock", "sku": it.sku, "place": it.place,
            "quantity": it.quantity, "until": it.until_ms }),
        Some(What::ReleaseStock(it)) => json!({ "kind": "release_stock", "command": it.command_id }),
    };
    written["id"] = json!(id);
    written["record"] = json!(record);
    if !body.number.is_empty() {
        written["number"] = json!(body.number);
    }
    written
}

fn slot_of(slot: Option<&DeliverySlot>) -> (&str, &str) {
    slot.map_or(("", ""), |slot| (&slot.date, &slot.window))
}

fn lines_of(lines: &[OrderLine]) -> Value {
    let line = |it: &OrderLine| json!({ "sku": it.sku, "name": it.name, "quantity": it.quantity, "price": it.price });
    lines.iter().map(line).collect()
}

fn to_of(to: &OrderPrivate) -> Value {
    json!({ "recipient": to.recipient, "postcode": to.postcode, "address": to.address, "phone": to.phone })
}

#[cfg(test)]
mod tests {
    use proto::crm::v1::{ChangeDelivery, PlaceOrder, ReserveStock, StartReturn};

    use super::*;

    fn body(what: What) -> CommandBody {
        CommandBody { number: "A-1".to_owned(), what: Some(what) }
    }

    fn place() -> PlaceOrder {
        let to =
            OrderPrivate {
                recipient: "山田 花子".to_owned(), address: "東京都".to_owned(), ..OrderPrivate::default()
            };
        let line = OrderLine { sku: "K".to_owned(), quantity: 1, ..OrderLine::default() };
        PlaceOrder { lines: vec![line], payment_method: "cod".to_owned(), to: Some(to), ..PlaceOrder::default() }
    }

    #[test]
    fn what_cannot_be_asked_says_why() {
        assert_eq!(check(&body(What::PlaceOrder(place()))), Ok(CommandKind::PlaceOrder));
        let nowhere = PlaceOrder { to: None, ..place() };
        assert_eq!(check(&body(What::PlaceOrder(nowhere))), Err(fault("bad_text", "to")));
        let nothing = PlaceOrder { lines: Vec::new(), ..place() };
        assert_eq!(check(&body(What::PlaceOrder(nothing))), Err(fault("bad_line", "lines")));
        let nothing = ChangeDelivery::default();
        assert_eq!(check(&body(What::ChangeDelivery(nothing))), Err(fault("bad_command", "do")));
        assert_eq!(check(&body(What::StartReturn(StartReturn::default()))), Err(fault("bad_reason", "reason")));
        let none = ReserveStock { sku: "K".to_owned(), place: "p".to_owned(), ..ReserveStock::default() };
        assert_eq!(check(&body(What::ReserveStock(none))), Err(fault("bad_quantity", "quantity")));
        assert_eq!(check(&CommandBody::default()), Err(fault("bad_command", "do")));
    }

    #[test]
    fn a_shop_reads_what_was_asked() {
        let written = written("c-1", "rec-1", &body(What::PlaceOrder(place())));
        assert_eq!(
            (&written["id"], &written["number"], &written["kind"]),
            (&json!("c-1"), &json!("A-1"), &json!("place_order"))
        );
        assert_eq!(written["to"]["recipient"], json!("山田 花子"));
        assert_eq!(written["lines"][0]["quantity"], json!(1));
    }
}
