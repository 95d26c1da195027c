//! The same tables as Parquet: the cells of [`rows`](super::rows), typed by their columns. Of bounded memory: a row group is written once it has
//! 50,000 rows or 16 MiB of text, whichever comes first.

use std::sync::Arc;

use parquet::{
    basic::Compression,
    column::writer::ColumnWriter,
    data_type::{BoolType, ByteArray, ByteArrayType, Int64Type},
    errors::{ParquetError, Result},
    file::{
        properties::{EnabledStatistics, WriterProperties},
        writer::{SerializedColumnWriter, SerializedFileWriter},
    },
    schema::parser::parse_message_type,
};

use super::{super::reports::time_of, rows::Row, source::What};

/// Rows of a group at most.
const GROUP: usize = 50_000;
/// Text of a group, bytes: one more row may be in it.
const GROUP_BYTES: usize = 16 * 1024 * 1024;

/// What the cells of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    /// Text; an empty cell is empty text.
    Text,
    /// A whole number; an empty cell is none.
    Number,
    /// A moment, kept as milliseconds since the Unix epoch in UTC; an empty cell is none.
    Time,
    /// `true` or `false`.
    Truth,
}

impl Sort {
    /// Columns of one name are of one sort in all tables.
    fn of(column: &str) -> Self {
        match column {
            "mood" | "amount" | "version" | "total" | "line" | "quantity" | "price" | "priority" => Self::Number,
            "at" | "placed_at" | "cancelled_at" | "changeable_until" | "paid_at" | "shipped_at" | "delivered_at"
            | "waits_until" | "opened_at" | "first_due" | "due" | "last_at" => Self::Time,
            "verified" | "granted" => Self::Truth,
            _ => Self::Text,
        }
    }

    /// As a schema writes it.
    fn field(self, column: &str) -> String {
        match self {
            Self::Text => format!("required binary {column} (STRING);"),
            Self::Number => format!("optional int64 {column};"),
            Self::Time => format!("optional int64 {column} (TIMESTAMP(MILLIS,true));"),
            Self::Truth => format!("optional boolean {column};"),
        }
    }
}

/// A file that is written.
pub(super) struct Parquet {
    file: SerializedFileWriter<Vec<u8>>,
    columns: &'static [&'static str],
    rows: Vec<Row>,
    bytes: usize,
}

impl Parquet {
    /// A file of a table.
    ///
    /// # Errors
    /// When its columns make no schema.
    pub(super) fn new(what: What) -> Result<Self> {
        let columns = what.columns();
        let fields: Vec<String> = columns.iter().map(|column| Sort::of(column).field(column)).collect();
        let schema = parse_message_type(&format!("message {} {{ {} }}", what.name(), fields.join(" ")))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by("Madoguchi".to_owned())
            // What is kept until the end grows with the groups alone, not with their pages.
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_offset_index_disabled(true);
        let file = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties.build()))?;
        Ok(Self { file, columns, rows: Vec::new(), bytes: 0 })
    }

    /// Takes rows in; whether a group is full and waits to be [written](Self::write).
    pub(super) fn take(&mut self, rows: &mut std::vec::IntoIter<Row>) -> bool {
        for row in rows.by_ref() {
            self.bytes += row.iter().map(String::len).sum::<usize>();
            self.rows.push(row);
            if self.rows.len() >= GROUP || self.bytes >= GROUP_BYTES {
                return true;
            }
        }
        false
    }

    /// Writes what was taken in as a group; the next bytes of the file.
    ///
    /// # Errors
    /// When a cell is not what its column says.
    pub(super) fn write(&mut self) -> Result<Vec<u8>> {
        let rows = std::mem::take(&mut self.rows);
        self.bytes = 0;
        if !rows.is_empty() {
            let mut group = self.file.next_row_group()?;
            for (place, name) in self.columns.iter().enumerate() {
                let column = group.next_column()?.ok_or_else(|| fault(name, "has no place in the file"))?;
                let cells = rows.iter().map(|row| row.get(place).map_or("", String::as_str));
                write(column, name, cells)?;
            }
            group.close()?;
        }
        self.file.flush()?;
        Ok(std::mem::take(self.file.inner_mut()))
    }

    /// Writes the rest and the file's end; the last bytes.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub(super) fn end(mut self) -> Result<Vec<u8>> {
        let mut bytes = self.write()?;
        bytes.extend(self.file.into_inner()?);
        Ok(bytes)
    }
}

