//! Everything is given out as CSV and Parquet: by whom, one at a time, whole or broken.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use edge::frames::Role;
use parquet::{
    file::reader::{FileReader as _, SerializedFileReader},
    record::Field,
};
use proto::crm::v1::{
    self as pb,
    export_service_server::{ExportService, ExportServiceServer},
};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore},
};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

use super::{
    browser::{Reply, http},
    center::Center,
};

/// The body of an answer in chunks; none: it ended before its end.
fn whole(reply: &Reply) -> Option<Vec<u8>> {
    let mut rest = reply.bytes.as_slice();
    let mut body = Vec::new();
    loop {
        let end = rest.windows(2).position(|two| two == b"\r\n")?;
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if size == 0 {
            return Some(body);
        }
        let from = end + 2;
        body.extend_from_slice(rest.get(from..from + size)?);
        rest = rest.get(from + size + 2..)?;
    }
}

async fn export(center: &Center, token: &str, file: &str) -> Reply {
    http(center.address, "GET", &format!("/api/v1/export/{file}"), Some(token), None).await
}

/// Two pages of touchpoints; the second waits until it may come, or never comes.
#[derive(Clone)]
struct FakeExports {
    asked: Arc<Notify>,
    may: Arc<Semaphore>,
    fails: Arc<AtomicBool>,
}

impl FakeExports {
    async fn start() -> (Self, SocketAddr) {
        let exports = Self { asked: Arc::default(), may: Arc::new(Semaphore::new(0)), fails: Arc::default() };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = ExportServiceServer::new(exports.clone());
        let incoming = TcpIncoming::from(listener);
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        (exports, address)
    }
}

fn unasked<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not asked in these tests"))
}

#[tonic::async_trait]
impl ExportService for FakeExports {
    async fn export_customers(
        &self,
        _: Request<pb::ExportCustomersRequest>,
    ) -> Result<Response<pb::ExportCustomersResponse>, Status> {
        unasked()
    }

    async fn export_timeline(
        &self,
        request: Request<pb::ExportTimelineRequest>,
    ) -> Result<Response<pb::ExportTimelineResponse>, Status> {
        let first = request.into_inner().after.is_empty();
        if !first {
            self.asked.notify_one();
            self.may.acquire().await.unwrap().forget();
            if self.fails.load(Ordering::Relaxed) {
                return Err(Status::unavailable("the view does not answer"));
            }
        }
        let touchpoint = pb::Touchpoint { kind: "call".into(), text: "=1+1".into(), ..pb::Touchpoint::default() };
        let entry = pb::TimelineEntry { at_ms: 7, touchpoint: Some(touchpoint), ..pb::TimelineEntry::default() };
        let entries = vec![pb::ExportedEntry { customer_id: "rec-1".into(), entry: Some(entry) }];
        let next = if first { "rec-1~x".to_owned() } else { String::new() };
        Ok(Response::new(pb::ExportTimelineResponse { entries, next }))
    }

    async fn export_orders(
        &self,
        _: Request<pb::ExportOrdersRequest>,
    ) -> Result<Response<pb::ExportOrdersResponse>, Status> {
        unasked()
    }
}

#[tokio::test]
async fn supervisors_export_one_at_a_time_and_a_broken_export_does_not_look_whole() {
    let (exports, address) = FakeExports::start().await;
    let center = Center::with(|config| config.crm = Some(format!("http://{address}"))).await;
    let (chief, _) = center.account("boss", Role::Supervisor).await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    assert_eq!(export(&center, &agent, "timeline.csv").await.status, 403);
    for unknown in ["timeline", "accounts.csv"] {
        assert_eq!(export(&center, &chief, unknown).await.status, 404, "{unknown}");
    }
    let begun = async {
        exports.asked.notified().await;
        let second = export(&center, &chief, "customers.csv").await;
        assert_eq!((second.status, &second.body["reason"]), (409, &json!("busy")));
        exports.may.add_permits(1);
    };
    let (done, ()) = tokio::join!(export(&center, &chief, "timeline.csv?bom=1&excel=1"), begun);
    assert_eq!(
        (done.status, done.headers["content-disposition"].as_str()),
        (200, "attachment; filename=\"timeline.csv\"")
    );
    let text = String::from_utf8(whole(&done).unwrap()).unwrap();
    assert!(text.starts_with("\u{feff}id,owner_kind,owner,at,kind"), "{text}");
    assert_eq!(text.matches("1970-01-01T00:00:00.007Z,call,,,,0,'=1+1,").count(), 2, "{text}");
    exports.fails.store(true, Ordering::Relaxed);
    let fails = async {
        exports.asked.notified().await;
        exports.may.add_permits(1);
    };
    let (broken, ()) = tokio::join!(export(&center, &chief, "timeline.csv"), fails);
    assert_eq!((broken.status, whole(&broken)), (200, None));
    let mut trail = center.trail.lock().await;
    let mut noted = Vec::new();
    while noted.len() < 3 {
        let entry = trail.next().await.unwrap();
        if entry.action == "export" {
            noted.push((entry.subject, entry.outcome));
        }
    }
    let told: BTreeSet<_> = noted.iter().map(|(table, word)| (table.as_str(), word.as_str())).collect();
    assert_eq!(told, BTreeSet::from([("customers", "busy"), ("timeline", "ok")]));
}

#[tokio::test]
async fn parquet_has_the_rows_of_the_csv_and_a_broken_one_has_no_end() {
    let (exports, address) = FakeExports::start().await;
    let center = Center::with(|config| config.crm = Some(format!("http://{address}"))).await;
    let (chief, _) = center.account("boss", Role::Supervisor).await;
    let (agent, _) = center.account("sato", Role::Agent).await;
    assert_eq!(export(&center, &agent, "timeline.parquet").await.status, 403);
    assert_eq!(export(&center, &chief, "timeline.xlsx").await.status, 404);
    exports.may.add_permits(2);
    let done = export(&center, &chief, "timeline.parquet").await;
    let headers = (done.headers["content-type"].as_str(), done.headers["content-disposition"].as_str());
    assert_eq!(headers, ("application/vnd.apache.parquet", "attachment; filename=\"timeline.parquet\""));
    let reader = SerializedFileReader::new(Bytes::from(whole(&done).unwrap())).unwrap();
    let rows = reader.get_row_iter(None).unwrap().map(|row| row.unwrap().into_columns());
    let rows: Vec<Vec<(String, Field)>> = rows.collect();
    let csv = whole(&export(&center, &chief, "timeline.csv").await).unwrap();
    let mut csv = csv::Reader::from_reader(csv.as_slice());
    let names: Vec<String> = csv.headers().unwrap().iter().map(str::to_owned).collect();
    for (row, cells) in rows.iter().zip(csv.records()) {
        let text = |field: &Field| {
            if let Field::Str(text) = field {
                return text.clone();
            }
            if let Field::Long(number) = field {
                return number.to_string();
            }
            assert_eq!(*field, Field::TimestampMillis(7), "the only other sort here");
            "1970-01-01T00:00:00.007Z".to_owned()
        };
        assert_eq!(row.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>(), names);
        assert_eq!(
            row.iter().map(|(_, field)| text(field)).collect::<Vec<_>>(),
            cells.unwrap().iter().collect::<Vec<_>>()
        );
    }
    assert_eq!(rows.len(), 2);
    exports.fails.store(true, Ordering::Relaxed);
    exports.may.add_permits(1);
    let broken = export(&center, &chief, "timeline.parquet").await;
    assert_eq!((broken.status, whole(&broken)), (200, None));
}
