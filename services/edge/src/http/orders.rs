//! Customers' orders in shops and stores, stock, and what agents ask of shops. Who reads whose orders is in the audit.

mod asked;
pub(crate) mod shapes;

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    routing::get,
};
use chassis::{
    grpc::Channel,
    refusal::{Code, Refusal},
};
use proto::crm::v1::{self as pb, order_service_client::OrderServiceClient};
use serde::Deserialize;

use super::{
    audited::audited,
    customers::mask,
    error::ApiError,
    extract::{Agent, Body, Client},
};
use crate::{
    customers::{Mask, ProfileField},
    door::App,
    tokens::Identity,
};
pub(crate) use asked::{Ask, Command, Commands};
use shapes::{Found, Level, Order, Orders, Shop, Shops, Stock};

/// Every path of orders.
pub(super) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/customers/{id}/orders", get(of_customer))
        .route("/customers/{id}/shop-commands", get(commands_of_customer))
        .route("/orders", get(by_number))
        .route("/orders/{order}", get(one))
        .route("/shops", get(shops))
        .route("/stock", get(stock))
        .route("/shop-commands", get(open_commands).post(ask))
        .route("/shop-commands/{command}", get(command))
}

/// This site's orders, when it has a `crm`.
pub(super) fn service(app: &App) -> Result<OrderServiceClient<Channel>, ApiError> {
    let none = || Refusal::new(Code::NotFound, "no_crm", "this site has no crm");
    Ok(app.orders.clone().ok_or_else(none)?)
}

/// Query of `GET /api/v1/customers/{id}/orders`.
#[derive(Deserialize)]
struct Listed {
    #[serde(default)]
    after: String,
    #[serde(default)]
    limit: u32,
    #[serde(default)]
    shop: String,
}

async fn of_customer(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Query(Listed { after, limit, shop }): Query<Listed>,
) -> Result<Json<Orders>, ApiError> {
    let request = pb::ListOrdersRequest { customer_id: id.clone(), after, limit, shop };
    let listed = service(&app)?.list_orders(request).await;
    let listed = audited(listed, (&app, &by, &client), ("customer_orders_read", &id))?;
    let mask = mask(&app, &by);
    let orders = listed.orders.into_iter().map(|order| Order::seen(order, &mask)).collect();
    Ok(Json(Orders { orders, next: listed.next }))
}

/// Query of `GET /api/v1/orders`.
#[derive(Deserialize)]
struct Number {
    shop: String,
    number: String,
}

async fn by_number(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Query(Number { shop, number }): Query<Number>,
) -> Result<Json<Found>, ApiError> {
    let request = pb::GetOrderRequest { order_id: String::new(), shop, number };
    let read = read_order((&app, &by, &client), request).await?;
    found(read, &mask(&app, &by))
}

/// Query of `GET /api/v1/orders/{order}`.
#[derive(Deserialize)]
struct Shown {
    #[serde(default)]
    show: String,
}

async fn one(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(order_id): Path<String>,
    Query(Shown { show }): Query<Shown>,
) -> Result<Json<Found>, ApiError> {
    if !["", "address"].contains(&show.as_str()) {
        return Err(Refusal::new(Code::InvalidArgument, "bad_request", "of an order only address is shown").into());
    }
    let request = pb::GetOrderRequest { order_id, ..pb::GetOrderRequest::default() };
    let read = read_order((&app, &by, &client), request).await?;
    let mask = mask(&app, &by);
    if show.is_empty() || !mask.hides(ProfileField::Address) {
        return found(read, &mask);
    }
    let id = read.order.as_ref().map(|order| order.order_id.as_str()).unwrap_or_default();
    client.note(&app, &by.id, "order_show", &format!("{id} {show}"), "ok");
    found(read, &mask.without(&[ProfileField::Address].into()))
}

