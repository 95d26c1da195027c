//! Calls that we make: through the trunks, one after the other until one takes it, or to an agent's phone.

use std::{sync::Arc, time::Duration};

use rsipstack::{
    dialog::{
        dialog::{DialogState, DialogStateReceiver},
        invitation::InviteOption,
        invite_dialog::InviteDialog,
    },
    sip::{Header, Param, Response, Uri},
    transport::SipAddr,
};
use tokio::time::sleep;

use super::{
    config::{Transport, Trunk},
    error::SipError,
    event::{Caller, Ended, SipEvent, Target},
    gate::lock,
    inbound,
    leg::{Over, Task},
    legs::{Order, Shared},
    session, wire,
};
use crate::media::{Offers, Wish};

/// What is to be called, before it is known by which way.
pub(super) struct Outgoing {
    pub(super) to: Target,
    pub(super) caller: Caller,
    pub(super) offer: Offers,
}

/// One way to reach it.
struct Way {
    trunk: Option<Arc<Trunk>>,
    callee: Uri,
    destination: Option<SipAddr>,
    transport: Transport,
    wish: Wish,
}

/// How an attempt ended.
enum Attempt {
    Answered(InviteDialog, Box<Response>, DialogStateReceiver),
    Failed(u16),
    Over(Over),
}

/// Statuses that another trunk may do better with. 408 stands for silence too.
fn another_may(status: u16) -> bool {
    matches!(status, 408 | 430 | 500 | 502 | 503 | 504)
}

impl Outgoing {
    /// Refuses what could never be called.
    pub(super) fn check(&self) -> Result<(), SipError> {
        let good = match &self.to {
            Target::Number(number) => wire::is_number(number),
            Target::Phone { agent } => !agent.is_empty(),
            Target::Uri(uri) => !uri.contains(char::is_control) && Uri::try_from(uri.as_str()).is_ok(),
        };
        let shown = &self.caller.number;
        if good && (shown.is_empty() || wire::is_number(shown)) { Ok(()) } else { Err(SipError::BadTarget) }
    }
}

impl Task {
    /// A call of ours, from the first attempt on.
    pub(super) async fn outgoing(mut self, outgoing: Outgoing) {
        match self.reach(&outgoing).await {
            Ok((dialog, states)) => self.standing(dialog, states).await,
            Err(over) => self.finish(None, over).await,
        }
    }

    async fn reach(&mut self, outgoing: &Outgoing) -> Result<(InviteDialog, DialogStateReceiver), Over> {
        let ways = ways(&self.shared, &outgoing.to);
        let mut why = Ended::NoRoute;
        for way in ways {
            if !self.take_place(&way) {
                continue;
            }
            match self.attempt(&way, outgoing).await {
                Attempt::Answered(dialog, response, states) => {
                    self.answered(&dialog, &response, &outgoing.offer, way.wish).await;
                    return Ok((dialog, states));
                }
                Attempt::Over(over) => return Err(over),
                Attempt::Failed(status) => {
                    why = Ended::Refused(status);
                    let Some(trunk) = way.trunk.filter(|_| another_may(status)) else { break };
                    tracing::info!(leg = %self.leg.key, trunk = trunk.id, status, "the trunk did not take the call");
                    self.shared.gate.trunks.failed(&trunk.id);
                }
            }
        }
        Err(Over::Ended(why))
    }

    /// Takes a place on the trunk, and gives that of the last one back.
    fn take_place(&mut self, way: &Way) -> bool {
        let gate = &self.shared.gate;
        let id = way.trunk.as_ref().map(|trunk| trunk.id.clone());
        if let Some(id) = &id
            && !gate.trunks.begin(id, gate.now_ms())
        {
            return false;
        }
        lock(&self.leg.trunk).clone_from(&id);
        self.permit = gate.join(id);
        true
    }

    async fn answered(&self, dialog: &InviteDialog, response: &Response, offers: &Offers, wish: Wish) {
        let _ = self.leg.dialog.set(dialog.clone());
        {
            let mut agreement = lock(&self.leg.agreement);
            agreement.ours.clone_from(offers.of(wish));
            agreement.theirs.clone_from(&response.body);
            agreement.update = wire::allows_update(response);
        }
        self.leg.feed(session::asked(wire::said(response), self.shared.config.session));
        let snapshot = self.leg.snapshot(dialog);
        let (key, sdp) = (self.leg.key, response.body.clone());
        self.shared.emit(SipEvent::Answered { key, sdp, wish, snapshot }).await;
    }

