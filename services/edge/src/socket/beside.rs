//! Frames with much in them, and those beside the talk: notes, wrap-ups, ratings, who takes part.

use std::time::Instant;

use chassis::refusal::{Code, Refusal};
use proto::chat::v1::{
    Command, ExecuteRequest, Join, Leave, ListConversationsRequest, Note, Open, Party, PartyKind, Rate, Take, Transfer,
    Wrap, command,
};

use super::frames::{MAX_TEXT, Session, allowed, at_most, id_of, is_id, is_text, is_uuid, json, too_many};
use crate::{
    door::App,
    frames::{Availability, ClientFrame, NoticeKind, Role},
    http::{notices, segments::segment_of},
    link::submit::Kind,
};

/// Agents that one note calls.
const MAX_MENTIONS: usize = 20;
/// Longest comment of a rating, in characters.
const MAX_COMMENT: usize = 2_000;

/// Who may send what, and whether its ids can be ids.
pub(super) fn check(frame: &ClientFrame, agent: bool) -> Result<(), Refusal> {
    if let ClientFrame::Rate { conversation, message, score, comment, .. } = frame {
        allowed(!agent)?;
        is_uuid(conversation)?;
        message.iter().try_for_each(|id| is_uuid(id))?;
        if !(1..=5).contains(score) {
            return Err(Refusal::new(Code::InvalidArgument, "bad_frame", "a score is 1 to 5"));
        }
        return at_most(comment, MAX_COMMENT);
    }
    allowed(agent)?;
    if let ClientFrame::Note { conversation, message, text, mentions, .. } = frame {
        is_uuid(conversation)?;
        is_uuid(message)?;
        if mentions.len() > MAX_MENTIONS {
            return Err(Refusal::new(Code::InvalidArgument, "bad_frame", "a note calls at most 20 agents"));
        }
        mentions.iter().try_for_each(|id| is_id(id))?;
        return is_text(text);
    }
    if let ClientFrame::Wrap { conversation, message, code, summary, .. } = frame {
        is_uuid(conversation)?;
        message.iter().try_for_each(|id| is_uuid(id))?;
        at_most(summary, MAX_TEXT)?;
        return if code.is_empty() { Ok(()) } else { is_id(code) };
    }
    if let ClientFrame::Join { conversation, .. }
    | ClientFrame::Leave { conversation, .. }
    | ClientFrame::Take { conversation, .. } = frame
    {
        return is_uuid(conversation);
    }
    Ok(())
}

impl Session {
    /// Carries out one of these frames; none of the others comes here.
    pub(super) fn beside(&self, frame: ClientFrame, now: Instant) {
        if let ClientFrame::Open { reference, conversation, queue, name, reason, answers } = frame {
            let (customer_name, reason) = (name.unwrap_or_default(), reason.unwrap_or_default());
            let (language, answers) = (self.language.clone(), json(&answers));
            let segment = segment_of(&self.app, &self.handle.identity.id);
            let what = command::What::Open(Open {
                queue,
                customer_name,
                language,
                reason,
                answers,
                segment,
                ..Open::default()
            });
            self.submit(reference, conversation, what, Kind::Audited("conversation_open"), now);
        } else if let ClientFrame::Transfer { reference, conversation, queue, agent, summary, message } = frame {
            let (queue, to_agent_id) = (queue.unwrap_or_default(), agent.unwrap_or_default());
            let made = || id_of(&self.handle.identity.id, reference.as_deref(), (&conversation, &summary));
            let summary_id = if summary.is_empty() { String::new() } else { message.unwrap_or_else(made) };
            let what = command::What::Transfer(Transfer { queue, to_agent_id, summary, summary_id });
            self.submit(reference, conversation, what, Kind::Audited("conversation_transfer"), now);
        } else if let ClientFrame::Note { reference, conversation, message, text, mentions, whisper } = frame {
            let called = mentions.clone();
            let note = Note { message_id: message, text, mentions, whisper, consult: false };
            if called.is_empty() {
                self.submit(reference, conversation, command::What::Note(note), Kind::Answered("note"), now);
            } else {
                self.note_that_calls(reference, conversation, note, called);
            }
        } else if let ClientFrame::Wrap { reference, conversation, message, code, tags, summary, follow_up_at } = frame
        {
            let who = &self.handle.identity.id;
            let made = || id_of(who, reference.as_deref(), (&conversation, &code, &tags, &summary, follow_up_at));
            let (message_id, follow_up_at_ms) = (message.unwrap_or_else(made), follow_up_at.unwrap_or(0));
            let what = command::What::Wrap(Wrap { message_id, code, tags, summary, follow_up_at_ms });
            self.submit(reference, conversation, what, Kind::Answered("wrap"), now);
        } else if let ClientFrame::Join { reference, conversation } = frame {
            self.submit(reference, conversation, command::What::Join(Join {}), Kind::Audited("conversation_join"), now);
        } else if let ClientFrame::Leave { reference, conversation } = frame {
            self.submit(
                reference,
                conversation,
                command::What::Leave(Leave {}),
                Kind::Audited("conversation_leave"),
                now,
            );
        } else if let ClientFrame::Rate { reference, conversation, message, score, comment } = frame {
            let made = || id_of(&self.handle.identity.id, reference.as_deref(), (&conversation, score, &comment));
            let what = command::What::Rate(Rate { message_id: message.unwrap_or_else(made), score, comment });
            self.submit(reference, conversation, what, Kind::Answered("rate"), now);
        } else if let ClientFrame::Take { reference, conversation } = frame {
            self.take(reference, conversation, now);
        }
    }

