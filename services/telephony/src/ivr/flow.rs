//! A flow as data: what a caller hears, what they may press, and where it leads. JSON by serde; docs/telephony-ivr.md has
//! every node with an example.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

mod node;

pub use node::{
    Ask, Bot, Branch, Callback, Case, Collect, Hangup, Hours, Lookup, LookupWhat, Menu, Node, Play, Queue, Say,
    SayWhat, Set, Source, Switch, Transfer, Voicemail,
};

/// What a node is called within its flow: 1 to 40 characters of `[a-z0-9_-]`.
pub type NodeId = String;
/// What a variable is called: 1 to 40 characters of `[a-z0-9_]`; a part of what was looked up after a dot (`customer.name`).
pub type Variable = String;

/// The variable that holds the caller's number in E.164; not set when the caller hides it.
pub const CALLER: &str = "caller";
/// The variable that holds the number that was dialled, in E.164.
pub const DIALLED: &str = "dialled";

/// What callers hear first, and everything that follows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// 1 to 40 characters of `[a-z0-9_-]`.
    pub id: String,
    /// Grows by one with each change; 0 is a draft that was never stored.
    #[serde(default)]
    pub version: u32,
    /// For people; at most 80 characters.
    #[serde(default)]
    pub name: String,
    /// What the flow speaks until a `language` node changes it. Every prompt must exist in it.
    pub language: Language,
    /// The first node.
    pub start: NodeId,
    /// All nodes, at most [`MAX_NODES`](super::lint::MAX_NODES).
    pub nodes: BTreeMap<NodeId, Node>,
}

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// Japanese.
    Ja,
    /// English.
    En,
}

impl Language {
    /// All of them.
    pub const ALL: [Language; 2] = [Language::Ja, Language::En];
}

/// What is said, by language. The flow's own language stands in for one that is missing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prompt {
    /// In Japanese.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ja: Option<Line>,
    /// In English.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub en: Option<Line>,
}

/// One language's form of a prompt. A recorded file always wins; the text is spoken when there is none, or it cannot be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line {
    /// To be spoken by text to speech; at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// A recorded sound, by its name in the sounds folder without `.wav`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
}

impl Prompt {
    /// The line of a language, none when it is missing or empty.
    #[must_use]
    pub fn line(&self, language: Language) -> Option<&Line> {
        let line = match language {
            Language::Ja => self.ja.as_ref(),
            Language::En => self.en.as_ref(),
        };
        line.filter(|line| !line.is_empty())
    }
}

impl Line {
    /// Whether there is neither a file nor a text.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.file.is_none() && self.text.as_ref().is_none_or(|text| text.trim().is_empty())
    }
}
