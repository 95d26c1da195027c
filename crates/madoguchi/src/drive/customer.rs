//! A customer: opens a conversation, writes, sends again what was not acknowledged, closes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::time::Instant;
use uuid::Uuid;

use super::{
    frame::{Hear, Reference, Say},
    ledger::{Ack, Diary, Seen},
    link::{Answer, Cue, Outbox, Part, Stage, write},
    progress::Progress,
    stats::GapMeter,
};

/// How fast a customer writes.
#[derive(Debug, Clone, Copy)]
pub enum Pace {
    /// One message every so often, whatever became of the ones before.
    Every(Duration),
    /// So many unanswered messages at any time.
    InFlight(usize),
}

/// One customer and their conversation.
pub struct Customer {
    conversation: Uuid,
    queue: String,
    pace: Pace,
    text_bytes: usize,
    cue: Cue,
    progress: Arc<Progress>,
    in_flight: BTreeMap<Reference, Uuid>,
    asked: Asked,
    due: Option<Instant>,
    end: u64,
    assigned: bool,
    drained: bool,
    gaps: GapMeter,
    diary: Diary,
}

#[derive(Default)]
struct Asked {
    open: Option<Reference>,
    opened: bool,
    watch: Option<Reference>,
    close: Option<Reference>,
    closed: bool,
}

impl Customer {
    /// A customer who will open `conversation` in `queue`.
    pub fn new(
        conversation: Uuid,
        queue: &str,
        pace: Pace,
        text_bytes: usize,
        cue: Cue,
        progress: Arc<Progress>,
    ) -> Self {
        Self {
            conversation,
            queue: queue.to_owned(),
            pace,
            text_bytes,
            cue,
            progress,
            in_flight: BTreeMap::new(),
            asked: Asked::default(),
            due: None,
            end: 0,
            assigned: false,
            drained: false,
            gaps: GapMeter::default(),
            diary: Diary::default(),
        }
    }

    /// What is to be kept of them.
    pub fn diary(mut self) -> Diary {
        self.gaps.finish(Instant::now());
        self.diary.gaps = Some(self.gaps.gaps());
        self.diary.unanswered = self.in_flight.len() as u64;
        self.diary
    }

    fn open(&mut self, out: &mut Outbox) {
        if self.asked.open.is_some() {
            return;
        }
        let (conversation, queue) = (self.conversation, self.queue.as_str());
        let reference =
            out.ask(|reference| write(&Say::Open { reference, conversation, queue, name: "山田 花子" }));
        self.asked.open = Some(reference);
    }

    fn watch(&mut self, out: &mut Outbox) {
        let conversation = self.conversation;
        let after = self.diary.tracks.entry(conversation).or_default().last();
        let reference = out.ask_here(|reference| write(&Say::Watch { reference, conversation, after }));
        self.asked.watch = Some(reference);
    }

    fn write_on(&mut self, out: &mut Outbox, now: Instant) -> Option<Instant> {
        if !self.asked.opened {
            return None;
        }
        match self.pace {
            Pace::InFlight(limit) => {
                while self.in_flight.len() < limit {
                    self.post(out, now);
                }
                None
            }
            Pace::Every(interval) => {
                // The first one at a random moment, so that customers do not march in step.
                let mut due = self.due.unwrap_or_else(|| now + interval.mul_f64(rand::random::<f64>()));
                while due <= now {
                    self.post(out, now);
                    due += interval;
                }
                self.due = Some(due);
                Some(due)
            }
        }
    }

    fn post(&mut self, out: &mut Outbox, now: Instant) {
        let (conversation, message) = (self.conversation, Uuid::new_v4());
        let text = self.progress.text(now, self.text_bytes);
        let reference = out.ask(|reference| write(&Say::Post { reference, conversation, message, text: &text }));
        self.in_flight.insert(reference, message);
        self.gaps.sent(reference.0, now);
    }

    fn close(&mut self, out: &mut Outbox) {
        if self.asked.close.is_some() || !self.in_flight.is_empty() || !self.asked.opened {
            return;
        }
        let conversation = self.conversation;
        let reference = out.ask(|reference| write(&Say::Close { reference, conversation }));
        self.asked.close = Some(reference);
    }

    fn posted(&mut self, message: Uuid, reference: Reference, answer: Answer) {
        match answer {
            Answer::Done(number) => {
                let at = Instant::now();
                self.gaps.started(self.progress.started_again());
                self.gaps.acknowledged(reference.0, at);
                self.progress.acked();
                let conversation = self.conversation;
                self.diary.acks.push(Ack { conversation, message, number, at });
            }
            Answer::Refused(reason) => self.diary.refusals.push(format!("post: {reason}")),
        }
    }

    fn opened(&mut self, answer: Answer, out: &mut Outbox) {
        match answer {
            Answer::Done(_) => {
                self.asked.opened = true;
                self.progress.opened();
                self.watch(out);
            }
            Answer::Refused(reason) => self.diary.refusals.push(format!("open: {reason}")),
        }
    }

    fn closed(&mut self, answer: Answer) {
        self.asked.closed = true;
        match answer {
            Answer::Done(number) => {
                self.end = number;
                self.diary.end = Some((self.conversation, number));
                self.progress.ended(self.conversation, number);
            }
            Answer::Refused(reason) => self.diary.refusals.push(format!("close: {reason}")),
        }
    }
}

impl Part for Customer {
    fn welcomed(&mut self, out: &mut Outbox) {
        self.asked.watch = None;
        if self.asked.opened {
            self.watch(out);
        }
    }

    fn heard(&mut self, frame: &Hear<'_>, _out: &mut Outbox) {
        let (Some(conversation), Some(event)) = (frame.conversation, &frame.event) else {
            return;
        };
        self.diary.tracks.entry(conversation).or_default().note(Seen { number: event.number, message: event.message });
        if event.what == "assigned" && !self.assigned {
            self.assigned = true;
            self.progress.assigned();
        }
    }

    fn answered(&mut self, reference: Reference, answer: Answer, out: &mut Outbox) {
        if let Some(message) = self.in_flight.remove(&reference) {
            self.posted(message, reference, answer);
        } else if self.asked.open == Some(reference) {
            self.opened(answer, out);
        } else if self.asked.close == Some(reference) {
            self.closed(answer);
        } else if let (true, Answer::Refused(reason)) = (self.asked.watch == Some(reference), answer) {
            self.diary.refusals.push(format!("watch: {reason}"));
            self.asked.watch = None;
        }
    }

    fn woken(&mut self, out: &mut Outbox) -> Option<Instant> {
        let now = Instant::now();
        if self.asked.opened && self.asked.watch.is_none() {
            self.watch(out);
        }
        match self.cue.stage() {
            Stage::Open => self.open(out),
            Stage::Write => return self.write_on(out, now),
            Stage::Drain | Stage::Leave => {
                if self.in_flight.is_empty() && !self.drained {
                    self.drained = true;
                    self.progress.drained();
                }
            }
            Stage::Close => self.close(out),
        }
        None
    }

    fn finished(&self) -> bool {
        let seen = self.diary.tracks.get(&self.conversation).map_or(0, super::ledger::Track::last);
        self.asked.closed && seen >= self.end
    }
}
