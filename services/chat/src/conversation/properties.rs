//! Properties of the core, over any commands of any parties in any order.
//!
//! Each of these changes, made by hand, was seen to fail at least one test here:
//!
//! 1. `post` does not look for the message id (doubled messages);
//! 2. `post` looks for the id only after checking rights (a resend after the close is refused);
//! 3. `decide` numbers every event of a unit alike;
//! 4. `close` and `post` accept any agent;
//! 5. `may_read` lets every customer in;
//! 6. `assign` compares the routing sequence with `<` instead of `<=`;
//! 7. `assign` accepts older rounds;
//! 8. `heard` does not cut a receipt at the other side's last message (receipts about receipts);
//! 9. `evolve(Read)` leaves `delivered` behind;
//! 10. `delivered` accepts a lower number than before;
//! 11. `transfer` keeps the round;
//! 12. a customer's post to a closed conversation is not led by `Reopened`;
//! 13. `transfer` does not recognise its resend;
//! 14. `at` is the clock's, even when it is behind the last event's;
//! 15. a message id is anybody's (another author's message is taken for a resend);
//! 16. `assign` accepts closed conversations;
//! 17. `evolve` keeps the last holder when a conversation waits again, or forgets who held it;
//! 18. `shown_to` shows notes to customers;
//! 19. `write` lets customers note, or agents who never took part;
//! 20. `take` does not ask who holds it now;
//! 21. `join` lets any agent in;
//! 22. `rate` accepts open conversations, or agents;
//! 23. what takes part survives the close;
//! 24. a callback is asked for while somebody holds the conversation;
//! 25. `served` closes a later round, or what an agent holds;
//! 26. an offered form is answered twice, under another name, or offered by a customer.

mod calling_back;
mod forms;
mod limits;
mod taking;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use proptest::prelude::*;
use proto::chat::v1 as pb;

use super::*;
use crate::{convert, service::Key};

fn party(kind: PartyKind, id: &str, supervisor: bool) -> Party {
    Party { kind, id: id.to_owned(), supervisor }
}

fn customer() -> Party {
    party(PartyKind::Customer, "c1", false)
}

fn agent(id: &str) -> Party {
    party(PartyKind::Agent, id, false)
}

fn system() -> Party {
    party(PartyKind::System, "chat", false)
}

fn parties() -> impl Strategy<Value = Party> {
    prop_oneof![
        6 => Just(customer()),
        1 => Just(party(PartyKind::Customer, "c2", true)),
        4 => Just(agent("a1")),
        3 => Just(agent("a2")),
        1 => Just(party(PartyKind::Agent, "s", true)),
        5 => Just(system()),
    ]
}

fn actions() -> impl Strategy<Value = Action<Body>> {
    prop_oneof![
        2 => Just(Action::Open { queue: "support".into(), name: None, language: "ja".into(), reason: String::new(), answers: None, segment: String::new(), channel: String::new() }),
        8 => (0..12u128, forms::forms()).prop_map(|(message, form)| Action::Post { message, text: sealed(), form }),
        3 => (0..40u64).prop_map(|up_to| Action::MarkDelivered { up_to }),
        3 => (0..40u64).prop_map(|up_to| Action::MarkRead { up_to }),
        5 => (prop_oneof!["a1", "a2"], 0..5u32, 0..12u64)
            .prop_map(|(agent, round, routing_sequence)| Action::Assign { agent, round, routing_sequence }),
        2 => (any::<bool>(), any::<bool>(), prop::option::of(0..30u128)).prop_map(|(queue, agent, note)| Action::Transfer {
            queue: queue.then(|| "billing".to_owned()),
            to_agent: agent.then(|| "a2".to_owned()),
            summary: note.map(|message| Summary { message, text: sealed() }),
        }),
        1 => Just(Action::Close),
        1 => Just(Action::Reopen),
        6 => beside(),
    ]
}

