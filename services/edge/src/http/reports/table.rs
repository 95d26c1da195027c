//! Files of CSV into events: pure. The first row names the columns; each is a field of the event (docs/crm-events.md).

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Fault, time::time, whole::Whole};

/// Rows in one file.
const ROWS: usize = 5_000;

/// What a file is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    /// A customer a row.
    Customers,
    /// A line of an order a row; rows with the same number are one order.
    Orders,
    /// An article at a place a row.
    Stock,
    /// What a customer is known by a row.
    Identities,
    /// What a customer allows a row.
    Consents,
    /// A touchpoint a row.
    Timeline,
}

/// What a whole file is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Of<'a> {
    pub(super) kind: Kind,
    /// The shop of orders and stock; of customers, whose numbers `ec` numbers are.
    pub(super) shop: &'a str,
    /// When the rows without a time of their own became true, ms since the Unix epoch.
    pub(super) at: Option<u64>,
}

/// An event and the line that it begins at.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) event: Value,
}

/// What a file comes to.
#[derive(Debug)]
pub(super) struct File {
    pub(super) rows: usize,
    pub(super) events: Vec<Row>,
    pub(super) faults: Vec<Fault>,
}

/// How a column's text becomes a value, and where it belongs.
#[derive(Clone, Copy)]
enum Form {
    Text,
    Number,
    Time,
    /// `true` or `false`.
    Truth,
    /// As events have it.
    Json,
    /// Several, parted by `;`.
    List,
    /// A text inside an object.
    In(&'static str),
    NumberIn(&'static str),
    TimeIn(&'static str),
    TruthIn(&'static str),
    /// Of exports alone: not looked at.
    Told,
}

/// The columns of stock.
const STOCK: [(&str, &str, Form); 9] = [
    ("sku", "sku", Form::Text),
    ("name", "name", Form::Text),
    ("place", "place", Form::Text),
    ("place_name", "place_name", Form::Text),
    ("place_kind", "place_kind", Form::Text),
    ("free", "free", Form::Number),
    ("reserved", "reserved", Form::Number),
    ("version", "version", Form::Number),
    ("at", "at", Form::Time),
];

/// The columns of what customers are known by.
const IDENTITIES: [(&str, &str, Form); 6] = [
    ("id", "id", Form::Text),
    ("at", "at", Form::Time),
    ("kind", "kind", Form::In("identities")),
    ("namespace", "namespace", Form::In("identities")),
    ("value", "value", Form::In("identities")),
    ("verified", "verified", Form::TruthIn("identities")),
];

/// The columns of what customers allow.
const CONSENTS: [(&str, &str, Form); 5] = [
    ("id", "id", Form::Text),
    ("at", "at", Form::Time),
    ("purpose", "purpose", Form::Text),
    ("channel", "channel", Form::Text),
    ("granted", "granted", Form::Truth),
];

/// The columns of customers.
const CUSTOMERS: [(&str, &str, Form); 19] = [
    ("id", "id", Form::Text),
    ("at", "at", Form::Time),
    ("kind", "kind", Form::Text),
    ("name", "name", Form::Text),
    ("kana", "kana", Form::Text),
    ("postcode", "postcode", Form::Text),
    ("address", "address", Form::Text),
    ("birthday", "birthday", Form::Text),
    ("language", "language", Form::Text),
    ("note", "note", Form::Text),
    ("tier", "tier", Form::Text),
    ("stage", "stage", Form::Text),
    ("department", "department", Form::Text),
    ("post", "post", Form::Text),
    ("gender", "gender", Form::Text),
    ("company_id", "company_id", Form::Text),
    ("records", "", Form::Told),
    ("phones", "phones", Form::List),
    ("mails", "mails", Form::List),
];

/// The columns of touchpoints.
const TIMELINE: [(&str, &str, Form); 12] = [
    ("id", "id", Form::Text),
    ("at", "at", Form::Time),
    ("kind", "kind", Form::Text),
    ("channel", "channel", Form::Text),
    ("route", "route", Form::Text),
    ("reason", "reason", Form::Text),
    ("mood", "mood", Form::Number),
    ("text", "text", Form::Text),
    ("reference", "reference", Form::Text),
    ("amount", "amount", Form::Number),
    ("record", "", Form::Told),
    ("told_by", "", Form::Told),
];

/// The columns of a kind: name, field, form.
fn columns(kind: Kind) -> &'static [(&'static str, &'static str, Form)] {
    use Form::{In, Json, Number, NumberIn, Text, Time, TimeIn};
    match kind {
        Kind::Customers => &CUSTOMERS,
        Kind::Orders => &[
            ("shop", "shop", Text),
            ("number", "number", Text),
            ("version", "version", Number),
            ("status", "status", Text),
            ("channel", "channel", Text),
            ("store", "store", Text),
            ("placed_at", "placed_at", Time),
            ("cancelled_at", "cancelled_at", Time),
            ("changeable_until", "changeable_until", Time),
            ("total", "total", Number),
            ("currency", "currency", Text),
            ("note", "note", Text),
            ("sku", "sku", In("lines")),
            ("name", "name", In("lines")),
            ("quantity", "quantity", NumberIn("lines")),
            ("price", "price", NumberIn("lines")),
            ("payment_method", "method", In("payment")),
            ("payment_state", "state", In("payment")),
            ("paid_at", "at", TimeIn("payment")),
            ("date", "date", In("delivery")),
            ("window", "window", In("delivery")),
            ("carrier", "carrier", In("delivery")),
            ("tracking", "tracking", In("delivery")),
            ("shipped_at", "shipped_at", TimeIn("delivery")),
            ("delivered_at", "delivered_at", TimeIn("delivery")),
            ("recipient", "recipient", In("to")),
            ("postcode", "postcode", In("to")),
            ("address", "address", In("to")),
            ("phone", "phone", In("to")),
            ("returns", "returns", Json),
            ("command", "command", Text),
        ],
        Kind::Stock => &STOCK,
        Kind::Identities => &IDENTITIES,
        Kind::Consents => &CONSENTS,
        Kind::Timeline => &TIMELINE,
    }
}

/// Columns that say whose it is: what the owner is known by, and of what kind that is.
const OWNER: &str = "owner";
const OWNER_KIND: &str = "owner_kind";

/// The column that a field of an event came from.
pub(super) fn column_of(field: &str) -> String {
    match field {
        "lines" => "sku".to_owned(),
        "payment" => "payment_state".to_owned(),
        field => field.to_owned(),
    }
}

/// Reads a file. What is wrong with single rows is told of; the others go on, but those of an order of which a row is wrong.
///
/// # Errors
/// What is wrong with the file as a whole.
pub(super) fn read(of: Of<'_>, bytes: &[u8]) -> Result<File, &'static str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let headers = reader.headers().map_err(|_| "the file is not UTF-8, or has no header")?.clone();
    let known =
        |name: &str| columns(of.kind).iter().any(|(column, ..)| *column == name) || [OWNER, OWNER_KIND].contains(&name);
    if !headers.iter().all(known) {
        return Err("the header has a column that this kind of file does not know");
    }
    let mut file = File { rows: 0, events: Vec::new(), faults: Vec::new() };
    let mut whole = Whole::default();
    for record in reader.records() {
        file.rows += 1;
        if file.rows > ROWS {
            return Err("a file has at most 5,000 rows");
        }
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                match row(of, &headers, &record) {
                    Ok(event) => file.events.push(Row { line, event }),
                    Err((column, reason)) => {
                        whole.lacks(&headers, &record);
                        file.faults.push(Fault { line, column: column.to_owned(), reason: reason.to_owned() });
                    }
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                whole.lacks_any();
                file.faults.push(Fault { line, column: String::new(), reason: "unreadable".to_owned() });
            }
        }
    }
    if of.kind == Kind::Orders {
        let (orders, lost) = whole.orders(file.events);
        file.events = orders;
        file.faults.extend(lost);
    }
    Ok(file)
}

type Wrong<'a> = (&'a str, &'static str);

fn row<'a>(of: Of<'_>, headers: &'a csv::StringRecord, record: &csv::StringRecord) -> Result<Value, Wrong<'a>> {
    if record.len() != headers.len() {
        return Err(("", "wrong_columns"));
    }
    let mut event = Map::new();
    let (mut owner, mut owner_kind) = ("", "");
    let mut line = Map::new();
    for (header, text) in headers.iter().zip(record.iter()).filter(|(_, text)| !text.is_empty()) {
        match header {
            OWNER => owner = text,
            OWNER_KIND => owner_kind = text,
            _ => {
                let form = columns(of.kind).iter().find(|(column, ..)| *column == header);
                let Some((_, field, form)) = form.filter(|(.., form)| !matches!(form, Form::Told)) else { continue };
                let (value, inside) = value(*form, text).ok_or((header, "unreadable"))?;
                match inside {
                    None => drop(event.insert((*field).to_owned(), value)),
                    Some("lines" | "identities") => drop(line.insert((*field).to_owned(), value)),
                    Some(object) => event.entry(object).or_insert_with(|| json!({}))[*field] = value,
                }
            }
        }
    }
    finish(of, event, line, (owner, owner_kind))
}

fn value(form: Form, text: &str) -> Option<(Value, Option<&'static str>)> {
    let number = || integer(text).map(|number| json!(number));
    let time = || time(text).map(|at| json!(at));
    Some(match form {
        Form::Text => (json!(text), None),
        Form::Number => (number()?, None),
        Form::Time => (time()?, None),
        Form::Truth => (json!(text.parse::<bool>().ok()?), None),
        Form::TruthIn(object) => (json!(text.parse::<bool>().ok()?), Some(object)),
        Form::Json => (serde_json::from_str(text).ok()?, None),
        Form::Told => return None,
        Form::List => (text.split(';').map(str::trim).filter(|part| !part.is_empty()).collect(), None),
        Form::In(object) => (json!(text), Some(object)),
        Form::NumberIn(object) => (number()?, Some(object)),
        Form::TimeIn(object) => (time()?, Some(object)),
    })
}

/// A number as people write it.
pub(super) fn integer(text: &str) -> Option<i64> {
    text.replace(',', "").parse().ok()
}

fn finish<'a>(
    Of { kind, shop, at }: Of<'_>,
    mut event: Map<String, Value>,
    line: Map<String, Value>,
    (owner, owner_kind): (&str, &str),
) -> Result<Value, Wrong<'a>> {
    if kind != Kind::Stock {
        if owner.is_empty() {
            return Err((OWNER, "no_owner"));
        }
        let owner_kind = if owner_kind.is_empty() { "ec" } else { owner_kind };
        let namespace = if owner_kind == "ec" { shop } else { "" };
        event.insert("owner".to_owned(), json!({ "kind": owner_kind, "namespace": namespace, "value": owner }));
    }
    let word = match kind {
        Kind::Customers | Kind::Identities => "customer",
        Kind::Consents => "consent",
        Kind::Timeline => "touchpoint",
        Kind::Orders => "order",
        Kind::Stock => "stock",
    };
    if kind == Kind::Identities {
        event.insert("identities".to_owned(), json!([line.clone()]));
    }
    if matches!(kind, Kind::Orders | Kind::Stock) {
        event.entry("shop").or_insert_with(|| json!(shop));
    }
    if kind == Kind::Orders {
        // What makes several rows one order.
        for (needed, reason) in [("number", "bad_number"), ("version", "bad_version")] {
            if !event.contains_key(needed) {
                return Err((needed, reason));
            }
        }
        event.insert("lines".to_owned(), if line.is_empty() { json!([]) } else { json!([line]) });
    }
    if let Some(at) = at.filter(|_| kind != Kind::Orders && !event.contains_key("at")) {
        event.insert("at".to_owned(), json!(at));
    }
    event.insert("type".to_owned(), json!(word));
    Ok(Value::Object(event))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, shop: &str) -> Of<'_> {
        Of { kind, shop, at: None }
    }

    #[test]
    fn rows_of_one_number_are_one_order() {
        let text = "\u{feff}number,version,status,channel,placed_at,owner,sku,quantity,price,recipient\n\
                    A-1,1,placed,ec,2026-09-22 10:00,C-1,K,1,\"12,800\",山田 花子\n\
                    A-1,1,placed,ec,2026-09-22 10:00,C-1,T,2,1200,山田 花子\n\
                    A-2,1,placed,ec,1790000000000,C-2,K,1,,\n";
        let file = read(of(Kind::Orders, "ec"), text.as_bytes()).unwrap();
        assert_eq!((file.rows, file.events.len(), file.faults.len()), (3, 2, 0));
        let first = &file.events[0];
        assert_eq!(
            (first.line, &first.event["lines"][1]["sku"], &first.event["lines"][0]["price"]),
            (2, &json!("T"), &json!(12_800))
        );
        assert_eq!(first.event["owner"], json!({ "kind": "ec", "namespace": "ec", "value": "C-1" }));
        assert_eq!((file.events[1].line, &file.events[1].event["placed_at"]), (4, &json!(1_790_000_000_000_u64)));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_column() {
        let text = "number,version,status,channel,placed_at,owner,sku\nA-1,one,placed,ec,0,C-1,K\nA-2,1,placed,ec,0,,K\nA-3,1\n";
        let file = read(of(Kind::Orders, "ec"), text.as_bytes()).unwrap();
        let told: Vec<_> = file.faults.iter().map(|it| (it.line, it.column.as_str(), it.reason.as_str())).collect();
        assert_eq!(told, [(2, "version", "unreadable"), (3, "owner", "no_owner"), (4, "", "wrong_columns")]);
        assert!(read(of(Kind::Orders, "ec"), b"number,colour\nA,red\n").is_err());
    }

    #[test]
    fn customers_have_lists() {
        let text = "id,owner,owner_kind,name,phones\n1,090-1234-5678,phone,山田 花子,03-1234-5678; 06-1234-5678\n";
        let file = read(of(Kind::Customers, ""), text.as_bytes()).unwrap();
        assert_eq!(file.events[0].event["phones"], json!(["03-1234-5678", "06-1234-5678"]));
        assert_eq!(file.events[0].event["owner"]["kind"], json!("phone"));
    }

    #[test]
    fn an_order_of_which_a_row_is_wrong_is_left_out_whole() {
        let lost = |text: &str| {
            let text = format!("number,version,status,channel,placed_at,owner,sku,quantity\n{text}");
            let file = read(of(Kind::Orders, "ec"), text.as_bytes()).unwrap();
            let lost = file.faults.iter().filter(|it| it.reason == "incomplete_order").map(|it| it.line).collect();
            let kept = file.events.iter().map(|row| row.event["number"].as_str().unwrap().to_owned()).collect();
            (lost, kept)
        };
        let row = |number: &str, version: &str, quantity: &str| {
            format!("{number},{version},placed,ec,2026-01-01,C-1,K,{quantity}\n")
        };
        let told = |lines: &[u64], kept: &[&str]| -> (Vec<u64>, Vec<String>) {
            (lines.to_vec(), kept.iter().map(|number| (*number).to_owned()).collect())
        };
        let (good, other) = (row("A-1", "1", "2"), row("A-2", "1", "1"));
        assert_eq!(lost(&format!("{good}{other}{}", row("A-1", "1", "two"))), told(&[2], &["A-2"]));
        assert_eq!(lost(&format!("{good}{other}A-1,1\n")), told(&[2], &["A-2"]), "a row that is cut off");
        // Another state of the same order is whole; one that cannot be told apart is not.
        let later = row("A-1", "2", "1");
        assert_eq!(lost(&format!("{good}{later}{}", row("A-1", "2", "two"))), told(&[3], &["A-1"]));
        assert_eq!(lost(&format!("{good}{later}{}", row("A-1", "x", "1"))), told(&[2, 3], &[]));
        assert_eq!(lost(&format!("{good}{other}{}", row("A-1", "", "1"))), told(&[2], &["A-2"]));
        // A row of which nobody knows whose it is may be anybody's; an empty one is nobody's.
        assert_eq!(lost(&format!("{good}{other}{}", row("", "1", "1"))), told(&[2, 3], &[]));
        assert_eq!(lost(&format!("{good}{other},,,,,,,\n")), told(&[], &["A-1", "A-2"]));
    }

    #[test]
    fn two_states_of_one_order_are_two() {
        let text = "number,version,status,channel,placed_at,owner,sku\n\
                    A-1,1,placed,ec,0,C-1,K\nA-1,2,shipped,ec,0,C-1,K\nA-1,1,placed,ec,0,C-1,T\n";
        let file = read(of(Kind::Orders, "ec"), text.as_bytes()).unwrap();
        let told = file.events.iter().map(|row| (row.line, row.event["lines"].as_array().unwrap().len()));
        assert_eq!((told.collect::<Vec<_>>(), file.faults.len()), (vec![(2, 2), (3, 1)], 0));
    }

    #[test]
    fn a_file_says_when_its_rows_became_true_unless_they_say_so() {
        let text = "id,owner,at,name\n1,C-1,,山田\n2,C-2,1970-01-01 09:01,鈴木\n";
        let read = |at| read(Of { at, ..of(Kind::Customers, "ec") }, text.as_bytes()).unwrap().events;
        let ats = |at| read(at).iter().map(|row| row.event["at"].as_u64()).collect::<Vec<_>>();
        assert_eq!(ats(Some(7)), [Some(7), Some(60_000)]);
        assert_eq!(ats(None), [None, Some(60_000)]);
    }
}
