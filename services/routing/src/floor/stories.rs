//! The rules of a working day, each told by its name; and what users of other contact centers suffer from.

use super::{calendar::Calendar, calendar::Hours, *};

mod agents;

const START: Millis = 1_000_000;
const MINUTE: Millis = 60_000;

/// A floor and what was offered, as `contact>agent`.
struct Day {
    floor: Floor,
    now: Millis,
}

impl Day {
    fn new(commands: Vec<Command>) -> Day {
        let mut day = Day { floor: Floor::new(Rules::default()), now: START };
        for command in commands {
            day.ask(command);
        }
        day
    }

    fn ask(&mut self, command: Command) -> Vec<String> {
        let events =
            step(&mut self.floor, &command, self.now).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"));
        assert_eq!(audit(&self.floor, self.now), Ok(()));
        assert_eq!(audit_agents(&self.floor), Ok(()));
        offers(&events)
    }

    fn refused(&self, command: Command) -> Rejection {
        step(&mut self.floor.clone(), &command, self.now).expect_err("refused")
    }

    /// Time passes; what is due happens in its time.
    fn wait(&mut self, ms: Millis) -> Vec<String> {
        let end = self.now + ms;
        let mut made = Vec::new();
        while let Some(due) = next_deadline(&self.floor).filter(|due| *due <= end) {
            self.now = self.now.max(due);
            made.extend(self.ask(Command::Tick));
        }
        self.now = end;
        made
    }

    fn stage(&self, contact: &str) -> Stage {
        self.floor.contact(contact).unwrap().stage
    }

    fn why(&self, contact: &str) -> &'static str {
        explain_now(&self.floor, contact, self.now).unwrap().code
    }
}

fn offers(events: &[Event]) -> Vec<String> {
    let offer = |event: &Event| match &event.what {
        What::ContactOffered(offer) => Some(format!("{}>{}", offer.contact, offer.agent)),
        What::QueueDefined(_)
        | What::AgentDefined(_)
        | What::AvailabilityChanged { .. }
        | What::ContactEnqueued(_)
        | What::OfferAccepted(_)
        | What::OfferEnded { .. }
        | What::ContactReleased { .. }
        | What::ContactChanged { .. }
        | What::SettingDefined(_)
        | What::ContactEnded { .. } => None,
    };
    events.iter().filter_map(offer).collect()
}

fn plain(id: &str) -> Queue {
    Queue { id: id.into(), ..Queue::default() }
}

fn queue(queue: Queue) -> Command {
    Command::DefineQueue(queue)
}

fn profile(id: &str) -> AgentProfile {
    AgentProfile { id: id.into(), name: id.into(), capacities: chats(1), ..AgentProfile::default() }
}

fn agent(profile: AgentProfile) -> Command {
    Command::DefineAgent(profile)
}

fn skills(list: &[(&str, u32)]) -> Skills {
    list.iter().map(|(name, level)| ((*name).into(), *level)).collect()
}

fn set(agent: &str, availability: Availability) -> Command {
    Command::SetAvailability { agent: agent.into(), availability, reason: "".into() }
}

fn ready(agent: &str) -> Command {
    set(agent, Availability::Ready)
}

fn contact(id: &str, queue: &str) -> Enqueue {
    Enqueue { contact: id.into(), queue: queue.into(), ..Enqueue::default() }
}

fn come(contact: Enqueue) -> Command {
    Command::Enqueue(contact)
}

fn accept(contact: &str, round: u32, agent: &str) -> Command {
    Command::Accept(Answer { contact: contact.into(), round, agent: agent.into() })
}

fn end(contact: &str) -> Command {
    Command::EndContact { contact: contact.into(), why: ContactEnd::Completed }
}

fn by(who: &str, command: Command) -> Command {
    Command::As { who: who.into(), command: Box::new(command) }
}

