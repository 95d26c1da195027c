//! How fast an empty view is rebuilt: `cargo run --release -p chat --example rebuild -- 200000`.
//!
//! Writes so many events, one to a unit as in a calm center, into a real cluster, starts the service with an empty database, and prints
//! `events_per_s` from its start to a whole view.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on shall end, and prints")]

use std::{error::Error, net::TcpListener, time::Duration};

use chassis::Shutdown;
use futures::{StreamExt as _, stream};
use journal::{
    Append, Expect, Journal,
    testing::{Cluster, Postgres, TOKYO},
};
use prost::Message as _;
use proto::{
    chat::v1::{self as pb, chat_event::What},
    journal::v1::{Sealed, Unit},
};
use sqlx::PgPool;
use tokio::time::Instant;
use uuid::Uuid;

const EVENTS_PER_CONVERSATION: u64 = 40;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let events: u64 = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let cluster = Cluster::start("2m").await;
    let mut settings = cluster.settings(TOKYO, "chat");
    settings.require_sync_always = false;
    let journal = Journal::connect(settings.clone()).await?;
    journal.ensure_stream(&chat::CHAT).await?;
    stream::iter(0..events / EVENTS_PER_CONVERSATION).for_each_concurrent(256, |_| write(&journal)).await;
    let last = journal.last_sequence(&chat::CHAT).await?;
    let postgres = Postgres::shared().await;
    let database = postgres.database().await;
    let options = database.connect_options();
    let url =
        format!("postgres://postgres@127.0.0.1:{}/{}", options.get_port(), options.get_database().unwrap_or("test"));
    let shutdown = Shutdown::new(Duration::from_secs(5));
    let started = Instant::now();
    let task = tokio::spawn(chat::run(config(&url)?, settings, shutdown.clone()));
    whole(&database, last).await;
    let seconds = started.elapsed().as_secs_f64();
    println!("events={last} seconds={seconds:.2} events_per_s={:.0}", last as f64 / seconds);
    shutdown.signal();
    Ok(task.await??)
}

async fn write(journal: &Journal) {
    let (conversation, customer) = (Uuid::new_v4(), Uuid::new_v4().to_string());
    let subject = format!("chat.{conversation}");
    let mut last = 0;
    for number in 1..=EVENTS_PER_CONVERSATION {
        let event =
            pb::ChatEvent { number, at_ms: number, by: Some(by(&customer)), what: Some(what(number, &customer)) };
        let unit = Unit {
            events: vec![event.encode_to_vec().into()],
            decided_at_ms: number,
            site: "tokyo".to_owned(),
            claim: None,
            epoch: 0,
        };
        let (stream, subject, expect) = (chat::CHAT, subject.clone(), Expect::Last(last));
        last = journal
            .append(Append { stream, subject, expect, id: Uuid::new_v4().to_string(), unit })
            .await
            .unwrap()
            .sequence;
    }
}

fn by(customer: &str) -> pb::Party {
    pb::Party { kind: pb::PartyKind::Customer.into(), id: customer.to_owned(), supervisor: false }
}

fn what(number: u64, customer: &str) -> What {
    let sealed = Some(Sealed { key_id: customer.to_owned(), r#box: vec![7; 140].into() });
    if number == 1 {
        return What::Opened(pb::Opened {
            customer_id: customer.to_owned(),
            queue: "support".to_owned(),
            customer_name: sealed,
            language: "ja".to_owned(),
            ..pb::Opened::default()
        });
    }
    What::MessagePosted(pb::MessagePosted { message_id: Uuid::new_v4().to_string(), text: sealed, form: None })
}

async fn whole(database: &PgPool, last: u64) {
    let reached = || async {
        let position = "select sequence from chat.journal_position where projection = 'chat'";
        let position: Result<i64, _> = sqlx::query_scalar(position).fetch_one(database).await;
        position.is_ok_and(|position| position.unsigned_abs() >= last)
    };
    while !reached().await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

fn config(database: &str) -> Result<chat::Config, serde::de::value::Error> {
    let listen = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let listen = listen.map_err(<serde::de::value::Error as serde::de::Error>::custom)?.to_string();
    let values =
        [("listen", listen.as_str()), ("token", "t"), ("database", database), ("routing", "http://127.0.0.1:9")];
    serde::Deserialize::deserialize(serde::de::value::MapDeserializer::new(values.into_iter()))
}
