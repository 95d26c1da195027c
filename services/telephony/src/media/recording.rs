//! A call's recording on its thread: two channels, gathered to chunks of 2 s that the writer takes.

use std::sync::mpsc::TrySendError;

use bytes::Bytes;

use super::call::codes_of;
use super::context::Context;
use super::figures::add;
use super::g711::{Codec, FRAME};
use super::leg::Leg;
use super::writer::{Chunk, Part, Write};
use crate::ids::{CallId, LegId};

/// Samples of a channel in a chunk: 2 s.
pub(super) const CHUNK: usize = 16_000;

/// A recording under way.
pub(super) struct Recording {
    part: Part,
    left: LegId,
    chunk: u32,
    /// When the chunk at hand began.
    start_ms: u64,
    paused: bool,
    codes: Vec<u8>,
}

impl Recording {
    pub(super) fn begin(call: CallId, (part, left, first_chunk): (u32, LegId, u32), cx: &mut Context) -> Self {
        let part = Part { call, part };
        put(Write::Begin(part, first_chunk), cx);
        Self {
            part,
            left,
            chunk: first_chunk,
            start_ms: cx.now_ms,
            paused: false,
            codes: Vec::with_capacity(2 * CHUNK),
        }
    }

    pub(super) fn pause(&mut self, paused: bool) {
        self.paused = paused;
    }

    /// Whose voice is the left channel.
    pub(super) fn left(&self) -> LegId {
        self.left
    }

    /// The tick at hand: the caller left, and right whom the caller `hears`, so nothing that was not meant for them: no whisper, no consultation,
    /// nothing that is said while they hold.
    pub(super) fn tick(&mut self, legs: &[Leg], hears: &[usize], cx: &mut Context) {
        let caller = legs.iter().filter(|leg| leg.key.leg == self.left);
        let others = hears.iter().filter_map(|at| legs.get(*at));
        let (left, right) = if self.paused {
            ([Codec::Pcmu.silence(); FRAME], [Codec::Pcmu.silence(); FRAME])
        } else {
            (codes_of(caller, Codec::Pcmu), codes_of(others, Codec::Pcmu))
        };
        if self.codes.is_empty() {
            self.start_ms = cx.now_ms;
        }
        self.codes.extend(left.iter().zip(&right).flat_map(|(left, right)| [*left, *right]));
        if self.codes.len() >= 2 * CHUNK {
            self.hand_over(cx);
        }
    }

    fn hand_over(&mut self, cx: &mut Context) {
        let samples = Bytes::from(std::mem::replace(&mut self.codes, Vec::with_capacity(2 * CHUNK)));
        put(Write::Chunk(Chunk { of: self.part, chunk: self.chunk, start_ms: self.start_ms, samples }), cx);
        self.chunk += 1;
    }

    pub(super) fn end(mut self, cx: &mut Context) {
        if !self.codes.is_empty() {
            self.hand_over(cx);
        }
        put(Write::End(self.part), cx);
    }
}

/// A tick never waits for a disk: sound that the writer has no room for is lost, counted, and silence in the file.
fn put(write: Write, cx: &mut Context) {
    cx.flush_writes();
    match (cx.unwritten.is_empty(), write) {
        (true, write) => {
            if let Err(TrySendError::Full(write)) = cx.writer.try_send(write) {
                keep(write, cx);
            }
        }
        (false, write) => keep(write, cx),
    }
}

/// Beginnings and ends are few and have to come through.
fn keep(write: Write, cx: &mut Context) {
    match write {
        Write::Chunk(_) => add(&cx.figures.chunks_lost, 1),
        Write::Begin(..) | Write::End(_) => cx.unwritten.push_back(write),
    }
}