#[test]
fn a_preferred_skill_is_given_up_after_its_time_and_a_required_one_is_not() {
    let preferred = [("en".into(), Preference { level: 4, relax_after_ms: 20_000 })].into_iter().collect();
    let rules = Queue { skills: skills(&[("ja", 2)]), preferred, ..plain("q") };
    let with = |id, known: &[(&str, u32)]| agent(AgentProfile { skills: skills(known), ..profile(id) });
    let mut day = Day::new(vec![queue(rules), with("none", &[("en", 5)]), with("ja", &[("ja", 3)])]);
    day.ask(ready("none"));
    day.ask(ready("ja"));
    assert!(day.ask(come(contact("c", "q"))).is_empty());
    assert!(day.wait(19_999).is_empty());
    assert_eq!(day.wait(1), ["c>ja"]);
    let both = with("both", &[("ja", 2), ("en", 4)]);
    day.ask(both);
    day.ask(ready("both"));
    assert_eq!(day.ask(come(contact("d", "q"))), ["d>both"], "who has it is asked at once");
}

#[test]
fn segments_and_reasons_have_their_priority() {
    let segments = [("vip".into(), 3)].into_iter().collect();
    let reasons = [("complaint".into(), 4)].into_iter().collect();
    let rules = Command::DefineSetting(Setting::Priorities(Priorities { segments, reasons }));
    let mut day = Day::new(vec![rules, queue(plain("q"))]);
    day.ask(come(contact("plain", "q")));
    day.ask(come(Enqueue { segment: "vip".into(), ..contact("vip", "q") }));
    day.ask(come(Enqueue { reason: "complaint".into(), ..contact("angry", "q") }));
    day.ask(come(Enqueue { segment: "vip".into(), reason: "complaint".into(), priority: 9, ..contact("both", "q") }));
    let order: Vec<_> = day.floor.contacts(9).iter().map(|it| (it.id.to_string(), it.priority)).collect();
    let expected = [("both", 9), ("angry", 4), ("vip", 3), ("plain", 0)];
    assert_eq!(order, expected.map(|(id, priority)| (id.to_owned(), priority)));
}

#[test]
fn contacts_overflow_after_time_at_length_and_by_expected_wait() {
    let to = |rule: Overflow| Queue { overflow: vec![rule], ..plain("q") };
    let rule = Overflow { after_ms: None, longer_than: None, expected_over_ms: None, to_queue: "partner".into() };
    let partner = Queue { skills: skills(&[("bpo", 1)]), ..plain("partner") };
    let bpo = AgentProfile { skills: skills(&[("bpo", 1)]), capacities: chats(9), ..profile("p") };
    let open = || vec![queue(partner.clone()), agent(bpo.clone()), ready("p")];
    let only = |rules: Queue| Queue { skills: skills(&[("own", 1)]), ..rules };

    let mut day = Day::new(open());
    day.ask(queue(only(to(Overflow { after_ms: Some(10_000), ..rule.clone() }))));
    day.ask(come(contact("c", "q")));
    assert!(day.wait(9_999).is_empty());
    assert_eq!(day.wait(1), ["c>p"]);

    let mut day = Day::new(open());
    day.ask(queue(only(to(Overflow { longer_than: Some(1), ..rule.clone() }))));
    assert!(day.ask(come(contact("c1", "q"))).is_empty() && day.ask(come(contact("c2", "q"))).is_empty());
    assert_eq!(day.ask(come(contact("c3", "q"))), ["c3>p"]);

    let mut day = Day::new(open());
    day.ask(queue(only(to(Overflow { expected_over_ms: Some(90_000), ..rule }))));
    assert!(day.ask(come(contact("c1", "q"))).is_empty());
    assert_eq!(day.ask(come(contact("c2", "q"))), ["c2>p"], "two minutes are expected");
}

