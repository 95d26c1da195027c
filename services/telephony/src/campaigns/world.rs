//! What a campaign needs of the center: free agents, and conversations.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use proto::{
    chat::v1::{AskCallback, Command, Open, Party, PartyKind, SubmitRequest, chat_event::What, command::What as Say},
    routing::v1::{Agent, Availability, Channel, GetFloorRequest, Queue},
};
use tokio::{sync::mpsc, time::timeout};
use tokio_stream::{StreamExt as _, wrappers::ReceiverStream};

use super::progressive::Dialling;
use crate::{
    actor::Origin,
    call::{Begin, Direction},
    conversation::{self, Happened, Listener},
    gateway::Gateway,
    ids::CallId,
};

/// How long what is said in one breath may take to be heard.
const ONE_BREATH: Duration = Duration::from_secs(3);

/// What was heard of an offer's conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Heard {
    /// An agent has it.
    Assigned,
    /// It is over.
    Closed,
    /// What it was about, as a wrap-up code.
    Wrapped(Wrapped),
}

/// A wrap-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Wrapped {
    /// Its code.
    pub code: String,
    /// Who says so.
    pub by: String,
    /// When it was said, ms since the Unix epoch.
    pub at: u64,
}

/// What an offer says to its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offered {
    /// The queue whose agents are asked.
    pub queue: String,
    /// The person's key.
    pub person: String,
    /// In E.164.
    pub number: String,
    /// Shown to the agent.
    pub name: String,
    /// What it is about: the campaign's name.
    pub about: String,
}

/// What a campaign needs of the center.
pub(super) trait World: Send + Sync + 'static {
    /// Agents of a queue who are ready, have nothing in hand and take this channel; none: not known just now.
    fn free(&self, queue: &str, channel: Channel) -> impl Future<Output = Option<BTreeSet<String>>> + Send;
    /// Calls somebody; the attempt is stored. False: nobody can be called from here just now.
    fn dial(&self, call: CallId, dialling: Dialling) -> impl Future<Output = bool> + Send;
    /// Offers an entry as a conversation that asks for a call back. Doing it again changes nothing.
    fn offer(&self, conversation: CallId, offered: Offered) -> impl Future<Output = ()> + Send;
    /// Closes a conversation; nothing when it is closed.
    fn close(&self, conversation: CallId) -> impl Future<Output = ()> + Send;
    /// Tells what happens in a conversation, from its start, until nobody listens.
    fn watch(&self, conversation: CallId, told: mpsc::Sender<Heard>) -> impl Future<Output = ()> + Send;
}

/// The center around this gateway.
pub(super) struct Center {
    gateway: Arc<Gateway>,
}

impl Center {
    pub(super) fn new(gateway: Arc<Gateway>) -> Self {
        Self { gateway }
    }
}

impl Center {
    /// Says things in one breath, so that they become one unit and nobody is offered a call that is only to be a call back. Whether they
    /// were heard is not looked at: they are said again, one by one.
    async fn say_together(&self, conversation: CallId, said: &[(Party, Say)]) {
        let id = conversation.to_string();
        let commands = said.iter().zip(1..).map(|((by, what), tag)| {
            let command = Command { conversation_id: id.clone(), by: Some(by.clone()), what: Some(what.clone()) };
            SubmitRequest { tag, command: Some(command) }
        });
        let commands: Vec<SubmitRequest> = commands.collect();
        let mut chat = self.gateway.chat.clone();
        let heard = async {
            let (keep, more) = mpsc::channel::<SubmitRequest>(1);
            let requests = tokio_stream::iter(commands).chain(ReceiverStream::new(more));
            if let Ok(answers) = chat.submit(requests).await {
                let mut answers = answers.into_inner().take(said.len());
                while let Some(Ok(_)) = answers.next().await {}
            }
            drop(keep);
        };
        if timeout(ONE_BREATH, heard).await.is_err() {
            tracing::debug!(%conversation, "an offer is slow to be heard");
        }
    }
}

impl World for Center {
    async fn free(&self, queue: &str, channel: Channel) -> Option<BTreeSet<String>> {
        // A gateway that is about to stop begins nothing new.
        if self.gateway.sip.is_draining() {
            return None;
        }
        let request = GetFloorRequest { floor: self.gateway.config.floor.clone(), with_lists: true, limit: 1 };
        let floor = match self.gateway.routing.clone().get_floor(request).await {
            Ok(floor) => floor.into_inner(),
            Err(status) => {
                tracing::debug!(message = status.message(), "who is free is not known just now");
                return None;
            }
        };
        let queue = floor.queues.iter().find(|it| it.queue_id == queue)?;
        Some(free_agents(queue, channel, &floor.agents))
    }

    async fn dial(&self, call: CallId, dialling: Dialling) -> bool {
        let begin = Begin {
            direction: Direction::Out,
            customer: dialling.person,
            number: dialling.number,
            name: dialling.name,
            dialled: dialling.caller_id,
            queue: dialling.queue,
            converses: true,
            campaign: dialling.campaign,
            ring_ms: dialling.ring_ms,
            within_ms: dialling.within_ms,
            ..Begin::default()
        };
        self.gateway.start(call, Origin::Dialled(begin));
        true
    }

