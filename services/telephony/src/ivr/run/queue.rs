//! The wait for an agent: hold music, announcements, the offer of a callback, the longest wait.

use super::state::Queued;
use super::{Act, Next, Phase, Piece, Run, phrases};
use crate::ivr::flow::{CALLER, Node, Queue};
use crate::ivr::speak;

/// Takes the offered callback.
const CALL_ME_BACK: char = '1';

impl<'a> Run<'a> {
    fn queue(&self) -> Option<&'a Queue> {
        if let Node::Queue(queue) = self.here()? { Some(queue) } else { None }
    }

    pub(super) fn enter_queue(&mut self, queue: &Queue) -> Next {
        self.state.ahead.clear();
        self.join(&queue.queue, queue.reason.as_ref(), queue.priority);
        let every = announces(queue).then_some(self.now + queue.every_ms);
        if let Some(queued) = &mut self.state.queued {
            queued.announce_at = every;
        }
        self.music_again()
    }

    /// Waits in a queue; who waits in it already keeps place and time.
    pub(super) fn join(&mut self, queue: &str, reason: Option<&String>, priority: u32) {
        self.state.phase = Phase::Waiting;
        if self.state.queued.as_ref().is_some_and(|queued| queued.queue == queue) {
            return;
        }
        self.acts.push(Act::Queue { queue: queue.to_owned(), reason: reason.cloned(), priority });
        self.state.queued = Some(Queued {
            queue: queue.to_owned(),
            since: self.now,
            announce_at: None,
            comfort: 0,
            offered: false,
            place: None,
            place_said: false,
        });
    }

    /// Music until something is due.
    pub(super) fn music_again(&mut self) -> Next {
        self.acts.push(Act::Music);
        self.state.deadline = self.next_due();
        None
    }

    fn next_due(&self) -> Option<u64> {
        let (queue, queued) = (self.queue()?, self.state.queued.as_ref()?);
        let offer = self.offer_at(queue, queued).filter(|_| !queued.offered);
        [queued.announce_at, offer, leave_at(queue, queued)].into_iter().flatten().min()
    }

    /// When the callback is offered; never to callers whom nobody could call.
    fn offer_at(&self, queue: &Queue, queued: &Queued) -> Option<u64> {
        let reachable = queue.callback.is_some() || self.value(CALLER).is_some();
        queue.offer_callback_after_ms.filter(|_| reachable).map(|after| queued.since.saturating_add(after))
    }

    /// Something is due.
    pub(super) fn waited(&mut self) -> Next {
        let (queue, queued) = (self.queue()?, self.state.queued.clone()?);
        if leave_at(queue, &queued).is_some_and(|due| due <= self.now) {
            return queue.leave_to.clone();
        }
        let offers = self.offer_at(queue, &queued).is_some_and(|due| due <= self.now);
        let place = queued.place.filter(|_| queue.say_place);
        let mut pieces: Vec<Piece> =
            place.map(|(place, wait)| self.text(|it| speak::place(place, wait, it))).into_iter().collect();
        if queued.announce_at.is_some_and(|due| due <= self.now) && !queue.comfort.is_empty() {
            pieces.extend(self.pieces(&queue.comfort[queued.comfort as usize % queue.comfort.len()]));
        }
        if offers {
            pieces.push(self.text(phrases::callback_offer));
        }
        self.announced(queue, offers, place.is_some());
        if !self.play(pieces) {
            self.state.deadline = self.next_due();
        }
        None
    }

    fn announced(&mut self, queue: &Queue, offered: bool, place_said: bool) {
        let next = announces(queue).then_some(self.now + queue.every_ms);
        let due = self.now;
        if let Some(queued) = &mut self.state.queued {
            queued.comfort += u32::from(queued.announce_at.is_some_and(|at| at <= due));
            queued.announce_at = next;
            queued.offered |= offered;
            queued.place_said |= place_said;
        }
    }

    /// The first place is said as soon as it is known.
    pub(super) fn placed(&mut self, place: u32, wait_ms: Option<u64>) {
        let says = self.queue().is_some_and(|queue| queue.say_place);
        let idle = self.state.phase == Phase::Waiting && !self.state.playing;
        let Some(queued) = &mut self.state.queued else { return };
        queued.place = Some((place, wait_ms));
        if !says || !idle || queued.place_said {
            return;
        }
        queued.place_said = true;
        let piece = self.text(|language| speak::place(place, wait_ms, language));
        self.play(vec![piece]);
    }

    pub(super) fn pressed_while_waiting(&mut self, digit: char) -> Next {
        let queue = self.queue()?;
        if digit != CALL_ME_BACK || !self.state.queued.as_ref().is_some_and(|queued| queued.offered) {
            return None;
        }
        self.state.playing = false;
        self.acts.push(Act::Hush);
        match &queue.callback {
            Some(to) => Some(to.clone()),
            None => self.promise(&queue.queue, self.value(CALLER)?, queue.reason.clone(), None),
        }
    }
}

fn announces(queue: &Queue) -> bool {
    !queue.comfort.is_empty() || queue.say_place
}

fn leave_at(queue: &Queue, queued: &Queued) -> Option<u64> {
    queue.leave_to.as_ref()?;
    queue.leave_after_ms.map(|after| queued.since.saturating_add(after))
}
