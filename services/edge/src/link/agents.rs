//! The floor's view of the agents who have a socket here, over one `WatchAgents` stream.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chassis::grpc::Channel;
use proto::{
    chat::v1::chat_service_client::ChatServiceClient,
    routing::v1::{self as routing, Agent, WatchAgentsRequest, WatchAgentsResponse},
};
use tokio::sync::{mpsc::UnboundedSender, oneshot};

use super::{
    cards::{self, Card, conversation_of},
    stream::Table,
};
use crate::{
    frames::{Availability, Held, OfferCard, ServerFrame},
    socket::handle::Handle,
};

/// How long the state of an agent without a socket is waited for.
const ASK: Duration = Duration::from_secs(2);

/// The agents watched. Clones share them.
#[derive(Clone)]
pub(crate) struct Agents(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    up: AtomicBool,
    chat: ChatServiceClient<Channel>,
    floor: String,
}

#[derive(Default)]
struct State {
    agents: HashMap<String, Watched>,
    out: Option<UnboundedSender<WatchAgentsRequest>>,
}

#[derive(Default)]
struct Watched {
    sockets: Vec<Arc<Handle>>,
    asking: Vec<oneshot::Sender<Availability>>,
    state: Option<Agent>,
    /// Cards of the contacts offered now; `None` while one is being looked up.
    cards: BTreeMap<String, Option<Card>>,
}

impl Agents {
    pub(crate) fn new(chat: ChatServiceClient<Channel>, floor: String) -> Self {
        let state = Mutex::default();
        Self(Arc::new(Shared { state, up: AtomicBool::new(false), chat, floor }))
    }

    /// Pushes the agent's whole state to a socket, now and at each change.
    pub(crate) fn subscribe(&self, socket: &Arc<Handle>) {
        let mut state = self.lock();
        let watched = state.agents.entry(socket.identity.id.to_string()).or_default();
        watched.sockets.push(socket.clone());
        let Some(agent) = &watched.state else { return self.request(&state, &socket.identity.id, false) };
        socket.send(&watched.frame(agent));
        let missing = watched.missing_cards();
        drop(state);
        self.look_up_all(&socket.identity.id, missing);
    }

    /// Ends it.
    pub(crate) fn unsubscribe(&self, socket: &Handle) {
        let mut state = self.lock();
        if let Some(watched) = state.agents.get_mut(&*socket.identity.id) {
            watched.sockets.retain(|other| other.id != socket.id);
        }
        self.drop_unneeded(&mut state, &socket.identity.id);
    }

    /// An agent's availability now. `None` when routing does not say in time.
    pub(crate) async fn availability(&self, agent: &str) -> Option<Availability> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut state = self.lock();
            let watched = state.agents.entry(agent.to_owned()).or_default();
            if let Some(known) = &watched.state {
                return Some(availability(known));
            }
            watched.asking.push(sender);
            self.request(&state, agent, false);
        }
        let answer = tokio::time::timeout(ASK, receiver).await;
        let mut state = self.lock();
        if let Some(watched) = state.agents.get_mut(agent) {
            watched.asking.retain(|asking| !asking.is_closed());
        }
        self.drop_unneeded(&mut state, agent);
        answer.ok()?.ok()
    }

    pub(crate) fn is_up(&self) -> bool {
        self.0.up.load(Ordering::Relaxed)
    }

    fn drop_unneeded(&self, state: &mut State, agent: &str) {
        if state.agents.get(agent).is_some_and(|watched| watched.sockets.is_empty() && watched.asking.is_empty()) {
            state.agents.remove(agent);
            self.request(state, agent, true);
        }
    }

    fn request(&self, state: &State, agent: &str, stop: bool) {
        if let Some(out) = &state.out {
            let request = WatchAgentsRequest { floor: self.0.floor.clone(), agent_id: agent.to_owned(), stop };
            let _lost = out.send(request);
        }
    }

    fn look_up_all(&self, agent: &str, contacts: Vec<String>) {
        for contact in contacts {
            self.look_up(agent.to_owned(), contact);
        }
    }

    /// Looks up the card of a new offer; it is pushed when it is there.
    fn look_up(&self, agent: String, contact: String) {
        let agents = self.clone();
        tokio::spawn(async move {
            let keep = |card: Card| {
                let mut state = agents.lock();
                let Some(watched) = state.agents.get_mut(&agent) else { return false };
                let Some(place) = watched.cards.get_mut(&contact) else { return false };
                *place = Some(card);
                watched.push();
                true
            };
            cards::look_up(agents.0.chat.clone(), &contact, keep).await;
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watched {
    fn update(&mut self, agent: Agent) {
        self.cards.retain(|contact, _| agent.offers.iter().any(|offer| offer.contact_id == *contact));
        self.state = Some(agent);
    }

    /// The contacts whose cards are to be looked up now: each is named once.
    fn missing_cards(&mut self) -> Vec<String> {
        let offers = self.state.iter().flat_map(|agent| &agent.offers);
        let missing: Vec<String> =
            offers.map(|offer| offer.contact_id.clone()).filter(|contact| !self.cards.contains_key(contact)).collect();
        self.cards.extend(missing.iter().map(|contact| (contact.clone(), None)));
        missing
    }

    fn push(&self) {
        let Some(agent) = &self.state else { return };
        let frame = crate::frames::encode(&self.frame(agent));
        for socket in &self.sockets {
            socket.outbox.push(frame.clone());
        }
    }

    fn frame<'a>(&self, agent: &'a Agent) -> ServerFrame<'a> {
        let chat = agent.capacities.iter().find(|capacity| capacity.channel() == routing::Channel::Chat);
        ServerFrame::Agent {
            availability: availability(agent),
            reason: agent.reason.as_str().into(),
            since: agent.since_ms,
            limit: chat.map_or(0, |capacity| capacity.limit),
            after_work_until: (agent.after_work_until_ms > 0).then_some(agent.after_work_until_ms),
            holding: agent.holding.iter().map(|contact| held(contact)).collect(),
            offers: agent.offers.iter().map(|offer| self.card(offer)).collect(),
        }
    }

    fn card(&self, offer: &routing::Offer) -> OfferCard {
        let card = self.cards.get(&offer.contact_id).cloned().flatten().unwrap_or_default();
        OfferCard {
            contact: offer.contact_id.clone(),
            conversation: conversation_of(&offer.contact_id).to_owned(),
            round: offer.round,
            queue: offer.queue_id.clone(),
            expires: offer.expires_at_ms,
            enqueued: offer.enqueued_at_ms,
            customer: card.customer,
            customer_name: card.name,
            channel: channel_word(offer.channel()).to_owned(),
            callback: offer.channel() == routing::Channel::Callback,
            preview: card.preview,
        }
    }
}

fn channel_word(channel: routing::Channel) -> &'static str {
    match channel {
        routing::Channel::Chat | routing::Channel::Unspecified => "chat",
        routing::Channel::Voice => "voice",
        routing::Channel::Mail => "mail",
        routing::Channel::Callback => "callback",
        routing::Channel::Task => "task",
    }
}