    async fn offer(&self, conversation: CallId, offered: Offered) {
        let customer = Party { kind: PartyKind::Customer.into(), id: offered.person, supervisor: false };
        let open = Open {
            queue: offered.queue,
            customer_name: offered.name,
            language: "ja".to_owned(),
            answers: serde_json::json!({ "campaign": offered.about }).to_string(),
            channel: "voice".to_owned(),
            ..Open::default()
        };
        // The wish has the conversation's id: after a takeover it is the same wish.
        let wish = AskCallback { message_id: conversation.to_string(), phone: offered.number, at_ms: 0 };
        let said = [(customer, Say::Open(open)), (conversation::center(), Say::AskCallback(wish))];
        self.say_together(conversation, &said).await;
        for (by, what) in said {
            conversation::say(&self.gateway, conversation, by, what).await;
        }
    }

    async fn close(&self, conversation: CallId) {
        let close = proto::chat::v1::Close {};
        conversation::say(&self.gateway, conversation, conversation::center(), Say::Close(close)).await;
    }

    async fn watch(&self, conversation: CallId, told: mpsc::Sender<Heard>) {
        conversation::watch(&self.gateway, conversation, &told).await;
    }
}

impl Listener for mpsc::Sender<Heard> {
    async fn hear(&self, event: Happened) -> bool {
        match heard(event) {
            Some(heard) => self.send(heard).await.is_ok(),
            None => true,
        }
    }

    fn is_gone(&self) -> bool {
        self.is_closed()
    }
}

fn heard(event: Happened) -> Option<Heard> {
    match event.what {
        What::Assigned(_) => Some(Heard::Assigned),
        What::Closed(_) => Some(Heard::Closed),
        What::Wrapped(said) => Some(Heard::Wrapped(Wrapped { code: said.code, by: event.by, at: event.at })),
        What::Opened(_)
        | What::MessagePosted(_)
        | What::Delivered(_)
        | What::Read(_)
        | What::Reopened(_)
        | What::Transferred(_)
        | What::Noted(_)
        | What::Joined(_)
        | What::Left(_)
        | What::Rated(_)
        | What::FilePosted(_)
        | What::CallbackAsked(_)
        | What::CallbackCancelled(_)
        | What::Hidden(_) => None,
    }
}

/// Agents of a queue who have nothing in hand and take this channel. One who is being asked whether they call back counts: what they are
/// asked counts as an offer too. For a call that comes at once they do not.
fn free_agents(queue: &Queue, channel: Channel, agents: &[Agent]) -> BTreeSet<String> {
    let able = |agent: &Agent| {
        let levels: HashSet<(&str, u32)> = agent.skills.iter().map(|it| (it.name.as_str(), it.level)).collect();
        let has = |name: &str, least: u32| levels.iter().any(|(known, level)| *known == name && *level >= least);
        queue.skills.iter().filter(|it| !it.preferred).all(|it| has(&it.name, it.level))
    };
    let takes = |agent: &Agent| agent.capacities.iter().any(|it| it.channel() == channel && it.limit > 0);
    let unasked = |agent: &Agent| channel == Channel::Callback || agent.offers.is_empty();
    let free = agents.iter().filter(|agent| {
        let ready = agent.availability() == Availability::Ready && agent.holding.is_empty();
        ready && agent.reserved_for.is_empty() && takes(agent) && unasked(agent) && able(agent)
    });
    free.map(|agent| agent.agent_id.clone()).collect()
}

#[cfg(test)]
mod tests {
    use proto::routing::v1::{Capacity, Offer, Skill};

    use super::*;

    fn skill(name: &str, level: u32) -> Skill {
        Skill { name: name.to_owned(), level, ..Skill::default() }
    }

    fn agent(level: u32) -> Agent {
        let callback = Capacity { channel: Channel::Callback.into(), limit: 1, ..Capacity::default() };
        Agent {
            availability: Availability::Ready.into(),
            skills: vec![skill("sales", level)],
            capacities: vec![callback],
            ..Agent::default()
        }
    }

    #[test]
    fn only_who_is_ready_able_and_idle_is_free() {
        let queue = Queue { skills: vec![skill("sales", 3)], ..Queue::default() };
        let busy = Agent { holding: vec!["x.1".to_owned()], ..agent(5) };
        let away = Agent { availability: Availability::Away.into(), ..agent(5) };
        let writes = Agent { capacities: Vec::new(), ..agent(5) };
        let reserved = Agent { reserved_for: vec!["gold".to_owned()], ..agent(5) };
        let asked = Agent { offers: vec![Offer::default()], ..agent(5) };
        let all = [agent(3), agent(2), busy, away, writes, reserved, asked];
        let names = ["able", "unable", "busy", "away", "writes", "reserved", "asked"];
        let all = std::array::from_fn(|at| Agent { agent_id: names[at].to_owned(), ..all[at].clone() });
        let free = |channel, all: &[Agent; 7]| free_agents(&queue, channel, all).into_iter().collect::<Vec<_>>();
        assert_eq!(free(Channel::Callback, &all), ["able", "asked"]);
        assert_eq!(free(Channel::Voice, &all), [""; 0]);
        let calls = |agent: Agent| {
            let voice = Capacity { channel: Channel::Voice.into(), limit: 1, ..Capacity::default() };
            Agent { capacities: vec![voice], ..agent }
        };
        let free = free(Channel::Voice, &all.map(calls));
        assert_eq!(free, ["able", "writes"], "also who only writes, but not who is asked");
    }
}
