//! The clock, the agenda, and who hears what.

use std::collections::BTreeMap;

use ::chat::conversation::Event as TalkEvent;
use ::routing::floor::{AgentProfile, Availability, Command as FloorCommand, Floor, Queue, Rules, chats, step};
use rand::{Rng as _, SeedableRng as _, rngs::StdRng};

use crate::{
    Millis, SITES, SiteId,
    faults::{Fault, schedule},
    floor::{self, FloorUnit, SUBJECT},
    invariants::{self as must, Broken},
    journal::Stream,
    people::Person,
    site::{Out, Site},
    wire::{ConversationId, Message, Place},
};

/// Faults and new work end here.
const QUIET_FROM: Millis = 60_000;
/// By then everything must be in order.
const END: Millis = 260_000;
const AGENTS: usize = 4;
const CUSTOMERS: usize = 7;
/// Ticks of everybody.
const STEP: Millis = 50;

/// What a run was like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Messages promised.
    pub acked: usize,
    /// Offers taken.
    pub taken: usize,
    /// Units of the chat stream.
    pub talk_units: usize,
    /// Hand-overs of the floor.
    pub claims: usize,
    /// Appends refused because somebody else wrote.
    pub conflicts: usize,
    /// Faults.
    pub faults: usize,
}

enum Event {
    Tick,
    Deliver(Place, Message),
    TalkAppend(SiteId, u64, crate::chat::Append),
    TalkAppended(SiteId, u64, ConversationId, String, Result<u64, u64>),
    FloorAppend(SiteId, u64, floor::Append),
    FloorAppended(SiteId, u64, String, Result<u64, u64>),
    Load(SiteId, u64, ConversationId, u64),
    Follow(SiteId),
    Fault(Fault),
}

struct World {
    now: Millis,
    agenda: BTreeMap<(Millis, u64), Event>,
    entries: u64,
    random: StdRng,
    talks: Stream<Vec<TalkEvent>>,
    floors: Stream<FloorUnit>,
    sites: Vec<Option<Site>>,
    starts: Vec<u64>,
    cut: Vec<bool>,
    frozen: Vec<bool>,
    skew: Vec<i64>,
    witness: bool,
    election_until: Millis,
    people: Vec<Person>,
    report: Report,
}

/// Runs one seed.
///
/// # Errors
/// What does not hold.
pub fn simulate(seed: u64) -> Result<Report, Broken> {
    let mut world = World::new(seed);
    world.run()?;
    world.check_end()?;
    Ok(world.report)
}

impl World {
    fn new(seed: u64) -> Self {
        let mut random = StdRng::seed_from_u64(seed);
        let faults = schedule(&mut random, QUIET_FROM);
        let agents = (0..AGENTS).map(Person::agent);
        let customers = (0..CUSTOMERS).map(|number| Person::customer(AGENTS + number, number as u64 + 1));
        let mut world = Self {
            now: 0,
            agenda: BTreeMap::new(),
            entries: 0,
            talks: Stream::default(),
            floors: Stream::default(),
            sites: (0..SITES).map(|site| Some(Site::new(site, 0))).collect(),
            starts: vec![0; SITES],
            cut: vec![false; SITES],
            frozen: vec![false; SITES],
            skew: (0..SITES).map(|_| random.random_range(0..4_000)).collect(),
            witness: true,
            election_until: 0,
            people: agents.chain(customers).collect(),
            report: Report { faults: faults.len(), ..Report::default() },
            random,
        };
        world.practice_company();
        for (at, fault) in faults {
            world.plan_at(at, Event::Fault(fault));
        }
        world.plan_at(0, Event::Tick);
        (0..SITES).for_each(|site| world.plan_at(1, Event::Follow(site)));
        world
    }

    /// The floor's first unit: a queue and the agents, as an owner before this run left them.
    fn practice_company(&mut self) {
        let queue =
            FloorCommand::DefineQueue(Queue { id: "support".into(), offer_timeout_ms: 3_000, ..Queue::default() });
        let agents = self.people[..AGENTS].iter().map(Person::agent_id);
        let profiles =
            agents.map(|id| AgentProfile { name: id.clone(), id, capacities: chats(3), ..AgentProfile::default() });
        let mut floor = Floor::new(Rules::default());
        let mut events = Vec::new();
        for command in [queue].into_iter().chain(profiles.map(FloorCommand::DefineAgent)) {
            events.extend(step(&mut floor, &command, 1).unwrap_or_default());
        }
        let claim = Some(("before.routing.0".to_owned(), 1));
        let unit = FloorUnit { claim, epoch: 1, events };
        let _ = self.floors.append(0, SUBJECT, "before", 0, unit);
    }

