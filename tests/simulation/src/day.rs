//! A contact center's day on the real floor: agents with shifts, queues with rules, arrivals with a morning peak, customers
//! who lose patience. After every step the invariants are checked; the expected wait told at arrival is compared with what came.

use std::collections::BTreeMap;

use ::routing::floor::{
    AgentProfile, Answer, Availability, Channel, Command, ContactEnd, Enqueue, Event, Floor, Id, Overflow, Preference,
    Queue, Rules, Stage, What, audit, audit_agents, audit_offer, chats, next_deadline, step,
};

use crate::Millis;

const MINUTE: Millis = 60_000;
const HOUR: Millis = 60 * MINUTE;
/// Arrivals of each hour from opening, in thousandths of the day's mean hour: a morning peak, lunch, a second peak, a quiet evening.
const SHAPE: [u64; 10] = [1_050, 1_420, 1_280, 920, 880, 1_120, 1_180, 960, 720, 470];
/// Waits shorter than this say nothing of an estimate.
const TELLING: Millis = 30_000;

/// How large a day is.
#[derive(Debug, Clone, Copy)]
pub struct Size {
    /// Agents, in three shifts.
    pub agents: u64,
    /// Queues.
    pub queues: u64,
    /// Hours, at most 10.
    pub hours: u64,
    /// Contacts in an hour, on the mean.
    pub contacts_per_hour: u64,
    /// What the dice begin with.
    pub seed: u64,
}

/// What a day showed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Figures {
    /// Contacts that came.
    pub contacts: u64,
    /// Of them served.
    pub served: u64,
    /// Of them left before.
    pub left: u64,
    /// Times that an invariant did not hold.
    pub violations: u64,
    /// Mean absolute error of the expected wait told at arrival, in parts of the wait, of those who waited 30 s or more.
    pub expected_wait_mape: f64,
    /// Those.
    pub estimates: u64,
}

enum Doing {
    Arrive,
    Turn(u64, Availability),
    Answer(Answer),
    Finish(Id),
    Leave(Id),
}

struct Day<'t> {
    size: Size,
    floor: Floor,
    now: Millis,
    random: u64,
    agenda: BTreeMap<(Millis, u64), Doing>,
    planned: u64,
    /// Of who waits: since when, and what was told.
    told: BTreeMap<Id, (Millis, Millis)>,
    ended: u64,
    errors: f64,
    figures: Figures,
    tell: &'t mut dyn FnMut(&str),
}

/// Plays a day; `tell` hears of each hour and of each violation.
pub fn play(size: Size, tell: &mut dyn FnMut(&str)) -> Figures {
    let floor = Floor::new(Rules { escalate_after_ms: 10 * MINUTE, ..Rules::default() });
    let mut day = Day {
        size,
        floor,
        now: 1_000 * HOUR,
        random: 0x9E37_79B9_7F4A_7C15 ^ size.seed,
        agenda: BTreeMap::new(),
        planned: 0,
        told: BTreeMap::new(),
        ended: 0,
        errors: 0.0,
        figures: Figures::default(),
        tell,
    };
    day.open();
    day.run();
    day.figures.expected_wait_mape = day.errors / day.figures.estimates.max(1) as f64;
    day.figures
}

