//! A media thread: a wheel of four slots of 5 ms. A call lives in one slot, so each has its tick every 20 ms and the load is even.
//!
//! Times are absolute: a slot that was late does not make the next one late. Orders are taken at every slot.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc::Receiver;
use tokio::sync::mpsc::error::TryRecvError;
use tokio_util::sync::CancellationToken;

use super::call::Call;
use super::context::Context;
use super::figures::add;
use super::leg::Leg;
use super::order::Order;
use super::sip_link::SipLink;
use crate::ids::{CallId, LegKey};

/// Slots of the wheel.
const SLOTS: u64 = 4;
/// Time of a slot.
const SLOT_MS: u64 = 5;
/// A slot that begins so late is counted: half a tick.
const LATE: Duration = Duration::from_millis(10);
/// So far behind, what was missed is left out: nobody wants to hear it any more.
const HOPELESS: Duration = Duration::from_millis(200);
/// Orders taken in one slot at most.
const MOST_ORDERS: usize = 512;
/// Slots between two counts of calls and legs: 1 s.
const READING: u64 = 200;

/// The slot of a call, and by another part of its number its thread.
pub(super) fn place(call: CallId, places: u64) -> u64 {
    // Ids sort by time: their random end spreads, their beginning does not.
    (call.0.as_u128() as u64) % places
}

/// Calls of one thread.
pub(super) struct Wheel {
    slots: [BTreeMap<CallId, Call>; SLOTS as usize],
    orders: Receiver<Order>,
    cx: Context,
    stop: CancellationToken,
}

impl Wheel {
    pub(super) fn new(orders: Receiver<Order>, cx: Context, stop: CancellationToken) -> Self {
        Self { slots: Default::default(), orders, cx, stop }
    }

    /// Until it is stopped, or nobody can order anything any more.
    pub(super) fn run(mut self) {
        self.cx.figures.task.is_this();
        let start = Instant::now();
        let mut slot = 0u64;
        while !self.stop.is_cancelled() {
            slot = self.keep_time(start, slot);
            if !self.take_orders() {
                break;
            }
            self.turn(slot);
            slot += 1;
        }
        for call in self.slots.iter_mut().flat_map(std::mem::take) {
            call.1.close(&mut self.cx);
        }
        self.cx.flush_writes();
    }

    /// Waits for a slot's time; if that is long over, skips whole rounds. The slot to do.
    fn keep_time(&mut self, start: Instant, slot: u64) -> u64 {
        let due = start + Duration::from_millis(SLOT_MS * slot);
        thread::sleep(due.saturating_duration_since(Instant::now()));
        self.cx.now = Instant::now();
        self.cx.now_ms = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis() as u64;
        let late = self.cx.now.saturating_duration_since(due);
        let figures = &self.cx.figures;
        add(&figures.ticks, 1);
        if late >= LATE {
            add(&figures.late_ticks, 1);
            figures.worst_late_us.fetch_max(late.as_micros() as u64, Relaxed);
        }
        if late < HOPELESS {
            return slot;
        }
        let rounds = (late.as_millis() as u64 / (SLOT_MS * SLOTS)) as u32;
        add(&figures.skipped_ticks, u64::from(rounds) * SLOTS);
        for call in self.slots.iter_mut().flat_map(BTreeMap::values_mut) {
            call.skip(rounds);
        }
        slot + u64::from(rounds) * SLOTS
    }

    fn turn(&mut self, slot: u64) {
        let at = (slot % SLOTS) as usize;
        for (number, calls) in self.slots.iter_mut().enumerate() {
            for call in calls.values_mut() {
                if number == at {
                    call.tick(&mut self.cx);
                } else {
                    call.hurry(&mut self.cx);
                }
            }
        }
        self.slots[at].retain(|_, call| !call.is_over());
        self.cx.outbox.flush();
        self.cx.flush_writes();
        if slot.is_multiple_of(READING) {
            self.read_figures();
        }
    }

    fn read_figures(&self) {
        let calls = self.slots.iter().flat_map(BTreeMap::values);
        let figures = &self.cx.figures;
        figures.legs.store(calls.map(|call| call.legs() as u64).sum(), Relaxed);
        figures.calls.store(self.slots.iter().map(|calls| calls.len() as u64).sum(), Relaxed);
    }

    /// `false` when nobody can order anything any more.
    fn take_orders(&mut self) -> bool {
        for _ in 0..MOST_ORDERS {
            match self.orders.try_recv() {
                Ok(order) => self.obey(order),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
        true
    }

    fn call(&mut self, id: CallId) -> &mut Call {
        self.slots[place(id, SLOTS) as usize].entry(id).or_insert_with(|| Call::new(id))
    }

    fn known(&mut self, id: CallId) -> Option<&mut Call> {
        self.slots[place(id, SLOTS) as usize].get_mut(&id)
    }

    fn leg(&mut self, key: LegKey) -> Option<&mut Leg> {
        self.known(key.call)?.leg(key.leg)
    }

    fn obey(&mut self, order: Order) {
        let slots = &mut self.slots[place(order.call(), SLOTS) as usize];
        let cx = &mut self.cx;
        match order {
            Order::Close { call } => {
                if let Some(call) = slots.remove(&call) {
                    call.close(cx);
                }
            }
            Order::Drop { key } => {
                if let Some(call) = slots.get_mut(&key.call) {
                    call.drop_leg(key.leg, cx);
                }
            }
            Order::Record { call, order } => slots.entry(call).or_insert_with(|| Call::new(call)).record(order, cx),
            Order::States { call, reply } => {
                // Who asked may have gone.
                let _ = reply.send(slots.get(&call).map(|call| call.states(cx)).unwrap_or_default());
            }
            order @ (Order::Sip { .. } | Order::Browser { .. }) => self.connect(order),
            order @ (Order::Hear { .. } | Order::Play { .. } | Order::StopPlay { .. } | Order::Press { .. }) => {
                self.steer(order)
            }
        }
    }

    fn connect(&mut self, order: Order) {
        let call = order.call();
        let call = self.slots[place(call, SLOTS) as usize].entry(call).or_insert_with(|| Call::new(call));
        let cx = &self.cx;
        if let Order::Sip { key, pair, agreed, begin } = order {
            match (call.leg(key.leg), pair) {
                (Some(leg), _) => leg.change(*agreed),
                (None, Some(pair)) => call.add(Leg::sip(key, SipLink::new(pair, *agreed, &begin), &begin, cx)),
                (None, None) => {} // dropped in between
            }
        } else if let Order::Browser { key, link } = order {
            match call.leg(key.leg) {
                Some(leg) => leg.reconnect(*link, cx),
                None => call.add(Leg::browser(key, *link, cx)),
            }
        }
    }

    fn steer(&mut self, order: Order) {
        if let Order::Hear { call, pairs } = order {
            self.call(call).hear(pairs);
        } else if let Order::Play { key, play, sound, looped, done } = order {
            let leg = self.leg(key);
            let known = leg.map(|leg| leg.play(play, sound, looped)).is_some();
            // Who asked may have gone.
            let _ = done.send(known);
        } else if let Order::StopPlay { key } = order {
            if let Some(leg) = self.leg(key) {
                leg.stop_play();
            }
        } else if let Order::Press { key, keys } = order
            && let Some(leg) = self.leg(key)
        {
            leg.press(&keys);
        }
    }
}
