//! A row of digits, and whether it is right.

use super::{LATE_TERMINATOR_MS, Next, Phase, Run, phrases};
use crate::ivr::flow::{Collect, Node};
use crate::ivr::speak;

/// The digits are right.
const RIGHT: char = '1';
/// The digits are to be entered again.
const AGAIN: char = '2';

impl<'a> Run<'a> {
    pub(super) fn collection(&self) -> Option<&'a Collect> {
        if let Node::Collect(collect) = self.here()? { Some(collect) } else { None }
    }

    /// Digits that were pressed early are taken first; then nothing is played.
    pub(super) fn enter_collect(&mut self, collect: &Collect) -> Next {
        self.state.phase = Phase::Collecting;
        if self.state.ahead.is_empty() {
            return self.request(collect);
        }
        while self.state.phase == Phase::Collecting
            && let Some(digit) = self.take_ahead()
        {
            let next = self.collect(digit);
            if next.is_some() {
                return next;
            }
        }
        None
    }

    /// Asks for the digits.
    fn request(&mut self, collect: &Collect) -> Next {
        self.state.phase = Phase::Collecting;
        self.state.digits.clear();
        let pieces = self.pieces(&collect.prompt);
        if self.play(pieces) { None } else { self.listen() }
    }

    pub(super) fn collect(&mut self, digit: char) -> Next {
        let collect = self.collection()?;
        self.hush();
        if Some(digit) == collect.terminator {
            return self.complete(collect);
        }
        if digit.is_ascii_digit() {
            self.state.digits.push(digit);
        }
        if self.state.digits.len() < collect.max as usize {
            return self.listen();
        }
        self.state.swallow = collect.terminator.map(|late| (late, self.now + LATE_TERMINATOR_MS));
        self.complete(collect)
    }

    /// No digit for so long: that was all.
    pub(super) fn paused(&mut self) -> Next {
        let collect = self.collection()?;
        self.complete(collect)
    }

    fn complete(&mut self, collect: &Collect) -> Next {
        if self.state.digits.len() < collect.min as usize {
            return self.request_again(collect);
        }
        if collect.confirm { self.ask_whether_right() } else { self.accept(collect) }
    }

    fn accept(&mut self, collect: &Collect) -> Next {
        let digits = std::mem::take(&mut self.state.digits);
        self.set(&collect.into, &digits);
        Some(collect.then.clone())
    }

    fn request_again(&mut self, collect: &Collect) -> Next {
        self.state.tries += 1;
        self.state.ahead.clear();
        if self.state.tries > collect.retries { Some(collect.on_fail.clone()) } else { self.request(collect) }
    }

    /// Reads the digits back.
    pub(super) fn ask_whether_right(&mut self) -> Next {
        self.state.phase = Phase::Confirming;
        if let Some(digit) = self.take_ahead() {
            return self.confirm(digit);
        }
        let digits = self.state.digits.clone();
        let piece = self.personal(|language| phrases::is_this_right(&speak::digits(&digits, language), language));
        self.play(vec![piece]);
        None
    }

    pub(super) fn confirm(&mut self, digit: char) -> Next {
        let collect = self.collection()?;
        self.hush();
        match digit {
            RIGHT => self.accept(collect),
            AGAIN => self.request_again(collect),
            _ => self.not_confirmed(),
        }
    }

    /// Neither yes nor no.
    pub(super) fn not_confirmed(&mut self) -> Next {
        let collect = self.collection()?;
        self.state.tries += 1;
        self.state.ahead.clear();
        if self.state.tries > collect.retries { Some(collect.on_fail.clone()) } else { self.ask_whether_right() }
    }
}
