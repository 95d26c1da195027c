//! How many decisions a floor makes a second, on one thread and without a journal.
//!
//! The floor is kept as busy as it can be: every agent at their limit, so many contacts waiting, every decision with
//! its matching. A decision is one command: of the mix, a third each finish a contact (which offers the next), accept an
//! offer, and let a new contact wait; one in twenty offers is declined, and one agent in fifty goes away and
//! comes back.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use crate::floor::{
    AgentProfile, Answer, Availability, Channel, Command, ContactEnd, Enqueue, Event, Floor, Id, Millis, Queue, Rules,
    What, chats, step,
};

/// What a run measured.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BenchFigures {
    /// Commands decided, applied and matched per second, at the full size.
    pub decisions_per_s: f64,
    /// Offers made per second, at the full size.
    pub offers_per_s: f64,
    /// Cost of a decision with so many contacts waiting, ns; the median of 20 slices of the run.
    pub cost_ns: f64,
    /// Cost of a decision on a floor of 1,000 contacts and as many fewer agents, ns; the median likewise.
    pub small_cost_ns: f64,
    /// How the cost grew, by the growth of log²(contacts): below 1, it grows less than with log² of the size.
    pub growth: f64,
}

/// The size at which growth starts.
const SMALL: usize = 1_000;

/// Measures `decisions` decisions on a floor of `agents` agents, `contacts` waiting contacts and `skills` skills, and as
/// many on a floor of 1,000 contacts. All should be well above zero; `contacts` above 1,000.
#[must_use]
pub fn run(agents: usize, contacts: usize, skills: usize, decisions: usize) -> BenchFigures {
    let small_agents = (agents * SMALL / contacts.max(1)).max(1);
    let mut small = Workload::new(small_agents, SMALL, skills);
    let mut full = Workload::new(agents, contacts, skills);
    let (mut small_slices, mut full_slices) = (Vec::new(), Vec::new());
    for _ in 0..SLICES {
        small_slices.push(small.measure(decisions / SLICES));
        full_slices.push(full.measure(decisions / SLICES));
    }
    let total: Duration = full_slices.iter().map(|slice| slice.elapsed).sum();
    let sum = |of: fn(&Slice) -> usize| full_slices.iter().map(of).sum::<usize>() as f64;
    let (cost_ns, small_cost_ns) = (median_cost(&full_slices), median_cost(&small_slices));
    let log_ratio = (contacts as f64).log2() / (SMALL as f64).log2();
    BenchFigures {
        decisions_per_s: sum(|slice| slice.decided) / total.as_secs_f64(),
        offers_per_s: sum(|slice| slice.offers) / total.as_secs_f64(),
        cost_ns,
        small_cost_ns,
        growth: cost_ns / small_cost_ns / (log_ratio * log_ratio),
    }
}

/// Both floors are measured in turns, so that what else the machine does meets both alike.
const SLICES: usize = 20;

struct Slice {
    decided: usize,
    offers: usize,
    elapsed: Duration,
}

fn median_cost(slices: &[Slice]) -> f64 {
    let cost = |slice: &Slice| slice.elapsed.as_nanos() as f64 / slice.decided.max(1) as f64;
    let mut costs: Vec<f64> = slices.iter().map(cost).collect();
    costs.sort_by(f64::total_cmp);
    costs[costs.len() / 2]
}

struct Workload {
    floor: Floor,
    now: Millis,
    random: u64,
    queues: Vec<Id>,
    agents: Vec<Id>,
    open: VecDeque<Answer>,
    held: Vec<Answer>,
    enqueued: usize,
    decided: usize,
    offers: usize,
}

impl Workload {
    fn new(agents: usize, contacts: usize, skills: usize) -> Workload {
        let mut workload = Workload {
            floor: Floor::new(Rules::default()),
            now: 1_700_000_000_000,
            random: 0x9E37_79B9_7F4A_7C15,
            queues: Vec::new(),
            agents: Vec::new(),
            open: VecDeque::new(),
            held: Vec::new(),
            enqueued: 0,
            decided: 0,
            offers: 0,
        };
        workload.define(agents, skills);
        while workload.floor.figures().waiting < contacts {
            for _ in 0..SMALL {
                workload.enqueue();
            }
            workload.answer_all();
        }
        workload
    }

