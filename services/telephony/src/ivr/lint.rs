//! What is wrong with a flow before anybody calls it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::flow::{Flow, NodeId};

mod graph;
mod names;
mod nodes;
mod prompts;
#[cfg(test)]
mod tests;
mod variables;

/// So many nodes a flow has at most.
pub const MAX_NODES: usize = 300;

/// What the center has, for flows to refer to. None: not known here, so it is not checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Known {
    /// Recorded sounds, by name.
    pub sounds: Option<BTreeSet<String>>,
    /// Queues of routing.
    pub queues: Option<BTreeSet<String>>,
    /// Calendars of routing.
    pub calendars: Option<BTreeSet<String>>,
    /// External services of the configuration.
    pub services: Option<BTreeSet<String>>,
}

/// Something to mend, or to look at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// Where; none: the flow as a whole.
    pub node: Option<NodeId>,
    /// Stable, for programs.
    pub code: String,
    /// For people, in Japanese.
    pub ja: String,
    /// For people, in English.
    pub en: String,
    /// Whether the flow can be published with it.
    pub severity: Severity,
}

/// Whether a flow can be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// It cannot.
    Error,
    /// It can; somebody should look.
    Warning,
}

/// Everything that is wrong with a flow, in the order of its nodes. No errors among it: it can be published.
#[must_use]
pub fn lint(flow: &Flow, known: &Known) -> Vec<Finding> {
    let mut report = Report::default();
    names::check(flow, &mut report);
    for (id, node) in &flow.nodes {
        nodes::check(id, node, known, &mut report);
        prompts::check(flow, id, node, known, &mut report);
    }
    graph::check(flow, &mut report);
    variables::check(flow, &mut report);
    report.findings.sort();
    report.findings.dedup();
    report.findings
}

/// Whether a flow may be published.
#[must_use]
pub fn passes(findings: &[Finding]) -> bool {
    findings.iter().all(|finding| finding.severity != Severity::Error)
}

/// What was found so far.
#[derive(Default)]
struct Report {
    findings: Vec<Finding>,
}

impl Report {
    fn error(&mut self, node: Option<&NodeId>, code: &str, ja: impl Into<String>, en: impl Into<String>) {
        self.add(node, code, Severity::Error, ja.into(), en.into());
    }

    fn warn(&mut self, node: Option<&NodeId>, code: &str, ja: impl Into<String>, en: impl Into<String>) {
        self.add(node, code, Severity::Warning, ja.into(), en.into());
    }

    fn add(&mut self, node: Option<&NodeId>, code: &str, severity: Severity, ja: String, en: String) {
        self.findings.push(Finding { node: node.cloned(), code: code.to_owned(), ja, en, severity });
    }
}

/// 1 to 40 characters of `[a-z0-9_-]`.
fn is_id(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'_' || it == b'-')
}

/// 1 to 40 characters of `[a-z0-9_]`.
fn is_variable(text: &str) -> bool {
    is_id(text) && !text.contains('-')
}

/// `+` and 8 to 15 digits.
fn is_e164(text: &str) -> bool {
    text.strip_prefix('+').is_some_and(|digits| {
        (8..=15).contains(&digits.len()) && !digits.starts_with('0') && digits.bytes().all(|it| it.is_ascii_digit())
    })
}