fn beside() -> impl Strategy<Value = Action<Body>> {
    let id = 0..30u128;
    prop_oneof![
        3 => (id.clone(), any::<bool>()).prop_map(|(message, mention)| Action::Note {
            message,
            text: sealed(),
            mentions: Vec::from_iter(mention.then(|| "a2".to_owned())),
            whisper: mention, consult: false,
        }),
        1 => id.clone().prop_map(|message| Action::Wrap {
            message,
            code: "done".into(),
            tags: Vec::new(),
            summary: Some(sealed()),
            follow_up_at: None,
        }),
        1 => Just(Action::Join),
        1 => Just(Action::Leave),
        2 => (id.clone(), prop::option::of(1..9u64)).prop_map(|(message, at)| Action::AskCallback { message, phone: sealed(), at }),
        1 => Just(Action::CancelCallback),
        1 => (0..5u32).prop_map(|round| Action::Served { round }),
        1 => prop::option::of(prop_oneof!["a1", "a2"]).prop_map(|from| Action::Take { from }),
        1 => (id.clone(), 1..6u32).prop_map(|(message, score)| Action::Rate { message, score, comment: None }),
        1 => id.prop_map(|message| Action::PostFile {
            message,
            file: message + 100,
            name: sealed(),
            media_type: "image/png".into(),
            bytes: MAX_FILES_BYTES / 3,
        }),
    ]
}

fn sealed() -> Body {
    Body::from_static(b"sealed")
}

fn commands() -> impl Strategy<Value = Command<Body>> {
    (parties(), actions()).prop_map(|(by, action)| Command { by, action })
}

fn opened() -> Conversation {
    let mut state = Conversation::default();
    let (queue, language) = ("support".into(), "ja".into());
    let (reason, segment, channel) = (String::new(), String::new(), String::new());
    let open = Action::Open { queue, name: None, language, reason, answers: None, segment, channel };
    step(&mut state, &command(customer(), open));
    state
}

fn command(by: Party, action: Action<Body>) -> Command<Body> {
    Command { by, action }
}

fn post(by: Party, message: MessageId) -> Command<Body> {
    command(by, Action::Post { message, text: Body::from_static(b"sealed"), form: None })
}

fn assign(agent: &str, round: u32, routing_sequence: u64) -> Command<Body> {
    command(system(), Action::Assign { agent: agent.into(), round, routing_sequence })
}

fn step(state: &mut Conversation, command: &Command<Body>) -> Vec<Event> {
    let events = decide(state, command, 7).expect("accepted");
    events.iter().for_each(|event| state.evolve(event));
    events
}

fn replay(events: &[Event]) -> Conversation {
    let mut state = Conversation::default();
    events.iter().for_each(|event| state.evolve(event));
    state
}

/// A second, simpler reading of the events: who may do what, and what must hold of every next event.
#[derive(Default)]
struct Model {
    number: u64,
    at: Millis,
    customer: Option<String>,
    closed: bool,
    holder: Option<String>,
    held: BTreeSet<String>,
    beside: BTreeSet<String>,
    file_bytes: u64,
    forms: forms::Offers,
    called_back: bool,
    round: u32,
    routing_sequence: u64,
    messages: BTreeMap<MessageId, (String, u64)>,
    delivered: BTreeMap<String, u64>,
    read: BTreeMap<String, u64>,
    last_message_of: BTreeMap<bool, u64>,
}

impl Model {
    fn check(&mut self, event: &Event, unit: &[Event]) {
        assert_eq!(event.number, self.number + 1, "numbers without holes");
        assert!(event.at >= self.at, "time never goes back");
        // Who broke off promises the callback in the same unit, and held it until then.
        let breaks_off = matches!(event.what, What::CallbackAsked { .. })
            && matches!(unit, [Event { what: What::Transferred { .. }, by, .. }, _] if *by == event.by);
        if !breaks_off {
            self.check_author(event);
        }
        match &event.what {
            What::Opened { .. } => assert_eq!(event.number, 1),
            What::MessagePosted { message, form, .. } => {
                self.forms.check(event, form.as_ref());
                self.check_spoken(event, *message);
            }
            What::FilePosted { message, bytes, .. } => {
                self.file_bytes += bytes;
                assert!(self.file_bytes <= MAX_FILES_BYTES, "files are bounded");
                self.check_spoken(event, *message);
            }
            What::Noted { message, mentions, .. } => {
                self.check_stored_once(event, *message);
                self.held.extend(mentions.iter().cloned());
            }
            What::Wrapped { message, .. } => self.check_stored_once(event, *message),
            What::Rated { message, .. } => {
                assert!(self.closed, "only what ended is rated");
                self.check_stored_once(event, *message);
            }
            What::Joined { agent } => {
                assert!(!self.closed && *agent == event.by.id && self.beside.insert(agent.clone()));
                self.held.insert(agent.clone());
            }
            What::Left { agent } => assert!(*agent == event.by.id && self.beside.remove(agent)),
            What::CallbackAsked { .. } | What::CallbackCancelled => self.check_callback(event),
            What::Delivered { up_to } => self.check_receipt(event, *up_to, false),
            What::Read { up_to } => self.check_receipt(event, *up_to, true),
            What::Assigned { agent, round, routing_sequence } => {
                self.check_assigned(event, agent, *round, *routing_sequence);
            }
            What::Transferred { round, .. } => self.check_round(*round, false),
            What::Closed { reason } => {
                let elsewhere = *reason == CloseReason::ServedElsewhere;
                assert!(!elsewhere || (self.waits() && event.by.kind == PartyKind::System));
                self.called_back = false;
                self.beside.clear();
                assert!(!std::mem::replace(&mut self.closed, true), "closed once");
            }
            What::Reopened { round } => {
                self.check_round(*round, true);
                let explicit = unit.len() == 1;
                assert!(explicit || matches!(unit[1].what, What::MessagePosted { .. } | What::FilePosted { .. }));
            }
        }
        if let What::Opened { .. } = event.what {
            self.customer = Some(event.by.id.clone());
            self.round = 1;
        }
        self.number = event.number;
        self.at = event.at;
    }

