//! Choices by digit.

use super::{Next, Phase, Run};
use crate::ivr::flow::{Menu, Node};

impl<'a> Run<'a> {
    pub(super) fn menu(&self) -> Option<&'a Menu> {
        if let Node::Menu(menu) = self.here()? { Some(menu) } else { None }
    }

    pub(super) fn enter_menu(&mut self, menu: &Menu) -> Next {
        self.state.phase = Phase::Listening;
        match self.take_ahead() {
            Some(digit) => self.choose(digit),
            None => self.offer(menu),
        }
    }

    /// Says what the choices are, and waits.
    fn offer(&mut self, menu: &Menu) -> Next {
        let pieces = self.pieces(&menu.prompt);
        if self.play(pieces) { None } else { self.listen() }
    }

    pub(super) fn choose(&mut self, digit: char) -> Next {
        let menu = self.menu()?;
        self.hush();
        let Some(to) = menu.choices.get(&digit) else {
            self.state.ahead.clear();
            return self.once_more(menu, &menu.on_wrong);
        };
        if let Some(variable) = &menu.into {
            self.set(variable, &digit.to_string());
        }
        Some(to.clone())
    }

    pub(super) fn nothing_chosen(&mut self) -> Next {
        let menu = self.menu()?;
        self.once_more(menu, &menu.on_none)
    }

    fn once_more(&mut self, menu: &Menu, otherwise: &str) -> Next {
        self.state.tries += 1;
        if self.state.tries > menu.retries { Some(otherwise.to_owned()) } else { self.offer(menu) }
    }
}
