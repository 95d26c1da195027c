//! What a browser's frames ask for. No decision is made here but who may ask.

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash, Hasher as _},
    sync::Arc,
    time::{Duration, Instant as StdInstant},
};

use chassis::refusal::{Code, Refusal};
use proto::{
    chat::v1::{Close, Command, MarkDelivered, MarkRead, Post, command},
    routing::v1::{self as routing, Accept, Decline, SetAvailability, execute_request},
};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    beside,
    handle::Handle,
    receipts::{Receipt, Receipts},
};
use crate::{
    clock,
    door::{App, Note},
    frames::{Availability, ClientFrame, Role, decode},
    limits::{AddressBucket, Bucket},
    link::submit::Kind,
    tokens::Identity,
};

/// Longest message, in characters.
pub(super) const MAX_TEXT: usize = 4_000;
/// Longest name and reason, in characters.
const MAX_WORDS: usize = 100;
/// Longest queue, contact and agent id, in characters.
const MAX_ID: usize = 80;
/// Longest language tag taken from a browser.
const MAX_LANGUAGE: usize = 35;
/// Typing counts once in, in ms.
const TYPING_MS: u64 = 1_000;
/// Conversations of one socket with receipts or typing remembered.
const REMEMBERED: usize = 1_000;

/// A signed-in socket and what belongs to it. Dropping it ends everything that was begun for it.
pub(super) struct Session {
    pub(super) app: Arc<App>,
    pub(super) handle: Arc<Handle>,
    pub(super) language: String,
    own: Bucket,
    address: AddressBucket,
    receipts: Receipts,
    typed: HashMap<String, u64>,
    began: Instant,
    began_ms: u64,
}

impl Session {
    pub(super) fn new(app: Arc<App>, handle: Arc<Handle>, language: String) -> Self {
        let now = clock::steady_ms();
        let language = if language.len() > MAX_LANGUAGE { String::new() } else { language };
        Self {
            own: Bucket::new(app.config.rates.socket, now),
            address: app.frames.bucket(handle.address, now),
            receipts: Receipts::new(app.config.sockets.receipt_ms, REMEMBERED),
            typed: HashMap::new(),
            began: Instant::now(),
            began_ms: now,
            app,
            handle,
            language,
        }
    }

    /// A text frame.
    pub(super) fn text(&mut self, text: &str, now: Instant) {
        let now_ms = self.ms(now);
        let frame = decode(text);
        if !self.own.take(now_ms) || !self.address.take(now_ms) {
            let reference = frame.as_ref().map_or_else(|bad| bad.reference.as_deref(), ClientFrame::reference);
            return self.handle.refuse(reference, &too_many());
        }
        match frame {
            Ok(frame) => self.carry_out(frame, now),
            Err(bad) => {
                let refusal = Refusal::new(Code::InvalidArgument, "bad_frame", bad.message);
                self.handle.refuse(bad.reference.as_deref(), &refusal);
            }
        }
    }

    /// A binary frame or a ping of the transport.
    pub(super) fn other(&mut self, message_is_binary: bool, now: Instant) {
        let now_ms = self.ms(now);
        if !self.own.take(now_ms) || !self.address.take(now_ms) {
            self.handle.refuse(None, &too_many());
        } else if message_is_binary {
            self.handle.refuse(None, &Refusal::new(Code::InvalidArgument, "bad_frame", "only text frames"));
        }
    }

    /// Bytes after which the connection cannot go on.
    pub(super) fn refused_bytes(&self, refusal: &Refusal) {
        self.app.audit.of_socket(&self.handle, "frame", "", &refusal.reason);
    }

    /// Whether the token still holds.
    pub(super) fn still_allowed(&self) -> Result<(), Refusal> {
        let Identity { id, role, expires } = &self.handle.identity;
        if *expires <= clock::unix_ms() {
            return Err(Refusal::new(Code::PermissionDenied, "token_expired", "the token is over: sign in again"));
        }
        if self.handle.identity.is_agent() && self.app.accounts.refuses(id, *role) {
            return Err(Refusal::new(
                Code::PermissionDenied,
                "bad_token",
                "the account is disabled, or has another role: sign in again",
            ));
        }
        Ok(())
    }

