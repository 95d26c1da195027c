//! Campaigns that dial by themselves, the do-not-call list and click to dial, through the whole service: a real journal, people who are
//! called over SIP, an agent's SIP phone.

use std::time::Duration;

use proto::{
    chat::v1::chat_event::What,
    telephony::v1::{
        AddEntriesRequest, AttemptOutcome, Call, Campaign, CampaignDeed, CampaignEntry, ChangeCampaignRequest,
        CommandCallRequest, CreateCampaignRequest, Deed, Direction, End, EntryStage, GetCampaignRequest,
        ListDoNotCallRequest, NewCampaignEntry, Person, Phase, SetDoNotCallRequest, StartCallRequest,
    },
};
use rsipstack::sip::{Request, SipMessage};
use serde_json::{Value, json};
use telephony::sip::digest::ha1;
use uuid::Uuid;

use crate::{
    center::{Center, chief},
    sip::{
        peer::{Dialog, Peer, SDP, called},
        phones::register,
    },
    staffed::Office,
};

const ONE: &str = "+81450000001";
const TWO: &str = "+81450000002";
/// Nothing more comes.
const QUIET: Duration = Duration::from_millis(1_500);

async fn nowhere() -> Peer {
    Peer::new("127.0.0.1:9".parse().unwrap()).await
}

/// A center with an office, and the agent's phone.
async fn center(outside: &Peer, agents: &[&str]) -> (Center, Office, Peer) {
    let (office, at) = Office::open(agents);
    let center = Center::with(outside, |config| {
        config["chat"] = json!(format!("http://{at}"));
        config["routing"] = json!(format!("http://{at}"));
        config["queue"] = json!("sales");
        let phone = json!({ "agent": agents[0], "user": "201", "ha1": ha1("201", "madoguchi", "open") });
        config["sip"]["phones"] = json!([phone]);
    })
    .await;
    let mut phone = center.caller().await;
    register(&mut phone, "phone", "open", "Expires: 600\r\n", 200).await.unwrap();
    (center, office, phone)
}

fn plan(mode: &str, queue: &str) -> Value {
    let hour = 3_600_000;
    let windows: Vec<Value> = (1..=7).map(|weekday| json!({ "weekday": weekday, "from": 0, "to": 1_440 })).collect();
    json!({
        "name": "春のご案内", "mode": mode, "queue": queue, "caller_id": "+81312345678", "attempts": 3, "attempts_per_day": 3,
        "pauses": { "busy_ms": hour, "no_answer_ms": 2 * hour, "machine_ms": hour, "abandoned_ms": hour, "failed_ms": hour },
        "ring_ms": 5_000, "preview_ms": 60_000, "utc_offset_minutes": 540, "windows": windows,
        "abandon": { "permille": 30, "window_ms": hour },
        "nobody": { "within_ms": 1_500, "announcement": { "ja": { "text": "失礼いたします。" } } },
    })
}

/// A campaign that calls these, begun.
async fn campaign(center: &mut Center, numbers: &[&str]) {
    let (by, campaign_id) = (Some(chief()), "spring".to_owned());
    let plan_json = plan("progressive", "sales").to_string();
    let create = CreateCampaignRequest { campaign_id: campaign_id.clone(), plan_json, by: by.clone() };
    center.client.create_campaign(create).await.unwrap();
    let entry = |number: &&str| NewCampaignEntry { number: (*number).to_owned(), name: "田中".to_owned() };
    let entries = numbers.iter().map(entry).collect();
    let add = AddEntriesRequest { campaign_id: campaign_id.clone(), entries, by: by.clone() };
    assert_eq!(center.client.add_entries(add).await.unwrap().into_inner().added as usize, numbers.len());
    change(center, CampaignDeed::Start).await;
}

async fn change(center: &mut Center, deed: CampaignDeed) {
    let request = ChangeCampaignRequest {
        campaign_id: "spring".to_owned(),
        deed: deed.into(),
        by: Some(chief()),
        ..ChangeCampaignRequest::default()
    };
    center.client.change_campaign(request).await.unwrap();
}

/// The campaign with its entries, once it is as said.
async fn stands(center: &mut Center, what: &str, is_so: impl Fn(&Campaign, &[CampaignEntry]) -> bool) -> Campaign {
    let asked = || GetCampaignRequest {
        campaign_id: "spring".to_owned(),
        by: Some(chief()),
        limit: 10,
        ..GetCampaignRequest::default()
    };
    let look = async |center: &mut Center| {
        let found = center.client.get_campaign(asked()).await.ok()?.into_inner();
        found.campaign.filter(|campaign| is_so(campaign, &found.entries))
    };
    center.until(what, look).await
}

