//! A center with a queue of calls, its agents, and the callers' carrier.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    carrier::{Carrier, Line},
    desk::Desks,
    say,
    tone::Ear,
};
use crate::{
    drive::{
        Error,
        company::{Company, sign_in, sites},
        http::{self, Door},
        link::Site,
    },
    operator::account::{self, Role},
    up::{Center, Options},
};

/// Where calls without a flow wait.
const QUEUE: &str = "phone";
/// Longest time for whatever should happen soon.
pub(super) const PATIENCE: Duration = Duration::from_secs(120);
/// How often it is looked whether it did.
const GLANCE: Duration = Duration::from_millis(50);

/// See the module.
pub(super) struct Hall {
    pub(super) center: Center,
    pub(super) carrier: Carrier,
    desks: Desks,
    sites: Vec<Site>,
    /// Good at every site.
    token: Option<String>,
    folder: PathBuf,
}

/// A call that is talking.
pub(super) struct Talk {
    pub(super) line: Arc<Line>,
    pub(super) agent: Arc<Ear>,
    /// As the center told it before the kill.
    pub(super) call: Value,
}

impl Talk {
    /// The call's id.
    pub(super) fn id(&self) -> &str {
        self.call["call"].as_str().unwrap_or_default()
    }

    /// Both hear each other after this moment.
    pub(super) fn heard_after(&self, since: Instant) -> bool {
        self.line.ear.heard_after(since) && self.agent.heard_after(since)
    }

    /// From now on gaps are measured.
    pub(super) fn measure(&self) {
        self.line.ear.measure();
        self.agent.measure();
    }

    /// The longer of both sides' gaps.
    pub(super) fn gap(&self) -> Duration {
        self.line.ear.gap().max(self.agent.gap()).unwrap_or(Duration::MAX)
    }

    /// Whether it is still the same call, of the same agent.
    pub(super) fn is(&self, call: &Value) -> bool {
        ["call", "conversation", "agent"].into_iter().all(|field| self.call[field] == call[field])
    }
}

impl Hall {
    /// Starts a center without the practice company, so that calls go straight to the queue, and seats the agents.
    pub(super) async fn open(agents: usize) -> Result<Self, Error> {
        let mut options = Options::new(format!(".madoguchi/takeover-{}", std::process::id()));
        options.practice = false;
        let folder = options.data.clone();
        say(&format!("starting a center in {}", folder.display()));
        let center = Center::start(options).await?;
        let sites = sites(&center)?;
        let supervisor = first_supervisor(&center, &sites).await?;
        let queue = json!({"name": "電話", "channel": "voice", "priority": 5, "offer_timeout_ms": 20_000});
        until("the floor takes a queue", async || {
            Ok(supervisor.put(&format!("/api/v1/queues/{QUEUE}"), &queue).await.ok())
        })
        .await?;
        say(&format!("making {agents} agents"));
        let mut company = Company::prepare(&center, agents.max(2) + 1, 1).await?;
        for (number, member) in company.agents.iter().enumerate() {
            // The last one calls back and is never there, so that calls back can be counted while they wait.
            let channel = if number + 1 < company.agents.len() { "voice" } else { "callback" };
            let rules = json!({"name": "Drill", "capacities": [{"channel": channel, "limit": 1, "weight": 50}]});
            supervisor.put(&format!("/api/v1/agents/{}", member.id), &rules).await?;
        }
        company.agents.pop();
        let hall = Self {
            center,
            carrier: Carrier::start().await?,
            desks: Desks::open(&company),
            sites,
            token: supervisor.token,
            folder,
        };
        hall.all_free("every agent is ready").await?;
        Ok(hall)
    }

    /// Stops the center and, when all went well, removes its folder.
    pub(super) async fn end(self, well: bool) -> Result<(), Error> {
        self.center.shutdown().await?;
        if well {
            let _ = tokio::fs::remove_dir_all(&self.folder).await;
        } else {
            say(&format!("logs are in {}", self.folder.display()));
        }
        Ok(())
    }

    /// The site whose turn it is, and another one's door.
    pub(super) fn turn(&self, number: usize) -> (String, Door) {
        let site = |at: usize| &self.sites[at % self.sites.len()];
        let door = Door { address: site(number + 1).address.clone(), token: self.token.clone() };
        (site(number).name.clone(), door)
    }

