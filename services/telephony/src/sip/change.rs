//! Changes of a call that stands: offers of either side, one at a time, and the refreshes that keep it alive.

use std::{sync::Arc, time::Duration};

use rsipstack::{
    dialog::{
        dialog::{Dialog, DialogState, DialogStateReceiver, TerminatedReason, TransactionHandle},
        invite_dialog::InviteDialog,
    },
    sip::{Header, HeadersExt, Method, Request, Response, StatusCode, Uri},
    transaction::key::TransactionRole,
};
use tokio::time::{sleep, timeout};

use super::{
    error::SipError,
    event::{SipEvent, Target},
    gate::lock,
    legs::{Leg, Offer, Order, Shared},
    outbound,
    session::{self, Refresher},
    snapshot::Snapshot,
    wire,
};

/// How often an offer is made again after a crossing one, before it is given up.
const CROSSINGS: u32 = 5;
/// How long we wait for the other side's own change to be answered.
const TURN: Duration = Duration::from_secs(5);

/// The other side offers a change, asks for an offer, or refreshes.
pub(super) async fn offered(
    shared: &Arc<Shared>,
    leg: &Arc<Leg>,
    dialog: &InviteDialog,
    request: Request,
    handle: TransactionHandle,
) {
    let Ok(agreed) = session::answer(wire::said(&request), shared.config.session) else {
        let min = Header::MinSE(shared.config.session.min_s.to_string().into());
        reply(&handle, 422, vec![min], None).await;
        return;
    };
    if let Some(same) = repeated(leg, &request) {
        retarget(dialog, &request);
        reply(&handle, 200, wire::sdp_headers(agreed.map(session::Agreed::in_answer)), same).await;
        leg.feed(agreed);
        return;
    }
    let Ok(turn) = leg.turn.clone().try_lock_owned() else {
        // Ours is under way, or theirs still waits for its answer.
        reply(&handle, 491, Vec::new(), None).await;
        return;
    };
    retarget(dialog, &request);
    let sdp = request.body.clone();
    lock(&leg.offer).replace(Offer { handle, sdp: sdp.clone(), session: agreed, _turn: turn });
    shared.emit(SipEvent::Changing { key: leg.key, sdp }).await;
}

/// Our answer to a mere refresh: an UPDATE without an offer, or the offer that is agreed upon already.
fn repeated(leg: &Leg, request: &Request) -> Option<Option<Vec<u8>>> {
    if request.body.is_empty() {
        return (request.method == Method::Update).then_some(None);
    }
    let agreement = lock(&leg.agreement);
    (request.body == agreement.theirs && !agreement.ours.is_empty()).then(|| Some(agreement.ours.clone()))
}

/// The owner takes the other side's offer.
pub(super) async fn accept(leg: &Leg, sdp: Vec<u8>) -> Result<Snapshot, SipError> {
    let dialog = leg.talking()?;
    let offer = lock(&leg.offer).take().ok_or(SipError::WrongState)?;
    {
        let mut agreement = lock(&leg.agreement);
        agreement.ours.clone_from(&sdp);
        agreement.awaits_answer = offer.sdp.is_empty();
        if !offer.sdp.is_empty() {
            agreement.theirs.clone_from(&offer.sdp);
        }
    }
    let headers = wire::sdp_headers(offer.session.map(session::Agreed::in_answer));
    offer.handle.respond(StatusCode::OK, Some(headers), Some(sdp)).await.map_err(|_| SipError::WrongState)?;
    leg.feed(offer.session);
    Ok(leg.snapshot(dialog))
}

/// The owner does not take it: the call goes on as it was.
pub(super) async fn refuse(leg: &Leg, status: u16) -> Result<(), SipError> {
    let offer = lock(&leg.offer).take().ok_or(SipError::WrongState)?;
    reply(&offer.handle, status, Vec::new(), None).await;
    Ok(())
}

async fn reply(handle: &TransactionHandle, status: u16, headers: Vec<Header>, body: Option<Vec<u8>>) {
    let headers = match &body {
        Some(_) => headers,
        None => headers.into_iter().filter(|header| !matches!(header, Header::ContentType(_))).collect(),
    };
    if handle.respond(StatusCode::from(status), Some(headers), body).await.is_err() {
        tracing::debug!(status, "an answer to a change came too late");
    }
}

/// Requests of both sides go where the other side says it is now.
fn retarget(dialog: &InviteDialog, message: &impl HeadersExt) {
    if let Some(uri) = wire::remote_contact(message) {
        Dialog::Invite(dialog.clone()).set_remote_target(uri, message.contact_header().ok().cloned());
    }
}

/// Makes our offer, in its turn, again after a crossing one; gives the answer.
pub(super) async fn offer(shared: &Shared, leg: &Leg, sdp: Vec<u8>) -> Result<(Vec<u8>, Snapshot), SipError> {
    let dialog = leg.talking()?;
    for _ in 0..CROSSINGS {
        let turn = timeout(TURN, leg.turn.clone().lock_owned()).await.map_err(|_| SipError::Busy)?;
        let response = send(shared, leg, dialog, Some(sdp.clone())).await?;
        if wire::status(&response) != 491 {
            return settle(shared, leg, dialog, Some(sdp), response);
        }
        // The other side's turn now; who began the call waits longer (RFC 3261, 14.1).
        drop(turn);
        let wait_ms = match dialog.role() {
            TransactionRole::Client => rand::random_range(2_100..4_000),
            TransactionRole::Server => rand::random_range(0..2_000),
        };
        sleep(Duration::from_millis(wait_ms)).await;
    }
    Err(SipError::Refused(491))
}

