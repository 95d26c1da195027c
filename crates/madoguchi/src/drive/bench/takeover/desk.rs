//! An agent at a desk: ready, takes every call, joins it, and joins it again when its gateway died.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use rand::Rng as _;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, interval, sleep, sleep_until, timeout},
};
use tokio_util::sync::DropGuard;

use super::{
    headset::Offered,
    tone::{self, Ear},
};
use crate::drive::{
    Error,
    bench::browser::Browser,
    company::{Company, Member, text},
    http::Door,
    link::Site,
};

/// How long a site may take to let somebody in.
const CONNECT: Duration = Duration::from_secs(3);
/// A connection that was alive: each waits a part of this before it knocks at the next site, as the desk does.
const SPREAD_MS: u64 = 600;
/// Pause before a refused join is tried again, and before a round of dead sites.
const AGAIN: Duration = Duration::from_millis(200);
/// Silence after which a socket is given up: 2.5 heartbeats.
const SILENCE: Duration = Duration::from_millis(2_500);

/// Agents at work.
pub(super) struct Desks {
    /// What each hears, by account.
    pub(super) ears: BTreeMap<String, Arc<Ear>>,
    _tasks: JoinSet<()>,
}

impl Desks {
    /// Everybody sits down.
    pub(super) fn open(company: &Company) -> Self {
        let (mut ears, mut tasks) = (BTreeMap::new(), JoinSet::new());
        for member in &company.agents {
            let ear = Arc::new(Ear::new(tone::CALLER));
            ears.insert(member.id.clone(), Arc::clone(&ear));
            let (joined, joins) = mpsc::unbounded_channel();
            let sites = company.sites_from(member.home);
            let desk =
                Desk { member: member.clone(), ear, joined, calls: BTreeMap::new(), trying: None, headset: None };
            tasks.spawn(desk.work(sites, joins));
        }
        Self { ears, _tasks: tasks }
    }
}

/// A call, and how often it had moved.
type Place = (String, u64);
type Joined = (Place, Result<DropGuard, Error>);

struct Desk {
    member: Member,
    ear: Arc<Ear>,
    joined: mpsc::UnboundedSender<Joined>,
    /// The last that was told of each call that is not over.
    calls: BTreeMap<String, Value>,
    trying: Option<Place>,
    headset: Option<(String, DropGuard)>,
}

impl Desk {
    async fn work(mut self, sites: Vec<Site>, mut joins: mpsc::UnboundedReceiver<Joined>) {
        for site in sites.iter().cycle() {
            let door = Door { address: site.address.clone(), token: Some(self.member.token.clone()) };
            let browser = timeout(CONNECT, Browser::sign_in(&site.address, &self.member.token)).await;
            let Some(browser) = browser.ok().flatten() else {
                sleep(AGAIN).await;
                continue;
            };
            self.serve(browser, &door, &mut joins).await;
            let pause = rand::rng().random_range(0..=SPREAD_MS);
            sleep(Duration::from_millis(pause)).await;
        }
    }

    /// Until the socket is over.
    async fn serve(&mut self, mut browser: Browser, door: &Door, joins: &mut mpsc::UnboundedReceiver<Joined>) {
        let mut ping = interval(Duration::from_secs(10));
        let (mut heard, mut again) = (Instant::now(), None::<Instant>);
        self.calls.clear();
        self.trying = None;
        loop {
            tokio::select! {
                frame = browser.hear() => {
                    let Some(frame) = frame else { return };
                    heard = Instant::now();
                    let Ok(frame) = serde_json::from_str::<Value>(&frame) else { return };
                    match frame["type"].as_str() {
                        Some("agent") => self.on_agent(&frame, &mut browser).await,
                        Some("call") => self.on_call(&frame["call"], door),
                        Some("move") => return,
                        Some(_) | None => {}
                    }
                }
                Some((place, joined)) = joins.recv() => match joined {
                    Ok(headset) => self.headset = Some((place.0, headset)),
                    Err(error) => {
                        tracing::debug!(%error, "a call could not be joined");
                        if self.trying == Some(place) {
                            again = Some(Instant::now() + AGAIN);
                        }
                    }
                },
                () = sleep_until(again.unwrap_or_else(Instant::now)), if again.is_some() => {
                    (again, self.trying) = (None, None);
                    for call in self.calls.clone().values() {
                        self.on_call(call, door);
                    }
                }
                () = sleep_until(heard + SILENCE) => return,
                _ = ping.tick() => drop(browser.say(&json!({"type": "ping"})).await),
            }
        }
    }

    /// Takes what is offered, and stays ready.
    async fn on_agent(&self, frame: &Value, browser: &mut Browser) {
        for offer in frame["offers"].as_array().into_iter().flatten() {
            let (contact, round) = (&offer["contact"], &offer["round"]);
            let reference = format!("{}{round}", contact.as_str().unwrap_or_default());
            let accept = json!({"type": "accept", "ref": reference, "contact": contact, "round": round});
            browser.say(&accept).await;
        }
        if frame["availability"] != "ready" {
            let ready = json!({"type": "availability", "ref": "ready", "availability": "ready", "reason": ""});
            browser.say(&ready).await;
        }
    }

    /// Joins a call of its own in which it is not, or no more.
    fn on_call(&mut self, call: &Value, door: &Door) {
        let Some(id) = call["call"].as_str().map(str::to_owned) else { return };
        if call["phase"] == "ended" {
            self.calls.remove(&id);
            if self.headset.as_ref().is_some_and(|(joined, _)| *joined == id) {
                self.headset = None;
                self.ear.clear();
            }
            return;
        }
        let mine = call["agent"] == *self.member.id && (call["phase"] == "connecting" || call["phase"] == "talking");
        let mut legs = call["legs"].as_array().into_iter().flatten();
        let leg = legs.find(|leg| leg["id"] == *self.member.id && leg["state"] != "ended");
        let place = (id.clone(), call["moved"].as_u64().unwrap_or_default());
        self.calls.insert(id, call.clone());
        match leg {
            _ if !mine => {}
            Some(leg) if leg["state"] == "connected" => self.trying = None,
            Some(leg) if leg["state"] != "lost" => {}
            Some(_) | None if self.trying.as_ref() == Some(&place) => {}
            Some(_) | None => {
                self.trying = Some(place.clone());
                let (door, ear, joined) = (door.clone(), Arc::clone(&self.ear), self.joined.clone());
                tokio::spawn(async move {
                    let headset = join(&door, &place.0, ear).await;
                    let _over = joined.send((place, headset));
                });
            }
        }
    }
}

async fn join(door: &Door, call: &str, ear: Arc<Ear>) -> Result<DropGuard, Error> {
    let offered = Offered::make().await?;
    let answer = door.post(&format!("/api/v1/calls/{call}/join"), &json!({"sdp": offered.sdp})).await?;
    offered.answered(&text(&answer, "sdp")?, ear)
}
