//! Stories of single cases.

use super::*;

pub(super) const HOUR: Millis = 3_600_000;

pub(super) fn opening() -> Opening<String> {
    Opening {
        record: "rec-1".to_owned(),
        kind: "damage".to_owned(),
        department: "sales".to_owned(),
        priority: 5,
        title: "cup broken on arrival".to_owned(),
        conversation: "talk-1".to_owned(),
        sla: Sla { first_ms: HOUR, solve_ms: 24 * HOUR },
    }
}

/// A case, and a clock.
struct Desk {
    case: Case,
    now: Millis,
    asked: u32,
}

impl Desk {
    fn opened() -> Desk {
        let mut desk = Desk { case: Case::default(), now: 1_000, asked: 0 };
        desk.by("agent1", Action::Open(opening())).unwrap();
        desk
    }

    fn by(&mut self, who: &str, action: Action<String>) -> Result<Vec<What<String>>, Rejection> {
        self.asked += 1;
        let command = Command { id: format!("c{}", self.asked), by: who.to_owned(), action };
        let events = decide(&self.case, &command, self.now)?;
        events.iter().for_each(|event| evolve(&mut self.case, event));
        Ok(events.into_iter().map(|event| event.what).collect())
    }

    fn tick(&mut self) -> Vec<What<String>> {
        self.by("", Action::Tick).unwrap()
    }
}

#[test]
fn a_department_hands_a_case_over_and_the_next_one_has_it_without_an_owner() {
    let mut desk = Desk::opened();
    desk.by("agent1", Action::Assign { owner: Some("agent1".to_owned()) }).unwrap();
    desk.by("agent1", Action::HandOver { department: "maintenance".to_owned(), text: "glue?".to_owned() }).unwrap();
    assert_eq!(desk.case.department(), "maintenance");
    assert_eq!(desk.case.owner(), None);
    let same = Action::HandOver { department: "maintenance".to_owned(), text: String::new() };
    assert_eq!(desk.by("agent1", same), Err(Rejection::Bad));
}

#[test]
fn who_opens_a_case_has_not_answered_it_and_lateness_is_said_once() {
    let mut desk = Desk::opened();
    assert_eq!(next_deadline(&desk.case), Some(1_000 + HOUR));
    assert!(desk.tick().is_empty());
    desk.now += HOUR;
    assert_eq!(desk.tick(), [What::Escalated { late: Late::First }]);
    assert!(desk.tick().is_empty());
    assert_eq!(next_deadline(&desk.case), Some(1_000 + 24 * HOUR));
    desk.by("agent2", Action::Note { text: "asked the shop".to_owned() }).unwrap();
    assert_eq!(desk.case.first_due(), None);
    desk.now += 24 * HOUR;
    assert_eq!(desk.tick(), [What::Escalated { late: Late::Solve }]);
    assert_eq!(next_deadline(&desk.case), None);
}

#[test]
fn while_it_waits_for_somebody_outside_its_clock_stands_still() {
    let mut desk = Desk::opened();
    let due = desk.case.due();
    let until = desk.now + 10 * HOUR;
    desk.by("agent1", Action::Wait { whom: "customer".to_owned(), until: Some(until) }).unwrap();
    assert_eq!(next_deadline(&desk.case), Some(until));
    desk.now = until;
    assert_eq!(desk.tick(), [What::Resumed]);
    assert_eq!(desk.case.due(), due + 10 * HOUR);
    assert_eq!(desk.by("agent1", Action::Resume), Err(Rejection::NotWaiting));
    let past = Action::Wait { whom: "shop".to_owned(), until: Some(until) };
    assert_eq!(desk.by("agent1", past), Err(Rejection::Bad));
}

#[test]
fn a_solved_case_takes_notes_and_comes_back_with_half_of_its_time() {
    let mut desk = Desk::opened();
    desk.by("agent1", Action::Solve { code: "replaced".to_owned() }).unwrap();
    assert_eq!(next_deadline(&desk.case), None);
    let assign = Action::Assign { owner: Some("agent1".to_owned()) };
    assert_eq!(desk.by("agent1", assign), Err(Rejection::Solved));
    desk.by("agent1", Action::Note { text: "thanked us".to_owned() }).unwrap();
    desk.now += 30 * HOUR;
    desk.by("agent2", Action::Reopen).unwrap();
    assert_eq!(desk.case.due(), desk.now + 12 * HOUR);
    assert_eq!(desk.by("agent2", Action::Reopen), Err(Rejection::NotSolved));
}

#[test]
fn the_same_command_is_carried_out_once_and_bad_values_are_refused() {
    let mut case = Case::default();
    let open = Command { id: "c1".to_owned(), by: "agent1".to_owned(), action: Action::Open(opening()) };
    assert_eq!(decide(&case, &Command { action: Action::Resume, ..open.clone() }, 1), Err(Rejection::Unknown));
    let hurried = Opening { sla: Sla { first_ms: 2, solve_ms: 1 }, ..opening() };
    assert_eq!(decide(&case, &Command { action: Action::Open(hurried), ..open.clone() }, 1), Err(Rejection::Bad));
    for event in decide(&case, &open, 1).unwrap() {
        evolve(&mut case, &event);
    }
    assert_eq!(decide(&case, &open, 2), Ok(Vec::new()));
    let other = Command { id: "c2".to_owned(), ..open };
    assert_eq!(decide(&case, &other, 2), Err(Rejection::Taken));
    let rank = Command { id: "c3".to_owned(), by: String::new(), action: Action::<String>::Rank { priority: 10 } };
    assert_eq!(decide(&case, &rank, 2), Err(Rejection::Bad));
}
