//! How cases are to be served, and where tasks go.

use serde::Deserialize;

use crate::case::Sla;

const HOUR_MS: u64 = 3_600_000;

/// The `[crm.work]` section.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WorkConfig {
    /// Queue of tasks that name none, and of those that say that a case is late.
    pub task_queue: String,
    /// Department of cases whose kind names none: 1 to 32 characters of [a-z0-9_].
    pub department: String,
    /// Until somebody answers, ms, 1 or more.
    pub first_ms: u64,
    /// Until it is solved, ms, not less than `first_ms`.
    pub solve_ms: u64,
    /// Kinds that differ.
    pub kinds: Vec<KindConfig>,
}

/// What is different for one kind of case.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindConfig {
    /// The kind.
    pub kind: String,
    /// As above; unset: the same.
    pub department: Option<String>,
    /// As above; unset: the same.
    pub first_ms: Option<u64>,
    /// As above; unset: the same.
    pub solve_ms: Option<u64>,
}

impl Default for WorkConfig {
    fn default() -> Self {
        Self {
            task_queue: "clerks".to_owned(),
            department: "support".to_owned(),
            first_ms: 4 * HOUR_MS,
            solve_ms: 72 * HOUR_MS,
            kinds: Vec::new(),
        }
    }
}

impl WorkConfig {
    /// The department of a kind of case, and how quickly it is to be served.
    pub(crate) fn serve(&self, kind: &str) -> (String, Sla) {
        let own = self.kinds.iter().find(|it| it.kind == kind);
        let department = own.and_then(|it| it.department.as_ref()).unwrap_or(&self.department);
        let first_ms = own.and_then(|it| it.first_ms).unwrap_or(self.first_ms);
        let solve_ms = own.and_then(|it| it.solve_ms).unwrap_or(self.solve_ms);
        (department.clone(), Sla { first_ms, solve_ms })
    }

    /// The first value that is out of its range, as a sentence.
    pub(crate) fn fault(&self) -> Option<String> {
        let kinds = self.kinds.iter().map(|it| (it.kind.as_str(), self.serve(&it.kind).1));
        let all = std::iter::once(("any", self.serve("").1)).chain(kinds);
        let bad = all.into_iter().find(|(_, sla)| sla.first_ms == 0 || sla.solve_ms < sla.first_ms);
        bad.map(|(kind, _)| {
            format!("crm.work: cases of kind {kind} are to be solved after they are answered, and not at once")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_differs_in_what_it_says_and_nonsense_is_a_sentence() {
        let mut config = WorkConfig::default();
        let complaint = KindConfig {
            kind: "complaint".to_owned(),
            department: Some("quality".to_owned()),
            first_ms: Some(HOUR_MS),
            solve_ms: None,
        };
        config.kinds.push(complaint);
        assert_eq!(
            config.serve("complaint"),
            ("quality".to_owned(), Sla { first_ms: HOUR_MS, solve_ms: 72 * HOUR_MS })
        );
        assert_eq!(config.serve("damage").0, "support");
        assert_eq!(config.fault(), None);
        config.kinds[0].first_ms = Some(73 * HOUR_MS);
        assert!(config.fault().is_some_and(|fault| fault.contains("complaint")));
    }
}