    fn run(&mut self) -> Result<(), Broken> {
        while let Some(((at, _), event)) = self.agenda.pop_first() {
            if at > END {
                return Ok(());
            }
            self.now = at;
            self.happen(event);
            if at % 500 == 0 {
                self.check_floors()?;
            }
        }
        Ok(())
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Tick => self.tick(),
            Event::Deliver(place, message) => self.deliver(place, message),
            Event::TalkAppend(site, start, append) => self.talk_append(site, start, append),
            Event::FloorAppend(site, start, append) => self.floor_append(site, start, append),
            Event::TalkAppended(site, start, conversation, id, result) => {
                self.at_site(site, start, |site, now| site.chat_appended(conversation, &id, result, now));
            }
            Event::FloorAppended(site, start, id, result) => {
                self.at_site(site, start, |site, now| site.floor_appended(&id, result, now));
            }
            Event::Load(site, start, conversation, after) => {
                if self.reaches_journal(site) {
                    let entries: Vec<_> = self.talks.replay(conversation, after).cloned().collect();
                    self.at_site(site, start, |site, now| site.loaded(conversation, &entries, now));
                }
            }
            Event::Follow(site) => self.follow(site),
            Event::Fault(fault) => self.fault(fault),
        }
    }

    fn tick(&mut self) {
        let quiet = self.now >= QUIET_FROM;
        for id in 0..self.people.len() {
            let sent = self.people[id].tick(self.now, quiet, &mut self.random);
            self.send_from_person(sent);
        }
        for site in 0..SITES {
            let moving = self.reaches_journal(site);
            if !self.frozen[site] {
                let start = self.starts[site];
                self.at_site(site, start, |site, now| site.tick(now, moving));
            }
        }
        self.plan(STEP, Event::Tick);
    }

    fn follow(&mut self, site: SiteId) {
        if self.reaches_journal(site) && !self.frozen[site] {
            let position = self.sites[site].as_ref().map(|site| site.positions);
            if let Some((talk, floor)) = position {
                let talks = self.talks.after(talk).to_vec();
                let floors = self.floors.after(floor).to_vec();
                let start = self.starts[site];
                self.at_site(site, start, |site, now| {
                    let mut out = site.follow_chat(&talks);
                    out.extend(site.follow_floor(&floors, now));
                    out
                });
            }
        }
        let pause = self.random.random_range(2..40);
        self.plan(pause, Event::Follow(site));
    }

    fn deliver(&mut self, place: Place, message: Message) {
        match place {
            Place::Person(person) => {
                let quiet = self.now >= QUIET_FROM;
                let sent = self.people[person].receive(message, self.now, &mut self.random, quiet);
                self.send_from_person(sent);
            }
            // What reaches a frozen process waits in its sockets.
            Place::Site(site) if self.frozen[site] => self.plan(STEP, Event::Deliver(place, message)),
            Place::Site(site) => {
                let start = self.starts[site];
                self.at_site(site, start, |site, now| site.receive(message, now));
            }
        }
    }

    fn talk_append(&mut self, site: SiteId, start: u64, append: crate::chat::Append) {
        if !self.reaches_journal(site) {
            return;
        }
        let result = self.talks.append(self.now, append.conversation, &append.id, append.expect, append.events);
        self.report.conflicts += usize::from(result.is_err());
        if !self.random.random_bool(0.03) {
            let event = Event::TalkAppended(site, start, append.conversation, append.id, result);
            self.plan_soon(event);
        }
    }

    fn floor_append(&mut self, site: SiteId, start: u64, append: floor::Append) {
        if !self.reaches_journal(site) {
            return;
        }
        let result = self.floors.append(self.now, SUBJECT, &append.id, append.expect, append.unit);
        self.report.conflicts += usize::from(result.is_err());
        if !self.random.random_bool(0.03) {
            self.plan_soon(Event::FloorAppended(site, start, append.id, result));
        }
    }

    /// Lets a site do something, unless it was restarted since, and carries out what it wants. A frozen one does it later.
    fn at_site(&mut self, id: SiteId, start: u64, act: impl FnOnce(&mut Site, Millis) -> Vec<Out>) {
        if self.starts[id] != start {
            return;
        }
        let clock = self.clock(id);
        let now = self.now;
        let Some(site) = self.sites[id].as_mut() else {
            return;
        };
        site.set_clock(clock);
        for out in act(site, now) {
            match out {
                Out::Send(to, message) => self.send(Place::Site(id), to, message),
                Out::Chat(append) => {
                    if self.random.random_bool(0.02) {
                        self.plan_soon(Event::TalkAppend(id, start, append.clone()));
                    }
                    self.plan_soon(Event::TalkAppend(id, start, append));
                }
                Out::Floor(append) => {
                    if self.random.random_bool(0.02) {
                        self.plan_soon(Event::FloorAppend(id, start, append.clone()));
                    }
                    self.plan_soon(Event::FloorAppend(id, start, append));
                }
                Out::Load(conversation, after) => self.plan_soon(Event::Load(id, start, conversation, after)),
            }
        }
    }

    fn send_from_person(&mut self, sent: Vec<(SiteId, Message)>) {
        for (site, message) in sent {
            self.send(Place::Site(site), Place::Site(site), message);
        }
    }

    /// Lost, late, or twice. Between sites also not at all.
    fn send(&mut self, from: Place, to: Place, message: Message) {
        let between_sites = matches!((from, to), (Place::Site(one), Place::Site(other)) if one != other);
        if between_sites && self.cut.contains(&true) {
            return;
        }
        if self.random.random_bool(0.02) {
            return;
        }
        if self.random.random_bool(0.01) {
            // Twice, and the second time perhaps long after everybody has forgotten it.
            let delay = self.random.random_range(1..15_000);
            self.plan(delay, Event::Deliver(to, message.clone()));
        }
        self.plan_soon(Event::Deliver(to, message));
    }

    fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::Kill(site) => {
                self.sites[site] = None;
                self.starts[site] += 1;
            }
            Fault::Start(site) => {
                if self.sites[site].is_none() {
                    self.starts[site] += 1;
                    self.sites[site] = Some(Site::new(site, self.starts[site]));
                }
            }
            Fault::Cut(site) => self.cut[site] = true,
            Fault::Join(site) => self.cut[site] = false,
            Fault::Freeze(site) => self.frozen[site] = true,
            Fault::Thaw(site) => self.frozen[site] = false,
            Fault::LoseWitness => {
                self.witness = false;
                self.election_until = self.now + self.random.random_range(4_000..9_000);
            }
            Fault::RegainWitness => self.witness = true,
            Fault::Jump(site, by) => self.skew[site] += by,
        }
    }

    fn reaches_journal(&self, site: SiteId) -> bool {
        let there = |site: SiteId| self.sites[site].is_some() && !self.cut[site];
        let servers = (0..SITES).filter(|site| there(*site)).count() + usize::from(self.witness);
        there(site) && servers >= 2 && self.now >= self.election_until
    }

    fn clock(&self, site: SiteId) -> Millis {
        (1_000_000 + self.now).saturating_add_signed(self.skew[site])
    }

    fn plan_soon(&mut self, event: Event) {
        let slow = self.random.random_bool(0.02);
        let delay = if slow { self.random.random_range(100..1_500) } else { self.random.random_range(1..20) };
        self.plan(delay, event);
    }

    fn plan(&mut self, delay: Millis, event: Event) {
        self.plan_at(self.now + delay, event);
    }

    fn plan_at(&mut self, at: Millis, event: Event) {
        self.entries += 1;
        self.agenda.insert((at, self.entries), event);
    }

    fn check_floors(&self) -> Result<(), Broken> {
        let mut floors = self.sites.iter().flatten().map(|site| site.floor().floor());
        floors.try_for_each(must::floor_is_sound)
    }

    fn check_end(&mut self) -> Result<(), Broken> {
        let mut talks: BTreeMap<ConversationId, Vec<TalkEvent>> = BTreeMap::new();
        for entry in self.talks.after(0) {
            talks.entry(entry.subject).or_default().extend(entry.unit.iter().cloned());
        }
        must::contiguous(&talks)?;
        for person in &self.people {
            must::acked_is_stored(&person.diary.acks, &talks)?;
            must::seen_is_stored(&person.diary, &talks)?;
        }
        let units = self.floors.after(0);
        must::one_owner(units)?;
        must::one_taker(units)?;
        must::enqueued_once(units)?;
        must::taken_is_stored(self.people.iter().map(|person| (person.agent_id().to_string(), &person.diary)), units)?;
        self.check_sites(&talks)?;
        self.report.acked = self.people.iter().map(|person| person.diary.acks.len()).sum();
        self.report.taken = self.people.iter().map(|person| person.diary.taken.len()).sum();
        self.report.talk_units = self.talks.after(0).len();
        self.report.claims = units.iter().filter(|entry| entry.unit.claim.is_some()).count();
        Ok(())
    }

    fn check_sites(&self, talks: &BTreeMap<ConversationId, Vec<TalkEvent>>) -> Result<(), Broken> {
        let sites: Vec<&Site> = self.sites.iter().flatten().collect();
        let [one, other] = sites.as_slice() else {
            return Err(Broken("a site did not come back".to_owned()));
        };
        must::same_floor(one.floor().floor(), other.floor().floor())?;
        let ready = |floor: &Floor| floor.agents().all(|agent| agent.availability == Availability::Ready);
        if !ready(one.floor().floor()) {
            return Err(Broken("an agent did not come back".to_owned()));
        }
        for conversation in talks.keys() {
            let states = [one, other].map(|site| site.chat().conversation(*conversation));
            let [Some(state), Some(same)] = states else {
                return Err(Broken(format!("a site does not know conversation {conversation}")));
            };
            if state != same {
                return Err(Broken(format!("the sites' conversations {conversation} differ")));
            }
            must::served(*conversation, state, one.floor().floor())?;
        }
        if let Some(person) = self.people.iter().position(|person| !person.seen_everything(talks)) {
            return Err(Broken(format!("person {person} did not see everything that they watch")));
        }
        Ok(())
    }
}
