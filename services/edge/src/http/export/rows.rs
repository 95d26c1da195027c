//! What is kept, as rows: pure. The columns are those of imports wherever imports know them.

use csv::{Terminator, WriterBuilder};
use proto::crm::v1::{self as pb, ProfileField as Field};
use serde_json::{Value, json};

use super::super::{reports::time_text, words::word};

/// The cells of a row, in the columns' order.
pub(super) type Row = Vec<String>;

/// Columns of customers.
pub(super) const CUSTOMERS: [&str; 19] = [
    "id",
    "owner_kind",
    "owner",
    "at",
    "kind",
    "name",
    "kana",
    "postcode",
    "address",
    "birthday",
    "language",
    "note",
    "tier",
    "stage",
    "department",
    "post",
    "gender",
    "company_id",
    "records",
];
/// Columns of what customers are known by.
pub(super) const IDENTITIES: [&str; 8] = ["id", "owner_kind", "owner", "at", "kind", "namespace", "value", "verified"];
/// Columns of what customers allow.
pub(super) const CONSENTS: [&str; 7] = ["id", "owner_kind", "owner", "at", "purpose", "channel", "granted"];
/// Columns of touchpoints.
pub(super) const TIMELINE: [&str; 14] = [
    "id",
    "owner_kind",
    "owner",
    "at",
    "kind",
    "channel",
    "route",
    "reason",
    "mood",
    "text",
    "reference",
    "amount",
    "record",
    "told_by",
];
/// Columns of orders: a line of an order a row, the first has the order.
pub(super) const ORDERS: [&str; 33] = [
    "shop",
    "number",
    "version",
    "owner_kind",
    "owner",
    "status",
    "channel",
    "store",
    "placed_at",
    "cancelled_at",
    "changeable_until",
    "total",
    "currency",
    "note",
    "payment_method",
    "payment_state",
    "paid_at",
    "date",
    "window",
    "carrier",
    "tracking",
    "shipped_at",
    "delivered_at",
    "recipient",
    "postcode",
    "address",
    "phone",
    "returns",
    "command",
    "sku",
    "name",
    "quantity",
    "price",
];
/// Columns of lines of orders alone.
pub(super) const ORDER_LINES: [&str; 9] =
    ["shop", "number", "version", "owner", "line", "sku", "name", "quantity", "price"];
/// Columns of cases.
pub(super) const CASES: [&str; 17] = [
    "case_id",
    "record",
    "kind",
    "department",
    "assignee",
    "priority",
    "title",
    "phase",
    "waits_for",
    "waits_until",
    "opened_at",
    "first_due",
    "due",
    "late",
    "code",
    "conversations",
    "last_at",
];
/// Columns of tasks.
pub(super) const TASKS: [&str; 11] =
    ["task_id", "record", "kind", "case_id", "queue", "at", "text", "plan", "phase", "outcome", "last_at"];

/// Longest id of an event.
const LONGEST_ID: usize = 64;

/// Rows as RFC 4180 has them; with `excel` no cell is taken for a formula.
pub(super) fn csv(rows: &[Row], excel: bool) -> Vec<u8> {
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        let cells = row.iter().map(|cell| if excel && is_formula(cell) { format!("'{cell}") } else { cell.clone() });
        // Memory takes whatever is written, and all rows of a table are of one length.
        let _always = writer.write_record(cells);
    }
    writer.into_inner().unwrap_or_default()
}

/// What a spreadsheet would calculate; a negative number is none.
fn is_formula(cell: &str) -> bool {
    let negative =
        cell.strip_prefix('-').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    cell.starts_with(['=', '+', '-', '@', '\t', '\r']) && !negative
}

/// A time; empty: none.
fn at(at_ms: u64) -> String {
    if at_ms == 0 { String::new() } else { time_text(at_ms) }
}

fn owner(customer: &str) -> [String; 2] {
    ["center".to_owned(), customer.to_owned()]
}

/// A customer.
pub(super) fn customer(exported: pb::ExportedCustomer) -> Row {
    let customer = exported.customer.unwrap_or_default();
    let field = |field: Field| {
        let found = customer.fields.iter().find(|value| value.field == i32::from(field));
        found.map_or_else(String::new, |value| value.value.clone())
    };
    let kind = if customer.kind() == pb::RecordKind::Company { "company" } else { "person" };
    let mut row = vec![format!("c.{}", heard(&customer))];
    row.extend(owner(&customer.customer_id));
    row.extend([time_text(heard(&customer)), kind.to_owned()]);
    row.extend([Field::Name, Field::Kana, Field::Postcode, Field::Address, Field::Birthday].map(field));
    row.extend([Field::Language, Field::Note, Field::Tier, Field::Stage, Field::Department].map(field));
    row.extend([Field::Post, Field::Gender, Field::CompanyId].map(field));
    row.push(customer.record_ids.join(";"));
    row
}

