//! Where nodes lead, and whether the caller has to do something for it.

use super::flow::{Node, NodeId, Prompt};

/// A way out of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Edge<'a> {
    /// The node's field, as in JSON.
    pub field: &'static str,
    /// Where it leads.
    pub to: &'a NodeId,
    /// Whether it is only taken after the caller pressed something.
    pub pressed: bool,
}

fn on_its_own<'a>(field: &'static str, to: &'a NodeId) -> Edge<'a> {
    Edge { field, to, pressed: false }
}

fn when_pressed<'a>(field: &'static str, to: &'a NodeId) -> Edge<'a> {
    Edge { field, to, pressed: true }
}

/// All ways out of a node.
pub(super) fn edges(node: &Node) -> Vec<Edge<'_>> {
    match node {
        Node::Play(it) => vec![on_its_own("then", &it.then)],
        Node::Menu(it) => {
            let choices = it.choices.values().map(|to| when_pressed("choices", to));
            choices.chain([on_its_own("on_none", &it.on_none), when_pressed("on_wrong", &it.on_wrong)]).collect()
        }
        Node::Collect(it) => vec![when_pressed("then", &it.then), on_its_own("on_fail", &it.on_fail)],
        Node::Say(it) => vec![on_its_own("then", &it.then)],
        Node::Hours(it) => vec![on_its_own("open", &it.open), on_its_own("closed", &it.closed)],
        Node::Lookup(it) => vec![on_its_own("found", &it.found), on_its_own("missing", &it.missing)],
        Node::Ask(it) => vec![on_its_own("then", &it.then), on_its_own("on_fail", &it.on_fail)],
        Node::Branch(it) => {
            let cases = it.cases.iter().map(|case| on_its_own("cases", &case.then));
            cases.chain([on_its_own("else", &it.otherwise)]).collect()
        }
        Node::Set(it) => vec![on_its_own("then", &it.then)],
        Node::Language(it) => vec![on_its_own("then", &it.then)],
        Node::Queue(it) => {
            let callback = it.callback.iter().map(|to| when_pressed("callback", to));
            callback.chain(it.leave_to.iter().map(|to| on_its_own("leave_to", to))).collect()
        }
        Node::Callback(it) => it.on_fail.iter().map(|to| on_its_own("on_fail", to)).collect(),
        Node::Transfer(it) => it.on_fail.iter().map(|to| on_its_own("on_fail", to)).collect(),
        Node::Bot(it) => vec![on_its_own("then", &it.then), on_its_own("on_fail", &it.on_fail)],
        Node::Voicemail(_) | Node::Hangup(_) => Vec::new(),
    }
}

/// Whether a call may stay or end here: an agent, a promise, a message, somebody outside, or the end.
pub(super) fn is_end(node: &Node) -> bool {
    match node {
        Node::Queue(_) | Node::Callback(_) | Node::Voicemail(_) | Node::Transfer(_) | Node::Hangup(_) => true,
        Node::Play(_)
        | Node::Menu(_)
        | Node::Collect(_)
        | Node::Say(_)
        | Node::Hours(_)
        | Node::Lookup(_)
        | Node::Ask(_)
        | Node::Branch(_)
        | Node::Set(_)
        | Node::Language(_)
        | Node::Bot(_) => false,
    }
}

/// The prompts of a node.
pub(super) fn prompts(node: &Node) -> Vec<(&'static str, &Prompt)> {
    match node {
        Node::Play(it) => vec![("sound", &it.sound)],
        Node::Menu(it) => vec![("prompt", &it.prompt)],
        Node::Collect(it) => vec![("prompt", &it.prompt)],
        Node::Queue(it) => it.comfort.iter().map(|prompt| ("comfort", prompt)).collect(),
        Node::Callback(it) => it.thanks.iter().map(|prompt| ("thanks", prompt)).collect(),
        Node::Voicemail(it) => {
            let thanks = it.thanks.iter().map(|prompt| ("thanks", prompt));
            std::iter::once(("greeting", &it.greeting)).chain(thanks).collect()
        }
        Node::Hangup(it) => it.sound.iter().map(|prompt| ("sound", prompt)).collect(),
        Node::Say(_)
        | Node::Hours(_)
        | Node::Lookup(_)
        | Node::Ask(_)
        | Node::Branch(_)
        | Node::Set(_)
        | Node::Language(_)
        | Node::Transfer(_)
        | Node::Bot(_) => Vec::new(),
    }
}
