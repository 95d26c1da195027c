//! How a table is written: rows in, the file's next bytes out.

use std::vec::IntoIter;

use chassis::refusal::{Code, Refusal};
use parquet::errors::ParquetError;

use super::{
    parquet::Parquet,
    rows::{self, Row},
    source::What,
};

/// Marks a file as UTF-8, for Excel.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// A form of file.
pub(super) enum Form {
    /// RFC 4180.
    Csv {
        /// What comes before the first row; empty: it was written.
        head: Vec<u8>,
        /// No cell is taken for a formula.
        excel: bool,
    },
    /// Apache Parquet.
    Parquet(Box<Parquet>),
}

impl Form {
    /// The form that a file's ending means; none: there is no such form. `mark` and `excel` are CSV's.
    ///
    /// # Errors
    /// When the table cannot be written so.
    pub(super) fn named(kind: &str, what: What, (mark, excel): (bool, bool)) -> Result<Option<Self>, ParquetError> {
        Ok(match kind {
            "csv" => {
                let mut head = if mark { BYTE_ORDER_MARK.to_vec() } else { Vec::new() };
                head.extend(rows::csv(&[what.columns().iter().map(|&name| name.to_owned()).collect()], false));
                Some(Self::Csv { head, excel })
            }
            "parquet" => Some(Self::Parquet(Box::new(Parquet::new(what)?))),
            _ => None,
        })
    }

    pub(super) fn content_type(&self) -> &'static str {
        match self {
            Self::Csv { .. } => "text/csv; charset=utf-8; header=present",
            Self::Parquet(_) => "application/vnd.apache.parquet",
        }
    }

    /// Takes rows in, not always all of them; the bytes that are ready with it.
    ///
    /// # Errors
    /// `unavailable` when they cannot be written so.
    pub(super) async fn rows(self, rows: &mut IntoIter<Row>) -> Result<(Self, Vec<u8>), Refusal> {
        match self {
            Self::Csv { head: mut bytes, excel } => {
                let page: Vec<Row> = rows.collect();
                bytes.extend(rows::csv(&page, excel));
                Ok((Self::Csv { head: Vec::new(), excel }, bytes))
            }
            Self::Parquet(mut file) => {
                if !file.take(rows) {
                    return Ok((Self::Parquet(file), Vec::new()));
                }
                apart(move || file.write().map(|bytes| (Self::Parquet(file), bytes))).await
            }
        }
    }

    /// The last bytes.
    ///
    /// # Errors
    /// As [`rows`](Self::rows).
    pub(super) async fn end(self) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Csv { head, .. } => Ok(head),
            Self::Parquet(file) => apart(move || file.end()).await,
        }
    }
}

/// A group takes a moment to be written: others need not wait for it.
async fn apart<T: Send + 'static>(
    write: impl FnOnce() -> Result<T, ParquetError> + Send + 'static,
) -> Result<T, Refusal> {
    let written = tokio::task::spawn_blocking(write).await;
    let broken = |_| Refusal::new(Code::Unavailable, "unavailable", "the file could not be written");
    written.map_err(broken)?.map_err(|error| failed(&error))
}

/// What cannot be written is this program's fault: it is told in its log.
pub(super) fn failed(error: &ParquetError) -> Refusal {
    tracing::error!(%error, "an export cannot be written");
    Refusal::new(Code::Unavailable, "unavailable", "the file cannot be written")
}
