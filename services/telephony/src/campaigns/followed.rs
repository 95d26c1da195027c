//! Whose conversations a campaign follows, and what its lists say of when.

use super::store::Stored;
use crate::campaign::{Event, Mode, Outcome, Stage};

/// An offer's conversation is followed for so long after it was begun, ms: the wrap-up comes after the talk.
const FOLLOWED_MS: u64 = 4 * 3_600_000;

/// An entry that was offered to agents in a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// Which.
    pub entry: String,
    /// When, ms since the Unix epoch.
    pub at: u64,
    /// Attempts before it.
    pub attempts: u32,
}

impl Stored {
    /// Offers whose conversations still have something to say.
    pub(super) fn followed(&self, now: u64) -> impl Iterator<Item = (&String, &Offer)> {
        self.offers.iter().filter(move |(_, offer)| offer.at + FOLLOWED_MS > now)
    }

    /// When somebody was last taken off the campaign's list, ms since the Unix epoch; 0: never.
    pub(super) fn may_call_since(&self, person: &str) -> u64 {
        self.may_call.get(person).copied().unwrap_or_default()
    }

    /// What an offer's conversation says counts from now on; older ones have nothing more to say.
    pub(super) fn follow(&mut self, conversation: &str, offer: Offer) {
        self.offers.retain(|_, known| known.at + FOLLOWED_MS > offer.at);
        self.offers.entry(conversation.to_owned()).or_insert(offer);
    }

    /// Whoever a campaign that dials by itself reached talks in the call's own conversation: what is said of it there counts.
    pub(super) fn follow_talk(&mut self, event: &Event, at: u64) {
        let Event::Ended { entry, outcome: Outcome::Answered, .. } = event else { return };
        let progressive = self.campaign.plan().is_some_and(|plan| plan.mode == Mode::Progressive);
        if let Some(found) = self.campaign.entry(entry).filter(|_| progressive)
            && let Stage::Dialled { by, .. } = &found.stage
        {
            let attempts = found.attempts.saturating_sub(1);
            let by = by.clone();
            self.follow(&by, Offer { entry: entry.clone(), at, attempts });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_followed_any_more_is_forgotten() {
        let mut stored = Stored::default();
        let offer = |at| Offer { entry: "tel-1".to_owned(), at, attempts: 0 };
        for (conversation, at) in [("a", 1), ("b", 2), ("a", 3), ("c", FOLLOWED_MS + 1)] {
            stored.follow(conversation, offer(at));
        }
        let left: Vec<_> = stored.offers.iter().map(|(id, offer)| (id.as_str(), offer.at)).collect();
        assert_eq!(left, [("b", 2), ("c", FOLLOWED_MS + 1)], "a conversation counts from its first word");
    }
}
