//! One command to a shop: asked → sent → confirmed or refused. Pure: no clock, no I/O.

use proto::{
    crm::v1::{
        CommandAsked, CommandConfirmed, CommandEvent, CommandRefused, CommandSent, CommandState, CommandTold,
        command_event::What,
    },
    journal::v1::Sealed,
};

/// Milliseconds since the Unix epoch.
pub type Millis = u64;

/// Pause after the first try without an answer, ms; doubled after each further one.
const FIRST_PAUSE_MS: Millis = 1_000;
/// How far it is doubled, ms.
const DOUBLED_TO_MS: Millis = 60_000;
/// Later a pause is this part of the time that the shop has been asked in vain: a try costs the journal an event.
const PART: Millis = 10;
/// Longest pause between two tries, ms.
const LONGEST_PAUSE_MS: Millis = 3_600_000;

/// A command as its events say.
#[derive(Clone, Debug, PartialEq)]
pub struct Command {
    /// What was asked.
    pub asked: CommandAsked,
    /// When.
    pub asked_at: Millis,
    /// Where it stands; never unspecified.
    pub state: CommandState,
    /// When that began, or the shop was asked last.
    pub at: Millis,
    /// How often the shop was asked.
    pub attempts: u32,
    /// Why the try before the last one brought no answer.
    pub fault: String,
    /// Why the shop refused.
    pub reason: String,
    /// What the shop said.
    pub words: Option<Sealed>,
    /// The order that it is about, or made.
    pub order: String,
    /// Whether its end was told in its conversation; why never, when there is a reason.
    pub told: Option<String>,
}

/// What is to be decided.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// Somebody asks.
    Ask(CommandAsked),
    /// The shop is about to be asked; why the try before brought no answer.
    Send(String),
    /// The shop did it; what it said, and the order.
    Confirm(Option<Sealed>, String),
    /// The shop does not; its reason, and what it said.
    Refuse(String, Option<Sealed>),
    /// The shop cannot be asked, now or ever: why.
    GiveUp(&'static str),
    /// Its end was told in its conversation (empty), or never will be: why.
    Tell(String),
}

/// Why nothing was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The id was used for something else.
    #[error("this id was used for another command")]
    Exists,
    /// There is none.
    #[error("there is no such command")]
    Unknown,
    /// A shop cannot have answered what it was not asked.
    #[error("the shop was not asked")]
    NeverSent,
    /// Nothing can be told before the shop has answered.
    #[error("the shop has not answered")]
    NoAnswer,
}

/// Reason of a refusal that is not the shop's: the customer was erased, and what was asked with them.
pub const ERASED: &str = "erased";
/// The same: what was asked cannot be opened, although there is a key.
pub const UNREADABLE: &str = "unreadable";

/// What follows. No event: it holds already, or the command is at its end.
///
/// # Errors
/// [`Rejection`].
pub fn decide(state: Option<&Command>, input: Input, now: Millis) -> Result<Option<CommandEvent>, Rejection> {
    let what = match (state, input) {
        (None, Input::Ask(asked)) => What::Asked(asked),
        (None, Input::Send(_) | Input::Confirm(..) | Input::Refuse(..) | Input::GiveUp(_) | Input::Tell(_)) => {
            return Err(Rejection::Unknown);
        }
        (Some(command), Input::Ask(asked)) => {
            return if command.asked.digest == asked.digest { Ok(None) } else { Err(Rejection::Exists) };
        }
        (Some(command), Input::Tell(_)) if command.is_done() => return Ok(None),
        (Some(command), Input::Tell(reason)) if command.is_over() => What::Told(CommandTold { reason }),
        (Some(_), Input::Tell(_)) => return Err(Rejection::NoAnswer),
        (Some(command), _) if command.is_over() => return Ok(None),
        (Some(command), Input::Send(fault)) => What::Sent(CommandSent { attempt: command.attempts + 1, fault }),
        (Some(_), Input::GiveUp(reason)) => What::Refused(CommandRefused { reason: reason.to_owned(), words: None }),
        (Some(command), Input::Refuse(reason, words)) if command.attempts > 0 => {
            What::Refused(CommandRefused { reason, words })
        }
        (Some(command), Input::Confirm(words, order_id)) if command.attempts > 0 => {
            What::Confirmed(CommandConfirmed { words, order_id })
        }
        (Some(_), Input::Confirm(..) | Input::Refuse(..)) => return Err(Rejection::NeverSent),
    };
    Ok(Some(CommandEvent { at_ms: now, what: Some(what) }))
}

/// The state after an event; the ends are final.
pub fn evolve(state: &mut Option<Command>, event: &CommandEvent) {
    match (state, &event.what) {
        (state @ None, Some(What::Asked(asked))) => *state = Some(Command::begun(asked.clone(), event.at_ms)),
        (Some(command), Some(What::Told(told))) if !command.is_done() && command.is_over() => {
            command.told = Some(told.reason.clone());
        }
        (Some(command), Some(what)) if !command.is_over() => command.take(what, event.at_ms),
        (Some(_) | None, _) => {}
    }
}

impl Command {
    fn begun(asked: CommandAsked, at: Millis) -> Self {
        let order = asked.order_id.clone();
        Self {
            asked,
            asked_at: at,
            state: CommandState::Asked,
            at,
            attempts: 0,
            fault: String::new(),
            reason: String::new(),
            words: None,
            order,
            told: None,
        }
    }