    fn check_callback(&mut self, event: &Event) {
        assert!(self.waits(), "only who waits is called back instead");
        if let What::CallbackAsked { message, .. } = &event.what {
            self.check_stored_once(event, *message);
            self.called_back = true;
        } else {
            assert!(std::mem::take(&mut self.called_back), "cancelled once");
        }
    }

    fn check_assigned(&mut self, event: &Event, agent: &str, round: u32, sequence: u64) {
        let routed = round == self.round && sequence > self.routing_sequence;
        let taken = round == self.round + 1 && sequence == self.routing_sequence && *agent == event.by.id;
        assert!(!self.closed && if event.by.kind == PartyKind::System { routed } else { taken });
        self.round = round;
        self.beside.remove(agent);
        self.routing_sequence = sequence;
        self.held.insert(agent.to_owned());
        self.holder = Some(agent.to_owned());
    }

    fn waits(&self) -> bool {
        !self.closed && self.holder.is_none()
    }

    fn check_author(&self, event: &Event) {
        let by = &event.by;
        let holds = self.holder.as_deref() == Some(&by.id) && !self.closed;
        let allowed = match (by.kind, &event.what) {
            (
                PartyKind::Customer,
                What::Assigned { .. }
                | What::Transferred { .. }
                | What::Noted { .. }
                | What::Wrapped { .. }
                | What::Joined { .. }
                | What::Left { .. },
            ) => false,
            (PartyKind::Customer, _) => self.customer.as_ref().is_none_or(|customer| *customer == by.id),
            (
                PartyKind::Agent,
                What::Delivered { .. }
                | What::Read { .. }
                | What::Reopened { .. }
                | What::Noted { .. }
                | What::Wrapped { .. }
                | What::Joined { .. }
                | What::Left { .. },
            ) => by.supervisor || self.held.contains(&by.id),
            (PartyKind::Agent, What::Assigned { .. }) => by.supervisor || (self.holder.is_some() && !self.closed),
            (PartyKind::Agent, What::Opened { .. } | What::Rated { .. }) => false,
            (PartyKind::Agent, _) => by.supervisor || holds || self.beside.contains(&by.id),
            (PartyKind::System, what) => !matches!(
                what,
                What::Opened { .. }
                    | What::Delivered { .. }
                    | What::Read { .. }
                    | What::Joined { .. }
                    | What::Left { .. }
                    | What::Rated { .. }
            ),
        };
        assert!(allowed, "{by:?} may not cause {:?}", event.what);
    }

    fn check_spoken(&mut self, event: &Event, message: MessageId) {
        let told = event.by.kind == PartyKind::System && matches!(event.what, What::MessagePosted { form: None, .. });
        assert!(!self.closed || told, "only the center says something in a closed conversation");
        self.check_stored_once(event, message);
        self.last_message_of.insert(event.by.kind == PartyKind::Customer, event.number);
    }

    fn check_stored_once(&mut self, event: &Event, message: MessageId) {
        let before = self.messages.insert(message, (event.by.id.clone(), event.number));
        assert_eq!(before, None, "a message is stored once");
    }

