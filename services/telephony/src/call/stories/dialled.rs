//! Calls that a campaign dials: who picks up talks with somebody soon, or hears why not.

use super::*;

const WITHIN: Millis = 3_000;

/// A campaign's call that was picked up.
fn picked_up() -> Story {
    let mut story = Story::new();
    let begin = Begin {
        direction: Direction::Out,
        customer: "tel-1".to_owned(),
        number: "+81450000001".to_owned(),
        queue: "q".to_owned(),
        converses: true,
        campaign: "spring".to_owned(),
        ring_ms: 25_000,
        within_ms: WITHIN,
        ..Begin::default()
    };
    story.ok(Command::Begin(begin));
    assert_eq!(desired(&story.call).wires[&LegId(0)], Wanted::Call);
    story.up(0);
    story.queue();
    story
}

impl Story {
    fn wait(&mut self, ms: Millis) -> Vec<What> {
        self.now += ms;
        self.ok(Command::Tick)
    }
}

#[test]
fn it_rings_as_long_as_the_campaign_says() {
    let mut story = Story::new();
    let campaign = Begin { direction: Direction::Out, campaign: "c".to_owned(), ring_ms: 9_000, ..Begin::default() };
    story.ok(Command::Begin(campaign));
    assert_eq!(next_deadline(&story.call, &PATIENCE), Some(story.now + 9_000));
    story.wait(9_000);
    assert_eq!(story.ended, [End::Failed]);
}

#[test]
fn who_talks_in_time_is_never_abandoned() {
    let mut story = picked_up();
    story.assign("a", 2);
    story.ok(Command::Join(person("a")));
    story.up(1);
    assert_eq!((story.call.phase, story.call.abandoned_at), (Phase::Talking, 0));
    assert!(story.wait(WITHIN).is_empty());
    story.ok(Command::Release { number: 3, queue: String::new(), to_agent: None });
    assert!(story.wait(10 * WITHIN).is_empty(), "they talked: now they wait as anybody");
}

#[test]
fn who_finds_nobody_in_time_is_told_so_and_no_agent_gets_them_any_more() {
    let mut story = picked_up();
    story.assign("late", 2);
    story.ok(Command::Join(person("late")));
    assert_eq!(next_deadline(&story.call, &PATIENCE), Some(story.call.picked_up_at + WITHIN));
    let happened = story.wait(WITHIN);
    assert_eq!(happened, [What::LegDown(LegId(1)), What::Abandoned], "the agent's browser needs not come");
    story.assign("later", 5);
    story.queue();
    assert_eq!((story.call.phase, story.call.agent.clone()), (Phase::Flow, None));
    assert!(desired(&story.call).background.is_empty(), "no music beside the announcement");
    story.ok(Command::End(End::Abandoned));
    assert_eq!(story.ended, [End::Abandoned]);
}

#[test]
fn an_announcement_that_nobody_reports_over_ends_and_so_does_a_hang_up() {
    let mut story = picked_up();
    story.wait(WITHIN);
    story.wait(60_000);
    assert_eq!(story.ended, [End::Abandoned]);
    let mut story = picked_up();
    story.wait(WITHIN);
    story.ok(Command::LegEnded(LegId(0)));
    assert_eq!(story.ended, [End::Abandoned]);
    let mut story = picked_up();
    story.ok(Command::LegEnded(LegId(0)));
    assert_eq!(story.ended, [End::Customer], "they did not wait");
}