    /// When receipts are to be said.
    pub(super) fn due(&self) -> Option<Instant> {
        let due = self.receipts.due()?;
        Some(self.began + Duration::from_millis(due.saturating_sub(self.began_ms)))
    }

    /// Says the receipts that are due.
    pub(super) fn flush_receipts(&mut self, now: Instant) {
        for (conversation, receipt, up_to) in self.receipts.flush(self.ms(now)) {
            let what = match receipt {
                Receipt::Delivered => command::What::MarkDelivered(MarkDelivered { up_to }),
                Receipt::Read => command::What::MarkRead(MarkRead { up_to }),
            };
            self.submit(None, conversation, what, Kind::Silent, now.into_std());
        }
    }

    fn ms(&self, now: Instant) -> u64 {
        let passed = now.saturating_duration_since(self.began).as_millis();
        self.began_ms + u64::try_from(passed).unwrap_or(u64::MAX / 2)
    }

    fn carry_out(&mut self, frame: ClientFrame, now: Instant) {
        if let Err(refusal) = self.check(&frame) {
            if refusal.code == Code::PermissionDenied {
                self.app.audit.of_socket(&self.handle, "frame", "", &refusal.reason);
            }
            return self.handle.refuse(frame.reference(), &refusal);
        }
        let at = now.into_std();
        match frame {
            ClientFrame::Hello { .. } => {
                let refusal = Refusal::new(Code::InvalidArgument, "bad_frame", "signed in already");
                self.handle.refuse(None, &refusal);
            }
            ClientFrame::Watch { reference, conversation, after } => {
                self.app.watches.watch(&self.handle, reference, conversation, after, at);
            }
            ClientFrame::Unwatch { conversation } => self.app.watches.unwatch(self.handle.id, &conversation),
            ClientFrame::Post { reference, conversation, message, text, form } => {
                let what = command::What::Post(Post { message_id: message, text, form: form.map(Into::into) });
                self.submit(reference, conversation, what, Kind::Answered("post"), at);
            }
            ClientFrame::Delivered { conversation, up_to } => {
                self.receipt(conversation, Receipt::Delivered, up_to, now);
            }
            ClientFrame::Read { conversation, up_to } => self.receipt(conversation, Receipt::Read, up_to, now),
            ClientFrame::Typing { conversation } => self.typing(conversation, now),
            ClientFrame::Viewing { conversation, stop: true } => self.app.viewing.end(&self.handle, &conversation),
            ClientFrame::Viewing { conversation, stop: false } => {
                self.app.viewing.begin(&self.handle, &conversation, clock::steady_ms());
            }
            ClientFrame::Close { reference, conversation } => {
                let what = command::What::Close(Close {});
                self.submit(reference, conversation, what, Kind::Audited("conversation_close"), at);
            }
            long @ (ClientFrame::Open { .. }
            | ClientFrame::Transfer { .. }
            | ClientFrame::Note { .. }
            | ClientFrame::Wrap { .. }
            | ClientFrame::Join { .. }
            | ClientFrame::Leave { .. }
            | ClientFrame::Take { .. }
            | ClientFrame::Rate { .. }) => self.beside(long, at),
            ClientFrame::Availability { reference, availability, reason } => {
                self.availability(reference, availability, reason);
            }
            ClientFrame::Accept { reference, contact: contact_id, round } => {
                let accept = Accept { contact_id, round, agent_id: self.handle.identity.id.to_string() };
                self.route(reference, execute_request::What::Accept(accept));
            }
            ClientFrame::Decline { reference, contact: contact_id, round } => {
                let decline = Decline { contact_id, round, agent_id: self.handle.identity.id.to_string() };
                self.route(reference, execute_request::What::Decline(decline));
            }
            ClientFrame::Ping => self.handle.send(&crate::frames::ServerFrame::Pong),
        }
    }

    pub(super) fn submit(
        &self,
        reference: Option<String>,
        conversation: String,
        what: command::What,
        kind: Kind,
        now: StdInstant,
    ) {
        let by = Some(self.handle.identity.party());
        let command = Command { conversation_id: conversation, by, what: Some(what) };
        self.app.submit.send(&self.handle, reference, command, kind, now);
    }

