//! What can be stored, and why not: pure.

use prost::Message as _;
use proto::crm::v1::{OrderLine, OrderPrivate, OrderReport, OrderReturn, OrderState, OrderStatus, ReturnState};

/// A day, ms: clocks of shops may be wrong by that much.
const AHEAD_MS: u64 = 24 * 3_600_000;
/// Ten years, ms: what a shop promises lies no further ahead.
const PROMISED_MS: u64 = 3_653 * AHEAD_MS;
/// Greatest amount of money, in the smallest unit: whole in every program that reads JSON, and sums of many fit.
const AMOUNT: u64 = 1 << 53;
/// Most bytes of an order: far below what the servers take in one unit (1 MB).
const BYTES: usize = 512 * 1024;
/// Most lines of an order or a return.
const LINES: usize = 200;
/// Most returns of an order.
const RETURNS: usize = 50;
/// Most photos of a return.
const FILES: usize = 20;

/// Why something can never be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fault {
    /// A word for programs.
    pub reason: &'static str,
    /// The field, as the JSON has it.
    pub field: &'static str,
}

/// A fault of a field.
pub(crate) fn fault(reason: &'static str, field: &'static str) -> Fault {
    Fault { reason, field }
}

/// True, or the fault.
pub(crate) fn sure(holds: bool, reason: &'static str, field: &'static str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(fault(reason, field)) }
}

/// Whether `text` has `least` to `most` bytes, each of them fitting.
pub(crate) fn word(text: &str, (least, most): (usize, usize), fits: impl Fn(u8) -> bool) -> bool {
    (least..=most).contains(&text.len()) && text.bytes().all(fits)
}

/// `[a-z0-9_]`.
pub(crate) fn small(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_'
}

/// `[A-Za-z0-9._-]`.
pub(crate) fn token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}

/// Whether a text has at most so many characters and none that only machines see.
pub(crate) fn text(text: &str, most: usize) -> bool {
    text.chars().count() <= most && !text.chars().any(|c| c.is_control() && c != '\n')
}

/// A shop's name.
pub(crate) fn shop(name: &str) -> Result<(), Fault> {
    sure(word(name, (1, 32), |byte| small(byte) || byte == b'-'), "bad_shop", "shop")
}

/// An article number: anything that can be read aloud.
pub(crate) fn sku(sku: &str) -> bool {
    (1..=64).contains(&sku.chars().count()) && text(sku, 64) && sku.trim() == sku
}

/// Whether a report can be stored.
///
/// # Errors
/// [`Fault`]: why never.
pub fn report(report: &OrderReport, now: u64) -> Result<(), Fault> {
    let state = report.state.as_ref().ok_or_else(|| fault("bad_status", "status"))?;
    let private = report.private.as_ref().ok_or_else(|| fault("bad_number", "number"))?;
    version(report.version)?;
    self::state(state, now)?;
    let number = private.number.trim();
    sure(!number.is_empty() && text(number, 64), "bad_number", "number")?;
    self::private(private)?;
    sure(state.encoded_len() + private.encoded_len() <= BYTES, "too_large", "")
}

/// A version: grows, and is kept signed.
pub(crate) fn version(version: u64) -> Result<(), Fault> {
    sure(version > 0 && i64::try_from(version).is_ok(), "bad_version", "version")
}

/// When something happened; 0: it did not, or nobody knows.
pub(crate) fn happened(at_ms: u64, now: u64, field: &'static str) -> Result<(), Fault> {
    sure(at_ms <= now + AHEAD_MS, "bad_time", field)
}

fn amount(amount: i64, reason: &'static str, field: &'static str) -> Result<(), Fault> {
    sure(amount.unsigned_abs() <= AMOUNT, reason, field)
}

fn state(state: &OrderState, now: u64) -> Result<(), Fault> {
    shop(&state.shop)?;
    sure(state.status() != OrderStatus::Unspecified, "bad_status", "status")?;
    sure(word(&state.channel, (1, 32), small), "bad_channel", "channel")?;
    sure(word(&state.store, (0, 64), token), "bad_store", "store")?;
    let currency = state.currency.is_empty() || word(&state.currency, (3, 3), |byte| byte.is_ascii_uppercase());
    sure(currency, "bad_currency", "currency")?;
    sure(word(&state.command_id, (0, 64), token), "bad_command", "command")?;
    amount(state.total, "bad_total", "total")?;
    lines(&state.lines)?;
    times(state, now)?;
    let method = state.payment.as_ref().map_or("", |payment| &payment.method);
    sure(word(method, (0, 32), small), "bad_payment", "payment")?;
    if let Some(delivery) = &state.delivery {
        sure(text(&delivery.carrier, 64), "bad_text", "carrier")?;
        let slot = delivery.slot.clone().unwrap_or_default();
        self::slot(&slot.date, &slot.window)?;
    }
    returns(&state.returns, now)
}

