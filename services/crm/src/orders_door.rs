//! `OrderService` over gRPC: requests in, answers out. No decisions.

mod asked;
pub(crate) mod shown;

use std::{collections::BTreeSet, sync::Arc};

use chassis::refusal::{Code, Refusal};
use proto::crm::v1::{self as pb, order_service_server::OrderService};
use sqlx::PgPool;
use tonic::{Request, Response, Status};

use crate::{
    bus,
    error::{away, invalid, locked},
    events::store::Store,
    fold::is_record_id,
    order::{self, check::Fault},
    shop::{carrier::Carrier, client::Shops, view as commands},
    stock,
};

/// Everything the answers need.
pub(crate) struct Door {
    pub(crate) store: Store,
    pub(crate) carrier: Carrier,
    pub(crate) shops: Arc<Shops>,
    pub(crate) pool: PgPool,
}

#[tonic::async_trait]
impl OrderService for Door {
    async fn report_orders(
        &self,
        request: Request<pb::ReportOrdersRequest>,
    ) -> Result<Response<pb::ReportOrdersResponse>, Status> {
        let pb::ReportOrdersRequest { source, orders } = request.into_inner();
        let outcomes = self.store.orders.report(&source, orders).await?.into_iter();
        let refused =
            |fault: Fault| pb::OrderOutcome { refused: fault.reason.to_owned(), ..pb::OrderOutcome::default() };
        let outcomes = outcomes.map(|outcome| outcome.unwrap_or_else(refused)).collect();
        Ok(Response::new(pb::ReportOrdersResponse { outcomes }))
    }

    async fn report_stock(
        &self,
        request: Request<pb::ReportStockRequest>,
    ) -> Result<Response<pb::ReportStockResponse>, Status> {
        let pb::ReportStockRequest { source, levels } = request.into_inner();
        let outcomes = stock::report::report(&self.store.journal, &source, levels).await?;
        let refused =
            |outcome: Result<(), Fault>| outcome.err().map_or_else(String::new, |fault| fault.reason.to_owned());
        Ok(Response::new(pb::ReportStockResponse { refused: outcomes.into_iter().map(refused).collect() }))
    }

    async fn report_events(
        &self,
        request: Request<pb::ReportEventsRequest>,
    ) -> Result<Response<pb::ReportEventsResponse>, Status> {
        let pb::ReportEventsRequest { source, by, events, check_only } = request.into_inner();
        let outcomes = self.store.events(&source, &by, &events, check_only).await?.into_iter();
        let outcome =
            |it: crate::events::store::Outcome| pb::EventOutcome { id: it.id, refused: it.reason, field: it.field };
        Ok(Response::new(pb::ReportEventsResponse { outcomes: outcomes.map(outcome).collect() }))
    }

    async fn list_orders(
        &self,
        request: Request<pb::ListOrdersRequest>,
    ) -> Result<Response<pb::ListOrdersResponse>, Status> {
        Ok(Response::new(self.orders_of(request.into_inner()).await?))
    }

    async fn get_order(&self, request: Request<pb::GetOrderRequest>) -> Result<Response<pb::GetOrderResponse>, Status> {
        let pb::GetOrderRequest { order_id, shop, number } = request.into_inner();
        let id = if order_id.is_empty() { self.store.orders.id(&shop, &number) } else { order_id };
        if !is_record_id(&id) {
            return Err(no_such_order().into());
        }
        let row = order::view::one(&self.pool, &id).await.map_err(|error| away(&error))?.ok_or_else(no_such_order)?;
        let commands = commands::list(&self.pool, commands::Of::Order(&id), 50).await.map_err(|error| away(&error))?;
        let commands = self.shown(commands).await?;
        let order = self.opened(vec![row]).await?.pop();
        Ok(Response::new(pb::GetOrderResponse { order, commands }))
    }

    async fn find_stock(
        &self,
        request: Request<pb::FindStockRequest>,
    ) -> Result<Response<pb::FindStockResponse>, Status> {
        let pb::FindStockRequest { text, shop, place, limit } = request.into_inner();
        if text.trim().is_empty() || ![&text, &shop, &place].iter().all(|said| order::check::text(said, 100)) {
            return Err(invalid("bad_text", "what is looked for has 1 to 100 characters").into());
        }
        let limit = at_most(limit, 50, 200);
        let found = stock::view::find(&self.pool, &text, &shop, &place, limit + 1).await;
        let mut levels = found.map_err(|error| away(&error))?;
        let more = levels.len() as i64 > limit;
        levels.truncate(usize::try_from(limit).unwrap_or(0));
        Ok(Response::new(pb::FindStockResponse { levels, more }))
    }

    async fn ask_shop(&self, request: Request<pb::AskShopRequest>) -> Result<Response<pb::AskShopResponse>, Status> {
        let command = self.ask(request.into_inner()).await?;
        Ok(Response::new(pb::AskShopResponse { command: Some(command) }))
    }

    async fn get_command(
        &self,
        request: Request<pb::GetCommandRequest>,
    ) -> Result<Response<pb::GetCommandResponse>, Status> {
        let id = request.into_inner().command_id;
        asked::is_command(&id)?;
        let thread = self.carrier.read(&id).await?;
        Ok(Response::new(pb::GetCommandResponse { command: Some(self.one_shown(id, thread).await?) }))
    }

