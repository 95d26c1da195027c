//! The interpreter: inputs and the time go in, acts come out. What it knows of a call is its [`State`], which goes into the
//! journal; the flow is the published one of that version.
//!
//! It never waits without an end: in every phase but a caller's wait for an agent there is a [`State::deadline`] at which
//! [`Input::Timeout`] is due, and a sound or an answer that never comes is treated as over.
//!
//! Digits pressed before they are asked for are kept: who knows the menu need not hear the greeting.

use std::collections::BTreeMap;

use super::flow::{Flow, Language, Node, NodeId, Prompt, Variable};

mod act;
mod answer;
mod collect;
mod end;
mod enter;
mod input;
mod menu;
mod phrases;
mod queue;
mod state;

pub use act::{Act, Piece, Question, Why};
pub use input::{Answer, Input};
pub use state::{Phase, State};

/// What is kept of digits pressed early.
const MAX_AHEAD: usize = 32;
/// So many nodes may be entered in one call: past it something is wrong, and the call ends.
const MAX_ENTERED: u32 = 500;
/// A sound that was not reported over by now is over.
const LONGEST_PLAY_MS: u64 = 300_000;
/// How long a digit is waited for where the flow does not say.
const DIGIT_MS: u64 = 5_000;
/// How long a look-up has.
const LOOKUP_MS: u64 = 5_000;
/// A terminator so soon after a collection that was complete without it belongs to it.
const LATE_TERMINATOR_MS: u64 = 2_500;
/// What a variable holds at most, in characters.
const MAX_VALUE: usize = 500;
/// How many variables a call has at most.
const MAX_VARIABLES: usize = 100;

/// Takes an input and says what is to be done, in this order. Inputs that do not fit (an old sound's end, a digit after the
/// end, a time-out before its time) change nothing.
pub fn step(flow: &Flow, state: &mut State, input: &Input, now_ms: u64) -> Vec<Act> {
    let mut run = Run { flow, state, now: now_ms, acts: Vec::new() };
    if let Some(next) = run.handle(input) {
        run.go(next);
    }
    run.acts
}

/// One step under way.
struct Run<'a> {
    flow: &'a Flow,
    state: &'a mut State,
    now: u64,
    acts: Vec<Act>,
}

/// Where it goes next; none: it stays.
type Next = Option<NodeId>;

impl<'a> Run<'a> {
    fn handle(&mut self, input: &Input) -> Next {
        match input {
            Input::Start { variables } => self.start(variables),
            Input::Resume => self.resume(),
            Input::Digit(digit) => self.digit(*digit),
            Input::Played { play } => (self.state.playing && *play == self.state.play).then(|| self.heard())?,
            Input::Timeout => {
                if self.state.deadline.is_none_or(|due| due > self.now) {
                    return None;
                }
                if self.state.playing { self.heard() } else { self.timed_out() }
            }
            Input::Answered { ask, answer } => (*ask == self.state.ask).then(|| self.answered(answer))?,
            Input::Place { place, wait_ms } => {
                self.placed(*place, *wait_ms);
                None
            }
        }
    }

    fn start(&mut self, variables: &BTreeMap<Variable, String>) -> Next {
        if self.state.phase != Phase::New {
            return None;
        }
        self.state.language = self.flow.language;
        for (name, value) in variables {
            self.keep(name, value);
        }
        Some(self.flow.start.clone())
    }

    fn digit(&mut self, digit: char) -> Next {
        if !digit.is_ascii_digit() && digit != '*' && digit != '#' {
            return None;
        }
        if let Some((late, until)) = self.state.swallow.take()
            && late == digit
            && self.now <= until
        {
            return None;
        }
        match self.state.phase {
            Phase::Speaking => {
                self.keep_ahead(digit);
                self.cut_short()
            }
            Phase::Asking => {
                self.keep_ahead(digit);
                None
            }
            Phase::Listening => self.choose(digit),
            Phase::Collecting => self.collect(digit),
            Phase::Confirming => self.confirm(digit),
            Phase::Waiting => self.pressed_while_waiting(digit),
            Phase::Greeting => {
                self.hush();
                self.record()
            }
            Phase::Recording if digit == '#' => self.recorded(),
            Phase::New | Phase::Recording | Phase::Transferring | Phase::Closing | Phase::Ended => None,
        }
    }

