//! Is a variable set before it is used? What is surely set on arrival at a node is what all ways to it have set.

use std::collections::{BTreeMap, BTreeSet};

use super::{Flow, Report, is_variable};
use crate::ivr::edges::edges;
use crate::ivr::flow::{CALLER, DIALLED, Node, NodeId, Source, Variable};

pub(super) fn check(flow: &Flow, report: &mut Report) {
    let ever: BTreeSet<&str> = flow.nodes.values().flat_map(|node| set_by(node)).map(|(_, name)| name).collect();
    let sure = surely_set(flow);
    for (id, node) in &flow.nodes {
        for (_, name) in set_by(node) {
            written(id, name, report);
        }
        // A branch knows what to do with a variable that is not set.
        let sure = if matches!(node, Node::Branch(_)) { None } else { sure.get(id) };
        for name in used_by(node) {
            read(id, name, &ever, sure, report);
        }
    }
}

fn written(id: &NodeId, name: &str, report: &mut Report) {
    if !is_variable(name) {
        let en = "a variable's name is 1 to 40 characters of a-z, 0-9 and _";
        report.error(Some(id), "bad_variable", "変数名は英小文字・数字・_の1〜40文字です", en);
    } else if name == CALLER || name == DIALLED {
        let (ja, en) = (format!("「{name}」は書き換えられません"), format!("{name} cannot be changed"));
        report.error(Some(id), "bad_variable", ja, en);
    }
}

fn read(id: &NodeId, name: &str, ever: &BTreeSet<&str>, sure: Option<&BTreeSet<&str>>, report: &mut Report) {
    let root = name.split('.').next().unwrap_or_default();
    if root == CALLER || root == DIALLED {
        return;
    }
    if !ever.contains(root) {
        let (ja, en) =
            (format!("変数「{name}」はどこでも設定されません"), format!("the variable {name} is set nowhere"));
        report.error(Some(id), "variable_never_set", ja, en);
    } else if sure.is_some_and(|sure| !sure.contains(root)) {
        let (ja, en) = (
            format!("変数「{name}」が空のことがあります"),
            format!("the variable {name} is not set on every way here"),
        );
        report.warn(Some(id), "variable_maybe_unset", ja, en);
    }
}

/// What a node sets, and the way out on which it is set; none: on all.
fn set_by(node: &Node) -> Vec<(Option<&'static str>, &str)> {
    match node {
        Node::Menu(it) => it.into.iter().map(|into| (Some("choices"), into.as_str())).collect(),
        Node::Collect(it) => vec![(Some("then"), &it.into)],
        Node::Lookup(it) => vec![(Some("found"), &it.into)],
        Node::Ask(it) => vec![(Some("then"), &it.into)],
        Node::Set(it) => vec![(None, &it.into)],
        Node::Play(_)
        | Node::Say(_)
        | Node::Hours(_)
        | Node::Branch(_)
        | Node::Language(_)
        | Node::Queue(_)
        | Node::Callback(_)
        | Node::Voicemail(_)
        | Node::Transfer(_)
        | Node::Bot(_)
        | Node::Hangup(_) => Vec::new(),
    }
}

fn used_by(node: &Node) -> Vec<&Variable> {
    match node {
        Node::Say(say) => match &say.from {
            Source::Variable(name) => vec![name],
            Source::Fixed(_) => Vec::new(),
        },
        Node::Lookup(it) => vec![&it.by],
        Node::Ask(it) => it.input.iter().collect(),
        Node::Callback(it) => vec![&it.number],
        Node::Branch(it) => vec![&it.on],
        Node::Play(_)
        | Node::Menu(_)
        | Node::Collect(_)
        | Node::Hours(_)
        | Node::Set(_)
        | Node::Language(_)
        | Node::Queue(_)
        | Node::Voicemail(_)
        | Node::Transfer(_)
        | Node::Bot(_)
        | Node::Hangup(_) => Vec::new(),
    }
}

/// For every node that is reached.
fn surely_set(flow: &Flow) -> BTreeMap<&NodeId, BTreeSet<&str>> {
    let mut sure: BTreeMap<&NodeId, BTreeSet<&str>> = BTreeMap::from([(&flow.start, BTreeSet::new())]);
    let mut open = vec![&flow.start];
    while let Some(id) = open.pop() {
        let (Some(node), Some(before)) = (flow.nodes.get(id), sure.get(id).cloned()) else { continue };
        for edge in edges(node) {
            let mut after = before.clone();
            after.extend(
                set_by(node).into_iter().filter(|(on, _)| on.is_none_or(|on| on == edge.field)).map(|(_, name)| name),
            );
            let now = sure.get(edge.to).map_or_else(|| after.clone(), |known| known & &after);
            if sure.get(edge.to) != Some(&now) {
                sure.insert(edge.to, now);
                open.push(edge.to);
            }
        }
    }
    sure
}