    fn receipt(&mut self, conversation: String, receipt: Receipt, up_to: u64, now: Instant) {
        if self.receipts.note(conversation, receipt, up_to) {
            self.flush_receipts(now);
        } else {
            self.handle.refuse(None, &too_many());
        }
    }

    fn typing(&mut self, conversation: String, now: Instant) {
        let now_ms = self.ms(now);
        if self.typed.get(&conversation).is_some_and(|at| now_ms.saturating_sub(*at) < TYPING_MS) {
            return;
        }
        if self.typed.len() >= REMEMBERED {
            self.typed.retain(|_, at| now_ms.saturating_sub(*at) < TYPING_MS);
        }
        self.typed.insert(conversation.clone(), now_ms);
        if self.handle.identity.is_agent() {
            self.app.viewing.typing(&self.handle, &conversation, clock::steady_ms());
        }
        self.app.typing.signal(conversation, self.handle.identity.party());
    }

    fn availability(&self, reference: Option<String>, availability: Availability, reason: String) {
        let availability = match availability {
            Availability::Ready => routing::Availability::Ready,
            Availability::Away => routing::Availability::Away,
            Availability::AfterWork => routing::Availability::AfterWork,
            Availability::Offline => routing::Availability::Offline,
        };
        let agent_id = self.handle.identity.id.to_string();
        let set = SetAvailability { agent_id, availability: availability.into(), reason };
        self.route(reference, execute_request::What::SetAvailability(set));
    }

    /// Agents' commands for the floor are few: each has a task, counted like every other command.
    fn route(&self, reference: Option<String>, what: execute_request::What) {
        if !self.handle.begin(self.app.config.sockets.in_flight) {
            return self.handle.refuse(reference.as_deref(), &too_many());
        }
        let (app, handle) = (self.app.clone(), self.handle.clone());
        tokio::spawn(async move {
            let outcome = app.routing.execute(what).await;
            handle.finish();
            match outcome {
                Ok(()) => handle.done(reference.as_deref(), None, false),
                Err(refusal) => handle.refuse(reference.as_deref(), &refusal),
            }
        });
    }

    /// Who may send what, and whether its ids can be ids.
    fn check(&self, frame: &ClientFrame) -> Result<(), Refusal> {
        let agent = self.handle.identity.is_agent();
        match frame {
            ClientFrame::Open { conversation, queue, name, reason, answers, .. } => {
                allowed(self.handle.identity.role == Role::Customer)?;
                is_uuid(conversation)?;
                is_id(queue)?;
                reason.iter().filter(|reason| !reason.is_empty()).try_for_each(|reason| is_id(reason))?;
                at_most(&json(answers), MAX_TEXT)?;
                words(name.as_deref().unwrap_or_default())
            }
            ClientFrame::Post { conversation, message, text, .. } => {
                is_uuid(conversation)?;
                is_uuid(message)?;
                is_text(text)
            }
            ClientFrame::Watch { conversation, .. }
            | ClientFrame::Delivered { conversation, .. }
            | ClientFrame::Read { conversation, .. }
            | ClientFrame::Typing { conversation }
            | ClientFrame::Close { conversation, .. } => is_uuid(conversation),
            ClientFrame::Transfer { conversation, queue, agent: to, summary, message, .. } => {
                allowed(agent)?;
                is_uuid(conversation)?;
                message.iter().try_for_each(|id| is_uuid(id))?;
                at_most(summary, MAX_TEXT)?;
                queue.iter().chain(to).try_for_each(|id| is_id(id))
            }
            ClientFrame::Availability { reason, .. } => {
                allowed(agent)?;
                words(reason)
            }
            ClientFrame::Accept { contact, .. } | ClientFrame::Decline { contact, .. } => {
                allowed(agent)?;
                is_id(contact)
            }
            ClientFrame::Viewing { conversation, .. } => {
                allowed(agent)?;
                is_uuid(conversation)
            }
            ClientFrame::Note { .. }
            | ClientFrame::Wrap { .. }
            | ClientFrame::Join { .. }
            | ClientFrame::Leave { .. }
            | ClientFrame::Take { .. }
            | ClientFrame::Rate { .. } => beside::check(frame, agent),
            ClientFrame::Hello { .. } | ClientFrame::Unwatch { .. } | ClientFrame::Ping => Ok(()),
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.app.registry.remove(self.handle.id);
        self.app.watches.forget(self.handle.id);
        if self.handle.identity.is_agent() {
            self.app.viewing.forget(&self.handle);
            self.app.agents.unsubscribe(&self.handle);
            let _closing = self.app.presence.send(Note::Closed(self.handle.identity.id.clone()));
        }
    }
}

pub(super) fn too_many() -> Refusal {
    Refusal::new(Code::ResourceExhausted, "too_many_requests", "slow down")
}

/// A map of strings cannot fail.
pub(super) fn json(answers: &BTreeMap<String, String>) -> String {
    if answers.is_empty() { String::new() } else { serde_json::to_string(answers).unwrap_or_default() }
}

/// The id of what was sent without one: the same sender, `ref` and content give the same id at every door, so that a resend
/// is known as one.
pub(super) fn id_of(who: &str, reference: Option<&str>, content: impl Hash) -> String {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, who, reference, &content).hash(&mut hasher);
        hasher.finish()
    };
    Uuid::from_u64_pair(half(0), half(1)).to_string()
}