    /// Where a site takes calls.
    pub(super) fn sip(&self, site: &str) -> Result<SocketAddr, Error> {
        Ok(self.center.sip_address(site)?)
    }

    /// Calls that are talking, once both sides of each hear each other.
    pub(super) async fn talking(&self, lines: &[Arc<Line>], door: &Door) -> Result<Vec<Talk>, Error> {
        until(&format!("{} calls talk", lines.len()), async || {
            if let Some(line) = lines.iter().find(|line| line.is_over()) {
                return Err(Error::Answer(format!("the call of {} ended before it was talking", line.number)));
            }
            let calls = self.live(door).await?;
            let talks: Vec<Talk> = lines.iter().filter_map(|line| self.talk_of(line, &calls)).collect();
            let recently = Instant::now().checked_sub(Duration::from_millis(500));
            let all = talks.iter().filter(|talk| recently.is_some_and(|since| talk.heard_after(since))).count();
            Ok((all == lines.len()).then_some(talks))
        })
        .await
    }

    fn talk_of(&self, line: &Arc<Line>, calls: &[Value]) -> Option<Talk> {
        let call = calls.iter().find(|call| call["number"] == *line.number && call["phase"] == "talking")?;
        let agent = self.desks.ears.get(call["agent"].as_str()?)?;
        Some(Talk { line: Arc::clone(line), agent: Arc::clone(agent), call: call.clone() })
    }

    /// Calls that have not ended, as a site sees them.
    pub(super) async fn live(&self, door: &Door) -> Result<Vec<Value>, Error> {
        let answer = door.get("/api/v1/calls?live=1&limit=1000").await?;
        Ok(answer["calls"].as_array().cloned().unwrap_or_default())
    }

    /// Everybody is ready and holds nothing, at every site's view.
    pub(super) async fn all_free(&self, what: &str) -> Result<(), Error> {
        until(what, async || Ok((self.left_over().await? == (0, 0)).then_some(()))).await
    }

    /// Agents who hold something or are not ready, and calls that live: the most that any site that answers says.
    pub(super) async fn left_over(&self) -> Result<(usize, usize), Error> {
        let (mut agents, mut calls) = (0, 0);
        for site in &self.sites {
            let door = Door { address: site.address.clone(), token: self.token.clone() };
            let floor = door.get("/api/v1/floor").await?;
            let idle = |agent: &&Value| {
                let empty = |field: &str| agent[field].as_array().is_some_and(Vec::is_empty);
                agent["availability"] == "ready" && empty("holding") && empty("offers")
            };
            let ours = floor["agents"].as_array().into_iter().flatten();
            let idle = ours
                .filter(|agent| self.desks.ears.contains_key(agent["id"].as_str().unwrap_or_default()))
                .filter(idle);
            agents = agents.max(self.desks.ears.len().saturating_sub(idle.count()));
            calls = calls.max(match self.live(&door).await {
                Ok(live) => live.len(),
                // Its gateway has just started and is reading up.
                Err(Error::Door(http::Error::Refused { status: 503, .. })) => 1,
                Err(error) => return Err(error),
            });
        }
        Ok((agents, calls))
    }
}

/// The account that makes all others, known at the first site.
async fn first_supervisor(center: &Center, sites: &[Site]) -> Result<Door, Error> {
    let account = center.account("supervisor");
    let (login, password) = account.ok_or_else(|| Error::Answer("a center has a supervisor's login".into()))?;
    let config = center.data().join(&sites[0].name).join("services.toml");
    let made = account::set(&config, &login, "Supervisor", Role::Supervisor, &password).await;
    made.map_err(|error| Error::Answer(format!("making the first supervisor: {error}")))?;
    until("the supervisor is known", async || Ok(sign_in(&sites[0], &login, &password).await.ok())).await
}

/// Asks again until there is an answer.
pub(super) async fn until<T>(what: &str, ask: impl AsyncFn() -> Result<Option<T>, Error>) -> Result<T, Error> {
    let start = Instant::now();
    loop {
        if let Some(found) = ask().await? {
            return Ok(found);
        }
        if start.elapsed() > PATIENCE {
            return Err(Error::Answer(format!("waited two minutes: {what}")));
        }
        sleep(GLANCE).await;
    }
}

/// Milliseconds since the Unix epoch.
pub(super) fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |passed| passed.as_millis() as i64)
}