fn last(entries: &[CampaignEntry], number: &str) -> Option<(AttemptOutcome, u32, bool)> {
    let entry = entries.iter().find(|entry| entry.number == number)?;
    let again = entry.stage() == EntryStage::Due && entry.again_at_ms > 0;
    Some((entry.last(), entry.attempts, again))
}

/// Numbers that are called besides one, until nothing more comes.
async fn others(outside: &mut Peer, but: &str) -> Vec<String> {
    let invited = |it: SipMessage| match it {
        SipMessage::Request(request) if request.method.to_string() == "INVITE" => Some(number(&request).to_owned()),
        SipMessage::Request(_) | SipMessage::Response(_) => None,
    };
    outside.until_quiet(QUIET).await.into_iter().filter_map(invited).filter(|number| number != but).collect()
}

/// The first call to another number than this one, whose requests may come again.
async fn next_call(outside: &mut Peer, but: &str) -> Request {
    loop {
        let invite = outside.asked("INVITE").await;
        if number(&invite) != but {
            return invite;
        }
    }
}

fn number(invite: &Request) -> &str {
    invite.uri.user().unwrap()
}

#[tokio::test]
async fn who_picks_up_talks_with_a_free_agent_in_a_conversation_of_their_queue() {
    let mut outside = nowhere().await;
    let (mut center, office, mut phone) = center(&outside, &["a1"]).await;
    campaign(&mut center, &[ONE, TWO]).await;
    let ringing = outside.asked("INVITE").await;
    assert!(ringing.headers.to_string().contains("+81312345678"), "the plan's number is shown: {}", ringing.headers);
    outside.answer(&ringing, 180, "", "").await;
    assert_eq!(others(&mut outside, number(&ringing)).await, [""; 0], "one agent is free: one number rings");
    outside.answer(&ringing, 200, "", SDP).await;
    outside.asked("ACK").await;
    let invited = phone.asked("INVITE").await;
    phone.answer(&invited, 200, "", SDP).await;
    phone.asked("ACK").await;
    let call = center.call("they talk", |call| call.phase() == Phase::Talking).await;
    assert_eq!((call.agent_id.as_str(), call.campaign_id.as_str()), ("a1", "spring"));
    assert_eq!((call.direction(), call.queue.as_str(), call.name.as_str()), (Direction::Out, "sales", "田中"));
    assert_eq!(office.holder(&call.call_id).as_deref(), Some("a1"), "they are at work on the floor");
    let said = office.said(&call.call_id);
    assert!(matches!(&said[..], [What::Opened(open), What::Assigned(_)] if open.channel == "voice"), "{said:?}");
    let met = number(&ringing).to_owned();
    let campaign = stands(&mut center, "it is a success", |campaign, entries| {
        campaign.picked_up == 1 && last(entries, &met) == Some((AttemptOutcome::Answered, 1, false))
    })
    .await;
    assert_eq!((campaign.picked_up, campaign.found_nobody, campaign.capped), (1, 0, false));

    outside.within("BYE", &Dialog { cseq: 2, ..called(&ringing) }, "bye", "", "").await;
    next_call(&mut outside, &met).await;
    assert!(matches!(office.said(&call.call_id).last(), Some(What::Closed(_))), "the agent was free for the next one");
}

#[tokio::test]
async fn busy_and_silent_numbers_come_again_as_planned() {
    let mut outside = nowhere().await;
    let (mut center, office, _phone) = center(&outside, &["a1", "a2"]).await;
    campaign(&mut center, &[ONE, TWO]).await;
    let (first, second) = (outside.asked("INVITE").await, outside.asked("INVITE").await);
    let (busy, silent) = (number(&first).to_owned(), number(&second).to_owned());
    assert_ne!(busy, silent, "two agents, two calls");
    outside.answer(&first, 486, "", "").await;
    outside.answer(&second, 180, "", "").await;
    let cancel = outside.asked("CANCEL").await;
    outside.answer(&cancel, 200, "", "").await;
    outside.answer(&second, 487, "", "").await;
    let campaign = stands(&mut center, "both have results", |campaign, entries| {
        // Read apart from the entries, and perhaps before them.
        campaign.dialled == 0
            && last(entries, &busy) == Some((AttemptOutcome::Busy, 1, true))
            && last(entries, &silent) == Some((AttemptOutcome::NoAnswer, 1, true))
    })
    .await;
    assert_eq!((campaign.attempts, campaign.dialled, campaign.picked_up), (2, 0, 0));
    for call in center.calls().await.unwrap() {
        assert_eq!((call.end(), office.said(&call.call_id).len()), (End::Failed, 0), "nobody was there to talk with");
    }
}

