//! A flow against a made-up caller: what is heard and done, step by step. The interpreter is the one that calls run on; time
//! is made up too.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::flow::{CALLER, DIALLED, Flow, Language, NodeId, Variable};
use super::run::{Act, Answer, Input, Phase, Piece, Question, State, Why, step};

/// So long a sound lasts here: a pause, and so much for each character.
const PAUSE_MS: u64 = 500;
const JA_CHARACTER_MS: u64 = 130;
const EN_CHARACTER_MS: u64 = 60;
/// A recorded sound, whose length is not known here.
const FILE_MS: u64 = 3_000;
/// So many steps are made at most.
const MAX_STEPS: usize = 500;

/// What the made-up caller does, or the center answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TryInput {
    /// After what was to be heard, presses these keys one after the other.
    Digits(String),
    /// Presses these while what the last step began is still playing.
    EarlyDigits(String),
    /// Does nothing until something happens: the question again, an announcement, the end.
    Silence,
    /// The center answers the open question.
    Answer(Answer),
    /// The place in the queue becomes known.
    Place {
        /// 1 is next.
        place: u32,
        /// The expected wait; none: not known.
        #[serde(default)]
        wait_ms: Option<u64>,
    },
}

/// What became of one input, and of the beginning.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TryStep {
    /// What was put in; none: the call began.
    pub input: Option<TryInput>,
    /// Since the call began, after this step.
    pub at_ms: u64,
    /// The nodes that were come by, the last is where the call is now.
    pub nodes: Vec<NodeId>,
    /// What the caller heard, in order; what a key cut short included.
    pub heard: Vec<Piece>,
    /// What else was done.
    pub acts: Vec<Act>,
    /// What the flow waits for now.
    pub waits_for: WaitsFor,
    /// What was learnt so far.
    pub variables: BTreeMap<Variable, String>,
}

/// What a flow waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitsFor {
    /// A key, or silence.
    Digits,
    /// An answer of the center.
    Answer(Question),
    /// Somebody outside to pick up: `connected` or `failed`.
    Transfer(String),
    /// An agent; keys may count, and announcements come.
    Agent {
        /// Of routing.
        queue: String,
    },
    /// The end of the message: `#`, or silence.
    Message,
    /// Nothing: it is over.
    Nothing(Why),
}

/// Who calls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TryCaller {
    /// In E.164; none: hidden.
    pub caller: Option<String>,
    /// In E.164.
    pub dialled: Option<String>,
}

/// Tries a flow out: the first step is the beginning, then one for each input, until the call is over. Inputs that do not fit
/// where the call is change nothing, as in a real call.
#[must_use]
pub fn try_out(flow: &Flow, caller: &TryCaller, inputs: &[TryInput]) -> Vec<TryStep> {
    let mut trial = Trial { flow, state: State::new(), now: 0, open: None, why: Why::Flow, step: Made::default() };
    let known = [(CALLER, &caller.caller), (DIALLED, &caller.dialled)];
    let variables = known.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value.clone()?))).collect();
    trial.put(&Input::Start { variables });
    trial.listen(inputs.first());
    let mut steps = vec![trial.made(None)];
    for (at, input) in inputs.iter().enumerate().take(MAX_STEPS) {
        if trial.state.phase() == Phase::Ended {
            break;
        }
        trial.take(input);
        trial.listen(inputs.get(at + 1));
        steps.push(trial.made(Some(input.clone())));
    }
    steps
}

/// One try under way.
struct Trial<'a> {
    flow: &'a Flow,
    state: State,
    now: u64,
    /// The last question or transfer.
    open: Option<Open>,
    why: Why,
    step: Made,
}

enum Open {
    Question(Question),
    Transfer(String),
}

/// What one step made so far.
#[derive(Default)]
struct Made {
    nodes: Vec<NodeId>,
    heard: Vec<Piece>,
    acts: Vec<Act>,
    /// How long what plays now lasts.
    playing_ms: u64,
}

