//! An agent: ready, takes every offer, follows what they hold, answers now and then.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use tokio::time::Instant;
use uuid::Uuid;

use super::{
    frame::{Hear, Offer, Reference, Say},
    ledger::{Ack, Diary, Seen},
    link::{Answer, Cue, Outbox, Part, Stage, write},
    progress::Progress,
};

/// At most one receipt a conversation in this time.
const RECEIPTS: Duration = Duration::from_secs(1);

/// What an agent does besides taking and following conversations.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// Answers every so many messages of a customer; 0 never.
    pub reply_every: u64,
    /// Tells what was shown, at most once a second and conversation.
    pub receipts: bool,
}

/// One agent.
pub struct Agent {
    habits: Habits,
    cue: Cue,
    progress: Arc<Progress>,
    questions: BTreeMap<Reference, Question>,
    taken: BTreeSet<(String, u32)>,
    held: BTreeMap<Uuid, Held>,
    all_watched: bool,
    next_receipts: Instant,
    greeted: bool,
    goodbye: Goodbye,
    diary: Diary,
}

#[derive(Default)]
struct Held {
    watched: bool,
    messages: u64,
    shown: u64,
    told: u64,
}

enum Question {
    Watch(Uuid),
    Accept(String, u32),
    Reply(Uuid, Uuid),
    State,
}

#[derive(PartialEq, Eq)]
enum Goodbye {
    NotYet,
    Asked(Reference),
    Said,
}

impl Agent {
    /// An agent who is not signed in yet.
    pub fn new(habits: Habits, cue: Cue, progress: Arc<Progress>) -> Self {
        Self {
            habits,
            cue,
            progress,
            questions: BTreeMap::new(),
            taken: BTreeSet::new(),
            held: BTreeMap::new(),
            all_watched: true,
            next_receipts: Instant::now() + RECEIPTS.mul_f64(rand::random::<f64>()),
            greeted: false,
            goodbye: Goodbye::NotYet,
            diary: Diary::default(),
        }
    }

    /// What is to be kept of them.
    pub fn diary(mut self) -> Diary {
        let replies = self.questions.values().filter(|question| matches!(question, Question::Reply(..)));
        self.diary.unanswered = replies.count() as u64;
        self.diary
    }

    fn state(&mut self, availability: &str, out: &mut Outbox) -> Reference {
        let reference = out.ask(|reference| write(&Say::Availability { reference, availability, reason: "" }));
        self.questions.insert(reference, Question::State);
        reference
    }

    fn watch(&mut self, conversation: Uuid, out: &mut Outbox) {
        let after = self.diary.tracks.entry(conversation).or_default().last();
        let reference = out.ask_here(|reference| write(&Say::Watch { reference, conversation, after }));
        self.questions.insert(reference, Question::Watch(conversation));
        self.held.entry(conversation).or_default().watched = true;
    }

    fn take(&mut self, offer: &Offer, out: &mut Outbox) {
        if !self.taken.insert((offer.contact.clone(), offer.round)) {
            return;
        }
        let reference =
            out.ask(|reference| write(&Say::Accept { reference, contact: &offer.contact, round: offer.round }));
        let question = Question::Accept(offer.contact.clone(), offer.round);
        self.questions.insert(reference, question);
    }

    fn message(&mut self, conversation: Uuid, text: &str, out: &mut Outbox) {
        let now = Instant::now();
        self.progress.delivered(text, now);
        let held = self.held.entry(conversation).or_default();
        held.messages += 1;
        let every = self.habits.reply_every;
        if every == 0 || !held.messages.is_multiple_of(every) || self.cue.stage() > Stage::Write {
            return;
        }
        let message = Uuid::new_v4();
        let reference = out.ask(|reference| {
            write(&Say::Post {
                reference, conversation, message, text: "確認いたします。少々お待ちください。"
            })
        });
        self.questions.insert(reference, Question::Reply(conversation, message));
    }

    fn tell_shown(&mut self, out: &mut Outbox) {
        let now = Instant::now();
        if !self.habits.receipts || self.cue.stage() > Stage::Write || now < self.next_receipts {
            return;
        }
        self.next_receipts = now + RECEIPTS;
        for (conversation, held) in &mut self.held {
            if held.shown > held.told {
                held.told = held.shown;
                out.tell(&Say::Delivered { conversation: *conversation, up_to: held.shown });
            }
        }
    }

    fn watch_again(&mut self, out: &mut Outbox) {
        if self.all_watched {
            return;
        }
        self.all_watched = true;
        let unwatched = self.held.iter().filter(|(_, held)| !held.watched);
        let unwatched: Vec<Uuid> = unwatched.map(|(conversation, _)| *conversation).collect();
        for conversation in unwatched {
            self.watch(conversation, out);
        }
    }

    fn leave(&mut self, out: &mut Outbox) {
        let mut tracks = self.diary.tracks.iter().map(|(id, track)| (id, track.last()));
        if self.goodbye == Goodbye::NotYet && self.progress.all_seen(&mut tracks) {
            self.goodbye = Goodbye::Asked(self.state("offline", out));
        }
    }
}

impl Part for Agent {
    fn welcomed(&mut self, out: &mut Outbox) {
        self.questions.retain(|_, question| !matches!(question, Question::Watch(_)));
        let held: Vec<Uuid> = self.held.keys().copied().collect();
        for conversation in held {
            self.watch(conversation, out);
        }
        if !self.greeted {
            self.greeted = true;
            self.state("ready", out);
        }
    }

    fn heard(&mut self, frame: &Hear<'_>, out: &mut Outbox) {
        if frame.kind == "agent" {
            for held in &frame.holding {
                if !self.held.contains_key(&held.conversation) {
                    self.watch(held.conversation, out);
                }
            }
            for offer in &frame.offers {
                self.take(offer, out);
            }
            return;
        }
        let (Some(conversation), Some(event)) = (frame.conversation, &frame.event) else {
            return;
        };
        self.diary.tracks.entry(conversation).or_default().note(Seen { number: event.number, message: event.message });
        self.held.entry(conversation).or_default().shown = event.number;
        if event.what == "message" && event.by.kind == "customer" {
            self.message(conversation, event.text.as_deref().unwrap_or(""), out);
        }
    }

    fn answered(&mut self, reference: Reference, answer: Answer, _out: &mut Outbox) {
        if self.goodbye == Goodbye::Asked(reference) {
            self.goodbye = Goodbye::Said;
        }
        let Some(question) = self.questions.remove(&reference) else {
            return;
        };
        match (question, answer) {
            (Question::Reply(conversation, message), Answer::Done(number)) => {
                self.diary.acks.push(Ack { conversation, message, number, at: Instant::now() })
            }
            (Question::Accept(contact, round), Answer::Done(_)) => self.diary.accepts.push((contact, round)),
            (Question::Accept(..), Answer::Refused(reason)) if reason == "offer_over" => {}
            (Question::Watch(conversation), Answer::Refused(reason)) => {
                self.held.entry(conversation).or_default().watched = false;
                self.all_watched = false;
                self.diary.refusals.push(format!("watch: {reason}"));
            }
            (_, Answer::Refused(reason)) => self.diary.refusals.push(format!("agent: {reason}")),
            (_, Answer::Done(_)) => {}
        }
    }

    fn woken(&mut self, out: &mut Outbox) -> Option<Instant> {
        self.watch_again(out);
        if self.cue.stage() >= Stage::Close {
            self.leave(out);
        }
        self.tell_shown(out);
        None
    }

    fn finished(&self) -> bool {
        self.goodbye == Goodbye::Said
    }
}
