//! What the interpreter asks its surroundings to do.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ivr::flow::{Language, Line, LookupWhat, Variable};

/// One thing to do. In JSON its `do` says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Act {
    /// Play these one after the other instead of what plays now, and report [`Input::Played`](super::Input::Played).
    Play {
        /// Counts up within the call.
        play: u32,
        /// At least one.
        pieces: Vec<Piece>,
    },
    /// Stop what is playing; it is not reported.
    Hush,
    /// Play hold music until the next `Play`, `Hush` or the end.
    Music,
    /// Answer a question with [`Input::Answered`](super::Input::Answered).
    Ask {
        /// Counts up within the call, together with `Transfer`.
        ask: u32,
        /// What is asked.
        question: Question,
    },
    /// A variable has a value, for the agent's screen.
    Set {
        /// Which.
        variable: Variable,
        /// At most 500 characters.
        value: String,
    },
    /// Enqueue the call, or move it if it waits elsewhere; then report [`Input::Place`](super::Input::Place) now and then.
    Queue {
        /// A queue of routing.
        queue: String,
        /// Why they call.
        reason: Option<String>,
        /// Steps above the queue's own priority, 0 to 9.
        priority: u32,
    },
    /// The caller does not wait any more.
    LeaveQueue,
    /// Promise a callback. It must be stored before anything is played.
    Callback {
        /// A queue of routing.
        queue: String,
        /// The number to call, as the caller gave it.
        number: String,
        /// Why they call.
        reason: Option<String>,
        /// Whether the call waits in this queue now: its place is kept.
        keeps_place: bool,
    },
    /// Play the tone and record the caller until `StopVoicemail`.
    Voicemail {
        /// Where it is kept.
        mailbox: String,
        /// The longest message.
        max_ms: u64,
    },
    /// The message is complete.
    StopVoicemail,
    /// Dial and connect; answer with `Connected` or `Failed`.
    Transfer {
        /// As in `Ask`.
        ask: u32,
        /// In E.164.
        number: String,
    },
    /// The flow is over. Hang up, unless the call was passed on.
    End {
        /// How it came to that.
        why: Why,
    },
}

/// How a flow came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The flow says so: hang up.
    Flow,
    /// The call is connected to the number it was transferred to: do not hang up.
    Transferred,
    /// Too many nodes were entered: hang up.
    TooLong,
    /// The flow leads to a node that does not exist: hang up.
    NoSuchNode,
}

/// Something to hear: the file, or the text if there is none or it cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Piece {
    /// A recorded sound's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// To be spoken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Of the text.
    pub language: Language,
    /// Whether it says something of this caller: it is not kept on disk.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub personal: bool,
}

impl Piece {
    pub(crate) fn of(line: &Line, language: Language) -> Piece {
        Piece { file: line.file.clone(), text: line.text.clone(), language, personal: false }
    }
}

/// What the interpreter wants to know. In JSON its `about` says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "about", rename_all = "snake_case")]
pub enum Question {
    /// Is this calendar open now? `Open` or `Closed`.
    Hours {
        /// A calendar of routing.
        calendar: String,
    },
    /// Is there such a customer or order? `Found` or `Missing`.
    Lookup {
        /// What is looked for.
        what: LookupWhat,
        /// By this.
        by: String,
    },
    /// An external service. `Found` with its answer, or `Failed`.
    Service {
        /// As the site's configuration names it.
        service: String,
        /// What it is given; variables that are not set are left out.
        input: BTreeMap<Variable, String>,
        /// How long it has.
        timeout_ms: u64,
    },
}
