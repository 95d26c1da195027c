//! What was offered and agreed on for each leg, on the side of who asks; the threads only see what comes of it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::error::MediaError;
use super::event::RtpState;
use super::format::Format;
use super::order::Order;
use super::ports::{Pair, Ports};
use super::sdp::agree::{self, Agreed, Events, Numbers, Ours};
use super::sdp::parse::parse;
use super::sip_link::Beginning;
use super::srtp::{Master, Srtp};
use super::wish::{Offers, Prefer, Wish};
use crate::ids::{CallId, LegId, LegKey};

/// The legs over SIP that this process has a port for.
#[derive(Debug, Default)]
pub(super) struct Desk(Mutex<BTreeMap<LegKey, Leg>>);

#[derive(Debug)]
struct Leg {
    ours: Ours,
    /// Until the thread has them.
    pair: Option<Pair>,
    begin: Beginning,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<LegKey, Leg>> {
        // Nothing is left half done in the book when somebody panics: every change is one insert or one number.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Our offer for a leg, which gets a port if it has none.
    pub(super) fn offer(
        &self,
        key: LegKey,
        (ports, public): (&Ports, IpAddr),
        resume: Option<(RtpState, u64)>,
        wish: Wish,
    ) -> Result<Vec<u8>, MediaError> {
        let mut legs = self.lock();
        let leg = known(&mut legs, key, ports, public, resume)?;
        leg.wants(wish);
        if let Some((state, _)) = resume {
            leg.goes_on(&state);
        }
        Ok(agree::offer(&leg.next()))
    }

    /// Our offers for a leg of which it is not known yet what it wants.
    pub(super) fn offers(&self, key: LegKey, (ports, public): (&Ports, IpAddr)) -> Result<Offers, MediaError> {
        let mut legs = self.lock();
        let ours = known(&mut legs, key, ports, public, None)?.next();
        Ok(Offers::new(|wish| agree::offer(&Ours { wish, ..ours })))
    }

    /// Our answer to a peer's offer, and what the leg's thread is to do.
    pub(super) fn accept(
        &self,
        key: LegKey,
        ports: (&Ports, IpAddr),
        offer: &[u8],
        wish: Wish,
    ) -> Result<(Vec<u8>, Order), MediaError> {
        let offer = parse(offer)?;
        let mut legs = self.lock();
        let is_new = !legs.contains_key(&key);
        let leg = known(&mut legs, key, ports.0, ports.1, None)?;
        leg.wants(wish);
        match agree::answer(&offer, &leg.next()) {
            Ok((text, agreed)) => {
                leg.stays(&agreed);
                Ok((text, Order::Sip { key, pair: leg.pair.take(), agreed: Box::new(agreed), begin: leg.begin }))
            }
            Err(error) => {
                if is_new {
                    legs.remove(&key);
                }
                Err(error.into())
            }
        }
    }

    /// What the leg's thread is to do with the peer's answer to our offer.
    pub(super) fn answered(&self, key: LegKey, answer: &[u8], wish: Wish) -> Result<Order, MediaError> {
        let mut legs = self.lock();
        let leg = legs.get_mut(&key).ok_or(MediaError::UnknownLeg("an answer came", key))?;
        leg.wants(wish);
        let agreed = agree::answered(&parse(answer)?, &leg.ours)?;
        leg.stays(&agreed);
        Ok(Order::Sip { key, pair: leg.pair.take(), agreed: Box::new(agreed), begin: leg.begin })
    }

    /// Forgets a leg.
    pub(super) fn remove(&self, key: LegKey) {
        self.lock().remove(&key);
    }

    /// Forgets a call's legs.
    pub(super) fn close(&self, call: CallId) {
        let mut legs = self.lock();
        let of_call = LegKey { call, leg: LegId(0) }..=LegKey { call, leg: LegId(u32::MAX) };
        let keys: Vec<_> = legs.range(of_call).map(|(key, _)| *key).collect();
        for key in keys {
            legs.remove(&key);
        }
    }
}

fn known<'a>(
    legs: &'a mut BTreeMap<LegKey, Leg>,
    key: LegKey,
    ports: &Ports,
    public: IpAddr,
    resume: Option<(RtpState, u64)>,
) -> Result<&'a mut Leg, MediaError> {
    use std::collections::btree_map::Entry;
    match legs.entry(key) {
        Entry::Occupied(entry) => Ok(entry.into_mut()),
        Entry::Vacant(entry) => {
            let pair = ports.pair()?;
            let (session, master) = (rand::random::<u64>() >> 2, Master::random());
            let (wish, numbers) = (Wish::default(), Numbers::default());
            let ours = Ours { session, version: 0, address: public, port: pair.port, master, wish, numbers };
            Ok(entry.insert(Leg { ours, pair: Some(pair), begin: beginning(resume) }))
        }
    }
}

/// Where a leg's numbers begin: anywhere, or where the gateway before stopped.
fn beginning(resume: Option<(RtpState, u64)>) -> Beginning {
    match resume.map(|(state, now_ms)| state.at(now_ms)) {
        Some(RtpState { ssrc, sequence, timestamp, remote, .. }) => Beginning { ssrc, sequence, timestamp, remote },
        // The low half of the numbers: who joins an encrypted stream has to see its first round (RFC 3711 §3.3.1).
        None => Beginning {
            ssrc: rand::random(),
            sequence: rand::random::<u16>() >> 1,
            timestamp: rand::random(),
            remote: None,
        },
    }
}

impl Leg {
    /// What was wanted once is wanted from then on.
    fn wants(&mut self, wish: Wish) {
        self.ours.wish = self.ours.wish.max(wish);
    }

    /// What was agreed on where we wanted it is not given up by a later description; neither is Opus, nor its numbers.
    fn stays(&mut self, agreed: &Agreed) {
        if agreed.keys.is_some() && self.ours.wish.srtp == Srtp::Offered {
            self.wants(Srtp::Required.into());
        }
        self.speaks(agreed.send, agreed.events);
    }

    /// Goes on with what another gateway agreed on.
    fn goes_on(&mut self, state: &RtpState) {
        if state.secure {
            self.wants(Srtp::Required.into());
        }
        self.speaks((state.payload_type, state.codec), state.events);
    }

    fn speaks(&mut self, (number, format): (u8, Format), events: Option<Events>) {
        if format == Format::Opus {
            self.wants(Prefer::Opus.into());
            self.ours.numbers = self.ours.numbers.of_peer(number, events);
        }
    }

    /// Ours for the next description.
    fn next(&mut self) -> Ours {
        self.ours.version += 1;
        self.ours
    }
}