#[test]
fn queues_that_send_contacts_round_in_a_circle_are_refused() {
    let to = |id: &str, next: &str| Queue { max_wait_ms: 5_000, on_limit: Some(next.into()), ..plain(id) };
    let mut day = Day::new(vec![queue(plain("a"))]);
    assert_eq!(day.refused(queue(to("b", "nowhere"))), Rejection::UnknownQueue);
    day.ask(queue(to("b", "a")));
    day.ask(queue(to("c", "b")));
    for circle in [to("a", "c"), to("a", "a")] {
        assert!(matches!(day.refused(queue(circle)), Rejection::Invalid(_)));
    }
}

#[test]
fn no_contact_waits_for_ever() {
    let impossible = Queue { skills: skills(&[("latin", 5)]), max_wait_ms: 5 * MINUTE, ..plain("q") };
    let vip = AgentProfile { reserved_for: vec!["vip".into()], ..profile("a") };
    let mut day = Day::new(vec![queue(impossible), queue(plain("usual")), agent(vip), ready("a")]);
    day.ask(come(contact("c", "q")));
    day.ask(come(contact("d", "usual")));
    assert_eq!(day.why("c"), "nobody_able");
    assert_eq!(day.wait(5 * MINUTE), ["c>a"], "anybody on the channel");
    day.ask(accept("c", 1, "a"));
    day.ask(end("c"));
    assert_eq!(day.wait(Rules::default().escalate_after_ms), ["d>a"], "the floor's own limit");
}

fn office(open: bool) -> Command {
    let hours = Hours { from: u32::from(!open), to: 1_440 };
    let week = (1..=7).map(|day| (day, hours)).collect();
    let zone = "UTC".into();
    let calendar = Calendar {
        id: "o".into(),
        name: "O".into(),
        time_zone: zone,
        week,
        holidays_jp: false,
        closed: vec![],
        open: vec![],
    };
    Command::DefineSetting(Setting::Calendar(calendar))
}

#[test]
fn what_comes_while_a_queue_is_closed_waits_for_its_opening() {
    let rules = Queue { calendar: Some("o".into()), ..plain("q") };
    let mut day = Day { floor: Floor::new(Rules::default()), now: 86_400_000 * 100 };
    assert_eq!(day.refused(queue(rules.clone())), Rejection::UnknownCalendar);
    for command in [office(false), queue(rules), agent(profile("a")), ready("a")] {
        day.ask(command);
    }
    assert!(day.ask(come(contact("c", "q"))).is_empty(), "closed for a minute after midnight");
    assert_eq!((day.why("c"), day.floor.places()[0].place), ("asleep", 0));
    assert_eq!(day.floor.figures().waiting_since, None, "nobody waits yet");
    assert_eq!(day.wait(MINUTE), ["c>a"]);
    day.ask(end("c"));
    day.now += 86_400_000 - MINUTE;
    assert!(day.ask(come(contact("d", "q"))).is_empty());
    day.ask(office(true));
    assert_eq!(day.wait(0), ["d>a"], "the hours changed");
}

#[test]
fn after_a_contact_the_agent_has_time_and_then_is_ready_again() {
    let rules = Queue { after_work_ms: 30_000, ..plain("q") };
    let mut day = Day::new(vec![queue(rules), agent(profile("a")), ready("a"), come(contact("c", "q"))]);
    day.ask(accept("c", 1, "a"));
    assert!(day.ask(come(contact("d", "q"))).is_empty());
    assert!(day.ask(end("c")).is_empty());
    let view = day.floor.agent("a").unwrap();
    assert_eq!((view.availability, view.after_work_until), (Availability::AfterWork, Some(START + 30_000)));
    assert_eq!(day.wait(30_000), ["d>a"]);
}

