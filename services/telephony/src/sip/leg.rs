//! The life of a leg: one task that does what its owner orders, hears what the other side does, and ends it once.

use std::{sync::Arc, time::Duration};

use rsipstack::{
    dialog::{
        dialog::{DialogState, DialogStateReceiver, TerminatedReason},
        invite_dialog::InviteDialog,
    },
    sip::{Header, Request, Response},
    transaction::transaction::{TransactionEvent, TransactionEventSender},
};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    change,
    error::SipError,
    event::{Ended, Hangup, SipEvent},
    gate::{Permit, lock},
    legs::{Leg, Order, Shared},
    session::Refresher,
    wire,
};

/// How a leg's task ends.
pub(super) enum Over {
    /// The owner is told.
    Ended(Ended),
    /// The owner asked for silence.
    Forgotten,
}

/// A leg's task.
pub(super) struct Task {
    pub(super) shared: Arc<Shared>,
    pub(super) leg: Arc<Leg>,
    pub(super) orders: mpsc::Receiver<Order>,
    /// Its place within the limits.
    pub(super) permit: Permit,
}

/// What an incoming call still has before it is answered.
pub(super) struct Ringing {
    pub(super) dialog: InviteDialog,
    pub(super) states: DialogStateReceiver,
    pub(super) request: Request,
    /// To answer in words that the dialog does not know.
    pub(super) reply: TransactionEventSender,
    rung: bool,
    answered: bool,
    leaving: bool,
    rejected: Option<u16>,
}

impl Ringing {
    pub(super) fn new(
        dialog: InviteDialog,
        states: DialogStateReceiver,
        request: Request,
        reply: TransactionEventSender,
    ) -> Self {
        Self { dialog, states, request, reply, rung: false, answered: false, leaving: false, rejected: None }
    }
}

impl Task {
    /// An incoming call, from its INVITE on.
    pub(super) async fn incoming(mut self, mut ringing: Ringing) {
        let over = match self.ring(&mut ringing).await {
            Ok(()) => self.talk(&ringing.dialog, &mut ringing.states).await,
            Err(over) => over,
        };
        self.finish(Some(&ringing.dialog), over).await;
    }

    /// A call that stands already.
    pub(super) async fn standing(mut self, dialog: InviteDialog, mut states: DialogStateReceiver) {
        let over = self.talk(&dialog, &mut states).await;
        self.finish(Some(&dialog), over).await;
    }

    pub(super) async fn finish(self, dialog: Option<&InviteDialog>, over: Over) {
        let Self { shared, leg, orders, permit } = self;
        shared.legs.remove(&leg);
        if let Some(dialog) = dialog {
            shared.layer.remove_dialog(&dialog.id());
        }
        drop((orders, permit));
        lock(&leg.offer).take();
        if let Over::Ended(why) = over {
            tracing::debug!(leg = %leg.key, ?why, "the leg ended");
            shared.emit(SipEvent::Ended { key: leg.key, why }).await;
        }
    }

    async fn ring(&mut self, ringing: &mut Ringing) -> Result<(), Over> {
        let patience = sleep_until(Instant::now() + Duration::from_secs(self.shared.config.unanswered_s));
        tokio::pin!(patience);
        let leg = self.leg.clone();
        loop {
            tokio::select! {
                biased;
                () = leg.forgotten.cancelled() => return Err(Over::Forgotten),
                state = ringing.states.recv() => match state {
                    Some(DialogState::Confirmed(_, _)) => return self.confirmed(ringing).await,
                    Some(DialogState::Terminated(_, reason)) => {
                        return Err(Over::Ended(ringing.rejected.map_or_else(|| ended(&reason), Ended::Rejected)));
                    }
                    Some(_) => {}
                    None => return Err(Over::Ended(Ended::Lost)),
                },
                order = self.orders.recv() => match order {
                    Some(order) => ringing.take(order, &self.shared, &leg)?,
                    None => return Err(Over::Forgotten),
                },
                () = &mut patience, if !ringing.answered => {
                    ringing.refuse(480, None, &self.shared);
                    return Err(Over::Ended(Ended::NoAnswer));
                }
            }
        }
    }