    fn measure(&mut self, decisions: usize) -> Slice {
        (self.decided, self.offers) = (0, 0);
        let start = Instant::now();
        while self.decided < decisions {
            self.cycle();
        }
        Slice { decided: self.decided, offers: self.offers, elapsed: start.elapsed() }
    }

    /// Half of the queues ask for one skill, half for two.
    fn define(&mut self, agents: usize, skills: usize) {
        let skill = |number: usize| Id::from(format!("skill-{}", number % skills));
        for number in 0..2 * skills {
            let id: Id = format!("queue-{number}").into();
            let mut needed = vec![(skill(number), 1 + number as u32 % 3)];
            if number >= skills {
                needed.push((skill(number + 7), 1));
            }
            let priority = self.below(10) as u32;
            self.step(Command::DefineQueue(Queue {
                id: id.clone(),
                channel: Channel::Chat,
                skills: needed.into_iter().collect(),
                priority,
                offer_timeout_ms: 20_000,
                ..Queue::default()
            }));
            self.queues.push(id);
        }
        for number in 0..agents {
            let id: Id = format!("agent-{number}").into();
            let first = self.below(skills);
            let known = [0, 7, 14, 21, 28].map(|by| (skill(first + by), 3 + by as u32 % 3));
            self.step(Command::DefineAgent(AgentProfile {
                id: id.clone(),
                name: id.clone(),
                skills: known.into_iter().collect(),
                capacities: chats(1 + number as u32 % 3),
                ..AgentProfile::default()
            }));
            self.set(&id, Availability::Ready);
            self.agents.push(id);
        }
    }

    fn cycle(&mut self) {
        self.now += 1;
        if !self.held.is_empty() {
            let picked = self.below(self.held.len());
            let done = self.held.swap_remove(picked);
            self.step(Command::EndContact { contact: done.contact, why: ContactEnd::Completed });
        }
        self.answer_all();
        self.enqueue();
        if self.below(50) == 0 {
            let picked = self.below(self.agents.len());
            let agent = self.agents[picked].clone();
            self.set(&agent, Availability::Away);
            self.set(&agent, Availability::Ready);
        }
    }

    fn answer_all(&mut self) {
        while let Some(answer) = self.open.pop_front() {
            if self.below(20) == 0 {
                self.step(Command::Decline(answer));
            } else {
                let events = self.step(Command::Accept(answer.clone()));
                if events > 0 {
                    self.held.push(answer);
                }
            }
        }
    }

    fn enqueue(&mut self) {
        self.enqueued += 1;
        let picked = self.below(self.queues.len());
        let priority = self.below(10) as u32;
        self.step(Command::Enqueue(Enqueue {
            contact: format!("conversation-{}.1", self.enqueued).into(),
            queue: self.queues[picked].clone(),
            priority,
            ..Enqueue::default()
        }));
    }

    fn set(&mut self, agent: &Id, availability: Availability) {
        self.step(Command::SetAvailability { agent: agent.clone(), availability, reason: "".into() });
    }

    /// Returns how many events the command made; offers are kept to be answered.
    fn step(&mut self, command: Command) -> usize {
        self.decided += 1;
        let events = step(&mut self.floor, &command, self.now).unwrap_or_default();
        for Event { what, .. } in &events {
            if let What::ContactOffered(offer) = what {
                self.offers += 1;
                self.open.push_back(Answer {
                    contact: offer.contact.clone(),
                    round: offer.round,
                    agent: offer.agent.clone(),
                });
            }
        }
        events.len()
    }

    /// A number below `bound`, the same sequence in every run.
    fn below(&mut self, bound: usize) -> usize {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        (self.random % bound.max(1) as u64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_workload_keeps_the_floor_full() {
        let mut workload = Workload::new(40, 400, 10);
        for _ in 0..500 {
            workload.cycle();
        }
        let figures = workload.floor.figures();
        assert!(figures.waiting >= 400, "{figures:?}");
        assert!(figures.held >= 30, "{figures:?}");
        assert_eq!(crate::floor::audit(&workload.floor, workload.now), Ok(()));
    }
}