#[test]
fn a_callback_keeps_its_place_and_is_made_once() {
    let mut capacities = chats(1);
    capacities[Channel::Callback.index()].limit = 1;
    let caller = AgentProfile { capacities, ..profile("a") };
    let mut day = Day::new(vec![queue(plain("q"))]);
    let call = |id: &str| Command::MakeCallback { contact: id.into(), at: None };
    day.ask(come(Enqueue { customer: "k".into(), ..contact("first", "q") }));
    assert_eq!(day.refused(call("first")), Rejection::NobodyCallsBack);
    day.ask(agent(caller));
    day.wait(1_000);
    day.ask(come(contact("second", "q")));
    day.wait(1_000);
    day.ask(call("first"));
    day.ask(call("first"));
    assert_eq!(day.floor.places()[0].contact, "first".into());
    assert_eq!(day.ask(ready("a")), ["first>a"]);
    day.ask(accept("first", 1, "a"));
    day.ask(end("first"));
    let again = come(Enqueue { customer: "k".into(), ..contact("first", "q") });
    assert_eq!(day.refused(again), Rejection::ContactOver, "not dialled twice");
}

#[test]
fn what_comes_as_a_callback_is_offered_as_nothing_else() {
    let mut capacities = chats(1);
    let mut day = Day::new(vec![queue(plain("q")), agent(AgentProfile { capacities, ..profile("a") }), ready("a")]);
    let back = |id: &str, due| come(Enqueue { callback: Some(Due(due)), ..contact(id, "q") });
    assert_eq!(day.ask(back("nobody", None)), ["nobody>a"], "where nobody calls back it waits as usual");
    day.ask(accept("nobody", 1, "a"));
    day.ask(end("nobody"));
    capacities[Channel::Callback.index()].limit = 1;
    day.ask(agent(AgentProfile { capacities, ..profile("b") }));
    assert!(day.ask(back("now", None)).is_empty(), "a takes chats only");
    assert!(day.ask(back("later", Some(START + MINUTE))).is_empty());
    assert_eq!(day.ask(ready("b")), ["now>b"]);
    day.ask(accept("now", 1, "b"));
    day.ask(end("now"));
    assert_eq!(day.wait(MINUTE), ["later>b"]);
}

#[test]
fn a_callback_ends_when_the_customer_is_served_elsewhere() {
    let mut capacities = chats(1);
    capacities[Channel::Callback.index()].limit = 1;
    let caller = AgentProfile { capacities, ..profile("a") };
    let mut day = Day::new(vec![queue(plain("q")), agent(caller)]);
    let of = |id| Enqueue { customer: "k".into(), ..contact(id, "q") };
    day.ask(come(of("call")));
    day.ask(Command::MakeCallback { contact: "call".into(), at: Some(START + MINUTE) });
    day.ask(ready("a"));
    assert_eq!(day.ask(come(of("chat"))), ["chat>a"]);
    day.ask(accept("chat", 1, "a"));
    assert_eq!(day.floor.contact("call"), None);
}

#[test]
fn a_cancelled_callback_waits_at_its_old_place() {
    let mut capacities = chats(1);
    capacities[Channel::Callback.index()].limit = 1;
    let mut day = Day::new(vec![queue(plain("q")), agent(AgentProfile { capacities, ..profile("a") })]);
    day.ask(come(contact("c", "q")));
    day.wait(1_000);
    day.ask(come(contact("d", "q")));
    day.ask(Command::MakeCallback { contact: "c".into(), at: Some(START + MINUTE) });
    day.ask(Command::CancelCallback { contact: "c".into() });
    assert_eq!(day.ask(ready("a")), ["c>a"]);
    assert_eq!(day.refused(Command::MakeCallback { contact: "c".into(), at: None }), Rejection::NotWaiting);
}

#[test]
fn a_change_is_kept_with_who_and_taken_back_unless_changed_since() {
    let mut day = Day::new(vec![by("boss", queue(plain("q")))]);
    day.ask(by("boss", queue(Queue { priority: 3, ..plain("q") })));
    day.ask(by("vice", queue(Queue { priority: 5, ..plain("q") })));
    let undo = |change| by("vice", Command::Undo { change });
    assert_eq!(day.refused(undo(2)), Rejection::ChangedSince);
    day.ask(undo(3));
    day.ask(undo(3));
    assert_eq!(day.floor.queues().next().unwrap().priority, 3);
    assert_eq!((day.refused(undo(9)), day.refused(undo(1))), (Rejection::UnknownChange, Rejection::ChangedSince));
    let newest = day.floor.changes().next().unwrap().clone();
    assert_eq!((&*newest.by, newest.number, newest.undoes), ("vice", 4, Some(3)));
    let mut new = Day::new(vec![by("boss", agent(profile("a")))]);
    assert_eq!(new.refused(Command::Undo { change: 1 }), Rejection::NothingBefore);
    new.ask(by("boss", agent(AgentProfile { unit: "team".into(), ..profile("a") })));
    new.ask(Command::Undo { change: 2 });
    assert_eq!(&*new.floor.agent("a").unwrap().profile.unit, "");
}