    async fn confirmed(&self, ringing: &Ringing) -> Result<(), Over> {
        if ringing.leaving {
            goodbye(&ringing.dialog);
            return Err(Over::Ended(Ended::HungUp));
        }
        let key = self.leg.key;
        self.answer_in_ack(&ringing.dialog).await;
        let snapshot = self.leg.snapshot(&ringing.dialog);
        self.shared.emit(SipEvent::Confirmed { key, snapshot }).await;
        Ok(())
    }

    /// The answer to an offer that went in our 200 comes in the ACK.
    async fn answer_in_ack(&self, dialog: &InviteDialog) {
        let Some(ack) = dialog.last_remote_ack().filter(|ack| !ack.body.is_empty()) else { return };
        {
            let mut agreement = lock(&self.leg.agreement);
            if !std::mem::take(&mut agreement.awaits_answer) {
                return;
            }
            agreement.theirs.clone_from(&ack.body);
        }
        let (key, snapshot) = (self.leg.key, self.leg.snapshot(dialog));
        self.shared.emit(SipEvent::PeerAnswer { key, sdp: ack.body, snapshot }).await;
    }

    async fn talk(&mut self, dialog: &InviteDialog, states: &mut DialogStateReceiver) -> Over {
        let leg = self.leg.clone();
        loop {
            let due = self.due();
            tokio::select! {
                biased;
                () = leg.forgotten.cancelled() => return Over::Forgotten,
                state = states.recv() => match state {
                    Some(DialogState::Updated(_, request, handle)) => {
                        change::offered(&self.shared, &leg, dialog, request, handle).await;
                    }
                    Some(DialogState::Confirmed(_, _)) => self.answer_in_ack(dialog).await,
                    Some(DialogState::Terminated(_, reason)) => return Over::Ended(ended(&reason)),
                    Some(_) => {}
                    None => return Over::Ended(Ended::Lost),
                },
                order = self.orders.recv() => match order {
                    Some(Order::HangUp(_, done)) => {
                        goodbye(dialog);
                        let _ = done.send(Ok(()));
                        return Over::Ended(Ended::HungUp);
                    }
                    Some(Order::Lost) => {
                        goodbye(dialog);
                        return Over::Ended(Ended::Lost);
                    }
                    Some(Order::Answer(_, done) | Order::Ring(_, done)) => drop(done.send(Ok(()))),
                    Some(Order::Reject(_, _, done)) => drop(done.send(Err(SipError::WrongState))),
                    None => return Over::Forgotten,
                },
                () = leg.wake.notified() => {}
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    if self.session_due(dialog) {
                        return Over::Ended(Ended::Lost);
                    }
                }
            }
        }
    }

    fn due(&self) -> Option<Instant> {
        let (agreed, fed) = lock(&self.leg.agreement).session?;
        Some(Instant::from_std(fed) + Duration::from_millis(agreed.due_after_ms()))
    }

    /// The session timer is due: refreshes, or says that the other side is gone.
    fn session_due(&self, dialog: &InviteDialog) -> bool {
        let Some((agreed, _)) = lock(&self.leg.agreement).session else { return false };
        match agreed.refresher {
            Refresher::They => {
                goodbye(dialog);
                true
            }
            Refresher::We => {
                // Fed already now, so that it is not due again while the refresh is under way.
                lock(&self.leg.agreement).session = Some((agreed, std::time::Instant::now()));
                tokio::spawn(change::refresh(self.shared.clone(), self.leg.clone()));
                false
            }
        }
    }
}

