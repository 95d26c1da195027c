//! An agent becomes free: how long until the next contact is on their screen, with a thousand waiting and a thousand at work.

use std::{sync::Arc, time::Duration};

use clap::Args;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, interval, timeout},
};
use uuid::Uuid;

use super::browser::Browser;
use crate::{
    drive::{
        Error,
        company::{Company, QUEUE},
        drill::Stage,
        figures::{Bar, Figures, say},
        stats::{millis, percentile},
    },
    up::Options,
};

/// Fills a floor with agents who hold one conversation each, and frees them one after the other.
#[derive(Debug, Args)]
pub struct Command {
    /// Agents with a socket, each with room for one conversation.
    #[arg(long, default_value_t = 1_000)]
    pub agents: usize,
    /// Contacts that wait all the time.
    #[arg(long, default_value_t = 1_000)]
    pub waiting: usize,
    /// Agents freed.
    #[arg(long, default_value_t = 600)]
    pub freed: usize,
    /// Between two of them, in ms.
    #[arg(long, default_value_t = 50)]
    pub every_ms: u64,
}

/// Customers who open the conversations.
const CUSTOMERS: usize = 20;
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs it; false when a bar is missed.
///
/// # Errors
/// When it cannot be carried out.
pub async fn run(command: &Command) -> Result<bool, Error> {
    let direct = |options: &mut Options| options.wires = false;
    let stage = Stage::open("offer", 8, direct).await?;
    let result = on(&stage, command).await;
    stage.end(matches!(result, Ok(true))).await?;
    result
}

async fn on(stage: &Stage, command: &Command) -> Result<bool, Error> {
    say(&format!("making {} accounts", command.agents));
    let company = Company::prepare(&stage.center, command.agents, 1).await?;
    let (tell, mut told) = mpsc::unbounded_channel();
    let mut floor = Floor::fill(&company, &tell).await?;
    let total = command.agents + command.waiting + command.freed;
    let _customers = open(&company, total).await?;
    floor.until(&mut told, "all agents at work", |floor| floor.at_work == command.agents).await?;
    say(&format!("{} at work, {} waiting", command.agents, total - command.agents));
    let mut every = interval(Duration::from_millis(command.every_ms));
    for number in 0..command.freed {
        every.tick().await;
        floor.free(number % command.agents);
        floor.hear_what_came(&mut told);
    }
    floor.until(&mut told, "all offers", |floor| floor.latencies.len() == command.freed).await?;
    let mut latencies = std::mem::take(&mut floor.latencies);
    let mut figures = Figures::default();
    figures.add("waiting", command.waiting as f64, Bar::Above(0.0));
    figures.add("agents", command.agents as f64, Bar::Above(0.0));
    figures.add("freed", latencies.len() as f64, Bar::Above(0.0));
    figures.add("offer_p50_ms", millis(percentile(&mut latencies, 50.0)), Bar::None);
    figures.add("offer_p99_ms", millis(percentile(&mut latencies, 99.0)), Bar::AtMost(50.0));
    figures.print()
}

/// What agents' tasks tell.
enum Tale {
    /// They hold a conversation.
    AtWork,
    /// The next contact was offered, so long after they had ended the last.
    Offered(Duration),
}

/// The agents.
struct Floor {
    orders: Vec<mpsc::UnboundedSender<()>>,
    at_work: usize,
    latencies: Vec<Duration>,
    tasks: JoinSet<()>,
}

impl Floor {
    /// Signs everybody in.
    async fn fill(company: &Company, tell: &mpsc::UnboundedSender<Tale>) -> Result<Self, Error> {
        let mut floor = Self { orders: Vec::new(), at_work: 0, latencies: Vec::new(), tasks: JoinSet::new() };
        for (number, member) in company.agents.iter().enumerate() {
            let address = company.sites_from(member.home).remove(0).address;
            let browser = Browser::sign_in(&address, &member.token).await;
            let browser = browser.ok_or_else(|| Error::Answer(format!("agent {number} was not signed in")))?;
            let (order, orders) = mpsc::unbounded_channel();
            floor.orders.push(order);
            floor.tasks.spawn(work(browser, orders, tell.clone()));
            if number % 100 == 99 {
                say(&format!("  {} agents signed in", number + 1));
            }
        }
        Ok(floor)
    }

    fn free(&self, number: usize) {
        if let Some(order) = self.orders.get(number) {
            let _gone = order.send(());
        }
    }

    fn take(&mut self, tale: Tale) {
        match tale {
            Tale::AtWork => self.at_work += 1,
            Tale::Offered(after) => self.latencies.push(after),
        }
    }