async fn read_order(
    (app, by, client): (&App, &Identity, &Client),
    request: pb::GetOrderRequest,
) -> Result<pb::GetOrderResponse, ApiError> {
    let read = service(app)?.get_order(request).await;
    let order_id =
        |read: &tonic::Response<pb::GetOrderResponse>| read.get_ref().order.as_ref().map(|it| it.order_id.clone());
    let id = read.as_ref().ok().and_then(order_id).unwrap_or_default();
    audited(read, (app, by, client), ("order_read", &id))
}

fn found(read: pb::GetOrderResponse, mask: &Mask) -> Result<Json<Found>, ApiError> {
    let none = || Refusal::new(Code::NotFound, "no_such_order", "there is no such order");
    let order = Order::seen(read.order.ok_or_else(none)?, mask);
    Ok(Json(Found { order, commands: seen(read.commands, mask) }))
}

fn seen(commands: Vec<pb::Command>, mask: &Mask) -> Vec<Command> {
    commands.into_iter().map(|command| Command::seen(command, mask)).collect()
}

async fn shops(State(app): State<Arc<App>>, _: Agent) -> Result<Json<Shops>, ApiError> {
    let shops = service(&app)?.list_shops(pb::ListShopsRequest {}).await?.into_inner().shops;
    let shop = |it: pb::Shop| Shop { name: it.name, answered_at: it.answered_at_ms };
    Ok(Json(Shops { shops: shops.into_iter().map(shop).collect() }))
}

/// Query of `GET /api/v1/stock`.
#[derive(Deserialize)]
struct Sought {
    q: String,
    #[serde(default)]
    shop: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    limit: u32,
}

async fn stock(
    State(app): State<Arc<App>>,
    _: Agent,
    Query(Sought { q, shop, place, limit }): Query<Sought>,
) -> Result<Json<Stock>, ApiError> {
    let found = service(&app)?.find_stock(pb::FindStockRequest { text: q, shop, place, limit }).await?.into_inner();
    Ok(Json(Stock { stock: found.levels.into_iter().map(Level::from).collect(), more: found.more }))
}

async fn ask(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Body(body): Body<Ask>,
) -> Result<Json<Command>, ApiError> {
    let request = body.request(&by.id);
    let id = request.command_id.clone();
    let asked = service(&app)?.ask_shop(request).await;
    answered(audited(asked, (&app, &by, &client), ("shop_asked", &id))?.command, &mask(&app, &by))
}

async fn command(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(command_id): Path<String>,
) -> Result<Json<Command>, ApiError> {
    let read = service(&app)?.get_command(pb::GetCommandRequest { command_id: command_id.clone() }).await;
    answered(audited(read, (&app, &by, &client), ("shop_command_read", &command_id))?.command, &mask(&app, &by))
}

/// An answer's command, which is always set.
fn answered(command: Option<pb::Command>, mask: &Mask) -> Result<Json<Command>, ApiError> {
    let none = || Refusal::new(Code::NotFound, "no_such_command", "there is no such command");
    Ok(Json(Command::seen(command.ok_or_else(none)?, mask)))
}

/// Query of lists of commands.
#[derive(Deserialize)]
struct Limit {
    #[serde(default)]
    limit: u32,
}

async fn commands_of_customer(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Path(id): Path<String>,
    Query(Limit { limit }): Query<Limit>,
) -> Result<Json<Commands>, ApiError> {
    let listed = service(&app)?.list_commands(pb::ListCommandsRequest { customer_id: id.clone(), limit }).await;
    let listed = audited(listed, (&app, &by, &client), ("customer_commands_read", &id))?;
    Ok(Json(Commands { commands: seen(listed.commands, &mask(&app, &by)) }))
}

async fn open_commands(
    State(app): State<Arc<App>>,
    Agent(by): Agent,
    client: Client,
    Query(Limit { limit }): Query<Limit>,
) -> Result<Json<Commands>, ApiError> {
    let listed = service(&app)?.list_commands(pb::ListCommandsRequest { customer_id: String::new(), limit }).await;
    let listed = audited(listed, (&app, &by, &client), ("open_commands_read", ""))?;
    Ok(Json(Commands { commands: seen(listed.commands, &mask(&app, &by)) }))
}