    /// What was playing came to its end.
    fn heard(&mut self) -> Next {
        self.state.playing = false;
        self.state.deadline = None;
        match self.state.phase {
            Phase::Speaking => self.spoken(),
            Phase::Listening | Phase::Collecting | Phase::Confirming => self.listen(),
            Phase::Waiting => self.music_again(),
            Phase::Greeting => self.record(),
            Phase::Closing => self.over(Why::Flow),
            Phase::New | Phase::Asking | Phase::Transferring | Phase::Recording | Phase::Ended => None,
        }
    }

    fn timed_out(&mut self) -> Next {
        self.state.deadline = None;
        match self.state.phase {
            Phase::Listening => self.nothing_chosen(),
            Phase::Collecting => self.paused(),
            Phase::Confirming => self.not_confirmed(),
            Phase::Asking | Phase::Transferring => self.answered(&Answer::Failed),
            Phase::Waiting => self.waited(),
            Phase::Recording => self.recorded(),
            Phase::New | Phase::Speaking | Phase::Greeting | Phase::Closing | Phase::Ended => None,
        }
    }

    /// The node where the call is.
    fn here(&self) -> Option<&'a Node> {
        self.flow.nodes.get(&self.state.node)
    }

    /// Goes on until something has to be waited for.
    fn go(&mut self, to: NodeId) {
        let mut next = Some(to);
        while let Some(to) = next {
            self.state.entered += 1;
            if self.state.entered > MAX_ENTERED {
                next = self.end(None, Why::TooLong);
                continue;
            }
            self.state.node = to;
            next = match self.here() {
                Some(node) => self.enter(node),
                None => self.end(None, Why::NoSuchNode),
            };
        }
    }

    /// The pieces of a prompt in the language of the call, or in the flow's.
    fn pieces(&self, prompt: &Prompt) -> Vec<Piece> {
        let languages = [self.state.language, self.flow.language];
        let found = languages.into_iter().find_map(|language| prompt.line(language).map(|line| (language, line)));
        found.into_iter().map(|(language, line)| Piece::of(line, language)).collect()
    }

    /// Text in the language of the call.
    fn text(&self, text: impl FnOnce(Language) -> String) -> Piece {
        let language = self.state.language;
        Piece { file: None, text: Some(text(language)), language, personal: false }
    }

    /// The same, of this caller.
    fn personal(&self, text: impl FnOnce(Language) -> String) -> Piece {
        Piece { personal: true, ..self.text(text) }
    }

    /// Plays; the deadline is the latest end. False: there is nothing to hear.
    fn play(&mut self, pieces: Vec<Piece>) -> bool {
        if pieces.is_empty() {
            return false;
        }
        self.state.play += 1;
        self.state.playing = true;
        self.acts.push(Act::Play { play: self.state.play, pieces });
        self.wait(LONGEST_PLAY_MS);
        true
    }

    /// Stops what is playing.
    fn hush(&mut self) {
        if self.state.playing {
            self.state.playing = false;
            self.acts.push(Act::Hush);
        }
    }

    fn wait(&mut self, ms: u64) {
        self.state.deadline = Some(self.now.saturating_add(ms));
    }

    /// Waits for a digit.
    fn listen(&mut self) -> Next {
        let menu = self.menu().map(|menu| menu.wait_ms);
        let collection = self.collection().map(|collect| collect.wait_ms);
        self.wait(menu.or(collection).unwrap_or(DIGIT_MS));
        None
    }

    fn keep_ahead(&mut self, digit: char) {
        if self.state.ahead.len() < MAX_AHEAD {
            self.state.ahead.push(digit);
        }
    }

    fn take_ahead(&mut self) -> Option<char> {
        (!self.state.ahead.is_empty()).then(|| self.state.ahead.remove(0))
    }

    /// Sets a variable, and says so.
    fn set(&mut self, name: &str, value: &str) {
        let value = self.keep(name, value);
        self.acts.push(Act::Set { variable: name.to_owned(), value });
    }

    fn keep(&mut self, name: &str, value: &str) -> String {
        let value: String = value.chars().take(MAX_VALUE).collect();
        if self.state.variables.len() < MAX_VARIABLES || self.state.variables.contains_key(name) {
            self.state.variables.insert(name.to_owned(), value.clone());
        }
        value
    }

    /// A variable's value; none when it is not set or empty.
    fn value(&self, name: &str) -> Option<String> {
        self.state.variables.get(name).filter(|value| !value.trim().is_empty()).cloned()
    }
}
