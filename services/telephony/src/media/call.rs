//! A call on its thread: its legs, who hears whom, its recording.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use super::event::{Record, RtpState};
use super::g711::{Codec, FRAME};
use super::leg::Leg;
use super::mix::mix;
use super::recording::Recording;
use crate::ids::{CallId, LegId};

/// A call.
pub(super) struct Call {
    id: CallId,
    legs: Vec<Leg>,
    pairs: BTreeSet<(LegId, LegId)>,
    /// For each leg, in the order of `legs`: whom it hears, as places in `legs`.
    rows: Vec<Vec<usize>>,
    recording: Option<Recording>,
}

impl Call {
    pub(super) fn new(id: CallId) -> Self {
        Self { id, legs: Vec::new(), pairs: BTreeSet::new(), rows: Vec::new(), recording: None }
    }

    pub(super) fn legs(&self) -> usize {
        self.legs.len()
    }

    /// Nothing is left of it.
    pub(super) fn is_over(&self) -> bool {
        self.legs.is_empty() && self.pairs.is_empty() && self.recording.is_none()
    }

    pub(super) fn leg(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.key.leg == id)
    }

    pub(super) fn add(&mut self, leg: Leg) {
        self.legs.push(leg);
        self.arrange();
    }

    pub(super) fn drop_leg(&mut self, id: LegId, cx: &Context) {
        self.legs.retain_mut(|leg| {
            let stays = leg.key.leg != id;
            if !stays {
                leg.close(cx);
            }
            stays
        });
        self.arrange();
    }

    /// Who hears whom from now on.
    pub(super) fn hear(&mut self, pairs: BTreeSet<(LegId, LegId)>) {
        self.pairs = pairs;
        self.arrange();
    }

    fn arrange(&mut self) {
        let hears = |listener: &Leg, speaker: &Leg| {
            listener.key != speaker.key && self.pairs.contains(&(listener.key.leg, speaker.key.leg))
        };
        let row = |listener: &Leg| {
            self.legs.iter().enumerate().filter(|(_, speaker)| hears(listener, speaker)).map(|(at, _)| at).collect()
        };
        self.rows = self.legs.iter().map(row).collect();
    }

    pub(super) fn record(&mut self, order: Record, cx: &mut Context) {
        match (order, &mut self.recording) {
            (Record::Start { part, left, first_chunk }, recording) => {
                if let Some(before) = recording.take() {
                    before.end(cx);
                }
                *recording = Some(Recording::begin(self.id, (part, left, first_chunk), cx));
            }
            (Record::Pause, Some(recording)) => recording.pause(true),
            (Record::Resume, Some(recording)) => recording.pause(false),
            (Record::Stop, recording) => {
                if let Some(recording) = recording.take() {
                    recording.end(cx);
                }
            }
            (Record::Pause | Record::Resume, None) => {}
        }
    }

    pub(super) fn states(&self, cx: &Context) -> BTreeMap<LegId, RtpState> {
        self.legs.iter().filter_map(|leg| Some((leg.key.leg, leg.state(cx)?))).collect()
    }

    /// Ends it all, with a word to the peers that know one.
    pub(super) fn close(mut self, cx: &mut Context) {
        for leg in &mut self.legs {
            leg.close(cx);
        }
        if let Some(recording) = self.recording {
            recording.end(cx);
        }
    }

    /// Browsers that are shaking hands do not wait for the tick.
    pub(super) fn hurry(&mut self, cx: &mut Context) {
        for leg in self.legs.iter_mut().filter(|leg| leg.is_connecting()) {
            leg.receive(cx);
        }
    }

    pub(super) fn skip(&mut self, ticks: u32) {
        for leg in &mut self.legs {
            leg.skip(ticks);
        }
    }

    /// 20 ms: everybody is listened to, then everybody is sent what they hear.
    pub(super) fn tick(&mut self, cx: &mut Context) {
        for leg in &mut self.legs {
            leg.receive(cx);
            leg.inbox.tick(cx);
        }
        for at in 0..self.legs.len() {
            let mut codes = [0; FRAME];
            if !self.legs[at].played(&mut codes, cx) {
                codes = self.heard(at);
            }
            self.legs[at].send(&codes, cx);
        }
        if let Some(recording) = &mut self.recording {
            let caller = self.legs.iter().position(|leg| leg.key.leg == recording.left());
            let hears = caller.and_then(|at| self.rows.get(at)).map_or(&[][..], Vec::as_slice);
            recording.tick(&self.legs, hears, cx);
        }
    }

    /// What a leg hears of the others. One voice of the same law goes through as it came.
    fn heard(&self, listener: usize) -> [u8; FRAME] {
        codes_of(self.rows[listener].iter().map(|at| &self.legs[*at]), self.legs[listener].codec())
    }
}

/// Several legs' voices as codes of one law.
pub(super) fn codes_of<'a>(mut legs: impl Iterator<Item = &'a Leg> + Clone, codec: Codec) -> [u8; FRAME] {
    let all = legs.clone();
    match (legs.next(), legs.next()) {
        (None, _) => [codec.silence(); FRAME],
        (Some(one), None) if one.codec() == codec => one.inbox.frame.codes,
        _ => mix(all.map(|leg| leg.inbox.frame.pcm())).map(|sample| codec.encode(sample)),
    }
}