/// When a customer was last heard of; imports need a time.
fn heard(customer: &pb::Customer) -> u64 {
    customer.last_at_ms.max(1)
}

/// What a customer is known by.
pub(super) fn identities(exported: pb::ExportedCustomer) -> Vec<Row> {
    let customer = exported.customer.unwrap_or_default();
    let row = |(place, identity): (usize, &pb::Identity)| {
        let mut row = vec![format!("i.{}.{place}", heard(&customer))];
        row.extend(owner(&customer.customer_id));
        row.extend([time_text(heard(&customer)), word(identity.kind().as_str_name(), "IDENTITY_KIND_")]);
        row.extend([identity.namespace.clone(), identity.value.clone(), identity.verified.to_string()]);
        row
    };
    customer.identities.iter().enumerate().map(row).collect()
}

/// What a customer allows.
pub(super) fn consents(exported: pb::ExportedCustomer) -> Vec<Row> {
    let customer = exported.customer.unwrap_or_default().customer_id;
    let row = |(place, it): (usize, pb::ExportedConsent)| {
        let (consent, at_ms) = (it.consent.unwrap_or_default(), it.at_ms.max(1));
        let mut row = vec![format!("k.{at_ms}.{place}")];
        row.extend(owner(&customer));
        row.extend([time_text(at_ms), consent.purpose, consent.channel, consent.granted.to_string()]);
        row
    };
    exported.consents.into_iter().enumerate().map(row).collect()
}

/// A touchpoint.
pub(super) fn entry(exported: pb::ExportedEntry) -> Row {
    let entry = exported.entry.unwrap_or_default();
    let touch = entry.touchpoint.unwrap_or_default();
    // Two sources may have used one id.
    let id = format!("{}.{}", entry.source, entry.fact_id);
    let mut row = vec![if id.len() <= LONGEST_ID { id } else { entry.fact_id }];
    row.extend(owner(&exported.customer_id));
    row.extend([time_text(entry.at_ms.max(1)), touch.kind, touch.channel, touch.route, touch.reason]);
    row.extend([touch.mood.to_string(), touch.text, touch.reference, touch.amount.to_string()]);
    row.extend([entry.record_id, entry.source]);
    row
}

/// An order: a row a line, at least one. What is the whole order's stands in the first only, so that it is counted once.
pub(super) fn order(exported: pb::ExportedOrder) -> Vec<Row> {
    let order = exported.order.unwrap_or_default();
    let state = order.state.clone().unwrap_or_default();
    let number = order.private.as_ref().map_or_else(String::new, |private| private.number.clone());
    let mut key = vec![state.shop.clone(), number, order.version.to_string()];
    key.extend(owner(&exported.customer_id));
    let lines = state
        .lines
        .iter()
        .map(|it| [&it.sku, &it.name, &it.quantity.to_string(), &it.price.to_string()].map(Clone::clone));
    let mut lines: Vec<[String; 4]> = lines.collect();
    if lines.is_empty() {
        lines.push(<[String; 4]>::default());
    }
    let whole = whole(order.private.unwrap_or_default(), &state);
    let none = vec![String::new(); whole.len()];
    let row = |(place, line): (usize, [String; 4])| {
        let middle = if place == 0 { &whole } else { &none };
        key.iter().chain(middle).cloned().chain(line).collect()
    };
    lines.into_iter().enumerate().map(row).collect()
}

/// From `status` to `command`.
fn whole(private: pb::OrderPrivate, state: &pb::OrderState) -> Row {
    let (payment, delivery) = (state.payment.clone().unwrap_or_default(), state.delivery.clone().unwrap_or_default());
    let slot = delivery.slot.unwrap_or_default();
    let returns: Vec<Value> = state.returns.iter().map(returned).collect();
    let returns = if returns.is_empty() { String::new() } else { Value::from(returns).to_string() };
    let mut row = vec![word(state.status().as_str_name(), "ORDER_STATUS_"), state.channel.clone(), state.store.clone()];
    row.extend([state.placed_at_ms, state.cancelled_at_ms, state.changeable_until_ms].map(at));
    row.extend([state.total.to_string(), state.currency.clone(), private.note]);
    row.extend([payment.method.clone(), word(payment.state().as_str_name(), "PAYMENT_STATE_"), at(payment.at_ms)]);
    row.extend([slot.date, slot.window, delivery.carrier, private.tracking]);
    row.extend([delivery.shipped_at_ms, delivery.delivered_at_ms].map(at));
    row.extend([private.recipient, private.postcode, private.address, private.phone]);
    row.extend([returns, state.command_id.clone()]);
    row
}