/// Our first offer of a call that was taken over. Nobody else listens to its dialog yet: what the other side asks meanwhile is answered, and
/// that it hung up is told.
pub(super) async fn first_offer(
    shared: &Arc<Shared>,
    leg: &Arc<Leg>,
    dialog: &InviteDialog,
    states: &mut DialogStateReceiver,
    sdp: Vec<u8>,
) -> Result<(Vec<u8>, Snapshot), SipError> {
    let ours = offer(shared, leg, sdp);
    tokio::pin!(ours);
    loop {
        tokio::select! {
            biased;
            state = states.recv() => match state {
                Some(DialogState::Updated(_, request, handle)) => offered(shared, leg, dialog, request, handle).await,
                Some(state) if said_bye(&state) => return Err(SipError::HungUp),
                Some(_) => {}
                None => return ours.await,
            },
            result = &mut ours => {
                let gone = result.is_err() && std::iter::from_fn(|| states.try_recv().ok()).any(|state| said_bye(&state));
                return if gone { Err(SipError::HungUp) } else { result };
            }
        }
    }
}

/// The other side hung up; our own BYE comes later.
fn said_bye(state: &DialogState) -> bool {
    matches!(state, DialogState::Terminated(_, TerminatedReason::UacBye | TerminatedReason::UasBye))
}

/// Keeps the session alive; finds out when the other side is gone.
pub(super) async fn refresh(shared: Arc<Shared>, leg: Arc<Leg>) {
    let Ok(dialog) = leg.talking() else { return };
    let Ok(_turn) = leg.turn.clone().try_lock_owned() else { return };
    let sdp = {
        let agreement = lock(&leg.agreement);
        (!agreement.update).then(|| agreement.ours.clone())
    };
    let result = match send(&shared, &leg, dialog, sdp.clone()).await {
        Ok(response) => settle(&shared, &leg, dialog, sdp, response).map(|_| ()),
        Err(error) => Err(error),
    };
    match result {
        Err(SipError::NoAnswer | SipError::Refused(408 | 481)) => {
            let _ = leg.orders.try_send(Order::Lost);
        }
        Err(error) => tracing::debug!(leg = %leg.key, %error, "a session refresh was not taken"),
        Ok(()) => {}
    }
}

/// Sends a re-INVITE, or without a description an UPDATE.
async fn send(shared: &Shared, leg: &Leg, dialog: &InviteDialog, sdp: Option<Vec<u8>>) -> Result<Response, SipError> {
    let settings = shared.config.session;
    let session = lock(&leg.agreement).session.map(|(agreed, _)| agreed);
    let session = (settings.interval_s > 0).then(|| {
        let interval = session.map_or(settings.interval_s, |agreed| agreed.interval_s);
        let they = session.is_some_and(|agreed| agreed.refresher == Refresher::They);
        format!("{interval};refresher={}", if they { "uas" } else { "uac" })
    });
    let mut headers = wire::sdp_headers(session);
    headers.push(Header::MinSE(settings.min_s.to_string().into()));
    let response = match sdp {
        Some(sdp) => dialog.reinvite(Some(headers), Some(sdp)).await?,
        None => {
            headers.retain(|header| !matches!(header, Header::ContentType(_)));
            dialog.update(Some(headers), None).await?
        }
    };
    response.ok_or(SipError::WrongState)
}

fn settle(
    shared: &Shared,
    leg: &Leg,
    dialog: &InviteDialog,
    sdp: Option<Vec<u8>>,
    response: Response,
) -> Result<(Vec<u8>, Snapshot), SipError> {
    match wire::status(&response) {
        200..=299 => {}
        408 => return Err(SipError::NoAnswer),
        status => return Err(SipError::Refused(status)),
    }
    retarget(dialog, &response);
    {
        let mut agreement = lock(&leg.agreement);
        agreement.update |= wire::allows_update(&response);
        if let Some(sdp) = sdp {
            agreement.ours = sdp;
            agreement.theirs.clone_from(&response.body);
        }
    }
    leg.feed(session::asked(wire::said(&response), shared.config.session));
    Ok((response.body, leg.snapshot(dialog)))
}

/// Asks the other side to call somebody else.
pub(super) async fn refer(shared: &Shared, leg: &Leg, to: Target) -> Result<(), SipError> {
    let dialog = leg.talking()?;
    let uri = match to {
        Target::Number(number) if wire::is_number(&number) => {
            let trunk = lock(&leg.trunk).clone().and_then(|id| shared.gate.trunks.get(&id));
            match trunk {
                Some(trunk) => outbound::trunk_uri(&trunk, &number),
                None => Uri::try_from(format!("tel:{number}")).ok(),
            }
        }
        Target::Number(_) => None,
        Target::Phone { agent } => shared.phones.find(&agent).map(|phone| phone.contact),
        Target::Uri(uri) => Uri::try_from(uri.as_str()).ok().filter(|_| !uri.contains(char::is_control)),
    };
    let uri = uri.ok_or(SipError::BadTarget)?;
    let response = dialog.refer(format!("<{uri}>"), None, None).await?.ok_or(SipError::WrongState)?;
    match wire::status(&response) {
        200..=299 => Ok(()),
        408 => Err(SipError::NoAnswer),
        status => Err(SipError::Refused(status)),
    }
}

/// Tells a phone how its transfer goes.
pub(super) async fn transferred(leg: &Leg, status: u16) -> Result<(), SipError> {
    let state = if status < 200 { "active;expires=60" } else { "terminated;reason=noresource" };
    leg.talking()?.notify_refer(StatusCode::from(status), state).await?;
    Ok(())
}
