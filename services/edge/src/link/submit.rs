//! Commands of all sockets over one `Submit` stream. What has no answer when the stream is lost is sent again with the
//! same ids on the next one: commands are idempotent, so a restart of `chat` is a delay and nothing else.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use chassis::refusal::{Code, Refusal};
use proto::chat::v1::{Command, ExecuteResponse, SubmitRequest, SubmitResponse, submit_response};
use tokio::sync::mpsc::UnboundedSender;

use super::{refusal_of, stream::Table, unavailable};
use crate::{audit::Audit, socket::handle::Handle};

/// Commands of all sockets without an answer; more are refused at once.
const MAX_WAITING: usize = 50_000;

/// The commands without an answer.
pub(crate) struct Submit {
    state: Mutex<State>,
    up: AtomicBool,
    patience: Duration,
    per_socket: usize,
    audit: Audit,
}

#[derive(Default)]
struct State {
    next_tag: u64,
    /// By tag, which is also by age.
    waiting: BTreeMap<u64, Waiting>,
    out: Option<UnboundedSender<SubmitRequest>>,
}

struct Waiting {
    from: Arc<Handle>,
    reference: Option<String>,
    command: Command,
    deadline: Instant,
    kind: Kind,
}

/// What its outcome is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Answered; only a refusal is audited.
    Answered(&'static str),
    /// Answered and audited.
    Audited(&'static str),
    /// Nobody waits for it: receipts.
    Silent,
}

impl Submit {
    pub(crate) fn new(patience: Duration, per_socket: usize, audit: Audit) -> Self {
        Self { state: Mutex::default(), up: AtomicBool::new(false), patience, per_socket, audit }
    }

    /// Sends a command; its answer goes to the socket it is from.
    pub(crate) fn send(
        &self,
        from: &Arc<Handle>,
        reference: Option<String>,
        command: Command,
        kind: Kind,
        now: Instant,
    ) {
        if !from.begin(self.per_socket) {
            let reason = "this socket has too many commands without an answer";
            return from
                .refuse(reference.as_deref(), &Refusal::new(Code::ResourceExhausted, "too_many_requests", reason));
        }
        let mut state = self.lock();
        if state.waiting.len() >= MAX_WAITING {
            drop(state);
            from.finish();
            return from.refuse(reference.as_deref(), &unavailable());
        }
        let tag = state.next_tag;
        state.next_tag += 1;
        if let Some(out) = &state.out {
            // A failed send means that the stream is being lost: `connected` sends it again.
            let _lost = out.send(SubmitRequest { tag, command: Some(command.clone()) });
        }
        let deadline = now + self.patience;
        state.waiting.insert(tag, Waiting { from: from.clone(), reference, command, deadline, kind });
    }

    /// Answers what has waited too long.
    pub(crate) fn expire(&self, now: Instant) {
        loop {
            let mut state = self.lock();
            let Some(first) = state.waiting.first_entry().filter(|first| first.get().deadline <= now) else { return };
            let waiting = first.remove();
            drop(state);
            self.settle(waiting, Err(unavailable()));
        }
    }

    fn settle(&self, waiting: Waiting, outcome: Result<ExecuteResponse, Refusal>) {
        let Waiting { from, reference, command, kind, .. } = waiting;
        from.finish();
        match &outcome {
            Ok(done) => from.done(reference.as_deref(), (done.number > 0).then_some(done.number), done.repeated),
            Err(refusal) if kind != Kind::Silent => from.refuse(reference.as_deref(), refusal),
            Err(_) => {}
        }
        match (kind, outcome) {
            (Kind::Audited(action), Ok(_)) => self.audit.of_socket(&from, action, &command.conversation_id, "ok"),
            (Kind::Audited(action) | Kind::Answered(action), Err(refusal))
                if refusal.code == Code::PermissionDenied =>
            {
                self.audit.of_socket(&from, action, &command.conversation_id, &refusal.reason);
            }
            (Kind::Audited(_) | Kind::Answered(_) | Kind::Silent, Ok(_) | Err(_)) => {}
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Table for Submit {
    type Request = SubmitRequest;
    type Answer = SubmitResponse;
    const NAME: &'static str = "chat.Submit";

    fn connected(&self, out: UnboundedSender<SubmitRequest>) {
        let mut state = self.lock();
        for (tag, waiting) in &state.waiting {
            let _lost = out.send(SubmitRequest { tag: *tag, command: Some(waiting.command.clone()) });
        }
        state.out = Some(out);
    }

    fn lost(&self) {
        self.lock().out = None;
    }

    fn answer(&self, answer: SubmitResponse) {
        let Some(waiting) = self.lock().waiting.remove(&answer.tag) else { return };
        let outcome = match answer.result {
            Some(submit_response::Result::Done(done)) => Ok(done),
            Some(submit_response::Result::Refusal(refusal)) => Err(refusal_of(refusal)),
            None => Err(Refusal::new(Code::Internal, "internal", "an answer without a result")),
        };
        self.settle(waiting, outcome);
    }

    fn up(&self) -> &AtomicBool {
        &self.up
    }
}

impl Submit {
    /// Whether `chat` takes commands.
    pub(crate) fn is_up(&self) -> bool {
        self.up.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

    use super::*;
    use crate::{
        frames::Role,
        socket::handle::testing::{handle, taken},
    };

    fn submit() -> Submit {
        Submit::new(Duration::from_secs(4), 2, Audit::unread())
    }

    fn command(conversation: &str) -> Command {
        Command { conversation_id: conversation.to_owned(), ..Command::default() }
    }

    fn tags(requests: &mut UnboundedReceiver<SubmitRequest>) -> Vec<u64> {
        std::iter::from_fn(|| requests.try_recv().ok()).map(|request| request.tag).collect()
    }

    fn done(tag: u64, number: u64) -> SubmitResponse {
        let done = ExecuteResponse { number, ..ExecuteResponse::default() };
        SubmitResponse { tag, result: Some(submit_response::Result::Done(done)) }
    }

    #[test]
    fn a_lost_stream_is_invisible_to_the_socket() {
        let (submit, customer) = (submit(), handle(1, "c", Role::Customer));
        let (out, mut requests) = unbounded_channel();
        submit.connected(out);
        submit.send(&customer, Some("a".to_owned()), command("x"), Kind::Answered("post"), Instant::now());
        assert_eq!(tags(&mut requests), [0]);
        submit.lost();
        submit.send(&customer, Some("b".to_owned()), command("x"), Kind::Answered("post"), Instant::now());
        let (out, mut requests) = unbounded_channel();
        submit.connected(out);
        assert_eq!(tags(&mut requests), [0, 1]);
        submit.answer(done(0, 5));
        submit.answer(done(0, 5));
        submit.answer(done(1, 6));
        let answers = [
            json!({"type":"done","ref":"a","number":5,"repeated":false}),
            json!({"type":"done","ref":"b","number":6,"repeated":false}),
        ];
        assert_eq!(taken(&customer), answers);
    }

    #[test]
    fn who_waits_too_long_may_try_elsewhere() {
        let (submit, customer, now) = (submit(), handle(1, "c", Role::Customer), Instant::now());
        submit.send(&customer, Some("a".to_owned()), command("x"), Kind::Answered("post"), now);
        submit.send(&customer, None, command("x"), Kind::Silent, now + Duration::from_secs(1));
        submit.expire(now + Duration::from_secs(3));
        assert!(taken(&customer).is_empty());
        submit.expire(now + Duration::from_secs(5));
        let frames = taken(&customer);
        assert_eq!(frames.len(), 1);
        assert_eq!(
            (&frames[0]["reason"], &frames[0]["retry"], &frames[0]["ref"]),
            (&json!("unavailable"), &json!(true), &json!("a"))
        );
        submit.answer(done(0, 5));
        assert!(taken(&customer).is_empty());
    }

    #[test]
    fn one_socket_cannot_fill_the_table() {
        let (submit, customer) = (submit(), handle(1, "c", Role::Customer));
        for reference in ["a", "b", "c"] {
            let reference = Some(reference.to_owned());
            submit.send(&customer, reference, command("x"), Kind::Answered("post"), Instant::now());
        }
        let frames = taken(&customer);
        assert_eq!((&frames[0]["ref"], &frames[0]["reason"]), (&json!("c"), &json!("too_many_requests")));
    }
}
