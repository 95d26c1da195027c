use super::*;
use crate::floor::{
    Availability, Capacity, Channel, Overflow, Preference, Priorities, Queue, Reason, Setting, calendar::Calendar,
    calendar::Hours, chats,
};

fn queue() -> Queue {
    let overflow =
        Overflow { after_ms: Some(5_000), longer_than: None, expected_over_ms: Some(0), to_queue: "r".into() };
    Queue {
        id: "q".into(),
        name: "Queue".into(),
        channel: Channel::Voice,
        skills: [("ja".into(), 3)].into_iter().collect(),
        preferred: [("ja".into(), Preference { level: 5, relax_after_ms: 9_000 })].into_iter().collect(),
        priority: 4,
        offer_timeout_ms: 5_000,
        target_ms: 20_000,
        calendar: Some("office".into()),
        overflow: vec![overflow],
        max_wait_ms: 60_000,
        on_limit: Some("s".into()),
        after_work_ms: 7_000,
    }
}

fn profile() -> AgentProfile {
    let mut capacities = chats(3);
    capacities[Channel::Voice.index()] = Capacity { limit: 1, weight: 100, interrupts: 1 << Channel::Mail.index() };
    AgentProfile {
        id: "a".into(),
        name: "A".into(),
        unit: "team".into(),
        skills: queue().skills,
        capacities,
        reserved_for: vec!["vip".into()],
    }
}

fn settings() -> [Setting; 3] {
    let hours = Hours { from: 540, to: 1_080 };
    let calendar = Calendar {
        id: "office".into(),
        name: "Office".into(),
        time_zone: "Asia/Tokyo".into(),
        week: vec![(1, hours)],
        holidays_jp: true,
        closed: vec![20_000],
        open: vec![(20_001, hours)],
    };
    let reason = Reason { id: "lunch".into(), ja: "昼食".into(), en: "Lunch".into() };
    let priorities = Priorities {
        segments: [("vip".into(), 5)].into_iter().collect(),
        reasons: [("complaint".into(), 2)].into_iter().collect(),
    };
    [Setting::Calendar(calendar), Setting::Reasons(vec![reason]), Setting::Priorities(priorities)]
}

fn arrival() -> Arrival {
    Arrival {
        contact: "c.1".into(),
        queue: "q".into(),
        channel: Channel::Mail,
        priority: 2,
        segment: "vip".into(),
        reason: "complaint".into(),
        customer: "k".into(),
        only_agent: Some("a".into()),
        only_until: Some(5),
        not_before: Some(6),
    }
}

#[test]
fn every_event_comes_back_as_it_was() {
    let answer = || Answer { contact: "c.1".into(), round: 3, agent: "a".into() };
    let availability =
        |availability, until| What::AvailabilityChanged { agent: "a".into(), availability, reason: "x".into(), until };
    let change = |change| What::ContactChanged { contact: "c.1".into(), change };
    let offer = |why| {
        What::ContactOffered(Offer {
            contact: "c.1".into(),
            round: 3,
            agent: "a".into(),
            expires_at: 77,
            queue: "q".into(),
            enqueued_at: 66,
            channel: Channel::Callback,
            why,
            candidates: 4,
        })
    };
    let moved = |why| change(ContactChange::Moved { queue: "r".into(), why, not_before: Some(8) });
    let whats = [
        What::QueueDefined(queue()),
        What::QueueDefined(Queue { id: "plain".into(), ..Queue::default() }),
        What::AgentDefined(profile()),
        availability(Availability::Away, None),
        availability(Availability::AfterWork, Some(9)),
        What::ContactEnqueued(arrival()),
        What::ContactEnqueued(Arrival { contact: "c.1".into(), queue: "q".into(), ..Arrival::default() }),
        offer(OfferWhy::Unsaid),
        offer(OfferWhy::AgentFreeLongest),
        offer(OfferWhy::FirstInLine),
        offer(OfferWhy::KeptForAgent),
        offer(OfferWhy::Engaged),
        What::OfferAccepted(answer()),
        What::OfferEnded { offer: answer(), why: OfferEnd::Declined, not_before: 99 },
        What::OfferEnded { offer: answer(), why: OfferEnd::TimedOut, not_before: 0 },
        What::OfferEnded { offer: answer(), why: OfferEnd::AgentLeft, not_before: 0 },
        What::ContactReleased { contact: "c.1".into() },
        change(ContactChange::Relaxed { step: u32::MAX }),
        change(ContactChange::Woken),
        change(ContactChange::Channel { channel: Channel::Task, not_before: None }),
        moved(MoveWhy::After),
        moved(MoveWhy::Length),
        moved(MoveWhy::Expected),
        moved(MoveWhy::Limit),
        What::ContactEnded { contact: "c.1".into(), why: ContactEnd::Withdrawn },
        What::ContactEnded { contact: "c.1".into(), why: ContactEnd::Completed },
    ];
    for what in whats.into_iter().chain(settings().map(What::SettingDefined)) {
        for by in [None, Some(By { who: "boss".into(), undoes: Some(3) })] {
            let event = Event { at: 123, what: what.clone(), by };
            assert_eq!(to_event(from_event(&event)), Some(event));
        }
    }
    assert_eq!(to_event(pb::RoutingEvent::default()), None);
}

/// Stored before queues had hours, contacts segments and agents units.
#[test]
fn events_of_the_first_days_mean_what_they_meant() {
    let skill = pb::Skill { name: "ja".into(), level: 3, ..pb::Skill::default() };
    let queue = pb::Queue {
        queue_id: "q".into(),
        channel: pb::Channel::Chat.into(),
        skills: vec![skill],
        priority: 4,
        offer_timeout_ms: 5_000,
        ..pb::Queue::default()
    };
    let skills = [("ja".into(), 3)].into_iter().collect();
    let expected = Queue { id: "q".into(), skills, priority: 4, offer_timeout_ms: 5_000, ..Queue::default() };
    let defined = routing_event::What::QueueDefined(pb::QueueDefined { queue: Some(queue) });
    let event = to_event(pb::RoutingEvent { at_ms: 1, what: Some(defined), ..pb::RoutingEvent::default() }).unwrap();
    assert_eq!((event.what, event.by), (What::QueueDefined(expected), None));
    let contact = pb::Contact { contact_id: "c".into(), queue_id: "q".into(), ..pb::Contact::default() };
    let enqueued = routing_event::What::ContactEnqueued(pb::ContactEnqueued { contact: Some(contact) });
    let event = to_event(pb::RoutingEvent { at_ms: 1, what: Some(enqueued), ..pb::RoutingEvent::default() }).unwrap();
    let expected = Arrival { contact: "c".into(), queue: "q".into(), ..Arrival::default() };
    assert_eq!(event.what, What::ContactEnqueued(expected));
}