fn write<'a>(mut column: SerializedColumnWriter<'_>, name: &str, cells: impl Iterator<Item = &'a str>) -> Result<()> {
    match (Sort::of(name), column.untyped()) {
        (Sort::Text, ColumnWriter::ByteArrayColumnWriter(_)) => {
            let cells: Vec<ByteArray> = cells.map(ByteArray::from).collect();
            column.typed::<ByteArrayType>().write_batch(&cells, None, None)?;
        }
        (Sort::Number, ColumnWriter::Int64ColumnWriter(_)) => {
            let (cells, there) = set(name, cells, |cell| cell.parse().ok())?;
            column.typed::<Int64Type>().write_batch(&cells, Some(&there), None)?;
        }
        (Sort::Time, ColumnWriter::Int64ColumnWriter(_)) => {
            let (cells, there) = set(name, cells, |cell| i64::try_from(time_of(cell)?).ok())?;
            column.typed::<Int64Type>().write_batch(&cells, Some(&there), None)?;
        }
        (Sort::Truth, ColumnWriter::BoolColumnWriter(_)) => {
            let (cells, there) = set(name, cells, |cell| cell.parse().ok())?;
            column.typed::<BoolType>().write_batch(&cells, Some(&there), None)?;
        }
        (Sort::Text | Sort::Number | Sort::Time | Sort::Truth, _) => {
            return Err(fault(name, "is of another type in the file"));
        }
    }
    column.close()
}

/// The values that are there, and for each cell 1 when it has one.
fn set<'a, T>(
    name: &str,
    cells: impl Iterator<Item = &'a str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<(Vec<T>, Vec<i16>)> {
    let (mut values, mut there) = (Vec::new(), Vec::new());
    for cell in cells {
        there.push(i16::from(!cell.is_empty()));
        if !cell.is_empty() {
            values.push(read(cell).ok_or_else(|| fault(name, "has a cell that is none of its sort"))?);
        }
    }
    Ok((values, there))
}

