//! A talk: customers and agents over real sockets, on a thread of their own.

use std::{sync::Arc, time::Duration};

use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::{sync::oneshot, task::JoinSet, time::Instant};
use uuid::Uuid;

use super::{
    Error,
    agent::{Agent, Habits},
    company::{Company, Member, QUEUE},
    customer::{Customer, Pace},
    ledger::Diary,
    link::{Cue, Link, Stage},
    progress::{Count, Progress},
};

/// Longest wait for a step of a talk that should take moments.
const PATIENCE: Duration = Duration::from_secs(60);

/// What kind of talk.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Customers, each with a conversation, spread over the sites.
    pub customers: usize,
    /// How fast each writes.
    pub pace: Pace,
    /// Length of a text in bytes.
    pub text_bytes: usize,
    /// What the agents do.
    pub habits: Habits,
}

/// A talk that goes on.
pub struct Talk {
    cue: Cue,
    progress: Arc<Progress>,
    customers: u64,
    clients: u64,
    diaries: oneshot::Receiver<Vec<Diary>>,
}

impl Talk {
    /// Connects everybody, opens all conversations, and returns when an agent has taken each of them.
    ///
    /// # Errors
    /// When a customer gets no token, or not all conversations are taken within a minute.
    pub async fn start(company: &Company, plan: &Plan) -> Result<Self, Error> {
        let homes = stream::iter(0..plan.customers);
        let tokens = homes.map(|number| company.customer(number)).buffered(16);
        let tokens: Vec<String> = tokens.try_collect().await?;
        let (cue, progress) = (Cue::default(), Arc::new(Progress::default()));
        let cast =
            Cast { company: company.clone(), plan: *plan, tokens, cue: cue.clone(), progress: Arc::clone(&progress) };
        let (send, diaries) = oneshot::channel();
        let stage = std::thread::Builder::new().name("clients".to_owned());
        let play = move || {
            let _ = send.send(cast.play());
        };
        stage.spawn(play).map_err(Error::Thread)?;
        let talk = Self {
            cue,
            progress,
            customers: plan.customers as u64,
            clients: (plan.customers + company.agents.len()) as u64,
            diaries,
        };
        let customers = talk.customers;
        talk.reach("all conversations taken", |count| count.assigned >= customers).await?;
        Ok(talk)
    }

    /// Lets the customers write.
    pub fn write(&self) {
        self.cue.set(Stage::Write);
    }

    /// What had failed is being started again: gaps that begin from now on are told apart.
    pub fn starts_again(&self) {
        self.progress.starts_again();
    }

    /// How many customers talk.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// The counts now.
    pub fn count(&self) -> Count {
        self.progress.count()
    }

    /// Times from send to the agent's socket since the last call.
    pub fn take_latencies(&self) -> Vec<Duration> {
        self.progress.take_latencies()
    }

    /// Waits until the counts are as wanted.
    ///
    /// # Errors
    /// When they are not within a minute.
    pub async fn reach(&self, what: &str, reached: impl Fn(Count) -> bool) -> Result<(), Error> {
        let start = Instant::now();
        while !reached(self.count()) {
            if start.elapsed() > PATIENCE {
                return Err(Error::Stuck {
                    what: what.to_owned(),
                    count: format!("{:?} of {} customers", self.count(), self.customers),
                });
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Stops the writing; returns when everything that was written has an answer.
    ///
    /// # Errors
    /// When something has no answer within a minute.
    pub async fn drain(&self) -> Result<(), Error> {
        self.cue.set(Stage::Drain);
        let customers = self.customers;
        self.reach("everything answered", |count| count.drained >= customers).await
    }

    /// Closes the conversations, sends everybody home and returns their diaries. Who has not left within a minute is
    /// sent away, and the checks will say what they missed.
    ///
    /// # Errors
    /// When the clients' thread broke.
    pub async fn close(mut self) -> Result<Vec<Diary>, Error> {
        self.cue.set(Stage::Close);
        let clients = self.clients;
        if let Err(error) = self.reach("everybody gone", |count| count.gone >= clients).await {
            tracing::warn!(error = %error, "clients are sent away");
        }
        self.cue.set(Stage::Leave);
        (&mut self.diaries).await.map_err(|_| Error::Answer("the clients' thread broke".into()))
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.cue.set(Stage::Leave);
    }
}

struct Cast {
    company: Company,
    plan: Plan,
    tokens: Vec<String>,
    cue: Cue,
    progress: Arc<Progress>,
}

impl Cast {
    fn play(self) -> Vec<Diary> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else {
            return Vec::new();
        };
        runtime.block_on(async {
            let mut clients = JoinSet::new();
            for member in self.company.agents.clone() {
                clients.spawn(self.agent(member));
            }
            for (number, token) in self.tokens.iter().enumerate() {
                clients.spawn(self.customer(number, token.clone()));
            }
            clients.join_all().await
        })
    }

    fn agent(&self, member: Member) -> impl Future<Output = Diary> + use<> {
        let sites = self.company.sites_from(member.home);
        let mut agent = Agent::new(self.plan.habits, self.cue.clone(), Arc::clone(&self.progress));
        let mut link = Link::new(sites, member.token, self.cue.clone());
        let progress = Arc::clone(&self.progress);
        async move {
            link.run(&mut agent).await;
            progress.gone();
            let mut diary = agent.diary();
            diary.reconnects = link.reconnects;
            diary
        }
    }

    fn customer(&self, home: usize, token: String) -> impl Future<Output = Diary> + use<> {
        let sites = self.company.sites_from(home);
        let (cue, progress) = (self.cue.clone(), Arc::clone(&self.progress));
        let name = sites[0].name.clone();
        let plan = &self.plan;
        let mut customer =
            Customer::new(Uuid::new_v4(), QUEUE, plan.pace, plan.text_bytes, cue.clone(), Arc::clone(&progress));
        let mut link = Link::new(sites, token, cue);
        async move {
            link.run(&mut customer).await;
            progress.gone();
            let mut diary = customer.diary();
            diary.home = name;
            diary.reconnects = link.reconnects;
            diary
        }
    }
}
