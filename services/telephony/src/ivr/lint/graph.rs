//! Does it lead anywhere, and does it come to an end?

use std::collections::{BTreeMap, BTreeSet};

use super::{Flow, Report};
use crate::ivr::edges::{edges, is_end};
use crate::ivr::flow::NodeId;

pub(super) fn check(flow: &Flow, report: &mut Report) {
    targets(flow, report);
    reachable(flow, report);
    ends(flow, report);
    loops(flow, report);
}

fn targets(flow: &Flow, report: &mut Report) {
    for (id, node) in &flow.nodes {
        for edge in edges(node).into_iter().filter(|edge| !flow.nodes.contains_key(edge.to)) {
            let (field, to) = (edge.field, edge.to);
            let (ja, en) = (
                format!("「{field}」の先の「{to}」がありません"),
                format!("{field} leads to {to}, which does not exist"),
            );
            report.error(Some(id), "unknown_node", ja, en);
        }
    }
}

fn reachable(flow: &Flow, report: &mut Report) {
    let mut seen = BTreeSet::new();
    let mut open = vec![&flow.start];
    while let Some(id) = open.pop() {
        if let Some(node) = flow.nodes.get(id)
            && seen.insert(id)
        {
            open.extend(edges(node).into_iter().map(|edge| edge.to));
        }
    }
    for id in flow.nodes.keys().filter(|id| !seen.contains(id)) {
        report.warn(Some(id), "unreachable", "ここへ来る道がありません", "nothing leads here");
    }
}

/// Every node must lead to an end by some way. A way to a node that does not exist was found already.
fn ends(flow: &Flow, report: &mut Report) {
    let mut before: BTreeMap<&NodeId, Vec<&NodeId>> = BTreeMap::new();
    for (id, node) in &flow.nodes {
        for edge in edges(node) {
            before.entry(edge.to).or_default().push(id);
        }
    }
    let mut ending = BTreeSet::new();
    let cut = |node| edges(node).iter().any(|edge| !flow.nodes.contains_key(edge.to));
    let last = flow.nodes.iter().filter(|(_, node)| is_end(node) || cut(node));
    let mut open: Vec<&NodeId> = last.map(|(id, _)| id).collect();
    while let Some(id) = open.pop() {
        if ending.insert(id) {
            open.extend(before.get(id).into_iter().flatten());
        }
    }
    for id in flow.nodes.keys().filter(|id| !ending.contains(id)) {
        report.error(
            Some(id),
            "no_end",
            "ここからは通話の終わりに着きません",
            "from here no queue, callback, voicemail, transfer or hangup is reached",
        );
    }
}

/// Nodes on a circle that runs without the caller pressing anything: whoever lays the receiver aside would be kept for ever.
fn loops(flow: &Flow, report: &mut Report) {
    let mut after: BTreeMap<&NodeId, BTreeSet<&NodeId>> = flow
        .nodes
        .iter()
        .map(|(id, node)| (id, edges(node).into_iter().filter(|edge| !edge.pressed).map(|edge| edge.to).collect()))
        .collect();
    // What leads out of every circle is taken away until only circles, and what leads into them, are left.
    loop {
        let done: Vec<&NodeId> = after
            .iter()
            .filter(|(_, next)| next.iter().all(|to| !after.contains_key(*to)))
            .map(|(id, _)| *id)
            .collect();
        if done.is_empty() {
            break;
        }
        for id in done {
            after.remove(id);
        }
    }
    for id in after.keys().filter(|id| on_circle(id, &after)) {
        report.error(
            Some(id),
            "loop_without_input",
            "何も押さなくても同じところを回り続けます",
            "the flow goes round here without the caller pressing anything",
        );
    }
}

fn on_circle(from: &NodeId, after: &BTreeMap<&NodeId, BTreeSet<&NodeId>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open: Vec<&NodeId> = after[from].iter().copied().collect();
    while let Some(id) = open.pop() {
        if id == from {
            return true;
        }
        if seen.insert(id) {
            open.extend(after.get(id).into_iter().flatten());
        }
    }
    false
}