pub(super) fn allowed(may: bool) -> Result<(), Refusal> {
    if may { Ok(()) } else { Err(Refusal::new(Code::PermissionDenied, "forbidden", "not with this role")) }
}

/// The hyphenated form in small letters only: one conversation has one name.
pub(crate) fn is_uuid(id: &str) -> Result<(), Refusal> {
    let plain = id.len() == 36 && !id.bytes().any(|byte| byte.is_ascii_uppercase());
    if plain && Uuid::try_parse(id).is_ok() {
        Ok(())
    } else {
        Err(bad_id("a UUID is 36 characters, small letters with hyphens"))
    }
}

pub(crate) fn is_id(id: &str) -> Result<(), Refusal> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=MAX_ID).contains(&id.len()) && id.bytes().all(allowed) {
        Ok(())
    } else {
        Err(bad_id("an id is 1 to 80 characters of A-Z a-z 0-9 . _ -"))
    }
}

fn bad_id(message: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, "bad_id", message)
}

pub(crate) fn is_text(text: &str) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        Err(Refusal::new(Code::InvalidArgument, "text_empty", "there is nothing to say"))
    } else if text.len() > MAX_TEXT && text.chars().count() > MAX_TEXT {
        Err(Refusal::new(Code::InvalidArgument, "text_too_long", format!("at most {MAX_TEXT} characters")))
    } else {
        Ok(())
    }
}

fn words(text: &str) -> Result<(), Refusal> {
    at_most(text, MAX_WORDS)
}

pub(crate) fn at_most(text: &str, chars: usize) -> Result<(), Refusal> {
    if text.len() <= chars || text.chars().count() <= chars {
        Ok(())
    } else {
        Err(Refusal::new(Code::InvalidArgument, "text_too_long", format!("at most {chars} characters")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_conversation_has_one_name() {
        assert!(is_uuid("0b5e7b1c-6a52-4c0e-9c7e-0f6b3a1d2e4f").is_ok());
        for id in ["", "0b5e7b1c6a524c0e9c7e0f6b3a1d2e4f", "0B5E7B1C-6A52-4C0E-9C7E-0F6B3A1D2E4F", "chat.>"] {
            assert!(is_uuid(id).is_err(), "{id}");
        }
    }

    #[test]
    fn texts_are_bounded_in_characters() {
        assert!(is_text(&"窓".repeat(4_000)).is_ok());
        assert_eq!(is_text(&"窓".repeat(4_001)).unwrap_err().reason, "text_too_long");
        assert_eq!(is_text(" \n\u{3000}").unwrap_err().reason, "text_empty");
    }

    #[test]
    fn ids_cannot_reach_out_of_a_subject() {
        for id in ["a b", "a>", "a*", "", "é"] {
            assert!(is_id(id).is_err(), "{id}");
        }
        assert!(is_id("support").is_ok());
    }
}
