//! Makes the world look like what the core desires.

use super::Actor;
use crate::{
    call::{Background, Desired, desired},
    media::{Record, Sound},
};

/// Names of the sounds that are no part of a flow; a flow counts from 1.
const MUSIC: u64 = u64::MAX;
const RINGBACK: u64 = u64::MAX - 1;

impl Actor<'_> {
    pub(super) async fn settle(&mut self) {
        let wanted = desired(&self.call);
        for (leg, wire) in &wanted.wires {
            self.settle_wire(*leg, wire);
        }
        self.settle_backgrounds(&wanted).await;
        self.settle_ears(&wanted).await;
        self.settle_recording(wanted.recording).await;
        self.settle_announcement();
    }

    async fn settle_ears(&mut self, wanted: &Desired) {
        if self.hears == wanted.hear {
            return;
        }
        match self.gateway.media.hear(self.id, wanted.hear.clone()).await {
            Ok(()) => self.hears.clone_from(&wanted.hear),
            Err(error) => tracing::warn!(%error, call = %self.id, "who hears whom could not be set"),
        }
    }

    async fn settle_backgrounds(&mut self, wanted: &Desired) {
        let mut sounds = wanted.background.clone();
        // A flow speaks and plays its own music; that it rings over there is not the flow's to say.
        if self.flow.is_some()
            && let Some((leg, _)) = self.call.customer_leg()
            && sounds.get(&leg) == Some(&Background::Music)
        {
            sounds.remove(&leg);
        }
        let gone: Vec<_> = self.backgrounds.keys().copied().filter(|leg| !sounds.contains_key(leg)).collect();
        for leg in gone {
            self.backgrounds.remove(&leg);
            self.gateway.media.stop_play(self.key(leg)).await;
        }
        for (leg, sound) in sounds {
            if self.backgrounds.get(&leg) == Some(&sound) {
                continue;
            }
            let (name, samples) = match sound {
                Background::Music => (MUSIC, Sound::hold_music()),
                Background::Ringback => (RINGBACK, ringback()),
            };
            match self.gateway.media.play(self.key(leg), name, samples, true).await {
                Ok(()) => drop(self.backgrounds.insert(leg, sound)),
                Err(error) => tracing::debug!(%error, call = %self.id, "a background cannot be played yet"),
            }
        }
    }

    async fn settle_recording(&mut self, wanted: Option<(u32, bool)>) {
        if self.recording == wanted {
            return;
        }
        let media = &self.gateway.media;
        match (self.recording, wanted) {
            (_, None) => media.record(self.id, Record::Stop).await,
            (Some((before, _)), Some((part, paused))) if before == part => {
                media.record(self.id, if paused { Record::Pause } else { Record::Resume }).await;
            }
            (_, Some((part, paused))) => {
                if let Some((left, _)) = self.call.customer_leg() {
                    media.record(self.id, Record::Start { part, left, first_chunk: 0 }).await;
                }
                if paused {
                    media.record(self.id, Record::Pause).await;
                }
            }
        }
        self.recording = wanted;
    }
}

/// One second of 400 Hz and two of silence, as telephones in Japan hear it.
fn ringback() -> Sound {
    let mut samples = Sound::tone(400.0, 1_000).samples().to_vec();
    samples.resize(3 * 8_000, 0);
    Sound::new(samples)
}