    async fn attempt(&mut self, way: &Way, outgoing: &Outgoing) -> Attempt {
        let shared = self.shared.clone();
        let (sender, mut states) = shared.layer.new_dialog_state_channel();
        let call = shared.layer.do_invite(option(&shared, way, outgoing), sender);
        let silence = sleep(Duration::from_millis(shared.config.silence_ms));
        let patience = sleep(Duration::from_secs(shared.config.no_answer_s));
        tokio::pin!(call, silence, patience);
        let mut heard = false;
        let leg = self.leg.clone();
        // Whatever ends this loop early drops the call, and the stack cancels it; an answer that crosses is hung up.
        loop {
            tokio::select! {
                biased;
                () = leg.forgotten.cancelled() => return Attempt::Over(Over::Forgotten),
                Some(state) = states.recv() => heard |= self.progress(state).await,
                result = &mut call => return match result {
                    Ok((dialog, Some(response))) if (200..300).contains(&wire::status(&response)) => {
                        Attempt::Answered(dialog, Box::new(response), states)
                    }
                    Ok((_, Some(response))) => Attempt::Failed(wire::status(&response)),
                    Ok((_, None)) => Attempt::Failed(408),
                    Err(error) => {
                        tracing::debug!(leg = %leg.key, %error, "a call could not be made");
                        Attempt::Failed(503)
                    }
                },
                order = self.orders.recv() => if let Some(over) = hung_up(order) { return Attempt::Over(over) },
                () = &mut silence, if !heard => return Attempt::Failed(408),
                () = &mut patience => return Attempt::Over(Over::Ended(Ended::NoAnswer)),
            }
        }
    }

    /// Whether somebody is there.
    async fn progress(&self, state: DialogState) -> bool {
        if let DialogState::Calling(id) = &state {
            self.shared.legs.tag(&self.leg, id.local_tag.clone());
            return false;
        }
        if let DialogState::Early(_, response) = state {
            let sdp = Some(response.body).filter(|body| !body.is_empty());
            self.shared.emit(SipEvent::Ringing { key: self.leg.key, sdp }).await;
        }
        true
    }
}

fn hung_up(order: Option<Order>) -> Option<Over> {
    match order {
        Some(Order::HangUp(_, done)) => {
            let _ = done.send(Ok(()));
            Some(Over::Ended(Ended::HungUp))
        }
        Some(Order::Ring(_, done) | Order::Answer(_, done) | Order::Reject(_, _, done)) => {
            let _ = done.send(Err(SipError::WrongState));
            None
        }
        Some(Order::Lost) => None,
        None => Some(Over::Forgotten),
    }
}

/// The ways to a target, best first.
fn ways(shared: &Shared, to: &Target) -> Vec<Way> {
    match to {
        Target::Number(number) => {
            let order = shared.gate.trunks.order(shared.gate.now_ms(), |total| rand::random_range(0..total));
            let trunks = order.iter().filter_map(|id| shared.gate.trunks.get(id));
            trunks.filter_map(|trunk| by_trunk(trunk, number)).collect()
        }
        Target::Phone { agent } => shared.phones.find(agent).map_or_else(Vec::new, |phone| {
            let transport = phone.at.r#type.map(wire::own_transport).unwrap_or_default();
            let wish = shared.phones.wish(agent);
            vec![Way { trunk: None, callee: phone.contact, destination: Some(phone.at), transport, wish }]
        }),
        Target::Uri(uri) => Uri::try_from(uri.as_str()).map_or_else(
            |_| Vec::new(),
            |callee| {
                let transport = wire::transport(&callee);
                vec![Way { trunk: None, transport, callee, destination: None, wish: Wish::default() }]
            },
        ),
    }
}

/// A trunk's address, with a user or without.
pub(super) fn trunk_uri(trunk: &Trunk, user: &str) -> Option<Uri> {
    let user = if user.is_empty() { String::new() } else { format!("{user}@") };
    let mut uri = Uri::try_from(format!("sip:{user}{}:{}", trunk.host, trunk.port())).ok()?;
    if trunk.transport != Transport::Udp {
        uri.params.push(Param::Transport(wire::stack_transport(trunk.transport)));
    }
    Some(uri)
}

fn by_trunk(trunk: Arc<Trunk>, number: &str) -> Option<Way> {
    let callee = trunk_uri(&trunk, number)?;
    let (transport, wish) = (trunk.transport, trunk.wish());
    Some(Way { transport, callee, destination: None, wish, trunk: Some(trunk) })
}

fn option(shared: &Shared, way: &Way, outgoing: &Outgoing) -> InviteOption {
    let contact = shared.contact(way.transport);
    let trunk_number = way.trunk.as_ref().and_then(|trunk| trunk.caller_id.clone());
    let number = Some(outgoing.caller.number.clone()).filter(|number| !number.is_empty()).or(trunk_number);
    let mut caller = contact.clone();
    caller.params.clear();
    if let Some(number) = number {
        caller.auth = Some(rsipstack::sip::Auth { user: number, password: None });
    }
    let settings = shared.config.session;
    let session = (settings.interval_s > 0).then(|| settings.interval_s.to_string());
    let mut headers = wire::sdp_headers(session);
    headers.push(Header::MinSE(settings.min_s.to_string().into()));
    InviteOption {
        caller_display_name: wire::clean_name(&outgoing.caller.name),
        caller,
        callee: way.callee.clone(),
        destination: way.destination.clone(),
        offer: Some(outgoing.offer.of(way.wish).clone()),
        contact,
        credential: way.trunk.as_deref().and_then(inbound::credential),
        headers: Some(headers),
        ..InviteOption::default()
    }
}