#[tokio::test]
async fn who_finds_nobody_hears_so_and_the_cap_stops_the_campaign() {
    let mut outside = nowhere().await;
    let (mut center, office, _phone) = center(&outside, &["a1"]).await;
    campaign(&mut center, &[ONE, TWO]).await;
    let ringing = outside.asked("INVITE").await;
    office.busy("a1", true);
    outside.answer(&ringing, 200, "", SDP).await;
    outside.asked("ACK").await;
    let bye = outside.asked("BYE").await;
    outside.answer(&bye, 200, "", "").await;
    let call = center.call("it is over", |call| call.phase() == Phase::Ended).await;
    assert_eq!((call.end(), call.answered_at_ms), (End::Abandoned, 0));
    let met = number(&ringing).to_owned();
    let campaign = stands(&mut center, "they found nobody", |campaign, entries| {
        campaign.found_nobody == 1 && last(entries, &met) == Some((AttemptOutcome::Abandoned, 1, true))
    })
    .await;
    assert_eq!((campaign.picked_up, campaign.found_nobody, campaign.capped), (1, 1, true));
    office.busy("a1", false);
    assert_eq!(others(&mut outside, &met).await, [""; 0], "one in one is above the cap");
    assert_eq!(office.holder(&call.call_id), None);
}

#[tokio::test]
async fn a_campaign_whose_gateway_dies_goes_on_and_calls_nobody_twice() {
    let mut outside = nowhere().await;
    let (mut center, office, _phone) = center(&outside, &["a1"]).await;
    campaign(&mut center, &[ONE, TWO]).await;
    let ringing = outside.asked("INVITE").await;
    outside.answer(&ringing, 180, "", "").await;
    let first = number(&ringing).to_owned();
    center.another_takes_over().await;
    let second = next_call(&mut outside, &first).await;
    outside.answer(&second, 486, "", "").await;
    let met = number(&second).to_owned();
    stands(&mut center, "both were called once", |campaign, entries| {
        let once = |number: &str| last(entries, number).is_some_and(|(_, attempts, _)| attempts == 1);
        campaign.attempts == 2 && campaign.dialled == 0 && once(&first) && once(&met)
    })
    .await;
    for call in center.calls().await.unwrap() {
        assert_eq!(office.holder(&call.call_id), None, "nobody is kept for a call that only rang");
    }
}

fn dial(to: &str, even_so: bool) -> StartCallRequest {
    StartCallRequest {
        by: Some(Person { id: "a1".to_owned(), supervisor: false }),
        to: to.to_owned(),
        call_id: Uuid::now_v7().to_string(),
        even_so,
        ..StartCallRequest::default()
    }
}

async fn never(center: &mut Center, number: &str, may_call: bool) -> u32 {
    let numbers = vec![number.to_owned()];
    let request = SetDoNotCallRequest { numbers, may_call, by: Some(chief()), ..SetDoNotCallRequest::default() };
    center.client.set_do_not_call(request).await.unwrap().into_inner().changed
}

#[tokio::test]
async fn who_dials_has_a_conversation_and_is_at_work_until_its_end() {
    let outside = nowhere().await;
    let (mut center, office, _phone) = center(&outside, &["a1"]).await;
    let asked = StartCallRequest { queue: "letters-of-nobody".to_owned(), ..dial(ONE, false) };
    let refused = center.client.start_call(asked).await.unwrap_err();
    assert_eq!(refused.code(), tonic::Code::InvalidArgument, "{refused:?}");
    let asked = dial("045-000-0001", false);
    let id = center.client.start_call(asked.clone()).await.unwrap().into_inner().call_id;
    assert_eq!(center.client.start_call(asked).await.unwrap().into_inner().call_id, id, "a resend");
    let holds = async |_: &mut Center| office.holder(&id).filter(|_| office.said(&id).len() == 2);
    assert_eq!(center.until("the agent has its conversation", holds).await, "a1");
    center.client.command_call(hang_up(&id)).await.unwrap();
    let over = async |_: &mut Center| (office.holder(&id).is_none()).then(|| office.said(&id));
    let said = center.until("the agent is free", over).await;
    assert!(matches!(said.last(), Some(What::Closed(_))), "{said:?}");

    // A number that is called in a conversation has no other one, and is called by who holds that.
    let (mine, other, nobodys) = (Uuid::now_v7().to_string(), Uuid::now_v7().to_string(), Uuid::now_v7().to_string());
    office.held(&mine, "a1");
    office.held(&other, "a2");
    let within =
        |conversation_id: &String| StartCallRequest { conversation_id: conversation_id.clone(), ..dial(TWO, false) };
    for (asked, reason) in [(&other, "not_your_conversation"), (&nobodys, "no_such_conversation")] {
        let refused = center.client.start_call(within(asked)).await.unwrap_err();
        assert_eq!(refused.metadata().get("reason").unwrap(), reason);
    }
    let other = center.client.start_call(within(&mine)).await.unwrap().into_inner().call_id;
    let began = |call: &Call| call.call_id == other;
    center.until("it began", async |center| center.calls().await?.into_iter().find(began)).await;
    tokio::time::sleep(QUIET).await;
    assert!(office.said(&other).is_empty() && office.holder(&other).is_none());
}

