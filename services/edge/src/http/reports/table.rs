//! Files of CSV into events: pure. The first row names the columns; each is a field of the event (docs/crm-events.md).

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::Fault;

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
    /// Several, parted by `;`.
    List,
    /// A text inside an object.
    In(&'static str),
    NumberIn(&'static str),
    TimeIn(&'static str),
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

/// The columns of a kind: name, field, form.
fn columns(kind: Kind) -> &'static [(&'static str, &'static str, Form)] {
    use Form::{In, List, Number, NumberIn, Text, Time, TimeIn};
    match kind {
        Kind::Customers => &[
            ("id", "id", Text),
            ("at", "at", Time),
            ("kind", "kind", Text),
            ("name", "name", Text),
            ("kana", "kana", Text),
            ("postcode", "postcode", Text),
            ("address", "address", Text),
            ("birthday", "birthday", Text),
            ("language", "language", Text),
            ("note", "note", Text),
            ("tier", "tier", Text),
            ("stage", "stage", Text),
            ("department", "department", Text),
            ("gender", "gender", Text),
            ("phones", "phones", List),
            ("mails", "mails", List),
        ],
        Kind::Orders => &[
            ("number", "number", Text),
            ("version", "version", Number),
            ("status", "status", Text),
            ("channel", "channel", Text),
            ("store", "store", Text),
            ("placed_at", "placed_at", Time),
            ("cancelled_at", "cancelled_at", Time),
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
        ],
        Kind::Stock => &STOCK,
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

/// Reads a file. What is wrong with single rows is told of; the others go on.
///
/// # Errors
/// What is wrong with the file as a whole.
pub(super) fn read(kind: Kind, shop: &str, bytes: &[u8]) -> Result<File, &'static str> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut reader = csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(bytes);
    let headers = reader.headers().map_err(|_| "the file is not UTF-8, or has no header")?.clone();
    let known =
        |name: &str| columns(kind).iter().any(|(column, ..)| *column == name) || [OWNER, OWNER_KIND].contains(&name);
    if !headers.iter().all(known) {
        return Err("the header has a column that this kind of file does not know");
    }
    let mut file = File { rows: 0, events: Vec::new(), faults: Vec::new() };
    for record in reader.records() {
        file.rows += 1;
        if file.rows > ROWS {
            return Err("a file has at most 5,000 rows");
        }
        match record {
            Ok(record) => {
                let line = record.position().map_or(0, csv::Position::line);
                match row(kind, shop, &headers, &record) {
                    Ok(event) => file.events.push(Row { line, event }),
                    Err((column, reason)) => {
                        file.faults.push(Fault { line, column: column.to_owned(), reason: reason.to_owned() });
                    }
                }
            }
            Err(error) => {
                let line = error.position().map_or(0, csv::Position::line);
                file.faults.push(Fault { line, column: String::new(), reason: "unreadable".to_owned() });
            }
        }
    }
    if kind == Kind::Orders {
        file.events = joined(file.events);
    }
    Ok(file)
}

/// Rows of one order: the first has the order, the others add their lines.
fn joined(rows: Vec<Row>) -> Vec<Row> {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let mut orders: Vec<Row> = Vec::new();
    for row in rows {
        let number = row.event["number"].as_str().unwrap_or_default().to_owned();
        match places.get(&number).and_then(|at| orders.get_mut(*at)) {
            Some(first) => {
                let more = row.event["lines"].as_array().cloned().unwrap_or_default();
                if let Some(lines) = first.event["lines"].as_array_mut() {
                    lines.extend(more);
                }
            }
            None => {
                places.insert(number, orders.len());
                orders.push(row);
            }
        }
    }
    orders
}

type Wrong<'a> = (&'a str, &'static str);

fn row<'a>(
    kind: Kind,
    shop: &str,
    headers: &'a csv::StringRecord,
    record: &csv::StringRecord,
) -> Result<Value, Wrong<'a>> {
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
                let form = columns(kind).iter().find(|(column, ..)| *column == header);
                let Some((_, field, form)) = form else { continue };
                let (value, inside) = value(*form, text).ok_or((header, "unreadable"))?;
                match inside {
                    None => drop(event.insert((*field).to_owned(), value)),
                    Some("lines") => drop(line.insert((*field).to_owned(), value)),
                    Some(object) => event.entry(object).or_insert_with(|| json!({}))[*field] = value,
                }
            }
        }
    }
    finish(kind, shop, event, line, (owner, owner_kind))
}