    fn take(&mut self, what: &What, at: Millis) {
        match what {
            What::Asked(_) | What::Told(_) => return,
            What::Sent(sent) => {
                self.state = CommandState::Sent;
                self.attempts = sent.attempt;
                self.fault.clone_from(&sent.fault);
            }
            What::Confirmed(confirmed) => {
                self.state = CommandState::Confirmed;
                self.words.clone_from(&confirmed.words);
                if !confirmed.order_id.is_empty() {
                    self.order.clone_from(&confirmed.order_id);
                }
            }
            What::Refused(refused) => {
                self.state = CommandState::Refused;
                self.reason.clone_from(&refused.reason);
                self.words.clone_from(&refused.words);
            }
        }
        self.at = at;
    }

    /// Whether the shop has said yes or no.
    #[must_use]
    pub fn is_over(&self) -> bool {
        match self.state {
            CommandState::Confirmed | CommandState::Refused => true,
            CommandState::Unspecified | CommandState::Asked | CommandState::Sent => false,
        }
    }

    /// Whether nothing is left to do: the shop has answered, and who is to be told was told.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.is_over() && (!self.asked.tell || self.told.is_some())
    }

    /// When the shop is asked next, if nobody answers before; none: it has answered.
    #[must_use]
    pub fn next_try(&self) -> Option<Millis> {
        let pause = match self.attempts {
            0 => 0,
            attempts => {
                let doubled = (FIRST_PAUSE_MS << (attempts - 1).min(10)).min(DOUBLED_TO_MS);
                doubled.max(self.at.saturating_sub(self.asked_at) / PART).min(LONGEST_PAUSE_MS)
            }
        };
        (!self.is_over()).then(|| self.at + pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(digest: &'static [u8]) -> Input {
        Input::Ask(CommandAsked { digest: digest.into(), order_id: "ord-1".to_owned(), ..CommandAsked::default() })
    }

    fn run(inputs: impl IntoIterator<Item = Input>) -> (Option<Command>, Vec<Result<bool, Rejection>>) {
        let mut state = None;
        let outcomes = inputs.into_iter().enumerate().map(|(at, input)| {
            let event = decide(state.as_ref(), input, at as u64)?;
            event.iter().for_each(|event| evolve(&mut state, event));
            Ok(event.is_some())
        });
        let outcomes = outcomes.collect();
        (state, outcomes)
    }

    fn refuse(reason: &str) -> Input {
        Input::Refuse(reason.to_owned(), None)
    }

    #[test]
    fn a_command_is_asked_sent_and_answered_once() {
        let confirm = || Input::Confirm(None, "ord-2".to_owned());
        let inputs = [asked(b"1"), asked(b"1"), Input::Send(String::new()), confirm(), confirm(), refuse("too_late")];
        let (state, outcomes) = run(inputs);
        assert_eq!(outcomes, [Ok(true), Ok(false), Ok(true), Ok(true), Ok(false), Ok(false)]);
        let command = state.unwrap();
        assert_eq!((command.state, command.order.as_str(), command.at), (CommandState::Confirmed, "ord-2", 3));
        assert_eq!(command.next_try(), None);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        assert_eq!(run([Input::Send(String::new())]).1, [Err(Rejection::Unknown)]);
        assert_eq!(run([asked(b"1"), asked(b"2")]).1[1], Err(Rejection::Exists));
        assert_eq!(run([asked(b"1"), refuse("too_late")]).1[1], Err(Rejection::NeverSent));
        assert_eq!(run([asked(b"1"), Input::Confirm(None, String::new())]).1[1], Err(Rejection::NeverSent));
        let (state, outcomes) = run([asked(b"1"), Input::GiveUp(ERASED)]);
        assert_eq!((outcomes[1], state.unwrap().state), (Ok(true), CommandState::Refused));
    }

    #[test]
    fn an_answer_is_told_once_and_only_where_somebody_is_to_be_told() {
        let told = || Input::Tell("not_theirs".to_owned());
        let asked = |tell| Input::Ask(CommandAsked { tell, ..CommandAsked::default() });
        let inputs = [asked(true), told(), Input::Send(String::new()), refuse("too_late")];
        let (state, outcomes) = run(inputs.clone());
        assert_eq!(outcomes[1], Err(Rejection::NoAnswer));
        let command = state.unwrap();
        assert!(command.is_over() && !command.is_done());
        let again = [told(), Input::Tell(String::new()), Input::Confirm(None, String::new())];
        let (state, outcomes) = run(inputs.into_iter().chain(again));
        assert_eq!(outcomes[4..], [Ok(true), Ok(false), Ok(false)]);
        let command = state.unwrap();
        assert_eq!(
            (command.told.as_deref(), command.state, command.at),
            (Some("not_theirs"), CommandState::Refused, 3)
        );
        assert!(command.is_done());
        let (state, outcomes) = run([asked(false), Input::Send(String::new()), refuse("too_late"), told()]);
        assert_eq!((outcomes[3], state.unwrap().is_done()), (Ok(false), true));
    }

    #[test]
    fn a_silent_shop_is_asked_ever_slower_and_for_ever() {
        let (state, _) = run([asked(b"1")]);
        let mut command = state.unwrap();
        assert_eq!(command.next_try(), Some(0));
        let mut pauses = Vec::new();
        for attempt in 1..=9 {
            command.take(&What::Sent(CommandSent { attempt, fault: String::new() }), 0);
            pauses.push(command.next_try().unwrap() / 1_000);
        }
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
        command.attempts = u32::MAX;
        assert_eq!(command.next_try(), Some(60_000));
        let pause = |command: &mut Command, hours: u64| {
            command.at = command.asked_at + hours * 3_600_000;
            command.next_try().unwrap() - command.at
        };
        assert_eq!(pause(&mut command, 1), 360_000);
        assert_eq!((pause(&mut command, 10), pause(&mut command, 1_000)), (3_600_000, 3_600_000));
    }
}