impl Trial<'_> {
    fn take(&mut self, input: &TryInput) {
        match input {
            TryInput::Digits(digits) | TryInput::EarlyDigits(digits) => self.press(digits),
            TryInput::Silence => self.run_out(),
            TryInput::Answer(answer) => {
                if let Some(ask) = self.state.asked() {
                    self.put(&Input::Answered { ask, answer: answer.clone() });
                }
            }
            TryInput::Place { place, wait_ms } => {
                self.put(&Input::Place { place: *place, wait_ms: *wait_ms });
            }
        }
    }

    fn press(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.now += 200;
            self.put(&Input::Digit(digit));
        }
    }

    /// Everything that plays is heard to its end, until the caller or the center has to do something; unless the caller does not
    /// wait for it.
    fn listen(&mut self, next: Option<&TryInput>) {
        if matches!(next, Some(TryInput::EarlyDigits(_))) {
            return;
        }
        for _ in 0..MAX_STEPS {
            let Some(play) = self.state.playing() else { return };
            self.now += self.step.playing_ms;
            self.put(&Input::Played { play });
        }
    }

    /// Time passes until something is due.
    fn run_out(&mut self) {
        if let Some(due) = self.state.deadline() {
            self.now = self.now.max(due);
            self.put(&Input::Timeout);
        }
    }

    fn put(&mut self, input: &Input) {
        let acts = step(self.flow, &mut self.state, input, self.now);
        if self.step.nodes.last().map(String::as_str) != Some(self.state.node()) {
            self.step.nodes.push(self.state.node().to_owned());
        }
        for act in acts {
            match act {
                Act::Play { pieces, .. } => {
                    self.step.playing_ms = pieces.iter().map(length_ms).sum();
                    self.step.heard.extend(pieces);
                }
                Act::Hush => {}
                Act::Ask { ref question, .. } => {
                    self.open = Some(Open::Question(question.clone()));
                    self.step.acts.push(act);
                }
                Act::Transfer { ref number, .. } => {
                    self.open = Some(Open::Transfer(number.clone()));
                    self.step.acts.push(act);
                }
                Act::End { why } => {
                    self.why = why;
                    self.step.acts.push(act);
                }
                Act::Music
                | Act::Set { .. }
                | Act::Queue { .. }
                | Act::LeaveQueue
                | Act::Callback { .. }
                | Act::Voicemail { .. }
                | Act::StopVoicemail => self.step.acts.push(act),
            }
        }
    }

    fn made(&mut self, input: Option<TryInput>) -> TryStep {
        let playing_ms = self.step.playing_ms;
        let made = std::mem::replace(&mut self.step, Made { playing_ms, ..Made::default() });
        TryStep {
            input,
            at_ms: self.now,
            nodes: made.nodes,
            heard: made.heard,
            acts: made.acts,
            waits_for: self.waits_for(),
            variables: self.state.variables().clone(),
        }
    }

    fn waits_for(&self) -> WaitsFor {
        match self.state.phase() {
            Phase::Ended => WaitsFor::Nothing(self.why),
            Phase::Waiting => WaitsFor::Agent { queue: self.state.queue().unwrap_or_default().to_owned() },
            Phase::Greeting | Phase::Recording => WaitsFor::Message,
            Phase::Asking | Phase::Transferring => match &self.open {
                Some(Open::Question(question)) => WaitsFor::Answer(question.clone()),
                Some(Open::Transfer(number)) => WaitsFor::Transfer(number.clone()),
                None => WaitsFor::Digits,
            },
            Phase::New
            | Phase::Speaking
            | Phase::Listening
            | Phase::Collecting
            | Phase::Confirming
            | Phase::Closing => WaitsFor::Digits,
        }
    }
}

fn length_ms(piece: &Piece) -> u64 {
    let character_ms = match piece.language {
        Language::Ja => JA_CHARACTER_MS,
        Language::En => EN_CHARACTER_MS,
    };
    match (&piece.file, &piece.text) {
        (Some(_), _) => FILE_MS,
        (None, text) => PAUSE_MS + character_ms * text.as_ref().map_or(0, |text| text.chars().count() as u64),
    }
}
