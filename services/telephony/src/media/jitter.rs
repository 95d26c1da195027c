//! The jitter buffer: samples that come early, late, twice or not at all become 20 ms each tick.
//!
//! It is keyed by RTP timestamp, one byte a sample (G.711), so packets of any length fit, silence that a peer does not send is
//! silence of the right length, and a tick costs the same whatever the network does. It keeps no time: a pop is a tick.

use super::g711::FRAME;

/// Samples that the ring holds: 512 ms.
const RING: usize = 4_096;
/// A sample that did not come.
const ABSENT: u16 = u16::MAX;
/// How far the reading point may be from the newest sample before the stream counts as a new one, in samples.
const FAR: i32 = RING as i32 - 4 * FRAME as i32;
/// Ticks after which the buffer looks whether it could hold less.
const WINDOW: u32 = 100;
/// Samples held beyond the tick at hand before the buffer begins to shrink.
const SLACK: i32 = 3 * FRAME as i32;

/// What a tick yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Popped {
    /// All 20 ms came.
    Whole,
    /// This many samples did not come; they hold the silence code.
    Partly(usize),
    /// Nothing came for this tick.
    Nothing,
}

/// What a push did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// Kept for its time.
    Kept,
    /// Its time was over: lost to the ear, and the buffer waits a little longer from now on.
    Late,
    /// A new stream, or a jump: the buffer began anew.
    Restarted,
}

/// One leg's buffer.
#[derive(Debug)]
pub struct Jitter {
    ring: Box<[u16]>,
    /// Timestamp of the next sample to play.
    play: u32,
    /// Timestamp after the newest sample.
    newest: u32,
    stream: Option<u32>,
    /// Samples to hold back when a stream begins.
    hold: u32,
    most: u32,
    low: i32,
    ticks: u32,
    silence: u8,
}

impl Jitter {
    /// An empty buffer that holds back `hold_ms` at first and at most `most_ms` when packets come late.
    pub fn new(hold_ms: u32, most_ms: u32, silence: u8) -> Self {
        Self {
            ring: vec![ABSENT; RING].into_boxed_slice(),
            play: 0,
            newest: 0,
            stream: None,
            hold: hold_ms * 8,
            most: most_ms.min(300) * 8,
            low: i32::MAX,
            ticks: 0,
            silence,
        }
    }

    /// Samples between the reading point and the newest one; less than a tick means the next pop is not whole.
    pub fn ahead(&self) -> i32 {
        if self.stream.is_some() { self.newest.wrapping_sub(self.play) as i32 } else { 0 }
    }

    /// Forgets everything; the next packet begins a stream.
    pub fn reset(&mut self) {
        self.stream = None;
    }

    /// A packet's samples.
    pub fn push(&mut self, ssrc: u32, timestamp: u32, codes: &[u8]) -> Pushed {
        if codes.is_empty() || codes.len() > RING / 4 {
            return Pushed::Kept;
        }
        let offset = timestamp.wrapping_sub(self.play) as i32;
        let end = offset.saturating_add(codes.len() as i32);
        if self.stream != Some(ssrc) || end > FAR || offset < -FAR {
            self.begin(ssrc, timestamp);
            self.store(timestamp, codes);
            return Pushed::Restarted;
        }
        if end <= 0 {
            return self.late(timestamp, codes, end);
        }
        let behind = (-offset).max(0) as usize;
        self.store(timestamp.wrapping_add(behind as u32), &codes[behind..]);
        Pushed::Kept
    }

    /// Samples made up for what was lost: they fill what is still to be played, and say nothing about the network.
    pub fn mend(&mut self, ssrc: u32, timestamp: u32, codes: &[u8]) {
        if self.stream != Some(ssrc) {
            return;
        }
        for (at, code) in (0..).zip(codes) {
            let place = timestamp.wrapping_add(at);
            if (0..FAR).contains(&(place.wrapping_sub(self.play) as i32)) {
                let cell = &mut self.ring[place as usize % RING];
                if *cell == ABSENT {
                    *cell = u16::from(*code);
                }
            }
        }
    }

    /// The next 20 ms into `out`.
    pub fn pop(&mut self, out: &mut [u8; FRAME]) -> Popped {
        if self.stream.is_none() {
            out.fill(self.silence);
            return Popped::Nothing;
        }
        self.watch();
        let mut absent = 0;
        for (at, slot) in out.iter_mut().enumerate() {
            let cell = &mut self.ring[(self.play as usize + at) % RING];
            *slot = match *cell {
                ABSENT => {
                    absent += 1;
                    self.silence
                }
                code => code as u8,
            };
            *cell = ABSENT;
        }
        self.play = self.play.wrapping_add(FRAME as u32);
        if (self.newest.wrapping_sub(self.play) as i32) < -FAR {
            self.newest = self.play.wrapping_sub(FAR as u32);
        }
        match absent {
            0 => Popped::Whole,
            FRAME => Popped::Nothing,
            some => Popped::Partly(some),
        }
    }

    fn begin(&mut self, ssrc: u32, timestamp: u32) {
        self.ring.fill(ABSENT);
        self.stream = Some(ssrc);
        self.play = timestamp.wrapping_sub(self.hold);
        self.newest = timestamp;
        (self.low, self.ticks) = (i32::MAX, 0);
    }

    /// A packet whose time is over. If the whole stream is late the reading point goes back, so that the next ones are in time.
    fn late(&mut self, timestamp: u32, codes: &[u8], end: i32) -> Pushed {
        let newer = (timestamp.wrapping_sub(self.newest) as i32) >= 0;
        if !newer {
            return Pushed::Late; // a straggler behind others that came in time: waiting for its like would only add delay
        }
        let back = (-end) as u32 + codes.len() as u32 + self.hold;
        if back > self.most {
            let ssrc = self.stream.unwrap_or_default();
            self.begin(ssrc, timestamp);
        } else {
            self.ring.fill(ABSENT);
            self.play = self.play.wrapping_sub(back);
            (self.low, self.ticks) = (i32::MAX, 0);
        }
        self.store(timestamp, codes);
        Pushed::Late
    }

    fn store(&mut self, timestamp: u32, codes: &[u8]) {
        for (at, code) in codes.iter().enumerate() {
            self.ring[(timestamp as usize + at) % RING] = u16::from(*code);
        }
        let end = timestamp.wrapping_add(codes.len() as u32);
        if (end.wrapping_sub(self.newest) as i32) > 0 {
            self.newest = end;
        }
    }

    /// Once a window: if there was always more in hand than the network needs, some of it is skipped.
    fn watch(&mut self) {
        self.low = self.low.min(self.ahead());
        self.ticks += 1;
        if self.ticks < WINDOW {
            return;
        }
        let spare = self.low - FRAME as i32 - self.hold as i32;
        (self.low, self.ticks) = (i32::MAX, 0);
        if spare > SLACK - FRAME as i32 {
            for at in 0..FRAME {
                self.ring[(self.play as usize + at) % RING] = ABSENT;
            }
            self.play = self.play.wrapping_add(FRAME as u32);
        }
    }
}

#[cfg(test)]
mod tests;