    async fn list_commands(
        &self,
        request: Request<pb::ListCommandsRequest>,
    ) -> Result<Response<pb::ListCommandsResponse>, Status> {
        let pb::ListCommandsRequest { customer_id, limit } = request.into_inner();
        let limit = at_most(limit, 50, 200);
        let rows = if customer_id.is_empty() {
            commands::list(&self.pool, commands::Of::Open, limit).await
        } else {
            let records = self.records_of(&customer_id).await?;
            commands::list(&self.pool, commands::Of::Records(&records), limit).await
        };
        let commands = self.shown(rows.map_err(|error| away(&error))?).await?;
        Ok(Response::new(pb::ListCommandsResponse { commands }))
    }

    async fn list_shops(&self, _: Request<pb::ListShopsRequest>) -> Result<Response<pb::ListShopsResponse>, Status> {
        let shop = |(name, answered_at_ms): (&String, u64)| pb::Shop { name: name.clone(), answered_at_ms };
        Ok(Response::new(pb::ListShopsResponse { shops: self.shops.list().map(shop).collect() }))
    }
}

impl Door {
    async fn orders_of(&self, request: pb::ListOrdersRequest) -> Result<pb::ListOrdersResponse, Refusal> {
        let after = if request.after.is_empty() { None } else { Some(place(&request.after)?) };
        let limit = at_most(request.limit, 20, 100);
        if !order::check::text(&request.shop, 32) {
            return Err(invalid("bad_shop", "a shop's name has 1 to 32 of [a-z0-9_-]"));
        }
        let records = self.records_of(&request.customer_id).await?;
        let rows = order::view::list(&self.pool, &records, &request.shop, after, limit + 1).await;
        let mut rows = rows.map_err(|error| away(&error))?;
        let more = rows.len() as i64 > limit;
        rows.truncate(usize::try_from(limit).unwrap_or(0));
        let last = rows.last().filter(|_| more);
        let next = last.map_or_else(String::new, |row| format!("{}.{}", row.placed_at_ms, row.order_id));
        Ok(pb::ListOrdersResponse { orders: self.opened(rows).await?, next })
    }

    async fn records_of(&self, customer: &str) -> Result<Vec<String>, Refusal> {
        if !is_record_id(customer) {
            return Err(invalid("bad_id", "an id is 1 to 64 of [A-Za-z0-9_-]"));
        }
        order::view::records_of(&self.pool, customer).await.map_err(|error| away(&error))
    }

    /// Orders with what can be opened of them.
    async fn opened(&self, rows: Vec<order::view::Row>) -> Result<Vec<pb::Order>, Refusal> {
        let sealed = rows.iter().filter(|row| row.sealed.is_some()).map(|row| row.record_id.clone());
        let keys = bus::keys(self.store.journal.vault(), sealed.collect::<BTreeSet<_>>()).await;
        let keys = keys.map_err(|error| locked(&error))?;
        Ok(rows.into_iter().map(|row| shown::order(&row, keys.get(&row.record_id))).collect())
    }

    async fn shown(&self, rows: Vec<commands::Row>) -> Result<Vec<pb::Command>, Refusal> {
        let threads = rows.into_iter().map(|row| (row.command_id.clone(), row.thread()));
        self.threads_shown(threads.collect()).await
    }

    async fn one_shown(&self, id: String, thread: crate::shop::thread::Thread) -> Result<pb::Command, Refusal> {
        let none = || Refusal::new(Code::NotFound, "no_such_command", "there is no such command");
        self.threads_shown(vec![(id, thread)]).await?.pop().ok_or_else(none)
    }

    async fn threads_shown(
        &self,
        threads: Vec<(String, crate::shop::thread::Thread)>,
    ) -> Result<Vec<pb::Command>, Refusal> {
        let known: Vec<_> =
            threads.into_iter().filter_map(|(id, thread)| Some((id, thread.held?, thread.claim))).collect();
        let records: BTreeSet<String> = known.iter().map(|(_, command, _)| command.asked.record_id.clone()).collect();
        let keys = bus::keys(self.store.journal.vault(), records).await.map_err(|error| locked(&error))?;
        let shown =
            |(id, command, claim): (String, crate::shop::command::Command, Option<proto::journal::v1::Claim>)| {
                let key = keys.get(&command.asked.record_id);
                shown::command(id, command, claim, key)
            };
        Ok(known.into_iter().map(shown).collect())
    }
}

fn at_most(asked: u32, usual: u32, most: u32) -> i64 {
    i64::from(if asked == 0 { usual } else { asked.min(most) })
}

/// A place in a list of orders, as `next` told it.
fn place(after: &str) -> Result<order::view::Place, Refusal> {
    let read = after.split_once('.').filter(|(_, id)| is_record_id(id));
    let read = read.and_then(|(at, id)| Some((at.parse().ok()?, id.to_owned())));
    read.ok_or_else(|| invalid("bad_request", "after is not what an answer's next said"))
}

fn no_such_order() -> Refusal {
    Refusal::new(Code::NotFound, "no_such_order", "there is no such order")
}
