//! What a call and a leg are called.

use std::fmt;

use uuid::Uuid;

/// A call, from arrival to end. It is also the id of the conversation that it belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CallId(pub Uuid);

/// A leg of a call: one party's connection. Given out from 0 (who began the call) and never used again within the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegId(pub u32);

/// A leg, wherever it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LegKey {
    /// The call.
    pub call: CallId,
    /// The leg.
    pub leg: LegId,
}

impl CallId {
    /// A new call: an id that sorts by time.
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// A leg of this call.
    pub fn leg(self, leg: u32) -> LegKey {
        LegKey { call: self, leg: LegId(leg) }
    }
}

impl Default for CallId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for CallId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for LegId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leg {}", self.0)
    }
}

impl fmt::Display for LegKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.call, self.leg.0)
    }
}
