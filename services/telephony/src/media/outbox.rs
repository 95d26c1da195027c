//! Events on their way out of a media thread, which never waits for who takes them.

use std::collections::VecDeque;
use std::sync::Arc;

use tokio::sync::mpsc::Sender;
use tokio::sync::mpsc::error::TrySendError;

use super::event::MediaEvent;
use super::figures::{Figures, add};

/// Events kept when the channel is full; beyond it they are counted as lost.
const MOST_KEPT: usize = 10_000;

#[derive(Debug)]
pub(super) struct Outbox {
    channel: Sender<MediaEvent>,
    kept: VecDeque<MediaEvent>,
    figures: Arc<Figures>,
}

impl Outbox {
    pub(super) fn new(channel: Sender<MediaEvent>, figures: Arc<Figures>) -> Self {
        Self { channel, kept: VecDeque::new(), figures }
    }

    /// Tells an event, after those that still wait.
    pub(super) fn tell(&mut self, event: MediaEvent) {
        if self.kept.len() < MOST_KEPT {
            self.kept.push_back(event);
        } else {
            add(&self.figures.events_lost, 1);
        }
        self.flush();
    }

    /// Hands over what the channel takes.
    pub(super) fn flush(&mut self) {
        while let Some(event) = self.kept.pop_front() {
            match self.channel.try_send(event) {
                Ok(()) => {}
                Err(TrySendError::Full(event)) => return self.kept.push_front(event),
                Err(TrySendError::Closed(_)) => return self.kept.clear(),
            }
        }
    }
}