fn held(contact: &str) -> Held {
    Held { contact: contact.to_owned(), conversation: conversation_of(contact).to_owned() }
}

/// Whom the floor does not know is offline.
fn availability(agent: &Agent) -> Availability {
    match agent.availability() {
        routing::Availability::Ready => Availability::Ready,
        routing::Availability::Away => Availability::Away,
        routing::Availability::AfterWork => Availability::AfterWork,
        routing::Availability::Offline | routing::Availability::Unspecified => Availability::Offline,
    }
}

impl Table for Agents {
    type Request = WatchAgentsRequest;
    type Answer = WatchAgentsResponse;
    const NAME: &'static str = "routing.WatchAgents";

    fn connected(&self, out: UnboundedSender<WatchAgentsRequest>) {
        let mut state = self.lock();
        state.out = Some(out);
        for agent in state.agents.keys() {
            self.request(&state, agent, false);
        }
    }

    fn lost(&self) {
        self.lock().out = None;
    }

    fn answer(&self, answer: WatchAgentsResponse) {
        let Some(agent) = answer.agent else { return };
        let id = agent.agent_id.clone();
        let mut state = self.lock();
        let Some(watched) = state.agents.get_mut(&id) else { return };
        for asking in watched.asking.drain(..) {
            let _gone = asking.send(availability(&agent));
        }
        watched.update(agent);
        if watched.sockets.is_empty() {
            return;
        }
        watched.push();
        let missing = watched.missing_cards();
        drop(state);
        self.look_up_all(&id, missing);
    }

    fn up(&self) -> &AtomicBool {
        &self.0.up
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::sync::mpsc::unbounded_channel;

    use super::*;
    use crate::{
        frames::Role,
        socket::handle::testing::{handle, taken},
    };

    fn agents() -> Agents {
        let channel = chassis::grpc::channel("http://127.0.0.1:9", &chassis::Secret::new("t")).unwrap();
        Agents::new(ChatServiceClient::new(channel), "main".to_owned())
    }

    fn ready() -> WatchAgentsResponse {
        let capacities = vec![routing::Capacity {
            channel: routing::Channel::Chat.into(),
            limit: 4,
            ..routing::Capacity::default()
        }];
        let agent = Agent {
            agent_id: "sato".to_owned(),
            availability: routing::Availability::Ready.into(),
            capacities,
            holding: vec!["c.1".to_owned()],
            ..Agent::default()
        };
        WatchAgentsResponse { agent: Some(agent), sequence: 1 }
    }

    #[tokio::test]
    async fn the_second_socket_of_an_agent_gets_the_known_state() {
        let agents = agents();
        let (out, mut requests) = unbounded_channel();
        agents.connected(out);
        let (first, second) = (handle(1, "sato", Role::Agent), handle(2, "sato", Role::Agent));
        agents.subscribe(&first);
        assert!(!requests.try_recv().unwrap().stop);
        agents.answer(ready());
        agents.subscribe(&second);
        assert!(requests.try_recv().is_err());
        let expected = json!({"type":"agent","availability":"ready","reason":"","since":0,"limit":4,
            "holding":[{"contact":"c.1","conversation":"c"}],"offers":[]});
        assert_eq!((taken(&first), taken(&second)), (vec![expected.clone()], vec![expected]));
        agents.unsubscribe(&first);
        assert!(requests.try_recv().is_err());
        agents.unsubscribe(&second);
        assert!(requests.try_recv().unwrap().stop);
        assert!(agents.lock().agents.is_empty());
    }

    #[tokio::test]
    async fn an_agent_without_a_socket_can_be_asked_about() {
        let agents = agents();
        let (out, mut requests) = unbounded_channel();
        agents.connected(out);
        let asked = async {
            let request = requests.recv().await.unwrap();
            assert_eq!((request.agent_id.as_str(), request.stop), ("sato", false));
            agents.answer(ready());
        };
        let (availability, ()) = tokio::join!(agents.availability("sato"), asked);
        assert_eq!(availability, Some(Availability::Ready));
        assert!(requests.try_recv().unwrap().stop);
    }
}