/// As events have it.
fn returned(it: &pb::OrderReturn) -> Value {
    let line =
        |it: &pb::OrderLine| json!({ "sku": it.sku, "name": it.name, "quantity": it.quantity, "price": it.price });
    json!({
        "id": it.return_id, "state": word(it.state().as_str_name(), "RETURN_STATE_"), "reason": it.reason,
        "lines": it.lines.iter().map(line).collect::<Vec<_>>(), "asked_at": it.asked_at_ms, "ended_at": it.ended_at_ms,
        "refund": it.refund, "files": it.files,
    })
}

/// The lines of an order alone.
pub(super) fn order_lines(exported: pb::ExportedOrder) -> Vec<Row> {
    let order = exported.order.unwrap_or_default();
    let state = order.state.unwrap_or_default();
    let number = order.private.unwrap_or_default().number;
    let row = |(place, line): (usize, pb::OrderLine)| {
        let mut row = vec![state.shop.clone(), number.clone(), order.version.to_string(), exported.customer_id.clone()];
        row.extend([(place + 1).to_string(), line.sku, line.name, line.quantity.to_string(), line.price.to_string()]);
        row
    };
    state.lines.into_iter().enumerate().map(row).collect()
}

/// A case.
pub(super) fn case(case: pb::Case) -> Row {
    let late: Vec<String> = case.late().map(|late| word(late.as_str_name(), "LATE_")).collect();
    let phase = word(case.phase().as_str_name(), "CASE_PHASE_");
    let mut row = vec![case.case_id, case.record_id, case.kind, case.department, case.owner, case.priority.to_string()];
    row.extend([case.title, phase, case.waits_for]);
    row.extend([case.waits_until_ms, case.opened_at_ms, case.first_due_ms, case.due_ms].map(at));
    row.extend([late.join(";"), case.code, case.conversation_ids.join(";"), at(case.last_at_ms)]);
    row
}

/// A task.
pub(super) fn task(task: pb::Task) -> Row {
    let phase = word(task.phase().as_str_name(), "TASK_PHASE_");
    let mut row = vec![task.task_id, task.record_id, task.kind, task.case_id, task.queue, at(task.at_ms)];
    row.extend([task.text, task.plan, phase, task.outcome, at(task.last_at_ms)]);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_none_for_excel() {
        let row: Row = ["=1+1", "+81 90", "-5", "-A", "@x", "a\"b\r\nc", ""].map(str::to_owned).to_vec();
        let plain = csv(std::slice::from_ref(&row), false);
        assert_eq!(String::from_utf8(plain).unwrap(), "=1+1,+81 90,-5,-A,@x,\"a\"\"b\r\nc\",\r\n");
        let guarded = csv(&[row], true);
        assert_eq!(String::from_utf8(guarded).unwrap(), "'=1+1,'+81 90,-5,'-A,'@x,\"a\"\"b\r\nc\",\r\n");
    }

    #[test]
    fn every_row_is_as_long_as_its_header() {
        let customer = || pb::ExportedCustomer {
            customer: Some(pb::Customer { identities: vec![pb::Identity::default()], ..pb::Customer::default() }),
            consents: vec![pb::ExportedConsent::default()],
        };
        let lines = vec![pb::OrderLine::default(); 2];
        let state = pb::OrderState { lines, ..pb::OrderState::default() };
        let order = || pb::ExportedOrder {
            order: Some(pb::Order { state: Some(state.clone()), ..pb::Order::default() }),
            ..pb::ExportedOrder::default()
        };
        assert_eq!(super::customer(customer()).len(), CUSTOMERS.len());
        assert_eq!(identities(customer())[0].len(), IDENTITIES.len());
        assert_eq!(consents(customer())[0].len(), CONSENTS.len());
        assert_eq!(entry(pb::ExportedEntry::default()).len(), TIMELINE.len());
        assert_eq!(super::order(order()).iter().map(Vec::len).collect::<Vec<_>>(), [ORDERS.len(); 2]);
        assert_eq!(super::order(pb::ExportedOrder::default()).len(), 1, "an order without lines is a row");
        assert_eq!(order_lines(order()).iter().map(Vec::len).collect::<Vec<_>>(), [ORDER_LINES.len(); 2]);
        assert_eq!(case(pb::Case::default()).len(), CASES.len());
        assert_eq!(task(pb::Task::default()).len(), TASKS.len());
    }
}
