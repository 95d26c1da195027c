//! How a call ends from our side: phones that vanished are let go, and goodbyes are waited for.

use std::collections::BTreeMap;

use tokio::{
    sync::mpsc,
    time::{Duration, Instant, sleep_until},
};

use super::{Actor, Command, Input, Stop, wire::Wire};
use crate::{call::End, ids::LegId, sip::SipEvent};

/// How long goodbyes are waited for.
const LINGER: Duration = Duration::from_secs(5);

/// Legs from which nothing is heard, and since when, milliseconds.
#[derive(Debug, Default)]
pub(super) struct Quiet(BTreeMap<LegId, u64>);

impl Quiet {
    /// Nothing is heard of a leg any more.
    pub(super) fn silent(&mut self, leg: LegId, now: u64) {
        self.0.entry(leg).or_insert(now);
    }

    /// It is heard again.
    pub(super) fn heard(&mut self, leg: LegId) {
        self.0.remove(&leg);
    }

    /// When the next one has been silent for too long.
    pub(super) fn deadline(&self, patience_ms: u64) -> Option<u64> {
        self.0.values().min().map(|since| since + patience_ms)
    }

    /// One that has been; told once.
    fn gone(&mut self, patience_ms: u64, now: u64) -> Option<LegId> {
        let leg = self.0.iter().find(|(_, since)| now >= **since + patience_ms).map(|(leg, _)| *leg)?;
        self.0.remove(&leg);
        Some(leg)
    }
}

impl Actor<'_> {
    /// Lets go of phones that vanished without a word. Browsers are missed sooner, by their own connection.
    pub(super) async fn reap(&mut self, now: u64) -> Result<(), Stop> {
        while let Some(leg) = self.quiet.gone(self.gateway.config.reap_ms, now) {
            if !matches!(self.wires.get(&leg), Some(Wire::Up)) {
                continue;
            }
            tracing::warn!(call = %self.id, leg = leg.0, "nothing was heard for too long: the phone is gone");
            let customer = self.call.customer_leg().is_some_and(|(id, _)| id == leg);
            self.note(if customer { Command::End(End::Failed) } else { Command::LegLost(leg) }).await?;
        }
        Ok(())
    }

    /// Waits until the legs are gone, so that their goodbyes are answered.
    pub(super) async fn say_goodbye(&mut self, inbox: &mut mpsc::Receiver<Input>) {
        let until = Instant::now() + LINGER;
        while self.wires.values().any(|wire| matches!(wire, Wire::Ending)) {
            tokio::select! {
                input = inbox.recv() => match input {
                    Some(Input::Sip(event)) => {
                        if let SipEvent::Ended { key, .. } = *event {
                            self.wires.insert(key.leg, Wire::Over);
                        }
                    }
                    Some(Input::Join { reply, .. }) => drop(reply.send(Err(crate::call::Rejection::Ended.into()))),
                    Some(Input::Do { reply, .. } | Input::Digits { reply, .. }) => {
                        drop(reply.send(Err(crate::call::Rejection::Ended.into())));
                    }
                    Some(_) => {}
                    None => return,
                },
                () = sleep_until(until) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_silent_for_too_long_is_gone_once_and_who_speaks_again_is_not() {
        let mut quiet = Quiet::default();
        assert_eq!(quiet.deadline(60), None);
        quiet.silent(LegId(0), 100);
        quiet.silent(LegId(0), 150);
        quiet.silent(LegId(1), 120);
        assert_eq!((quiet.deadline(60), quiet.gone(60, 159)), (Some(160), None));
        quiet.heard(LegId(0));
        assert_eq!((quiet.deadline(60), quiet.gone(60, 179)), (Some(180), None));
        assert_eq!((quiet.gone(60, 180), quiet.gone(60, 999)), (Some(LegId(1)), None));
    }
}