fn fault(column: &str, fault: &str) -> ParquetError {
    ParquetError::General(format!("writing Parquet: the column {column} {fault}"))
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use parquet::{
        file::reader::{FileReader as _, SerializedFileReader},
        record::Field,
    };
    use proto::crm::v1 as pb;

    use super::{
        super::{super::reports::time_text, rows},
        *,
    };

    /// A whole file of these rows.
    fn file(what: What, rows: Vec<Row>) -> Vec<u8> {
        let (mut parquet, mut rows) = (Parquet::new(what).unwrap(), rows.into_iter());
        let mut bytes = Vec::new();
        while parquet.take(&mut rows) {
            bytes.extend(parquet.write().unwrap());
        }
        bytes.extend(parquet.end().unwrap());
        bytes
    }

    fn cell(field: &Field) -> String {
        if let Field::Str(text) = field {
            return text.clone();
        }
        if let Field::Long(number) = field {
            return number.to_string();
        }
        if let Field::Bool(truth) = field {
            return truth.to_string();
        }
        if let Field::TimestampMillis(at) = field {
            return time_text(u64::try_from(*at).unwrap());
        }
        assert_eq!(*field, Field::Null, "no column is of this sort");
        String::new()
    }

    /// The rows of a file with its columns, and how many each group has.
    fn read(bytes: Vec<u8>) -> (Vec<Row>, Vec<i64>) {
        let reader = SerializedFileReader::new(Bytes::from(bytes)).unwrap();
        let groups = reader.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
        let schema = reader.metadata().file_metadata().schema_descr();
        let names = schema.columns().iter().map(|column| column.name().to_owned()).collect();
        let mut all = vec![names];
        for row in reader.get_row_iter(None).unwrap() {
            all.push(row.unwrap().get_column_iter().map(|(_, field)| cell(field)).collect());
        }
        (all, groups)
    }

    /// The rows of a file of CSV, which begins with the columns.
    fn csv(what: What, rows: &[Row]) -> Vec<Row> {
        let head: Row = what.columns().iter().map(|&name| name.to_owned()).collect();
        let bytes = rows::csv(&[&[head], rows].concat(), false);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes.as_slice());
        reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
    }

    fn customer(n: u64) -> pb::ExportedCustomer {
        let field = |field: pb::ProfileField, value: &str| pb::FieldValue { field: field.into(), value: value.into() };
        let fields = vec![
            field(pb::ProfileField::Name, "山田 \"花子\"\r\n,"),
            field(pb::ProfileField::Post, "課長"),
            field(pb::ProfileField::Note, "-1"),
        ];
        let identity =
            |verified| pb::Identity { kind: 1, value: "+819012345678".into(), verified, ..Default::default() };
        let consent =
            Some(pb::Consent { purpose: "marketing".into(), granted: n.is_multiple_of(2), ..Default::default() });
        pb::ExportedCustomer {
            customer: Some(pb::Customer {
                customer_id: format!("rec-{n}"),
                fields,
                identities: vec![identity(true), identity(false)],
                last_at_ms: 1_790_000_000_123 + n,
                ..pb::Customer::default()
            }),
            consents: vec![pb::ExportedConsent { consent, at_ms: n }],
        }
    }

    fn order(n: u64) -> pb::ExportedOrder {
        let line = |price| pb::OrderLine { sku: "A-1".into(), quantity: 2, price, ..Default::default() };
        let state = pb::OrderState {
            shop: "main".into(),
            lines: (0..n).map(|at| line(i64::try_from(at).unwrap() - 1)).collect(),
            placed_at_ms: 1_700_000_000_000,
            total: -5,
            ..pb::OrderState::default()
        };
        let order = pb::Order { state: Some(state), version: n, ..pb::Order::default() };
        pb::ExportedOrder { order: Some(order), customer_id: "rec-1".into() }
    }

    fn touched(n: u64) -> Row {
        let touchpoint = pb::Touchpoint { kind: "call".into(), mood: -2, amount: -300, ..Default::default() };
        let (fact_id, at_ms) = (n.to_string(), n);
        let entry = pb::TimelineEntry { fact_id, at_ms, touchpoint: Some(touchpoint), ..Default::default() };
        rows::entry(pb::ExportedEntry { customer_id: "rec-1".into(), entry: Some(entry) })
    }

    #[test]
    fn every_table_says_the_same_as_its_csv() {
        let tables = [
            (What::Customers, (0..3).map(|n| rows::customer(customer(n))).collect()),
            (What::Identities, (0..3).flat_map(|n| rows::identities(customer(n))).collect()),
            (What::Consents, (0..3).flat_map(|n| rows::consents(customer(n))).collect()),
            (What::Timeline, (0..3).map(touched).collect()),
            (What::Orders, (0..4).flat_map(|n| rows::order(order(n))).collect()),
            (What::OrderLines, (0..4).flat_map(|n| rows::order_lines(order(n))).collect()),
            (What::Cases, vec![rows::case(pb::Case { due_ms: 7, ..pb::Case::default() })]),
            (What::Tasks, vec![rows::task(pb::Task { text: "かけ直す".into(), ..pb::Task::default() })]),
        ];
        for (what, rows) in tables {
            let rows: Vec<Row> = rows;
            assert_eq!(read(file(what, rows.clone())).0, csv(what, &rows), "{what:?}");
            assert_eq!(read(file(what, Vec::new())), (csv(what, &[]), Vec::new()), "{what:?} without rows");
        }
    }

    #[test]
    fn groups_are_of_bounded_size() {
        let all: Vec<Row> = (0..120_001).map(touched).collect();
        let (read_back, groups) = read(file(What::Timeline, all.clone()));
        assert_eq!(groups, [50_000, 50_000, 20_001]);
        assert!(read_back[1..] == all, "no row is lost or moved");
        let long = || {
            rows::customer(pb::ExportedCustomer {
                customer: Some(pb::Customer { customer_id: "x".repeat(6 * 1024 * 1024), ..pb::Customer::default() }),
                ..pb::ExportedCustomer::default()
            })
        };
        assert_eq!(read(file(What::Customers, (0..4).map(|_| long()).collect())).1, [3, 1]);
    }

    #[test]
    fn a_cell_of_another_sort_is_refused() {
        let mut row = touched(1);
        row[8] = "angry".to_owned();
        let mut parquet = Parquet::new(What::Timeline).unwrap();
        assert!(!parquet.take(&mut vec![row].into_iter()));
        assert!(parquet.write().unwrap_err().to_string().contains("the column mood"));
    }
}
