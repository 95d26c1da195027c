//! Tables page by page, from `crm`.

use std::time::Duration;

use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, case_service_client::CaseServiceClient, export_service_client::ExportServiceClient};
use tonic::Response;

use super::rows::{self, Row};
use crate::door::App;

/// How long `crm` has for one page.
const PATIENCE: Duration = Duration::from_secs(30);
/// Cases or tasks in a page: the most that their lists give.
const LISTED: u32 = 200;

/// A table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Customers,
    Identities,
    Consents,
    Timeline,
    Orders,
    OrderLines,
    Cases,
    Tasks,
}

impl What {
    const ALL: [Self; 8] = [
        Self::Customers,
        Self::Identities,
        Self::Consents,
        Self::Timeline,
        Self::Orders,
        Self::OrderLines,
        Self::Cases,
        Self::Tasks,
    ];

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == name)
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Identities => "identities",
            Self::Consents => "consents",
            Self::Timeline => "timeline",
            Self::Orders => "orders",
            Self::OrderLines => "order_lines",
            Self::Cases => "cases",
            Self::Tasks => "tasks",
        }
    }

    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Customers => &rows::CUSTOMERS,
            Self::Identities => &rows::IDENTITIES,
            Self::Consents => &rows::CONSENTS,
            Self::Timeline => &rows::TIMELINE,
            Self::Orders => &rows::ORDERS,
            Self::OrderLines => &rows::ORDER_LINES,
            Self::Cases => &rows::CASES,
            Self::Tasks => &rows::TASKS,
        }
    }
}

/// Rows, and where to go on; empty: that was all.
pub(super) struct Page {
    pub(super) rows: Vec<Row>,
    pub(super) next: String,
}

impl Page {
    fn of<T>(all: Vec<T>, next: String, rows: impl Fn(T) -> Vec<Row>) -> Self {
        Self { rows: all.into_iter().flat_map(rows).collect(), next }
    }
}

/// Where a table is read.
pub(super) struct Source {
    what: What,
    exports: ExportServiceClient<Channel>,
    cases: CaseServiceClient<Channel>,
}

impl Source {
    pub(super) fn new(app: &App, what: What) -> Result<Self, Refusal> {
        let none = || Refusal::new(Code::NotFound, "no_crm", "this site has no crm");
        let (exports, cases) = (app.exports.clone().ok_or_else(none)?, app.cases.clone().ok_or_else(none)?);
        Ok(Self { what, exports, cases })
    }

    pub(super) fn what(&self) -> What {
        self.what
    }

    /// The page after a place.
    ///
    /// # Errors
    /// What `crm` says, or that it does not answer.
    pub(super) async fn page(&self, after: String) -> Result<Page, Refusal> {
        let read = tokio::time::timeout(PATIENCE, self.read(after)).await;
        read.map_err(|_| crate::link::unavailable())?.map_err(|status| Refusal::from(&status))
    }

    async fn read(&self, after: String) -> Result<Page, tonic::Status> {
        match self.what {
            What::Customers => self.customers(after, |it| vec![rows::customer(it)]).await,
            What::Identities => self.customers(after, rows::identities).await,
            What::Consents => self.customers(after, rows::consents).await,
            What::Timeline => {
                let asked = self.exports.clone().export_timeline(pb::ExportTimelineRequest { after }).await;
                let page = asked.map(Response::into_inner)?;
                Ok(Page::of(page.entries, page.next, |it| vec![rows::entry(it)]))
            }
            What::Orders => self.orders(after, rows::order).await,
            What::OrderLines => self.orders(after, rows::order_lines).await,
            What::Cases => {
                let request =
                    pb::ListCasesRequest { solved: true, limit: LISTED, after, ..pb::ListCasesRequest::default() };
                let page = self.cases.clone().list_cases(request).await?.into_inner();
                Ok(Page::of(page.cases, page.next, |it| vec![rows::case(it)]))
            }
            What::Tasks => {
                let request =
                    pb::ListTasksRequest { over: true, limit: LISTED, after, ..pb::ListTasksRequest::default() };
                let page = self.cases.clone().list_tasks(request).await?.into_inner();
                Ok(Page::of(page.tasks, page.next, |it| vec![rows::task(it)]))
            }
        }
    }

    async fn customers(
        &self,
        after: String,
        rows: impl Fn(pb::ExportedCustomer) -> Vec<Row>,
    ) -> Result<Page, tonic::Status> {
        let page = self.exports.clone().export_customers(pb::ExportCustomersRequest { after }).await?.into_inner();
        Ok(Page::of(page.customers, page.next, rows))
    }

    async fn orders(&self, after: String, rows: impl Fn(pb::ExportedOrder) -> Vec<Row>) -> Result<Page, tonic::Status> {
        let page = self.exports.clone().export_orders(pb::ExportOrdersRequest { after }).await?.into_inner();
        Ok(Page::of(page.orders, page.next, rows))
    }
}
