//! "Why is it waiting?", "why this agent?": plain sentences from the decisions themselves, in Japanese and English.

use super::{
    command::ContactEnd,
    event::{Arrival, ContactChange, Event, MoveWhy, Offer, OfferEnd, OfferWhy, What},
    state::{Agent, Contact, ESCALATED, Floor, Stage},
    types::{Availability, Channel, Id, Millis},
};

/// One thing that happened to a contact, or how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// When.
    pub at: Millis,
    /// A word for programs.
    pub code: &'static str,
    /// In Japanese.
    pub ja: String,
    /// In English.
    pub en: String,
}

/// What an event says of a contact: whom it concerns, and how that is put. None for events that concern no contact.
#[must_use]
pub fn explain(event: &Event) -> Option<(Id, Explanation)> {
    let (contact, (code, ja, en)) = match &event.what {
        What::ContactEnqueued(arrival) => (&arrival.contact, arrived(arrival)),
        What::ContactOffered(offer) => (&offer.contact, offered(offer)),
        What::OfferAccepted(answer) => (&answer.contact, accepted(&answer.agent)),
        What::OfferEnded { offer, why, .. } => (&offer.contact, offer_ended(&offer.agent, *why)),
        What::ContactReleased { contact } => (
            contact,
            (
                "released",
                "担当者が対応できないため、条件に合う誰でも受けられるようになりました。".to_owned(),
                "It is no longer kept for one agent: anybody with the skills may have it.".to_owned(),
            ),
        ),
        What::ContactChanged { contact, change } => (contact, changed(change)),
        What::ContactEnded { contact, why } => (contact, ended(*why)),
        What::QueueDefined(_) | What::AgentDefined(_) | What::AvailabilityChanged { .. } | What::SettingDefined(_) => {
            return None;
        }
    };
    Some((contact.clone(), Explanation { at: event.at, code, ja, en }))
}

