//! Requests that come in: calls, what happens within calls, registrations, and questions whether we are there.

use std::{sync::Arc, sync::atomic::Ordering::Relaxed, time::Duration};

use rsipstack::{
    dialog::{
        DialogId,
        authenticate::Credential,
        dialog::{Dialog, DialogStateReceiver},
        invite_dialog::InviteDialog,
    },
    sip::{Header, HeadersExt as _, Method, StatusCode},
    transaction::{TransactionReceiver, transaction::Transaction},
};
use tokio::time::{Instant, sleep};

use super::{
    config::Trunk,
    event::SipEvent,
    gate::{Permit, lock},
    leg::{Ringing, Task},
    legs::{Leg, Shared},
    registrar, session, wire,
};
use crate::ids::CallId;

/// How long a request may come before the answer that makes its dialog: a BYE right after a 200.
const EARLY: Duration = Duration::from_secs(1);

/// Takes requests until the gateway stops.
pub(super) async fn serve(shared: Arc<Shared>, mut incoming: TransactionReceiver) {
    loop {
        tokio::select! {
            () = shared.stop.cancelled() => return,
            transaction = incoming.recv() => match transaction {
                Some(transaction) => drop(tokio::spawn(take(shared.clone(), transaction))),
                None => return,
            },
        }
    }
}

async fn take(shared: Arc<Shared>, mut transaction: Transaction) {
    let within = transaction.original.to_header().and_then(|to| to.tag()).is_ok_and(|tag| tag.is_some());
    if within {
        return in_dialog(shared, transaction).await;
    }
    match transaction.original.method {
        Method::Invite => invite(shared, transaction).await,
        Method::Register => registrar::register(&shared, transaction).await,
        Method::Options => {
            let draining = shared.gate.draining.load(Relaxed);
            let status = if draining { StatusCode::ServiceUnavailable } else { StatusCode::OK };
            answer(&mut transaction, status, vec![Header::Allow(wire::ALLOW.into())]).await;
        }
        Method::Bye | Method::Update | Method::Info | Method::PRack | Method::Notify | Method::Refer => {
            answer(&mut transaction, StatusCode::CallTransactionDoesNotExist, Vec::new()).await;
        }
        Method::Message | Method::Publish | Method::Subscribe => {
            answer(&mut transaction, StatusCode::MethodNotAllowed, vec![Header::Allow(wire::ALLOW.into())]).await;
        }
        Method::Ack | Method::Cancel => {}
    }
}

async fn answer(transaction: &mut Transaction, status: StatusCode, headers: Vec<Header>) {
    if let Err(error) = transaction.reply_with(status, headers, None).await {
        tracing::debug!(%error, "a request could not be answered");
    }
}

/// A call comes in.
async fn invite(shared: Arc<Shared>, mut transaction: Transaction) {
    let Some(permit) = shared.gate.claim(&transaction.key) else {
        // Only a repeat that outlived its call's place gets here.
        return answer(&mut transaction, StatusCode::ServiceUnavailable, Vec::new()).await;
    };
    if let Some((status, headers)) = unacceptable(&shared, &transaction) {
        return answer(&mut transaction, status, headers).await;
    }
    let trunk = permit.trunk.as_deref().and_then(|id| shared.gate.trunks.get(id));
    let agent = match &trunk {
        Some(_) => None,
        None => match registrar::proven(&shared, &mut transaction).await {
            Some(phone) => Some(phone.agent),
            None => return,
        },
    };
    let (states, heard) = shared.layer.new_dialog_state_channel();
    let transport = transaction.connection.as_ref().map(|connection| connection.transport()).unwrap_or_default();
    let contact = shared.contact(wire::own_transport(transport));
    let credential = trunk.as_deref().and_then(credential);
    match shared.layer.get_or_create_server_invite(&transaction, states, credential, Some(contact)) {
        Ok(dialog) => begin(shared, transaction, dialog, heard, permit, trunk, agent).await,
        Err(error) => {
            tracing::debug!(%error, "an INVITE makes no dialog");
            shared.gate.count.malformed.fetch_add(1, Relaxed);
            answer(&mut transaction, StatusCode::BadRequest, Vec::new()).await;
        }
    }
}

pub(super) fn credential(trunk: &Trunk) -> Option<Credential> {
    trunk.credential.as_ref().map(|own| Credential {
        username: own.user.clone(),
        password: own.secret.clone(),
        realm: None,
        auth_username: None,
    })
}

/// Why an INVITE cannot become a call, whoever sends it.
fn unacceptable(shared: &Shared, transaction: &Transaction) -> Option<(StatusCode, Vec<Header>)> {
    let request = &transaction.original;
    let unknown = wire::unknown_extensions(request);
    if !unknown.is_empty() {
        return Some((StatusCode::BadExtension, vec![Header::Unsupported(unknown.join(", ").into())]));
    }
    if let Err(session::TooSmall(min_s)) = session::answer(wire::said(request), shared.config.session) {
        return Some((422.into(), vec![Header::MinSE(min_s.to_string().into())]));
    }
    // The same call by another path (RFC 3261, 8.2.2.2): one of them is enough.
    shared.legs.by_tag(&merge_tag(transaction)?).map(|_| (StatusCode::LoopDetected, Vec::new()))
}

/// Names a call from outside, so that its second copy is noticed.
fn merge_tag(transaction: &Transaction) -> Option<String> {
    let request = &transaction.original;
    let tag = request.from_header().ok()?.tag().ok()??;
    Some(format!("call:{};{}", request.call_id_header().ok()?.value(), tag.value()))
}

