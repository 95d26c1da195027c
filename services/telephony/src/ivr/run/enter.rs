//! What happens as a node is entered.

use super::{Act, LOOKUP_MS, Next, Phase, Piece, Question, Run, Why};
use crate::ivr::flow::{Ask, CALLER, DIALLED, Hours, Lookup, Node, Play, Say, Source, Variable};
use crate::ivr::speak;

impl Run<'_> {
    pub(super) fn enter(&mut self, node: &Node) -> Next {
        self.state.deadline = None;
        self.state.tries = 0;
        self.state.digits.clear();
        match node {
            Node::Play(it) => self.enter_play(it),
            Node::Menu(it) => self.enter_menu(it),
            Node::Collect(it) => self.enter_collect(it),
            Node::Say(it) => self.enter_say(it),
            Node::Hours(it) => self.enter_hours(it),
            Node::Lookup(it) => self.enter_lookup(it),
            Node::Ask(it) => self.enter_ask(it),
            Node::Branch(it) => Some(it.way(self.value(&it.on).as_deref()).clone()),
            Node::Set(it) => {
                self.set(&it.into, &it.value);
                Some(it.then.clone())
            }
            Node::Language(it) => {
                self.state.language = it.language;
                Some(it.then.clone())
            }
            Node::Queue(it) => self.enter_queue(it),
            Node::Callback(it) => self.enter_callback(it),
            Node::Voicemail(it) => self.enter_voicemail(it),
            Node::Transfer(it) => self.enter_transfer(it),
            Node::Bot(it) => Some(it.on_fail.clone()),
            Node::Hangup(it) => self.end(it.sound.as_ref().map(|sound| self.pieces(sound)), Why::Flow),
        }
    }

    fn enter_play(&mut self, play: &Play) -> Next {
        let skipped = play.interruptible && !self.state.ahead.is_empty();
        let pieces = self.pieces(&play.sound);
        self.speak_or_go_on(pieces, skipped)
    }

    fn enter_say(&mut self, say: &Say) -> Next {
        let value = match &say.from {
            Source::Variable(name) => self.value(name),
            Source::Fixed(value) => Some(value.clone()),
        };
        let piece = value.map(|value| self.personal(|language| speak::say(say.what, &value, language)));
        let skipped = !self.state.ahead.is_empty();
        self.speak_or_go_on(piece.into_iter().collect(), skipped)
    }

    fn speak_or_go_on(&mut self, pieces: Vec<Piece>, skipped: bool) -> Next {
        self.state.phase = Phase::Speaking;
        if !skipped && self.play(pieces) { None } else { self.spoken() }
    }

    /// What follows something that was only to be heard.
    pub(super) fn spoken(&mut self) -> Next {
        match self.here()? {
            Node::Play(it) => Some(it.then.clone()),
            Node::Say(it) => Some(it.then.clone()),
            Node::Menu(_)
            | Node::Collect(_)
            | Node::Hours(_)
            | Node::Lookup(_)
            | Node::Ask(_)
            | Node::Branch(_)
            | Node::Set(_)
            | Node::Language(_)
            | Node::Queue(_)
            | Node::Callback(_)
            | Node::Voicemail(_)
            | Node::Transfer(_)
            | Node::Bot(_)
            | Node::Hangup(_) => None,
        }
    }

    /// A digit while something plays that asks for none.
    pub(super) fn cut_short(&mut self) -> Next {
        if let Some(Node::Play(play)) = self.here()
            && !play.interruptible
        {
            return None;
        }
        self.hush();
        self.spoken()
    }

    fn enter_hours(&mut self, hours: &Hours) -> Next {
        self.ask(Question::Hours { calendar: hours.calendar.clone() }, LOOKUP_MS);
        None
    }

    fn enter_lookup(&mut self, lookup: &Lookup) -> Next {
        let Some(by) = self.value(&lookup.by) else { return Some(lookup.missing.clone()) };
        self.ask(Question::Lookup { what: lookup.what, by }, LOOKUP_MS);
        None
    }

    fn enter_ask(&mut self, ask: &Ask) -> Next {
        let input = if ask.input.is_empty() {
            let own = |name: &&Variable| ![CALLER, DIALLED].contains(&name.as_str());
            let names = self.state.variables.keys().filter(own);
            names.filter_map(|name| Some((name.clone(), self.value(name)?))).collect()
        } else {
            ask.input.iter().filter_map(|name| Some((name.clone(), self.value(name)?))).collect()
        };
        let service = ask.service.clone();
        self.ask(Question::Service { service, input, timeout_ms: ask.timeout_ms }, ask.timeout_ms);
        None
    }

    fn ask(&mut self, question: Question, ms: u64) {
        self.state.phase = Phase::Asking;
        self.state.ask += 1;
        self.acts.push(Act::Ask { ask: self.state.ask, question });
        self.wait(ms);
    }

    /// After another gateway took the call over. A dialled number outside is gone with the old gateway.
    pub(super) fn resume(&mut self) -> Next {
        self.state.playing = false;
        match self.state.phase {
            Phase::New | Phase::Ended => None,
            Phase::Closing => self.over(Why::Flow),
            Phase::Transferring => self.answered(&super::Answer::Failed),
            Phase::Recording => self.record(),
            Phase::Confirming => self.ask_whether_right(),
            Phase::Waiting => self.music_again(),
            Phase::Speaking | Phase::Listening | Phase::Collecting | Phase::Asking | Phase::Greeting => {
                self.enter(self.here()?)
            }
        }
    }
}
