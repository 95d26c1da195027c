//! Where flows end: a promise, a message, somebody outside, a last word.

use super::{Act, Next, Phase, Piece, Run, Why, phrases};
use crate::ivr::flow::{Callback, Node, Prompt, Transfer, Voicemail};

impl<'a> Run<'a> {
    pub(super) fn enter_callback(&mut self, callback: &Callback) -> Next {
        if let Some(number) = self.value(&callback.number) {
            return self.promise(&callback.queue, number, callback.reason.clone(), callback.thanks.as_ref());
        }
        if let Some(to) = &callback.on_fail {
            return Some(to.clone());
        }
        self.join(&callback.queue, callback.reason.as_ref(), 0);
        self.music_again()
    }

    /// Promises a callback, says so, and ends.
    pub(super) fn promise(
        &mut self,
        queue: &str,
        number: String,
        reason: Option<String>,
        thanks: Option<&Prompt>,
    ) -> Next {
        let keeps_place = self.state.queue() == Some(queue);
        if keeps_place {
            self.state.queued = None;
        }
        self.acts.push(Act::Callback { queue: queue.to_owned(), number, reason, keeps_place });
        let said = thanks.map(|thanks| self.pieces(thanks)).filter(|pieces| !pieces.is_empty());
        let pieces = said.unwrap_or_else(|| vec![self.text(phrases::callback_promised)]);
        self.end(Some(pieces), Why::Flow)
    }

    fn voicemail(&self) -> Option<&'a Voicemail> {
        if let Node::Voicemail(voicemail) = self.here()? { Some(voicemail) } else { None }
    }

    pub(super) fn enter_voicemail(&mut self, voicemail: &Voicemail) -> Next {
        self.leave_queue();
        self.state.phase = Phase::Greeting;
        let pieces = self.pieces(&voicemail.greeting);
        if self.play(pieces) { None } else { self.record() }
    }

    pub(super) fn record(&mut self) -> Next {
        let voicemail = self.voicemail()?;
        self.hush();
        self.state.phase = Phase::Recording;
        let max_ms = u64::from(voicemail.max_s) * 1_000;
        self.acts.push(Act::Voicemail { mailbox: voicemail.mailbox.clone(), max_ms });
        self.wait(max_ms);
        None
    }

    pub(super) fn recorded(&mut self) -> Next {
        self.acts.push(Act::StopVoicemail);
        let thanks = self.voicemail()?.thanks.as_ref().map(|thanks| self.pieces(thanks));
        self.end(thanks, Why::Flow)
    }

    pub(super) fn enter_transfer(&mut self, transfer: &Transfer) -> Next {
        self.leave_queue();
        self.state.phase = Phase::Transferring;
        self.state.ask += 1;
        self.acts.push(Act::Transfer { ask: self.state.ask, number: transfer.number.clone() });
        self.wait(transfer.ring_ms);
        None
    }

    fn leave_queue(&mut self) {
        if self.state.queued.take().is_some() {
            self.acts.push(Act::LeaveQueue);
        }
    }

    /// The last words, if any, and then the end.
    pub(super) fn end(&mut self, pieces: Option<Vec<Piece>>, why: Why) -> Next {
        self.leave_queue();
        self.state.phase = Phase::Closing;
        if !self.play(pieces.unwrap_or_default()) {
            self.over(why);
        }
        None
    }

    pub(super) fn over(&mut self, why: Why) -> Next {
        self.state.phase = Phase::Ended;
        self.state.playing = false;
        self.state.deadline = None;
        self.acts.push(Act::End { why });
        None
    }
}