async fn begin(
    shared: Arc<Shared>,
    transaction: Transaction,
    dialog: InviteDialog,
    states: DialogStateReceiver,
    permit: Permit,
    trunk: Option<Arc<Trunk>>,
    agent: Option<String>,
) {
    let request = transaction.original.clone();
    let (leg, orders) = Leg::new(CallId::new().leg(0), permit.trunk.clone(), agent.clone());
    {
        let mut agreement = lock(&leg.agreement);
        agreement.theirs.clone_from(&request.body);
        agreement.update = wire::allows_update(&request);
    }
    let _ = leg.dialog.set(dialog.clone());
    if shared.legs.insert(&leg).is_err() {
        return;
    }
    shared.legs.tag(&leg, dialog.id().local_tag);
    if let Some(tag) = merge_tag(&transaction) {
        shared.legs.tag(&leg, tag);
    }
    let (from, from_name) = wire::caller(&request, trunk.is_some());
    let event = SipEvent::Incoming {
        key: leg.key,
        to: wire::dialled(&request, trunk.as_deref().map(|trunk| trunk.dialled).unwrap_or_default()),
        trunk: permit.trunk.clone(),
        agent,
        from,
        from_name,
        sdp: request.body.clone(),
        sip_call_id: dialog.id().call_id,
    };
    let ringing = Ringing::new(dialog.clone(), states, request, transaction.tu_sender.clone());
    tokio::spawn(handle(leg.clone(), dialog, transaction));
    shared.emit(event).await;
    Task { shared, leg, orders, permit }.incoming(ringing).await;
}

/// Runs a transaction within a dialog, unless the leg is forgotten: then not a word more goes out.
async fn handle(leg: Arc<Leg>, mut dialog: InviteDialog, mut transaction: Transaction) {
    tokio::select! {
        () = leg.forgotten.cancelled() => {}
        result = dialog.handle(&mut transaction) => if let Err(error) = result {
            tracing::debug!(leg = %leg.key, %error, "a request within a call was not handled");
        },
    }
}

/// A request within a call.
async fn in_dialog(shared: Arc<Shared>, mut transaction: Transaction) {
    let Some((leg, dialog)) = find(&shared, &transaction).await else {
        return answer(&mut transaction, StatusCode::CallTransactionDoesNotExist, Vec::new()).await;
    };
    match transaction.original.method {
        Method::Invite | Method::Update if !dialog.state().is_confirmed() => {
            let again = Header::RetryAfter("1".into());
            answer(&mut transaction, StatusCode::ServerInternalError, vec![again]).await;
        }
        Method::Invite | Method::Update | Method::Bye | Method::PRack | Method::Ack | Method::Cancel => {
            handle(leg, dialog, transaction).await;
        }
        Method::Info => {
            let digit = wire::digit(&transaction.original);
            answer(&mut transaction, StatusCode::OK, Vec::new()).await;
            if let Some(digit) = digit {
                shared.emit(SipEvent::Digit { key: leg.key, digit }).await;
            }
        }
        Method::Refer => refer(&shared, &leg, &dialog, transaction).await,
        Method::Notify => {
            let status = wire::refer_status(&transaction.original);
            answer(&mut transaction, StatusCode::OK, Vec::new()).await;
            if let Some(status) = status {
                shared.emit(SipEvent::Referred { key: leg.key, status }).await;
            }
        }
        Method::Options => answer(&mut transaction, StatusCode::OK, vec![Header::Allow(wire::ALLOW.into())]).await,
        Method::Message | Method::Publish | Method::Subscribe | Method::Register => {
            answer(&mut transaction, StatusCode::MethodNotAllowed, vec![Header::Allow(wire::ALLOW.into())]).await;
        }
    }
}

/// A phone asks to be put through. The owner says how it went with [`super::Sip::transferred`].
async fn refer(shared: &Shared, leg: &Leg, dialog: &InviteDialog, mut transaction: Transaction) {
    let Some((to, replaces)) = wire::refer_to(&transaction.original).filter(|(to, _)| !to.is_empty()) else {
        return answer(&mut transaction, StatusCode::BadRequest, Vec::new()).await;
    };
    // Only an agent's phone may: a caller who could would make calls at the center's expense.
    if leg.agent.is_none() || !dialog.state().is_confirmed() {
        return answer(&mut transaction, StatusCode::Forbidden, Vec::new()).await;
    }
    answer(&mut transaction, StatusCode::Accepted, Vec::new()).await;
    if let Err(error) = dialog.notify_refer(StatusCode::Trying, "active;expires=60").await {
        tracing::debug!(leg = %leg.key, %error, "the progress of a transfer could not be told");
    }
    shared.emit(SipEvent::Transfer { key: leg.key, to, replaces }).await;
}

/// The leg and dialog that a request belongs to. One may come a moment before the answer that makes its dialog is dealt
/// with: a BYE on the heels of a 200.
async fn find(shared: &Shared, transaction: &Transaction) -> Option<(Arc<Leg>, InviteDialog)> {
    let id = DialogId::try_from(transaction).ok()?;
    let patience = Instant::now() + EARLY;
    loop {
        let leg = shared.legs.by_tag(&id.local_tag)?;
        if let Some(Dialog::Invite(dialog)) = shared.layer.get_dialog(&id) {
            return Some((leg, dialog));
        }
        if leg.dialog.get().is_some() || Instant::now() > patience {
            return None;
        }
        sleep(Duration::from_millis(20)).await;
    }
}