    fn check_receipt(&mut self, event: &Event, up_to: u64, read: bool) {
        let of_customer = event.by.kind == PartyKind::Customer;
        let newest = self.last_message_of.get(&!of_customer).copied().unwrap_or(0);
        assert!(up_to <= newest, "a receipt is about a message of the other side");
        let known = if read { &mut self.read } else { &mut self.delivered };
        let before = known.insert(event.by.id.clone(), up_to).unwrap_or(0);
        assert!(up_to > before, "receipts grow");
        let shown = self.delivered.entry(event.by.id.clone()).or_default();
        *shown = up_to.max(*shown);
    }

    fn check_round(&mut self, round: u32, from_closed: bool) {
        assert_eq!(round, self.round + 1, "a new round each time it waits again");
        assert_eq!(self.closed, from_closed);
        self.round = round;
        self.closed = false;
        self.called_back = false;
        self.holder = None;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 768, ..ProptestConfig::default() })]

    #[test]
    fn every_history_is_sound(commands in prop::collection::vec((commands(), 0..50u64), 1..120)) {
        let (mut state, mut model, mut log) = (Conversation::default(), Model::default(), Vec::new());
        for (command, now) in &commands {
            let Ok(events) = decide(&state, command, *now) else { continue };
            for event in &events {
                model.check(event, &events);
                state.evolve(event);
            }
            log.extend(events.iter().cloned());
            let number = state.number_of(command);
            if let Some(last) = events.last() {
                prop_assert_eq!(number, last.number, "the answer names the event");
            }
            let again = decide(&state, command, *now).map(|events| events.len());
            prop_assert_eq!(again, Ok(0), "a resend changes nothing: {:?}", command);
            for (party, receipts) in &state.receipts {
                prop_assert!(receipts.read <= receipts.delivered, "{:?}", party);
                prop_assert_eq!(receipts.delivered, model.delivered.get(&party.id).copied().unwrap_or(0));
            }
        }
        prop_assert_eq!(&replay(&log), &state);
        prop_assert_eq!(state.holder(), model.holder.as_deref().filter(|_| !model.closed));
        prop_assert_eq!(state.participants().collect::<Vec<_>>(), model.beside.iter().collect::<Vec<_>>());
    }

    /// Neither the core's word nor what leaves the service on it: a note's number and time, and nothing else of it.
    #[test]
    fn a_customer_never_sees_a_note(commands in prop::collection::vec(commands(), 1..80)) {
        let mut state = opened();
        let id = uuid::Uuid::from_u128(7);
        for command in &commands {
            for event in decide(&state, command, 7).unwrap_or_default() {
                state.evolve(&event);
                let secret = matches!(event.what, What::Noted { .. } | What::Wrapped { .. });
                prop_assert_eq!(event.what.sort().shown_to(PartyKind::Customer), !secret);
                let stored = convert::encode(&event, id, "c1");
                let read = |reader| convert::readable(stored.clone(), &Key::Erased, "chat.7", reader).expect("an event");
                let (theirs, ours) = (read(PartyKind::Customer), Arc::new(read(PartyKind::Agent)));
                prop_assert_eq!(&*convert::shown_as(&ours, PartyKind::Customer), &theirs, "live as from the backlog");
                let theirs = theirs.event.expect("set");
                prop_assert_eq!(theirs.number, event.number, "numbers have no holes");
                let hidden = pb::ChatEvent {
                    number: event.number,
                    at_ms: event.at,
                    by: None,
                    what: Some(pb::chat_event::What::Hidden(pb::Hidden {})),
                };
                prop_assert_eq!(theirs == hidden, secret);
                prop_assert!(ours.event.as_ref().is_some_and(|event| *event != hidden));
            }
        }
    }

    /// Whatever became of the conversation: the resend of a stored message gives its old number, another author's is refused.
    #[test]
    fn a_resend_is_the_same_message(before in prop::collection::vec(commands(), 0..30), after in prop::collection::vec(commands(), 0..60)) {
        let mut state = opened();
        let tell = |state: &mut Conversation, commands: &[Command<Body>]| for command in commands {
            decide(state, command, 7).unwrap_or_default().iter().for_each(|event| state.evolve(event));
        };
        tell(&mut state, &before);
        let mine = [post(customer(), 99), post(party(PartyKind::Agent, "s", true), 98), post(agent("a1"), 97)];
        step(&mut state, &mine[0]);
        step(&mut state, &mine[1]);
        let round = state.round();
        step(&mut state, &assign("a1", round, 50));
        step(&mut state, &mine[2]);
        let numbers = mine.each_ref().map(|command| state.number_of(command));
        tell(&mut state, &after);
        for (command, number) in mine.iter().zip(numbers) {
            prop_assert_eq!(decide(&state, command, 9), Ok(Vec::new()));
            prop_assert_eq!(state.number_of(command), number);
        }
        let theirs = post(party(PartyKind::Agent, "c1", true), 99);
        prop_assert_eq!(decide(&state, &theirs, 9), Err(Rejection::MessageIdTaken));
    }

    /// What a conversation wants of routing follows from where it stands alone.
    #[test]
    fn wishes_say_where_it_stands(commands in prop::collection::vec(commands(), 0..80)) {
        let mut state = opened();
        for command in &commands {
            decide(&state, command, 7).unwrap_or_default().iter().for_each(|event| state.evolve(event));
            let wishes = state.wishes();
            let waits = wishes.iter().any(|wish| matches!(wish, Wish::Enqueue { round, .. } if *round == state.round()));
            let ends = wishes.iter().any(|wish| matches!(wish, Wish::End { round, .. } if *round == state.round()));
            prop_assert_eq!((waits, ends), (state.phase() == Phase::Waiting, state.phase() == Phase::Closed));
            let old = |round: &u32| *round < state.round();
            let stale = wishes.iter().any(|wish| matches!(wish, Wish::Enqueue { round, .. } if old(round)));
            prop_assert!(!stale);
        }
    }
}

