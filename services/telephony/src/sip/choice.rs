//! In which order trunks are tried for an outgoing call. Pure: chance comes as an argument.

/// What counts of a trunk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub id: String,
    /// Lower is tried first.
    pub priority: u16,
    /// Share within the priority.
    pub weight: u16,
    /// Whether its probes are answered.
    pub up: bool,
    /// Whether its limits leave room.
    pub room: bool,
}

/// The order: by priority, within it by chance as the weights say; trunks that look down come last, for a probe may be
/// wrong and a refused call is worse than a late one; full ones never.
pub fn order(candidates: Vec<Candidate>, mut chance: impl FnMut(u32) -> u32) -> Vec<String> {
    let mut left: Vec<Candidate> = candidates.into_iter().filter(|candidate| candidate.room).collect();
    left.sort_by(|a, b| (!a.up, a.priority, &a.id).cmp(&(!b.up, b.priority, &b.id)));
    let mut chosen = Vec::with_capacity(left.len());
    while let Some(first) = left.first() {
        let group = (first.up, first.priority);
        let size = left.iter().take_while(|candidate| (candidate.up, candidate.priority) == group).count();
        let next = pick(&left[..size], &mut chance);
        chosen.push(left.remove(next).id);
    }
    chosen
}

fn pick(group: &[Candidate], chance: &mut impl FnMut(u32) -> u32) -> usize {
    let total: u32 = group.iter().map(|candidate| u32::from(candidate.weight)).sum();
    if total == 0 {
        return 0;
    }
    let mut roll = chance(total);
    for (index, candidate) in group.iter().enumerate() {
        match roll.checked_sub(u32::from(candidate.weight)) {
            Some(rest) => roll = rest,
            None => return index,
        }
    }
    group.len() - 1
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn trunk(id: &str, priority: u16, weight: u16) -> Candidate {
        Candidate { id: id.to_owned(), priority, weight, up: true, room: true }
    }

    #[test]
    fn priority_first_down_last_full_never() {
        let mut trunks = vec![trunk("c", 2, 1), trunk("b", 1, 1), trunk("a", 0, 1), trunk("d", 0, 9)];
        trunks[2].up = false;
        trunks[3].room = false;
        assert_eq!(order(trunks, |_| 0), ["b", "c", "a"]);
    }

    #[test]
    fn weights_share() {
        let mut firsts: BTreeMap<String, u32> = BTreeMap::new();
        for roll in 0..4 {
            let ids = order(vec![trunk("a", 0, 1), trunk("b", 0, 3), trunk("z", 0, 0)], |total| roll % total);
            assert_eq!(ids.len(), 3);
            *firsts.entry(ids[0].clone()).or_default() += 1;
        }
        assert_eq!(firsts, BTreeMap::from([("a".to_owned(), 1), ("b".to_owned(), 3)]));
    }

    proptest! {
        #[test]
        fn each_with_room_exactly_once(
            trunks in proptest::collection::vec((0u16..3, 0u16..4, any::<bool>(), any::<bool>()), 0..8),
            seed in any::<u32>(),
        ) {
            let trunks: Vec<Candidate> = trunks.into_iter().enumerate()
                .map(|(n, (priority, weight, up, room))| Candidate { id: n.to_string(), priority, weight, up, room })
                .collect();
            let mut expected: Vec<String> = trunks.iter().filter(|t| t.room).map(|t| t.id.clone()).collect();
            let mut got = order(trunks, |total| seed % total);
            expected.sort();
            got.sort();
            prop_assert_eq!(got, expected);
        }
    }
}
