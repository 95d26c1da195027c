//! What an agent can take besides what they have: limits and weights by channel, calls, and what may interrupt what.

use super::{
    state::Agent,
    types::{Availability, Capacity, Channel, Millis},
};

/// All weights in hand and the new one's together.
const FULL: u32 = 100;

impl Agent {
    /// At work on this channel, though perhaps busy.
    pub(super) fn attends(&self, channel: Channel) -> bool {
        self.availability == Availability::Ready && self.limits[channel.index()].limit > 0
    }

    /// Changes whether they are at work, and keeps since when they are not on the channels that they leave by it.
    pub(super) fn leaves(&mut self, at: Millis, change: impl FnOnce(&mut Agent)) {
        let attended = Channel::ALL.map(|channel| self.attends(channel));
        change(self);
        for channel in Channel::ALL {
            if attended[channel.index()] && !self.attends(channel) {
                self.left_at[channel.index()] = at;
            }
        }
    }

    /// Can be offered a contact of this channel.
    pub(super) fn free(&self, channel: Channel) -> bool {
        self.attends(channel) && self.has_room(channel)
    }

    /// By limit, weight and call, whatever they say of themselves.
    pub(super) fn has_room(&self, channel: Channel) -> bool {
        let wanted = self.limits[channel.index()];
        if self.load[channel.index()] >= wanted.limit {
            return false;
        }
        let mut weights = wanted.weight;
        for other in Channel::ALL {
            let (load, rule) = (self.load[other.index()], self.limits[other.index()]);
            if load == 0 || wanted.may_interrupt(other) {
                continue;
            }
            if other.is_call() {
                return false;
            }
            weights += load * rule.weight;
        }
        weights <= FULL
    }
}

impl Capacity {
    /// Whether contacts of `other` in hand do not keep one of this channel out.
    #[must_use]
    pub fn may_interrupt(self, other: Channel) -> bool {
        self.interrupts & (1 << other.index()) != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_work(load: &[(Channel, u32)]) -> Agent {
        let mut agent = Agent::stranger("a".into(), 1);
        agent.availability = Availability::Ready;
        let capacity = |limit, weight| Capacity { limit, weight, interrupts: 0 };
        agent.limits = [capacity(4, 25), capacity(1, 100), capacity(2, 50), capacity(1, 100), capacity(3, 10)];
        agent.limits[Channel::Voice.index()].interrupts = 1 << Channel::Mail.index() | 1 << Channel::Task.index();
        for (channel, count) in load {
            agent.load[channel.index()] = *count;
        }
        agent
    }

    fn open(agent: &Agent) -> Vec<Channel> {
        Channel::ALL.into_iter().filter(|channel| agent.free(*channel)).collect()
    }

    #[test]
    fn weights_and_limits_both_count() {
        use Channel::{Callback, Chat, Mail, Task, Voice};
        assert_eq!(open(&at_work(&[])), [Chat, Voice, Mail, Callback, Task]);
        assert_eq!(open(&at_work(&[(Chat, 2)])), [Chat, Mail, Task], "a half is left");
        assert_eq!(open(&at_work(&[(Chat, 4)])), []);
        assert_eq!(open(&at_work(&[(Task, 3)])), [Chat, Voice, Mail], "no fourth task, and a call interrupts");
        assert_eq!(open(&at_work(&[(Mail, 2)])), [Voice], "letters wait for a call");
    }

    #[test]
    fn nothing_interrupts_a_call_without_a_rule() {
        assert_eq!(open(&at_work(&[(Channel::Voice, 1)])), []);
        let mut agent = at_work(&[(Channel::Voice, 1)]);
        agent.limits[Channel::Chat.index()].interrupts = 1 << Channel::Voice.index();
        assert_eq!(open(&agent), [Channel::Chat]);
    }
}