#[test]
fn every_waiting_contact_says_why() {
    let mut day = Day::new(vec![queue(plain("q")), come(contact("c", "q"))]);
    assert_eq!(day.why("c"), "nobody_able");
    day.ask(agent(profile("a")));
    assert_eq!(day.why("c"), "nobody_there");
    day.ask(ready("a"));
    assert_eq!(day.why("c"), "offered");
    day.ask(come(contact("d", "q")));
    assert_eq!(day.why("d"), "all_busy");
    day.ask(Command::Decline(Answer { contact: "c".into(), round: 1, agent: "a".into() }));
    day.ask(Command::Decline(Answer { contact: "d".into(), round: 1, agent: "a".into() }));
    assert_eq!((day.why("c"), day.why("d")), ("declined_pause", "declined_pause"));
}

/// Asterisk #176.
#[test]
fn two_agents_never_both_answer_one_contact() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), agent(profile("b"))]);
    for command in [ready("a"), ready("b"), come(contact("c", "q")), accept("c", 1, "a")] {
        day.ask(command);
    }
    assert_eq!(day.refused(accept("c", 1, "b")), Rejection::OfferOver);
}

/// Asterisk #1557.
#[test]
fn an_answer_and_a_hang_up_drop_no_other_offer() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), agent(profile("b"))]);
    for command in [ready("a"), ready("b"), come(contact("c", "q")), come(contact("d", "q"))] {
        day.ask(command);
    }
    day.ask(accept("c", 1, "a"));
    day.ask(end("c"));
    assert_eq!(day.stage("d"), Stage::Offered("b".into()));
}

/// Asterisk #1736.
#[test]
fn counters_count_each_contact_once() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), ready("a")]);
    for command in [come(contact("c", "q")), come(contact("c", "q")), accept("c", 1, "a"), accept("c", 1, "a")] {
        day.ask(command);
    }
    assert_eq!((day.floor.figures().held, day.floor.queue_figures()[0].held), (1, 1));
    day.ask(end("c"));
    day.ask(end("c"));
    assert_eq!(day.floor.figures(), Figures { ready: 1, ..Figures::default() });
}

/// FreeSWITCH #2540, #1062; OpenSIPS #3123.
#[test]
fn no_agent_stays_reserved_after_an_offer() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), ready("a"), come(contact("c", "q"))]);
    day.wait(20_000);
    assert_eq!(day.floor.agent("a").unwrap().availability, Availability::Away);
    assert_eq!(day.ask(ready("a")), ["c>a"], "free again at once");
    day.ask(end("c"));
    assert_eq!(day.ask(come(contact("d", "q"))), ["d>a"], "also when the caller left while it rang");
}

/// FreeSWITCH #2529, #1973.
#[test]
fn no_contact_lives_on_after_its_caller_left() {
    let mut day = Day::new(vec![queue(plain("q")), agent(profile("a")), ready("a"), come(contact("c", "q"))]);
    day.ask(Command::EndContact { contact: "c".into(), why: ContactEnd::Withdrawn });
    assert_eq!(day.refused(accept("c", 1, "a")), Rejection::OfferOver);
    assert!(day.floor.agent("a").unwrap().offers.is_empty());
    assert!(day.wait(MINUTE).is_empty());
    assert_eq!(day.floor.contact_count(), 0);
}