fn hang_up(call_id: &str) -> CommandCallRequest {
    CommandCallRequest {
        call_id: call_id.to_owned(),
        command_id: Uuid::now_v7().to_string(),
        by: Some(Person { id: "a1".to_owned(), supervisor: false }),
        deed: Deed::HangUp.into(),
        ..CommandCallRequest::default()
    }
}

#[tokio::test]
async fn who_dialled_is_free_at_the_end_also_when_the_floor_never_said_that_they_were_kept() {
    let outside = nowhere().await;
    let (mut center, office, _phone) = center(&outside, &["a1"]).await;
    office.mute(true);
    let id = center.client.start_call(dial(ONE, false)).await.unwrap().into_inner().call_id;
    center.until("the agent is kept", async |_| office.holder(&id)).await;
    center.client.command_call(hang_up(&id)).await.unwrap();
    center.call("it is over", |call| call.phase() == Phase::Ended).await;
    office.mute(false);
    center.until("the agent is free", async |_| office.holder(&id).is_none().then_some(())).await;
    assert!(office.said(&id).is_empty(), "nobody talked");

    // A call that only rang when its gateway died.
    let id = center.client.start_call(dial(ONE, false)).await.unwrap().into_inner().call_id;
    center.until("the agent is kept", async |_| office.holder(&id)).await;
    center.another_takes_over().await;
    center.until("the agent is free", async |_| office.holder(&id).is_none().then_some(())).await;
}

#[tokio::test]
async fn who_dials_with_the_id_of_somebody_elses_conversation_does_nothing_to_it() {
    let outside = nowhere().await;
    let (mut center, office, _phone) = center(&outside, &["a1"]).await;
    let theirs = Uuid::now_v7().to_string();
    office.held(&theirs, "a2");
    let asked = StartCallRequest { call_id: theirs.clone(), ..dial(ONE, false) };
    center.client.start_call(asked).await.unwrap();
    let began = |call: &Call| call.call_id == theirs && call.agent_id == "a1";
    center.until("it began", async |center| center.calls().await?.into_iter().find(began)).await;
    tokio::time::sleep(QUIET).await;
    center.client.command_call(hang_up(&theirs)).await.unwrap();
    let over = center.call("it is over", |call| call.phase() == Phase::Ended).await;
    assert_eq!(over.agent_id, "a1", "the other conversation's agent is not in it");
    tokio::time::sleep(QUIET).await;
    assert_eq!((office.holder(&theirs).as_deref(), office.said(&theirs).len()), (Some("a2"), 2));
}

#[tokio::test]
async fn the_do_not_call_list_holds_for_every_campaign_and_for_dialling_by_hand() {
    let mut outside = nowhere().await;
    let (mut center, _office, _phone) = center(&outside, &["a1", "a2"]).await;
    assert_eq!((never(&mut center, "045-000-0001", false).await, never(&mut center, ONE, false).await), (1, 0));
    let asked = |number: &str| ListDoNotCallRequest {
        by: Some(chief()),
        number: number.to_owned(),
        ..ListDoNotCallRequest::default()
    };
    for number in ["", "+81 45-000-0001"] {
        let listed = center.client.list_do_not_call(asked(number)).await.unwrap().into_inner();
        let found: Vec<_> = listed.entries.iter().map(|it| (it.number.as_str(), it.by.as_str())).collect();
        assert_eq!((found, listed.total), (vec![(ONE, "chief")], 1));
        assert!(listed.entries[0].at_ms > 0);
    }
    let refused = center.client.start_call(dial(ONE, false)).await.unwrap_err();
    assert_eq!(refused.metadata().get("reason").unwrap(), "do_not_call");
    center.client.start_call(dial(ONE, true)).await.unwrap();

    // Also by a campaign that is made later.
    campaign(&mut center, &[ONE, TWO]).await;
    let ringing = outside.asked("INVITE").await;
    assert_eq!(number(&ringing), TWO);
    outside.answer(&ringing, 180, "", "").await;
    assert_eq!(others(&mut outside, TWO).await, [""; 0]);
    stands(&mut center, "it is told so", |_, entries| {
        entries.iter().any(|entry| entry.number == ONE && entry.do_not_call && entry.attempts == 0)
    })
    .await;
    assert_eq!(never(&mut center, ONE, true).await, 1);
    assert_eq!(number(&next_call(&mut outside, TWO).await), ONE, "they may be called after all");
}