    /// Those whom a note calls are told of it once it is stored.
    fn note_that_calls(&self, reference: Option<String>, conversation: String, note: Note, called: Vec<String>) {
        if !self.handle.begin(self.app.config.sockets.in_flight) {
            return self.handle.refuse(reference.as_deref(), &too_many());
        }
        let (app, handle) = (self.app.clone(), self.handle.clone());
        tokio::spawn(async move {
            let message = note.message_id.clone();
            let outcome = execute(&app, handle.identity.party(), &conversation, command::What::Note(note)).await;
            let outcome = match outcome {
                Ok(number) => {
                    let by = &handle.identity.id;
                    let told = notices::call(&app, by, &message, &conversation, called, NoticeKind::Call).await;
                    told.map(|()| number)
                }
                Err(refusal) => Err(refusal),
            };
            handle.finish();
            match outcome {
                Ok(number) => handle.done(reference.as_deref(), Some(number), false),
                Err(refusal) => handle.refuse(reference.as_deref(), &refusal),
            }
        });
    }

    /// A supervisor takes at once. For a colleague the door looks first whether the holder is away; the conversation itself
    /// says whether they still hold it.
    fn take(&self, reference: Option<String>, conversation: String, now: Instant) {
        if self.handle.identity.role == Role::Supervisor {
            let what = command::What::Take(Take::default());
            return self.submit(reference, conversation, what, Kind::Audited("conversation_take"), now);
        }
        if !self.handle.begin(self.app.config.sockets.in_flight) {
            return self.handle.refuse(reference.as_deref(), &too_many());
        }
        let (app, handle) = (self.app.clone(), self.handle.clone());
        tokio::spawn(async move {
            let outcome = take_from_absent(&app, handle.identity.party(), &conversation).await;
            handle.finish();
            let word = outcome.as_ref().map_or_else(|refusal| refusal.reason.as_ref(), |_| "ok");
            app.audit.of_socket(&handle, "conversation_take", &conversation, word);
            match outcome {
                Ok(number) => handle.done(reference.as_deref(), Some(number), false),
                Err(refusal) => handle.refuse(reference.as_deref(), &refusal),
            }
        });
    }
}

async fn take_from_absent(app: &App, by: Party, conversation: &str) -> Result<u64, Refusal> {
    let system = Party { kind: PartyKind::System.into(), id: "edge".to_owned(), supervisor: false };
    let request = ListConversationsRequest {
        by: Some(system),
        conversation_id: conversation.to_owned(),
        ..ListConversationsRequest::default()
    };
    let listed = app.chat.clone().list_conversations(request).await.map_err(|status| Refusal::from(&status))?;
    let holder = listed.into_inner().conversations.pop().map(|found| found.agent_id).filter(|id| !id.is_empty());
    let not_yours = || Refusal::new(Code::PermissionDenied, "not_your_conversation", "nobody holds it");
    let holder = holder.ok_or_else(not_yours)?;
    match app.agents.availability(&holder).await {
        Some(Availability::Away | Availability::Offline) => {}
        Some(Availability::Ready | Availability::AfterWork) if holder == by.id => {}
        Some(Availability::Ready | Availability::AfterWork) => {
            return Err(Refusal::new(Code::FailedPrecondition, "holder_ready", "its holder is ready"));
        }
        None => return Err(crate::link::unavailable()),
    }
    execute(app, by, conversation, command::What::Take(Take { from_agent_id: holder })).await
}

async fn execute(app: &App, by: Party, conversation: &str, what: command::What) -> Result<u64, Refusal> {
    let command = Some(Command { conversation_id: conversation.to_owned(), by: Some(by), what: Some(what) });
    let done = app.chat.clone().execute(ExecuteRequest { command }).await;
    Ok(done.map_err(|status| Refusal::from(&status))?.into_inner().number)
}