type Said = (&'static str, String, String);

fn arrived(arrival: &Arrival) -> Said {
    let Arrival { queue, priority, .. } = arrival;
    if arrival.not_before.is_some() {
        let ja = format!("キュー「{queue}」に入りました。営業時間外のため、営業開始まで待ちます。");
        let en = format!("It came to the queue “{queue}”, which is closed: it waits for the opening.");
        return ("enqueued_closed", ja, en);
    }
    if let Some(agent) = &arrival.only_agent {
        let ja = format!("キュー「{queue}」に入りました。担当者 {agent} のために取り置かれています。");
        let en = format!("It came to the queue “{queue}” and is kept for {agent}.");
        return ("enqueued_kept", ja, en);
    }
    let ja = format!("キュー「{queue}」に優先度 {priority} で入りました。");
    let en = format!("It came to the queue “{queue}” with priority {priority}.");
    ("enqueued", ja, en)
}

fn offered(offer: &Offer) -> Said {
    let Offer { agent, candidates, .. } = offer;
    match offer.why {
        OfferWhy::AgentFreeLongest => (
            "offered_longest_free",
            format!("条件に合う空きの担当者 {candidates} 名のうち、最も長く空いていた {agent} に打診しました。"),
            format!("Offered to {agent}: of {candidates} free agents who can take it, longest without work."),
        ),
        OfferWhy::FirstInLine => (
            "offered_first_in_line",
            format!("{agent} が空き、同じ条件で待つ {candidates} 件の先頭だったため打診しました。"),
            format!("Offered to {agent}, who became free: it was first of {candidates} that ask for the same."),
        ),
        OfferWhy::KeptForAgent => (
            "offered_kept",
            format!("{agent} のために取り置かれていたため打診しました。"),
            format!("Offered to {agent}, for whom it was kept."),
        ),
        OfferWhy::Engaged => (
            "engaged",
            format!("{agent} が最初から対応している電話です。"),
            format!("A call that {agent} is in from its beginning."),
        ),
        OfferWhy::Unsaid => ("offered", format!("{agent} に打診しました。"), format!("Offered to {agent}.")),
    }
}

fn accepted(agent: &Id) -> Said {
    ("accepted", format!("{agent} が受けました。"), format!("{agent} took it."))
}

fn offer_ended(agent: &Id, why: OfferEnd) -> Said {
    match why {
        OfferEnd::Declined => (
            "declined",
            format!("{agent} が辞退しました。元の順番で待ちます。"),
            format!("{agent} declined. It waits again at its old place."),
        ),
        OfferEnd::TimedOut => (
            "timed_out",
            format!("{agent} が時間内に応答しなかったため離席になりました。元の順番で待ちます。"),
            format!("{agent} did not answer in time and is set away. It waits again at its old place."),
        ),
        OfferEnd::AgentLeft => (
            "agent_left",
            format!("{agent} が受付を止めました。元の順番で待ちます。"),
            format!("{agent} stopped taking work. It waits again at its old place."),
        ),
    }
}

fn changed(change: &ContactChange) -> Said {
    match change {
        ContactChange::Relaxed { step: ESCALATED } => (
            "escalated",
            "待ち時間の上限に達したため、スキルを問わず同じチャネルの誰でも受けられるようになりました。".to_owned(),
            "It waited up to the limit: anybody on the channel may have it, whatever their skills.".to_owned(),
        ),
        ContactChange::Relaxed { step } => (
            "relaxed",
            format!("待ち時間が延びたため、希望スキルの条件を緩めました（{step} 段階目）。"),
            format!("It waited so long that preferred skills were given up (step {step})."),
        ),
        ContactChange::Moved { queue, why, .. } => moved(queue, *why),
        ContactChange::Woken => (
            "woken",
            "受付時刻になり、順番待ちに入りました。".to_owned(),
            "Its time came: it may be offered now.".to_owned(),
        ),
        ContactChange::Channel { channel: Channel::Callback, .. } => (
            "callback",
            "順番を保ったまま折り返し連絡に切り替えました。".to_owned(),
            "It became a callback and keeps its place.".to_owned(),
        ),
        ContactChange::Channel { .. } => (
            "callback_cancelled",
            "折り返し連絡を取り消し、元の順番で待ちます。".to_owned(),
            "The callback was cancelled: it waits at its old place.".to_owned(),
        ),
    }
}

fn moved(queue: &Id, why: MoveWhy) -> Said {
    let (code, ja, en) = match why {
        MoveWhy::After => ("moved_after", "待ち時間が長いため", "It waited too long"),
        MoveWhy::Length => ("moved_length", "キューが混み合っているため", "The queue was too long"),
        MoveWhy::Expected => ("moved_expected", "予想待ち時間が長いため", "The expected wait was too long"),
        MoveWhy::Limit => ("moved_limit", "待ち時間の上限に達したため", "It waited up to the queue's limit"),
    };
    (code, format!("{ja}、キュー「{queue}」に移りました。"), format!("{en}: it moved to the queue “{queue}”."))
}

fn ended(why: ContactEnd) -> Said {
    match why {
        ContactEnd::Completed => ("completed", "対応が完了しました。".to_owned(), "The work is done.".to_owned()),
        ContactEnd::Withdrawn => (
            "withdrawn",
            "お客様が離れたか、別の窓口で対応されました。".to_owned(),
            "The customer left, or is served elsewhere.".to_owned(),
        ),
    }
}

/// How a contact on the floor stands at `now`, and why. Walks over the agents.
#[must_use]
pub fn explain_now(floor: &Floor, contact: &str, now: Millis) -> Option<Explanation> {
    let (_, state) = floor.contact_of(contact)?;
    let name = |key: u32| &floor.agents[key as usize].id;
    let (code, ja, en) = match state.stage {
        Stage::Offered { agent, .. } => {
            let agent = name(agent);
            (
                "offered",
                format!("{agent} の応答を待っています。"),
                format!("Offered to {agent}, who has not answered yet."),
            )
        }
        Stage::Held { agent } => {
            let agent = name(agent);
            ("held", format!("{agent} が対応しています。"), format!("{agent} is working on it."))
        }
        Stage::Waiting => waiting(floor, state, now),
    };
    Some(Explanation { at: now, code, ja, en })
}

fn waiting(floor: &Floor, contact: &Contact, now: Millis) -> Said {
    if contact.asleep.is_some() {
        let (ja, en) =
            ("営業開始または約束の時刻を待っています。", "It waits for the opening, or for the time agreed.");
        return ("asleep", ja.to_owned(), en.to_owned());
    }
    if let Some(only) = contact.only {
        let agent = &floor.agents[only as usize].id;
        let ja = format!("担当者 {agent} が空くのを待っています。");
        return ("waiting_for_agent", ja, format!("It waits for {agent}, for whom it is kept."));
    }
    let queue = &floor.queue(contact.queue).rules;
    let asked = floor.requirement(queue, contact.channel, &contact.segment, contact.step);
    let able = |agent: &&Agent| agent.defined && agent.meets(&asked) && agent.limits[contact.channel.index()].limit > 0;
    let able: Vec<(u32, &Agent)> = (0..).zip(&floor.agents).filter(|(_, agent)| able(agent)).collect();
    let count = |of: &dyn Fn(u32, &Agent) -> bool| able.iter().filter(|(key, agent)| of(*key, agent)).count();
    let ready = count(&|_, agent| agent.availability == Availability::Ready);
    let paused = count(&|key, agent| agent.free(contact.channel) && contact.paused_for(key, now));
    if able.is_empty() {
        let (ja, en) = ("条件に合う担当者が一人もいません。", "No agent at all has what it asks for.");
        return ("nobody_able", ja.to_owned(), en.to_owned());
    }
    if ready == 0 {
        let ja = format!("条件に合う担当者 {} 名は全員、離席中か不在です。", able.len());
        return ("nobody_there", ja, format!("All {} agents who can take it are away or offline.", able.len()));
    }
    if paused > 0 {
        let ja = format!("空いている担当者 {paused} 名は先ほど辞退したため、間を置いています。");
        return ("declined_pause", ja, format!("{paused} free agents declined it a moment ago and are not asked yet."));
    }
    let ja = format!("条件に合う受付中の担当者 {ready} 名は全員対応中です。");
    ("all_busy", ja, format!("All {ready} agents who are ready and can take it are busy."))
}
