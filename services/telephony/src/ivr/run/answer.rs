//! What an answer leads to.

use std::collections::BTreeMap;

use super::{Answer, Next, Phase, Run, Why, phrases};
use crate::ivr::flow::{Node, Transfer, Variable};

impl Run<'_> {
    /// An answer, or that there is none ([`Answer::Failed`]).
    pub(super) fn answered(&mut self, answer: &Answer) -> Next {
        if !matches!(self.state.phase, Phase::Asking | Phase::Transferring) {
            return None;
        }
        match self.here()? {
            Node::Hours(it) => Some(if *answer == Answer::Closed { it.closed.clone() } else { it.open.clone() }),
            Node::Lookup(it) => Some(if self.learn(&it.into, answer) { it.found.clone() } else { it.missing.clone() }),
            Node::Ask(it) => Some(if self.learn(&it.into, answer) { it.then.clone() } else { it.on_fail.clone() }),
            Node::Transfer(it) => self.transferred(it, answer),
            Node::Play(_)
            | Node::Menu(_)
            | Node::Collect(_)
            | Node::Say(_)
            | Node::Branch(_)
            | Node::Set(_)
            | Node::Language(_)
            | Node::Queue(_)
            | Node::Callback(_)
            | Node::Voicemail(_)
            | Node::Bot(_)
            | Node::Hangup(_) => None,
        }
    }

    /// Keeps the fields that were found. False: nothing was.
    fn learn(&mut self, into: &Variable, answer: &Answer) -> bool {
        let none = BTreeMap::new();
        let (found, fields) = match answer {
            Answer::Found(fields) => (true, fields),
            Answer::Open | Answer::Closed | Answer::Missing | Answer::Connected | Answer::Failed => (false, &none),
        };
        for (field, value) in fields {
            self.set(&format!("{into}.{field}"), value);
        }
        found
    }

    fn transferred(&mut self, transfer: &Transfer, answer: &Answer) -> Next {
        if *answer == Answer::Connected {
            return self.over(Why::Transferred);
        }
        match &transfer.on_fail {
            Some(to) => Some(to.clone()),
            None => self.end(Some(vec![self.text(phrases::nobody_answers)]), Why::Flow),
        }
    }
}