    fn hear_what_came(&mut self, told: &mut mpsc::UnboundedReceiver<Tale>) {
        while let Ok(tale) = told.try_recv() {
            self.take(tale);
        }
    }

    async fn until(
        &mut self,
        told: &mut mpsc::UnboundedReceiver<Tale>,
        what: &str,
        reached: impl Fn(&Self) -> bool,
    ) -> Result<(), Error> {
        let waiting = async {
            while !reached(self) {
                let Some(tale) = told.recv().await else { return };
                self.take(tale);
            }
        };
        let in_time = timeout(PATIENCE, waiting).await.is_ok();
        let count = || format!("{} at work, {} offers", self.at_work, self.latencies.len());
        in_time.then_some(()).ok_or_else(|| Error::Stuck { what: what.to_owned(), count: count() })
    }
}

/// An agent: takes every offer, holds one conversation, ends it when told to.
async fn work(mut browser: Browser, mut orders: mpsc::UnboundedReceiver<()>, tell: mpsc::UnboundedSender<Tale>) {
    let ready = json!({"type": "availability", "ref": "ready", "availability": "ready", "reason": ""});
    browser.say(&ready).await;
    let (mut holds, mut freed_at, mut accepted) = (None::<String>, None::<Instant>, String::new());
    let mut ping = interval(Duration::from_secs(20));
    loop {
        tokio::select! {
            frame = browser.hear() => {
                let Some(frame) = frame else { return };
                // Everything else is not for this agent to read.
                if !frame.starts_with("{\"type\":\"agent\"") {
                    continue;
                }
                let Ok(frame) = serde_json::from_str::<Value>(&frame) else { return };
                let held = frame["holding"][0]["conversation"].as_str().map(str::to_owned);
                if holds.is_none() && held.is_some() {
                    let _over = tell.send(Tale::AtWork);
                }
                holds = held;
                let offer = &frame["offers"][0];
                let contact = offer["contact"].as_str().unwrap_or_default();
                if contact.is_empty() || contact == accepted {
                    continue;
                }
                if let Some(freed_at) = freed_at.take() {
                    let _over = tell.send(Tale::Offered(freed_at.elapsed()));
                }
                contact.clone_into(&mut accepted);
                let take = json!({"type": "accept", "ref": contact, "contact": contact, "round": offer["round"]});
                browser.say(&take).await;
            }
            order = orders.recv() => {
                if order.is_none() {
                    return;
                }
                if let Some(conversation) = &holds {
                    freed_at = Some(Instant::now());
                    let end = json!({"type": "close", "ref": conversation, "conversation": conversation});
                    browser.say(&end).await;
                }
            }
            _ = ping.tick() => {
                browser.say(&json!({"type": "ping"})).await;
            }
        }
    }
}

/// Customers who open so many conversations together, and then only listen.
async fn open(company: &Company, total: usize) -> Result<JoinSet<()>, Error> {
    let mut listening = JoinSet::new();
    let (opened, mut done) = mpsc::unbounded_channel();
    let share = Arc::new(total.div_ceil(CUSTOMERS));
    for number in 0..CUSTOMERS {
        let token = company.customer(number).await?;
        let address = company.sites_from(number).remove(0).address;
        let browser = Browser::sign_in(&address, &token).await;
        let mut browser = browser.ok_or_else(|| Error::Answer("a customer was not signed in".into()))?;
        let (share, opened) = (Arc::clone(&share), opened.clone());
        listening.spawn(async move {
            for _ in 0..*share {
                let conversation = Uuid::new_v4().to_string();
                let open = json!({"type": "open", "ref": conversation, "conversation": conversation, "queue": QUEUE});
                browser.say(&open).await;
                while let Some(frame) = browser.hear().await {
                    if frame.starts_with("{\"type\":\"done\"") || frame.starts_with("{\"type\":\"error\"") {
                        let _over = opened.send(frame);
                        break;
                    }
                }
            }
            while browser.hear().await.is_some() {}
        });
    }
    let needed = CUSTOMERS * *share;
    let all = async {
        for count in 0..needed {
            match done.recv().await {
                Some(frame) if frame.contains("\"error\"") => return Err(Error::Answer(frame)),
                Some(_) if count % 500 == 499 => say(&format!("  {} conversations opened", count + 1)),
                Some(_) => {}
                None => return Err(Error::Answer("the customers went away".into())),
            }
        }
        Ok(())
    };
    let late = |_| Error::Answer("the conversations were not opened in time".into());
    timeout(PATIENCE, all).await.map_err(late)??;
    Ok(listening)
}