impl Day<'_> {
    /// Every other queue prefers a language for a while; every fourth overflows into the next of its channel.
    fn open(&mut self) {
        for number in (0..self.size.queues).rev() {
            let preference = Preference { level: 2, relax_after_ms: 40_000 };
            let preferred = (number.is_multiple_of(2)).then(|| (skill("lang", number % 3), preference));
            let next = number + 5;
            let overflow = (number.is_multiple_of(4) && next < self.size.queues).then(|| Overflow {
                after_ms: Some(4 * MINUTE),
                longer_than: Some(40),
                expected_over_ms: None,
                to_queue: skill("queue", next),
            });
            self.ask(Command::DefineQueue(Queue {
                id: skill("queue", number),
                channel: channel(number),
                skills: [(skill("topic", number % (self.size.queues / 2).max(1)), 1)].into_iter().collect(),
                preferred: preferred.into_iter().collect(),
                priority: u32::from(number.is_multiple_of(7)),
                overflow: overflow.into_iter().collect(),
                after_work_ms: if number.is_multiple_of(3) { 20_000 } else { 0 },
                ..Queue::default()
            }));
        }
        let (start, hours) = (self.now, self.size.hours);
        for number in 0..self.size.agents {
            self.ask(Command::DefineAgent(self.profile(number)));
            let late = [0, 0, hours / 3][(number % 3) as usize] * HOUR;
            let early = [hours, hours * 2 / 3, hours][(number % 3) as usize] * HOUR;
            self.plan(start + late + number * 50, Doing::Turn(number, Availability::Ready));
            let pause = start + late + (early - late) / 2 + number * 9_000 % HOUR;
            self.plan(pause, Doing::Turn(number, Availability::Away));
            self.plan(pause + 15 * MINUTE, Doing::Turn(number, Availability::Ready));
            self.plan(start + early, Doing::Turn(number, Availability::Offline));
        }
        self.plan(start + 1_000, Doing::Arrive);
    }

    fn profile(&self, number: u64) -> AgentProfile {
        let topics = (self.size.queues / 2).max(1);
        let known = (0..topics).filter(|topic| (topic + number).is_multiple_of(4) || *topic == number % topics);
        let mut skills: BTreeMap<Id, u32> = known.map(|topic| (skill("topic", topic), 3)).collect();
        skills.insert(skill("lang", number % 3), 3);
        let mut capacities = chats(2);
        for (channel, weight) in [(Channel::Chat, 50), (Channel::Voice, 100), (Channel::Mail, 25)] {
            let capacity = &mut capacities[channel.index()];
            (capacity.limit, capacity.weight) = (capacity.limit.max(1), weight);
        }
        let id = skill("agent", number);
        AgentProfile { name: id.clone(), id, skills, capacities, ..AgentProfile::default() }
    }

    fn run(&mut self) {
        let end = self.now + self.size.hours * HOUR;
        let (mut audited, mut told) = (self.now, self.now);
        while let Some((at, doing)) = self.next() {
            self.now = self.now.max(at);
            match doing {
                Some(doing) => self.act(doing, end),
                None => self.ask(Command::Tick),
            }
            if self.now >= audited + MINUTE {
                audited = self.now;
                let checked = audit(&self.floor, self.now);
                self.check(checked.map_err(|violation| violation.to_string()));
            }
            if self.now >= told + HOUR {
                told = self.now;
                let floor = self.floor.figures();
                (self.tell)(&format!("{:?} {floor:?}", self.figures));
            }
            if self.now > end + 2 * HOUR {
                return;
            }
        }
    }

    /// What comes next: a thing planned, or the floor's own deadline.
    fn next(&mut self) -> Option<(Millis, Option<Doing>)> {
        let planned = self.agenda.first_key_value().map(|((at, _), _)| *at);
        match (planned, next_deadline(&self.floor)) {
            (Some(at), due) if due.is_none_or(|due| at < due) => {
                self.agenda.pop_first().map(|((at, _), doing)| (at, Some(doing)))
            }
            (_, due) => due.map(|due| (due, None)),
        }
    }

    fn act(&mut self, doing: Doing, end: Millis) {
        match doing {
            Doing::Arrive if self.now < end => self.arrive(end),
            Doing::Arrive => {}
            Doing::Turn(number, availability) => {
                self.ask(Command::SetAvailability { agent: skill("agent", number), availability, reason: "".into() });
            }
            Doing::Answer(answer) if self.below(50) == 0 => self.ask(Command::Decline(answer)),
            Doing::Answer(answer) => self.ask(Command::Accept(answer)),
            Doing::Finish(contact) => self.ask(Command::EndContact { contact, why: ContactEnd::Completed }),
            Doing::Leave(contact) => {
                let waits = self.floor.contact(&contact).is_some_and(|it| it.stage == Stage::Waiting);
                if waits {
                    self.ask(Command::EndContact { contact, why: ContactEnd::Withdrawn });
                }
            }
        }
    }

    fn arrive(&mut self, end: Millis) {
        let hour = ((self.now + self.size.hours * HOUR - end) / HOUR) as usize;
        let per_hour = self.size.contacts_per_hour * SHAPE[hour.min(SHAPE.len() - 1)] / 1_000;
        let gap = self.exponential(HOUR / per_hour.max(1));
        self.plan(self.now + gap.max(1), Doing::Arrive);
        self.figures.contacts += 1;
        let id: Id = format!("contact-{}.1", self.figures.contacts).into();
        let queue = self.below(self.size.queues);
        let (priority, segment) = (self.below(20) / 19, self.below(10));
        self.ask(Command::Enqueue(Enqueue {
            contact: id.clone(),
            queue: skill("queue", queue),
            priority: priority as u32,
            segment: if segment == 0 { "vip" } else { "" }.into(),
            ..Enqueue::default()
        }));
        let place = self.floor.places().into_iter().find(|place| place.contact == id);
        if let Some(place) = place {
            self.told.insert(id.clone(), (self.now, place.expected_wait_ms));
            let patience = 3 * MINUTE + self.exponential(15 * MINUTE);
            self.plan(self.now + patience, Doing::Leave(id));
        }
    }

    fn ask(&mut self, command: Command) {
        // An answer that comes too late, or of somebody who left, is refused: that is lawful.
        let events = step(&mut self.floor, &command, self.now).unwrap_or_default();
        for event in &events {
            self.hear(event);
        }
        let agents = audit_agents(&self.floor).map_err(|violation| violation.to_string());
        self.check(agents);
        let here = self.floor.contact_count() as u64;
        let came = self.figures.contacts;
        let kept = here + self.ended == came;
        self.check(if kept { Ok(()) } else { Err(format!("{came} came, {here} here, {} ended", self.ended)) });
    }

    fn hear(&mut self, event: &Event) {
        match &event.what {
            What::ContactOffered(offer) => {
                let fair = audit_offer(&self.floor, offer, self.now);
                self.check(fair.map_err(|violation| violation.to_string()));
                if let Some((since, told)) = self.told.remove(&offer.contact) {
                    self.compare(event.at - since, told);
                }
                let answer = Answer { contact: offer.contact.clone(), round: offer.round, agent: offer.agent.clone() };
                let late = if self.below(400) == 0 { 30_000 } else { 1_000 + self.below(5_000) };
                self.plan(event.at + late, Doing::Answer(answer));
            }
            What::OfferAccepted(answer) => {
                let mean = self.floor.contact(&answer.contact).map_or(5, |contact| 4 + contact.channel.index() as u64);
                let work = MINUTE + self.exponential(mean * MINUTE);
                self.plan(event.at + work, Doing::Finish(answer.contact.clone()));
            }
            What::ContactEnded { contact, why } => {
                self.told.remove(contact);
                self.ended += 1;
                match why {
                    ContactEnd::Completed => self.figures.served += 1,
                    ContactEnd::Withdrawn => self.figures.left += 1,
                }
            }
            What::AvailabilityChanged { agent, availability: Availability::Away, reason, .. } if !reason.is_empty() => {
                // Somebody who did not answer comes back.
                if let Some(number) = agent.rsplit('-').next().and_then(|number| number.parse().ok()) {
                    self.plan(event.at + MINUTE, Doing::Turn(number, Availability::Ready));
                }
            }
            What::QueueDefined(_)
            | What::AgentDefined(_)
            | What::AvailabilityChanged { .. }
            | What::ContactEnqueued(_)
            | What::OfferEnded { .. }
            | What::ContactReleased { .. }
            | What::ContactChanged { .. }
            | What::SettingDefined(_) => {}
        }
    }

    fn compare(&mut self, waited: Millis, told: Millis) {
        if waited >= TELLING {
            self.figures.estimates += 1;
            self.errors += waited.abs_diff(told) as f64 / waited as f64;
        }
    }

    fn check(&mut self, holds: Result<(), String>) {
        if let Err(why) = holds {
            self.figures.violations += 1;
            (self.tell)(&format!("at {}: {why}", self.now));
        }
    }

    fn plan(&mut self, at: Millis, doing: Doing) {
        self.planned += 1;
        self.agenda.insert((at, self.planned), doing);
    }

    fn exponential(&mut self, mean: Millis) -> Millis {
        let part = (self.below(999_999) + 1) as f64 / 1_000_000.0;
        (-part.ln() * mean as f64) as Millis
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % bound.max(1)
    }
}

fn channel(queue: u64) -> Channel {
    match queue % 5 {
        3 => Channel::Voice,
        4 => Channel::Mail,
        _ => Channel::Chat,
    }
}

fn skill(kind: &str, number: u64) -> Id {
    format!("{kind}-{number}").into()
}