fn times(state: &OrderState, now: u64) -> Result<(), Fault> {
    sure(state.placed_at_ms > 0, "bad_time", "placed_at")?;
    happened(state.placed_at_ms, now, "placed_at")?;
    happened(state.cancelled_at_ms, now, "cancelled_at")?;
    sure(state.changeable_until_ms <= now + PROMISED_MS, "bad_time", "changeable_until")?;
    happened(state.payment.as_ref().map_or(0, |payment| payment.at_ms), now, "payment")?;
    let (shipped, delivered) =
        state.delivery.as_ref().map_or((0, 0), |delivery| (delivery.shipped_at_ms, delivery.delivered_at_ms));
    happened(shipped, now, "shipped_at")?;
    happened(delivered, now, "delivered_at")
}

fn returns(returns: &[OrderReturn], now: u64) -> Result<(), Fault> {
    sure(returns.len() <= RETURNS, "bad_return", "returns")?;
    returns.iter().try_for_each(|back| returned(back, now))?;
    let ids: std::collections::BTreeSet<_> = returns.iter().map(|it| &it.return_id).collect();
    sure(ids.len() == returns.len(), "bad_return", "returns")
}

/// Lines of an order, a return or a command.
pub(crate) fn lines(lines: &[OrderLine]) -> Result<(), Fault> {
    sure(lines.len() <= LINES, "bad_line", "lines")?;
    let good = |line: &OrderLine| sku(&line.sku) && text(&line.name, 200) && (1..=100_000).contains(&line.quantity);
    sure(lines.iter().all(good), "bad_line", "lines")?;
    lines.iter().try_for_each(|line| amount(line.price, "bad_line", "lines"))
}

/// When something is to be delivered.
pub(crate) fn slot(date: &str, window: &str) -> Result<(), Fault> {
    let shaped = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(byte, of)| if of == b'0' { byte.is_ascii_digit() } else { byte == of })
    };
    sure(date.is_empty() || shaped(date, "0000-00-00"), "bad_time", "date")?;
    sure(window.is_empty() || shaped(window, "00:00-00:00"), "bad_time", "window")
}

fn returned(back: &OrderReturn, now: u64) -> Result<(), Fault> {
    sure(word(&back.return_id, (1, 64), token), "bad_return", "returns")?;
    sure(back.state() != ReturnState::Unspecified && back.asked_at_ms > 0, "bad_return", "returns")?;
    happened(back.asked_at_ms, now, "returns")?;
    happened(back.ended_at_ms, now, "returns")?;
    amount(back.refund, "bad_return", "returns")?;
    reason(&back.reason)?;
    lines(&back.lines)?;
    files(&back.files)
}

/// A reason code.
pub(crate) fn reason(reason: &str) -> Result<(), Fault> {
    sure(word(reason, (0, 64), token), "bad_reason", "reason")
}

/// Photos of a return.
pub(crate) fn files(files: &[String]) -> Result<(), Fault> {
    let good = |file: &String| word(file, (1, 128), |byte| token(byte) || byte == b'/');
    sure(files.len() <= FILES && files.iter().all(good), "bad_file", "files")
}