#[test]
fn a_customers_post_reopens() {
    let mut state = opened();
    step(&mut state, &assign("a1", 1, 5));
    step(&mut state, &command(agent("a1"), Action::Close));
    assert_eq!(decide(&state, &post(agent("a1"), 1), 8), Err(Rejection::Closed));
    let events = step(&mut state, &post(customer(), 2));
    assert!(matches!(events[0].what, What::Reopened { round: 2 }));
    assert!(matches!(events[1].what, What::MessagePosted { message: 2, .. }));
    assert_eq!((state.phase(), state.holder(), state.round()), (Phase::Waiting, None, 2));
    assert!(state.may_read(&agent("a1")) && !state.may_speak(&agent("a1")));
    step(&mut state, &command(customer(), Action::Close));
    assert_eq!(state.wishes().pop(), Some(Wish::End { round: 2, withdrawn: true }), "nobody held the second round");
}

#[test]
fn assignments_are_ordered() {
    let mut state = opened();
    assert_eq!(decide(&state, &assign("a1", 2, 9), 8), Err(Rejection::FutureRound));
    step(&mut state, &assign("a1", 1, 9));
    assert_eq!(step(&mut state, &assign("a2", 1, 8)), Vec::new());
    assert_eq!(step(&mut state, &assign("a2", 1, 9)), Vec::new());
    assert_eq!(state.holder(), Some("a1"));
    step(
        &mut state,
        &command(agent("a1"), Action::Transfer { queue: None, to_agent: Some("a2".into()), summary: None }),
    );
    assert_eq!(decide(&state, &assign("a1", 1, 10), 8), Err(Rejection::OldRound));
    assert_eq!(decide(&state, &post(agent("a1"), 3), 8), Err(Rejection::NotYourConversation));
    step(&mut state, &assign("a2", 2, 11));
    step(&mut state, &command(customer(), Action::Close));
    assert_eq!(decide(&state, &assign("a1", 2, 12), 8), Err(Rejection::Closed));
}

#[test]
fn strangers_see_nothing() {
    let state = opened();
    let stranger = party(PartyKind::Customer, "c2", false);
    for action in [Action::Close, Action::Reopen, Action::MarkRead { up_to: 1 }, post(stranger.clone(), 1).action] {
        assert_eq!(decide(&state, &command(stranger.clone(), action), 8), Err(Rejection::NotYourConversation));
    }
    assert!(!state.may_read(&stranger) && !state.may_read(&agent("a1")));
    assert!(!Conversation::default().may_read(&party(PartyKind::Customer, "", false)));
    assert_eq!(decide(&Conversation::default(), &post(customer(), 1), 8), Err(Rejection::NoSuchConversation));
}
