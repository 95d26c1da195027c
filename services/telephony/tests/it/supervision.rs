//! Who hears whom, through the whole service: a telephone and browsers with a tone each, and what arrives at every one of them.

use std::time::Duration;

use proto::{
    routing::v1::{Agent, Skill},
    telephony::v1::{Deed, LegKind, Phase},
};
use serde_json::json;
use telephony::{
    media::{Codec, Format},
    sip::digest::ha1,
};

use crate::{
    center::{Center, agent, chief},
    flows::call,
    media::{browser::Browser, peer::Phone},
    sip::{peer::Peer, phones::register},
};

const CUSTOMER: u32 = 440;
const AGENT: u32 = 700;
const COLLEAGUE: u32 = 1_100;
const CHIEF: u32 = 1_500;

fn hz(tone: u32) -> f64 {
    f64::from(tone)
}

/// The customer hears music and nobody of the center, for half a second.
async fn hears_music(phone: &Phone) {
    for _ in 0..500 {
        let tones = phone.tones();
        if !tones.is_empty() && [AGENT, COLLEAGUE, CHIEF].iter().all(|tone| !tones.contains(tone)) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("no music: {:?}", phone.tones());
}

/// A center with a customer and an agent who talk.
struct Talk {
    center: Center,
    caller: Peer,
    dialog: crate::sip::peer::Dialog,
    customer: Phone,
    agent: Browser,
    id: String,
}

impl Talk {
    async fn start() -> Self {
        let nowhere = Peer::new("127.0.0.1:9".parse().unwrap()).await;
        let flow = json!({"a": {"kind": "queue", "queue": "orders"}});
        let mut center = Center::start_as(flow, &nowhere, |config| config["sip"]["t1_ms"] = json!(100)).await;
        let customer = Phone::new(Some(hz(CUSTOMER)), Codec::Pcmu);
        let (caller, dialog) = call(&center, &customer).await;
        let id = center.call("it waits", |call| call.phase() == Phase::Queued).await.call_id;
        center.assigns(&id, "one").await;
        let agent = center.joins(&id, &agent("one"), hz(AGENT)).await;
        center.call("they talk", |call| call.phase() == Phase::Talking).await;
        Self { center, caller, dialog, customer, agent, id }
    }

    async fn one(&mut self, deed: Deed) {
        self.center.does(&self.id, &agent("one"), deed).await;
    }

    async fn chief(&mut self, deed: Deed) {
        self.center.does(&self.id, &chief(), deed).await;
    }

    /// The caller hangs up, and nothing is left.
    async fn ends(mut self) {
        self.dialog.cseq += 1;
        self.caller.within("BYE", &self.dialog, "bye", "", "").await;
        self.center.call("it is over", |call| call.ended_at_ms > 0).await;
        self.center.is_empty().await;
    }
}

#[tokio::test]
async fn talk_hold_consult_and_conference_are_exactly_the_matrix() {
    let mut talk = Talk::start().await;
    talk.customer.hears(&[AGENT]).await;
    talk.agent.hears(&[CUSTOMER]).await;

    talk.one(Deed::Hold).await;
    hears_music(&talk.customer).await;
    talk.agent.hears(&[]).await;
    talk.one(Deed::Resume).await;
    talk.customer.hears(&[AGENT]).await;
    talk.agent.hears(&[CUSTOMER]).await;

    let (id, one, two) = (talk.id.clone(), agent("one"), agent("two"));
    talk.center.does_to(&id, &one, Deed::Consult, |deed| deed.to_agent_id = "two".to_owned()).await;
    let colleague = talk.center.joins(&id, &two, hz(COLLEAGUE)).await;
    talk.agent.hears(&[COLLEAGUE]).await;
    colleague.hears(&[AGENT]).await;
    hears_music(&talk.customer).await;

    talk.one(Deed::Conference).await;
    talk.customer.hears(&[AGENT, COLLEAGUE]).await;
    talk.agent.hears(&[CUSTOMER, COLLEAGUE]).await;
    colleague.hears(&[CUSTOMER, AGENT]).await;

    talk.chief(Deed::Monitor).await;
    let chief = talk.center.joins(&id, &chief(), hz(CHIEF)).await;
    chief.hears(&[CUSTOMER, AGENT, COLLEAGUE]).await;
    talk.customer.hears(&[AGENT, COLLEAGUE]).await;
    talk.agent.hears(&[CUSTOMER, COLLEAGUE]).await;
    colleague.hears(&[CUSTOMER, AGENT]).await;

    talk.center.does(&id, &two, Deed::HangUp).await;
    talk.customer.hears(&[AGENT]).await;
    talk.agent.hears(&[CUSTOMER]).await;
    talk.center.call("the colleague is out", |call| call.legs.len() == 3).await;
    talk.ends().await;
}

#[tokio::test]
async fn monitor_is_silent_whisper_is_for_the_agent_barge_for_all_and_a_take_over_is_whole() {
    let mut talk = Talk::start().await;
    let id = talk.id.clone();
    talk.chief(Deed::Monitor).await;
    let ear = talk.center.joins(&id, &chief(), hz(CHIEF)).await;
    ear.hears(&[CUSTOMER, AGENT]).await;
    talk.customer.hears(&[AGENT]).await;
    talk.agent.hears(&[CUSTOMER]).await;

    talk.chief(Deed::Whisper).await;
    talk.agent.hears(&[CUSTOMER, CHIEF]).await;
    talk.customer.hears(&[AGENT]).await;
    ear.hears(&[CUSTOMER, AGENT]).await;

    talk.chief(Deed::Barge).await;
    talk.agent.hears(&[CUSTOMER, CHIEF]).await;
    talk.customer.hears(&[AGENT, CHIEF]).await;
    ear.hears(&[CUSTOMER, AGENT]).await;

    talk.one(Deed::Hold).await;
    hears_music(&talk.customer).await;
    talk.agent.hears(&[CHIEF]).await;
    ear.hears(&[CUSTOMER, AGENT]).await;
    talk.one(Deed::Resume).await;
    talk.chief(Deed::StopSupervising).await;
    talk.customer.hears(&[AGENT]).await;
    talk.agent.hears(&[CUSTOMER]).await;

    talk.chief(Deed::TakeOver).await;
    talk.center.call("the supervisor has it", |call| call.agent_id == "chief").await;
    let own = talk.center.joins(&id, &chief(), hz(CHIEF)).await;
    talk.customer.hears(&[CHIEF]).await;
    own.hears(&[CUSTOMER]).await;
    let call = talk.center.call("the agent is out", |call| call.legs.len() == 2).await;
    assert!(call.legs.iter().all(|leg| leg.person_id != "one"), "{:?}", call.legs);
    talk.ends().await;
}

#[tokio::test]
async fn a_queue_is_consulted_by_whoever_is_free_in_it() {
    let mut talk = Talk::start().await;
    let (id, one) = (talk.id.clone(), agent("one"));
    let skilled = |id: &str| Agent {
        agent_id: id.to_owned(),
        skills: vec![Skill { name: "billing".to_owned(), level: 1, ..Skill::default() }],
        ..Agent::default()
    };
    let refused = talk.center.tries(&id, &one, Deed::Consult, |deed| deed.to_queue = "billing".to_owned()).await;
    assert_eq!(refused.unwrap_err().code(), tonic::Code::FailedPrecondition, "nobody is there");
    talk.center.office.floor(vec![skilled("one"), skilled("two")], Vec::new());
    talk.center.does_to(&id, &one, Deed::Consult, |deed| deed.to_queue = "billing".to_owned()).await;
    let colleague = talk.center.joins(&id, &agent("two"), hz(COLLEAGUE)).await;
    talk.agent.hears(&[COLLEAGUE]).await;
    colleague.hears(&[AGENT]).await;
    talk.one(Deed::CancelConsult).await;
    talk.customer.hears(&[AGENT]).await;
    talk.ends().await;
}

#[tokio::test]
async fn a_supervisor_who_listens_takes_the_call_over_where_they_are() {
    let mut talk = Talk::start().await;
    let id = talk.id.clone();
    talk.chief(Deed::Monitor).await;
    let ear = talk.center.joins(&id, &chief(), hz(CHIEF)).await;
    ear.hears(&[CUSTOMER, AGENT]).await;
    talk.chief(Deed::TakeOver).await;
    talk.customer.hears(&[CHIEF]).await;
    ear.hears(&[CUSTOMER]).await;
    let call = talk.center.call("the agent is out", |call| call.legs.len() == 2).await;
    let kinds: Vec<_> = call.legs.iter().map(|leg| (leg.kind(), leg.person_id.as_str())).collect();
    assert_eq!(kinds, [(LegKind::Customer, ""), (LegKind::Agent, "chief")]);
    assert_eq!(call.phase(), Phase::Talking);
    talk.ends().await;
}

/// The agent has a SIP phone instead, at home, which speaks Opus: the same matrix.
#[tokio::test]
async fn an_agents_telephone_hears_and_is_heard_as_a_browser_is() {
    let nowhere = Peer::new("127.0.0.1:9".parse().unwrap()).await;
    let flow = json!({"a": {"kind": "queue", "queue": "orders"}});
    let at_home = json!({ "agent": "one", "user": "201", "ha1": ha1("201", "madoguchi", "open"), "codec": "opus" });
    let mut center = Center::start_as(flow, &nowhere, |config| {
        config["sip"]["t1_ms"] = json!(100);
        config["sip"]["phones"] = json!([at_home]);
    })
    .await;
    let mut desk = center.caller().await;
    register(&mut desk, "phone", "open", "Expires: 600\r\n", 200).await.unwrap();
    let customer = Phone::new(Some(hz(CUSTOMER)), Codec::Pcma);
    let (caller, mut dialog) = call(&center, &customer).await;
    let id = center.call("it waits", |call| call.phase() == Phase::Queued).await.call_id;
    center.assigns(&id, "one").await;
    let invite = desk.asked("INVITE").await;
    let phone = Phone::new(Some(hz(AGENT)), Format::Opus);
    desk.answer(&invite, 200, "", &phone.sdp(false)).await;
    phone.talk(phone.agreed(&invite.body));
    desk.asked("ACK").await;
    center.call("they talk", |call| call.phase() == Phase::Talking).await;
    customer.hears(&[AGENT]).await;
    phone.hears(&[CUSTOMER]).await;

    center.does(&id, &chief(), Deed::Monitor).await;
    let ear = center.joins(&id, &chief(), hz(CHIEF)).await;
    ear.hears(&[CUSTOMER, AGENT]).await;
    phone.hears(&[CUSTOMER]).await;
    center.does(&id, &chief(), Deed::Whisper).await;
    phone.hears(&[CUSTOMER, CHIEF]).await;
    customer.hears(&[AGENT]).await;
    center.does(&id, &chief(), Deed::Barge).await;
    customer.hears(&[AGENT, CHIEF]).await;
    center.does(&id, &agent("one"), Deed::Hold).await;
    hears_music(&customer).await;
    phone.hears(&[CHIEF]).await;
    ear.hears(&[CUSTOMER, AGENT]).await;
    center.does(&id, &agent("one"), Deed::Resume).await;
    center.does(&id, &chief(), Deed::StopSupervising).await;
    customer.hears(&[AGENT]).await;
    phone.hears(&[CUSTOMER]).await;

    dialog.cseq += 1;
    caller.within("BYE", &dialog, "bye", "", "").await;
    let bye = desk.asked("BYE").await;
    desk.answer(&bye, 200, "", "").await;
    center.call("it is over", |call| call.ended_at_ms > 0).await;
    center.is_empty().await;
}