fn value(form: Form, text: &str) -> Option<(Value, Option<&'static str>)> {
    let number = || text.replace(',', "").parse::<i64>().ok().map(|number| json!(number));
    let time = || time(text).map(|at| json!(at));
    Some(match form {
        Form::Text => (json!(text), None),
        Form::Number => (number()?, None),
        Form::Time => (time()?, None),
        Form::List => (text.split(';').map(str::trim).filter(|part| !part.is_empty()).collect(), None),
        Form::In(object) => (json!(text), Some(object)),
        Form::NumberIn(object) => (number()?, Some(object)),
        Form::TimeIn(object) => (time()?, Some(object)),
    })
}

fn finish<'a>(
    kind: Kind,
    shop: &str,
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
        Kind::Customers => "customer",
        Kind::Orders => "order",
        Kind::Stock => "stock",
    };
    if kind != Kind::Customers {
        event.insert("shop".to_owned(), json!(shop));
    }
    if kind == Kind::Orders {
        event.insert("lines".to_owned(), if line.is_empty() { json!([]) } else { json!([line]) });
    }
    event.insert("type".to_owned(), json!(word));
    Ok(Value::Object(event))
}

/// ms since the Unix epoch, as a number or as `YYYY-MM-DD[ HH:MM[:SS]]` in Japan's time, with `T` or a blank between.
fn time(text: &str) -> Option<u64> {
    if let Ok(ms) = text.parse::<u64>() {
        return Some(ms);
    }
    let (date, clock) = text.split_once(['T', ' ']).unwrap_or((text, "00:00"));
    let date: Vec<i64> = numbers(&date.replace('/', "-"), '-')?;
    let clock: Vec<i64> = numbers(clock, ':')?;
    let &[year, month, day] = date.as_slice() else { return None };
    let (hour, minute, second) = match clock.as_slice() {
        [hour, minute] => (*hour, *minute, 0),
        [hour, minute, second] => (*hour, *minute, *second),
        _ => return None,
    };
    let sound = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    let sound = sound && (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    let seconds = days(year, month, day) * 86_400 + (hour - 9) * 3_600 + minute * 60 + second;
    sound.then(|| u64::try_from(seconds * 1_000).ok()).flatten()
}

fn numbers(text: &str, by: char) -> Option<Vec<i64>> {
    text.split(by).map(|part| part.parse().ok()).collect()
}

/// Days since 1970-01-01.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (shifted.div_euclid(400), shifted.rem_euclid(400));
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_number_are_one_order() {
        let text = "\u{feff}number,version,status,channel,placed_at,owner,sku,quantity,price,recipient\n\
                    A-1,1,placed,ec,2026-09-22 10:00,C-1,K,1,\"12,800\",山田 花子\n\
                    A-1,1,placed,ec,2026-09-22 10:00,C-1,T,2,1200,山田 花子\n\
                    A-2,1,placed,ec,1790000000000,C-2,K,1,,\n";
        let file = read(Kind::Orders, "ec", text.as_bytes()).unwrap();
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
        let file = read(Kind::Orders, "ec", text.as_bytes()).unwrap();
        let told: Vec<_> = file.faults.iter().map(|it| (it.line, it.column.as_str(), it.reason.as_str())).collect();
        assert_eq!(told, [(2, "version", "unreadable"), (3, "owner", "no_owner"), (4, "", "wrong_columns")]);
        assert!(read(Kind::Orders, "ec", b"number,colour\nA,red\n").is_err());
    }

    #[test]
    fn customers_have_lists() {
        let text = "id,owner,owner_kind,name,phones\n1,090-1234-5678,phone,山田 花子,03-1234-5678; 06-1234-5678\n";
        let file = read(Kind::Customers, "", text.as_bytes()).unwrap();
        assert_eq!(file.events[0].event["phones"], json!(["03-1234-5678", "06-1234-5678"]));
        assert_eq!(file.events[0].event["owner"]["kind"], json!("phone"));
    }

    #[test]
    fn times_are_japans() {
        assert_eq!(time("1970-01-01 09:00"), Some(0));
        assert_eq!(time("2026/09/22T10:00:30"), Some(1_790_038_830_000));
        assert_eq!(time("2024-02-29"), Some(1_709_132_400_000));
        for wrong in ["2026-13-01", "yesterday", "2026-01-01 25:00", "1969-12-31"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