/// What is personal, but the number.
pub(crate) fn private(private: &OrderPrivate) -> Result<(), Fault> {
    sure(text(&private.recipient, 100), "bad_text", "recipient")?;
    sure(text(&private.postcode, 16), "bad_text", "postcode")?;
    sure(text(&private.address, 300), "bad_text", "address")?;
    sure(text(&private.phone, 32), "bad_text", "phone")?;
    sure(text(&private.tracking, 64), "bad_text", "tracking")?;
    sure(text(&private.note, 1_000), "bad_text", "note")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_790_000_000_000;

    fn good() -> OrderReport {
        let line =
            OrderLine { sku: "KB-104".to_owned(), name: "キーボード".to_owned(), quantity: 1, price: 12_800 };
        let state = OrderState {
            shop: "ec".to_owned(),
            status: OrderStatus::Placed.into(),
            channel: "ec".to_owned(),
            placed_at_ms: NOW,
            lines: vec![line],
            ..OrderState::default()
        };
        let private = OrderPrivate { number: "A-1".to_owned(), ..OrderPrivate::default() };
        OrderReport { version: 1, state: Some(state), private: Some(private), ..OrderReport::default() }
    }

    fn broken(change: impl Fn(&mut OrderReport)) -> (&'static str, &'static str) {
        let mut report = good();
        change(&mut report);
        self::report(&report, NOW).map_or_else(|fault| (fault.reason, fault.field), |()| ("", ""))
    }

    fn state(report: &mut OrderReport) -> &mut OrderState {
        report.state.as_mut().unwrap()
    }

    #[test]
    fn what_is_good_is_stored_and_what_is_not_says_why() {
        assert_eq!(broken(|_| ()), ("", ""));
        assert_eq!(broken(|it| it.version = 0), ("bad_version", "version"));
        assert_eq!(broken(|it| it.private = None), ("bad_number", "number"));
        assert_eq!(broken(|it| it.private.as_mut().unwrap().number = " ".to_owned()), ("bad_number", "number"));
        assert_eq!(broken(|it| state(it).shop = "EC 1".to_owned()), ("bad_shop", "shop"));
        assert_eq!(broken(|it| state(it).status = 0), ("bad_status", "status"));
        assert_eq!(broken(|it| state(it).channel.clear()), ("bad_channel", "channel"));
        assert_eq!(broken(|it| state(it).placed_at_ms = NOW + AHEAD_MS + 1), ("bad_time", "placed_at"));
        assert_eq!(broken(|it| state(it).lines[0].quantity = 0), ("bad_line", "lines"));
        assert_eq!(broken(|it| state(it).lines = vec![OrderLine::default(); 201]), ("bad_line", "lines"));
        let twice = OrderReturn { return_id: "R".to_owned(), state: 1, asked_at_ms: 1, ..OrderReturn::default() };
        assert_eq!(broken(|it| state(it).returns = vec![twice.clone(), twice.clone()]), ("bad_return", "returns"));
        assert_eq!(broken(|it| it.private.as_mut().unwrap().note = "\u{7}".to_owned()), ("bad_text", "note"));
    }

    #[test]
    fn what_happened_did_so_before_now_and_amounts_and_versions_have_bounds() {
        use proto::crm::v1::{Delivery, Payment};
        let ahead = NOW + AHEAD_MS + 1;
        let time = |field| ("bad_time", field);
        assert_eq!(broken(|it| state(it).cancelled_at_ms = ahead), time("cancelled_at"));
        assert_eq!(broken(|it| state(it).changeable_until_ms = ahead), ("", ""), "a promise lies ahead");
        assert_eq!(broken(|it| state(it).changeable_until_ms = u64::MAX), time("changeable_until"));
        let paid = Payment { at_ms: ahead, ..Payment::default() };
        assert_eq!(broken(|it| state(it).payment = Some(paid.clone())), time("payment"));
        let shipped = Delivery { shipped_at_ms: ahead, ..Delivery::default() };
        assert_eq!(broken(|it| state(it).delivery = Some(shipped.clone())), time("shipped_at"));
        let delivered = Delivery { delivered_at_ms: u64::MAX, ..Delivery::default() };
        assert_eq!(broken(|it| state(it).delivery = Some(delivered.clone())), time("delivered_at"));
        let back = OrderReturn { return_id: "R".to_owned(), state: 1, asked_at_ms: 1, ..OrderReturn::default() };
        let backs = [
            (OrderReturn { asked_at_ms: ahead, ..back.clone() }, "bad_time"),
            (OrderReturn { ended_at_ms: ahead, ..back.clone() }, "bad_time"),
            (OrderReturn { refund: i64::MIN, ..back.clone() }, "bad_return"),
            (back, ""),
        ];
        for (back, wanted) in backs {
            assert_eq!(broken(|it| state(it).returns = vec![back.clone()]).0, wanted, "{back:?}");
        }
        assert_eq!(broken(|it| state(it).total = i64::MIN), ("bad_total", "total"));
        assert_eq!(broken(|it| state(it).lines[0].price = i64::MAX), ("bad_line", "lines"));
        assert_eq!(broken(|it| it.version = u64::MAX), ("bad_version", "version"));
        for (currency, wanted) in [("US", "bad_currency"), ("usd", "bad_currency"), ("USD", ""), ("", "")] {
            assert_eq!(broken(|it| state(it).currency = currency.to_owned()).0, wanted, "{currency}");
        }
    }

    #[test]
    fn an_order_is_never_larger_than_a_unit_may_be() {
        let line = OrderLine { sku: "K".repeat(64), name: "あ".repeat(200), quantity: 1, price: 1 };
        let back = |n: usize| OrderReturn {
            return_id: format!("R{n}"),
            state: 1,
            asked_at_ms: 1,
            lines: vec![line.clone(); LINES],
            ..OrderReturn::default()
        };
        assert_eq!(broken(|it| state(it).returns = vec![back(1)]), ("", ""));
        assert_eq!(broken(|it| state(it).returns = (0..RETURNS).map(back).collect()), ("too_large", ""));
    }

    #[test]
    fn a_slot_is_a_day_and_a_window() {
        assert_eq!(slot("2026-09-22", "14:00-16:00"), Ok(()));
        assert_eq!(slot("", ""), Ok(()));
        assert_eq!(slot("22.9.2026", ""), Err(fault("bad_time", "date")));
        assert_eq!(slot("", "afternoon"), Err(fault("bad_time", "window")));
    }
}
