//! The orders of `crm`, as far as the door needs them: it notes what it is told.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use proto::crm::v1::{
    self as pb,
    order_service_server::{OrderService, OrderServiceServer},
};
use tokio::net::TcpListener;
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

#[derive(Clone, Default)]
pub struct FakeOrders {
    pub reported: Arc<Mutex<Vec<pb::ReportEventsRequest>>>,
    pub asked: Arc<Mutex<Vec<pb::AskShopRequest>>>,
}

impl FakeOrders {
    /// Serves until the test ends.
    pub async fn start() -> (Self, SocketAddr) {
        let orders = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let service = OrderServiceServer::new(orders.clone());
        let incoming = TcpIncoming::from(listener);
        tokio::spawn(tonic::transport::Server::builder().add_service(service).serve_with_incoming(incoming));
        (orders, address)
    }
}

fn private() -> pb::OrderPrivate {
    let (recipient, postcode) = ("山田 花子".to_owned(), "1000001".to_owned());
    let (address, phone, number) = ("東京都".to_owned(), "03".to_owned(), "A-1".to_owned());
    pb::OrderPrivate { number, recipient, postcode, address, phone, ..pb::OrderPrivate::default() }
}

fn order() -> pb::Order {
    let state = pb::OrderState {
        shop: "ec".to_owned(),
        status: pb::OrderStatus::Shipped.into(),
        channel: "ec".to_owned(),
        placed_at_ms: 7,
        total: 900,
        ..pb::OrderState::default()
    };
    let (order_id, private) = ("ord-1".to_owned(), Some(private()));
    pb::Order { order_id, state: Some(state), private, ..pb::Order::default() }
}

/// It was asked to go elsewhere.
fn elsewhere() -> pb::Command {
    let what = pb::command_body::What::ChangeDelivery(pb::ChangeDelivery { slot: None, to: Some(private()) });
    let body = Some(pb::CommandBody { number: String::new(), what: Some(what) });
    pb::Command { command_id: "cmd-1".to_owned(), body, ..pb::Command::default() }
}

fn unasked<T>() -> Result<Response<T>, Status> {
    Err(Status::unimplemented("not asked in these tests"))
}

#[tonic::async_trait]
impl OrderService for FakeOrders {
    async fn report_orders(
        &self,
        _: Request<pb::ReportOrdersRequest>,
    ) -> Result<Response<pb::ReportOrdersResponse>, Status> {
        unasked()
    }

    async fn report_stock(
        &self,
        _: Request<pb::ReportStockRequest>,
    ) -> Result<Response<pb::ReportStockResponse>, Status> {
        unasked()
    }

    /// Refuses what has the word `bad`, of the field `status`.
    async fn report_events(
        &self,
        request: Request<pb::ReportEventsRequest>,
    ) -> Result<Response<pb::ReportEventsResponse>, Status> {
        let request = request.into_inner();
        let outcome = |event: &String| {
            let bad = event.contains("bad");
            let (refused, field) = if bad { ("bad_status", "status") } else { ("", "") };
            pb::EventOutcome { id: String::new(), refused: refused.to_owned(), field: field.to_owned() }
        };
        let outcomes = request.events.iter().map(outcome).collect();
        self.reported.lock().unwrap().push(request);
        Ok(Response::new(pb::ReportEventsResponse { outcomes }))
    }

    async fn list_orders(&self, _: Request<pb::ListOrdersRequest>) -> Result<Response<pb::ListOrdersResponse>, Status> {
        Ok(Response::new(pb::ListOrdersResponse { orders: vec![order()], next: String::new() }))
    }

    async fn get_order(&self, _: Request<pb::GetOrderRequest>) -> Result<Response<pb::GetOrderResponse>, Status> {
        Ok(Response::new(pb::GetOrderResponse { order: Some(order()), commands: vec![elsewhere()] }))
    }

    async fn find_stock(&self, _: Request<pb::FindStockRequest>) -> Result<Response<pb::FindStockResponse>, Status> {
        unasked()
    }

    async fn ask_shop(&self, request: Request<pb::AskShopRequest>) -> Result<Response<pb::AskShopResponse>, Status> {
        let request = request.into_inner();
        let command = pb::Command {
            command_id: request.command_id.clone(),
            kind: pb::CommandKind::StartReturn.into(),
            state: pb::CommandState::Asked.into(),
            body: request.body.clone(),
            by: request.by.clone(),
            ..pb::Command::default()
        };
        self.asked.lock().unwrap().push(request);
        Ok(Response::new(pb::AskShopResponse { command: Some(command) }))
    }

    async fn get_command(&self, _: Request<pb::GetCommandRequest>) -> Result<Response<pb::GetCommandResponse>, Status> {
        Ok(Response::new(pb::GetCommandResponse { command: Some(elsewhere()) }))
    }

    async fn list_commands(
        &self,
        _: Request<pb::ListCommandsRequest>,
    ) -> Result<Response<pb::ListCommandsResponse>, Status> {
        Ok(Response::new(pb::ListCommandsResponse { commands: vec![elsewhere()] }))
    }

    async fn list_shops(&self, _: Request<pb::ListShopsRequest>) -> Result<Response<pb::ListShopsResponse>, Status> {
        unasked()
    }
}