impl Ringing {
    fn take(&mut self, order: Order, shared: &Shared, leg: &Leg) -> Result<(), Over> {
        let (result, done) = match order {
            Order::Ring(sdp, done) => (self.ring(sdp), done),
            Order::Answer(sdp, done) => (self.answer(sdp, shared, leg), done),
            Order::Reject(_, _, done) if self.answered => (Err(SipError::WrongState), done),
            Order::Reject(status, retry, done) => {
                self.refuse(status, retry, shared);
                (Ok(()), done)
            }
            // A BYE before the ACK would be against the rules: it waits for it.
            Order::HangUp(_, done) if self.answered => {
                self.leaving = true;
                (Ok(()), done)
            }
            Order::HangUp(why, done) => {
                self.refuse(why.status(), None, shared);
                (Ok(()), done)
            }
            Order::Lost => return Err(Over::Ended(Ended::Lost)),
        };
        let _ = done.send(result);
        Ok(())
    }

    fn ring(&mut self, sdp: Option<Vec<u8>>) -> Result<(), SipError> {
        if self.answered || (self.rung && sdp.is_none()) {
            return Ok(());
        }
        if self.rejected.is_some() {
            return Err(SipError::WrongState);
        }
        self.rung = true;
        let headers = sdp.as_ref().map(|_| vec![Header::ContentType("application/sdp".into())]);
        Ok(self.dialog.ringing(headers, sdp)?)
    }

    fn answer(&mut self, sdp: Vec<u8>, shared: &Shared, leg: &Leg) -> Result<(), SipError> {
        if self.answered {
            return Ok(());
        }
        if self.rejected.is_some() {
            return Err(SipError::WrongState);
        }
        let session = super::session::answer(wire::said(&self.request), shared.config.session).unwrap_or_default();
        {
            let mut agreement = lock(&leg.agreement);
            agreement.ours.clone_from(&sdp);
            agreement.awaits_answer = self.request.body.is_empty();
        }
        self.dialog.accept(Some(wire::sdp_headers(session.map(super::session::Agreed::in_answer))), Some(sdp))?;
        self.answered = true;
        leg.feed(session);
        Ok(())
    }

    fn refuse(&mut self, status: u16, retry_s: Option<u32>, shared: &Shared) {
        self.rejected = Some(status);
        if let Some(retry_s) = retry_s {
            // The first final response counts; the dialog's own, below, is then not sent.
            let _ = self.reply.send(TransactionEvent::Respond(self.later(status, retry_s, shared)));
        }
        if let Err(error) = self.dialog.reject(Some(status.into()), None) {
            tracing::debug!(%error, "a refusal could not be sent");
        }
    }

    fn later(&self, status: u16, retry_s: u32, shared: &Shared) -> Response {
        use rsipstack::sip::{HasHeaders as _, HeadersExt as _};
        let mut response = shared.endpoint.make_response(&self.request, status.into(), None);
        if let Ok(to) = self.request.to_header() {
            response.headers_mut().unique_push(Header::To(to.with_tag(self.dialog.id().local_tag.into())));
        }
        response.headers_mut().push(Header::RetryAfter(retry_s.to_string().into()));
        response
    }
}

/// Sends a BYE, and does not wait for its answer.
pub(super) fn goodbye(dialog: &InviteDialog) {
    let dialog = dialog.clone();
    tokio::spawn(async move {
        if let Err(error) = dialog.bye().await {
            tracing::debug!(%error, "a BYE could not be sent");
        }
    });
}

/// How the stack's reason reads for us.
fn ended(reason: &TerminatedReason) -> Ended {
    match reason {
        TerminatedReason::UacCancel => Ended::Cancelled,
        // Our own BYE ends the task before the stack says so: what arrives here is the other side's.
        TerminatedReason::UacBye | TerminatedReason::UasBye => Ended::Bye,
        TerminatedReason::UacBusy | TerminatedReason::UasBusy => Ended::Refused(Hangup::Busy.status()),
        TerminatedReason::UasDecline => Ended::Rejected(Hangup::Over.status()),
        TerminatedReason::UacOther(status) | TerminatedReason::UasOther(status) => Ended::Refused(status.code()),
        TerminatedReason::Timeout | TerminatedReason::ProxyError(_) | TerminatedReason::ProxyAuthRequired => {
            Ended::Lost
        }
    }
}
