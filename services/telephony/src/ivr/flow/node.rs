//! The nodes of a flow, one struct each.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{CALLER, Language, NodeId, Prompt, Variable};

/// One step of a flow. In JSON its `kind` says which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Node {
    /// Plays something and goes on.
    Play(Play),
    /// Offers choices by digit.
    Menu(Menu),
    /// Takes a row of digits.
    Collect(Collect),
    /// Says a value.
    Say(Say),
    /// Open or closed?
    Hours(Hours),
    /// Looks a customer or an order up.
    Lookup(Lookup),
    /// Asks an external service.
    Ask(Ask),
    /// Goes on by what is known.
    Branch(Branch),
    /// Sets a variable to a fixed value.
    Set(Set),
    /// Changes what is spoken from here on.
    Language(Switch),
    /// Waits for an agent.
    Queue(Queue),
    /// Promises to call back; the call ends.
    Callback(Callback),
    /// Takes a message; the call ends.
    Voicemail(Voicemail),
    /// Passes the call to a number outside.
    Transfer(Transfer),
    /// Hands the call to a bot.
    Bot(Bot),
    /// Ends the call.
    Hangup(Hangup),
}

/// See [`Node::Play`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Play {
    /// What is played.
    pub sound: Prompt,
    /// Whether a digit cuts it short; the digit then counts for the next menu or collection.
    #[serde(default = "yes")]
    pub interruptible: bool,
    /// What follows.
    pub then: NodeId,
}

/// See [`Node::Menu`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Menu {
    /// What the choices are.
    pub prompt: Prompt,
    /// By digit: `0` to `9`, `*`, `#`.
    pub choices: BTreeMap<char, NodeId>,
    /// So many times the prompt is repeated after silence or a digit that is no choice; 0 to 9.
    #[serde(default = "two")]
    pub retries: u32,
    /// How long after the prompt a digit is waited for, 1,000 to 60,000 ms.
    #[serde(default = "five_seconds")]
    pub wait_ms: u64,
    /// Keeps the digit that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<Variable>,
    /// Where silence leads after the retries.
    pub on_none: NodeId,
    /// Where wrong digits lead after the retries.
    pub on_wrong: NodeId,
}

/// See [`Node::Collect`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Collect {
    /// What is asked for.
    pub prompt: Prompt,
    /// The fewest digits, at least 1.
    pub min: u32,
    /// The most digits, `min` to 32; the collection is complete with them.
    pub max: u32,
    /// Completes the collection earlier, `#` if nothing is said; null: only a pause does.
    #[serde(default = "hash")]
    pub terminator: Option<char>,
    /// Whether the digits are read back: 1 is right, 2 is again.
    #[serde(default)]
    pub confirm: bool,
    /// So many times the question is repeated; 0 to 9.
    #[serde(default = "two")]
    pub retries: u32,
    /// The longest pause after the prompt and between digits, 1,000 to 60,000 ms.
    #[serde(default = "five_seconds")]
    pub wait_ms: u64,
    /// Keeps the digits.
    pub into: Variable,
    /// What follows.
    pub then: NodeId,
    /// Where it leads when there are no digits, too few, or none that were confirmed.
    pub on_fail: NodeId,
}

/// See [`Node::Say`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Say {
    /// How the value is read.
    pub what: SayWhat,
    /// The value. A variable that is not set is passed over in silence.
    pub from: Source,
    /// What follows.
    pub then: NodeId,
}

/// How a value is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SayWhat {
    /// As it stands.
    Text,
    /// `1300`, `-4`, `3.5`.
    Number,
    /// One by one, in groups: a telephone number, an order's number.
    Digits,
    /// `2026-12-08` (with the weekday) or `12-08`.
    Date,
    /// `09:30`, on a clock of 24 hours.
    Time,
    /// Yen.
    Money,
    /// A person's name; Japanese adds さま.
    Name,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A variable.
    Variable(Variable),
    /// As it stands here.
    Fixed(String),
}

/// See [`Node::Hours`]. When nobody can tell, it counts as open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// A calendar of routing.
    pub calendar: String,
    /// Where it leads while the calendar is open.
    pub open: NodeId,
    /// Where it leads otherwise.
    pub closed: NodeId,
}

/// See [`Node::Lookup`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lookup {
    /// What is looked for.
    pub what: LookupWhat,
    /// By this variable's value: a telephone number, an order's number.
    pub by: Variable,
    /// The fields that were found become `<into>.<field>`.
    pub into: Variable,
    /// Where it leads when there is one.
    pub found: NodeId,
    /// Where it leads when there is none, or the look-up failed.
    pub missing: NodeId,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookupWhat {
    /// A customer, by telephone number or customer number.
    Customer,
    /// An order, by its number.
    Order,
}

/// See [`Node::Ask`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// A service that the site's configuration names.
    pub service: String,
    /// The variables that it is given; none named: everything that was answered so far. The call's id, the dialled number and the
    /// caller's are always told.
    #[serde(default)]
    pub input: Vec<Variable>,
    /// The fields of its answer become `<into>.<field>`.
    pub into: Variable,
    /// How long it has, 500 to 15,000 ms: the caller hears silence meanwhile.
    #[serde(default = "five_seconds")]
    pub timeout_ms: u64,
    /// What follows.
    pub then: NodeId,
    /// Where it leads when it has no answer, or none in time.
    pub on_fail: NodeId,
}

/// See [`Node::Branch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Branch {
    /// The variable that decides.
    pub on: Variable,
    /// The first one that fits is taken; 1 to 30.
    pub cases: Vec<Case>,
    /// Where it leads when none fits, also when the variable is not set.
    #[serde(rename = "else")]
    pub otherwise: NodeId,
}

/// A way out of a [`Branch`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The value, or one of those that the variable has (`vip,repeat`), letter by letter, at most 200 characters; `*`: any.
    pub is: String,
    /// Where it leads.
    pub then: NodeId,
}

impl Branch {
    /// Where a value leads; `None`: there is none.
    pub fn way(&self, value: Option<&str>) -> &NodeId {
        let value = value.map(str::trim).filter(|value| !value.is_empty());
        let fits = |case: &&Case| {
            value.is_some_and(|value| {
                case.is == "*" || case.is == value || value.split(',').any(|word| word.trim() == case.is)
            })
        };
        self.cases.iter().find(fits).map_or(&self.otherwise, |case| &case.then)
    }
}

/// See [`Node::Set`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Set {
    /// The variable.
    pub into: Variable,
    /// Its value from here on, at most 200 characters.
    pub value: String,
    /// What follows.
    pub then: NodeId,
}

/// See [`Node::Language`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// Spoken from here on.
    pub language: Language,
    /// What follows.
    pub then: NodeId,
}

/// See [`Node::Queue`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// A queue of routing.
    pub queue: String,
    /// Why they call, for routing's priorities and the agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Steps above the queue's own priority, 0 to 9.
    #[serde(default)]
    pub priority: u32,
    /// Said in turn while the caller waits, between hold music.
    #[serde(default)]
    pub comfort: Vec<Prompt>,
    /// How long the music plays between two announcements, 10,000 to 600,000 ms.
    #[serde(default = "half_a_minute")]
    pub every_ms: u64,
    /// Whether the place in the queue and the expected wait are said.
    #[serde(default)]
    pub say_place: bool,
    /// From so long a wait on, a callback is offered (press 1) to callers whose number is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_callback_after_ms: Option<u64>,
    /// Where the offer leads; none: the number they call from is called back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<NodeId>,
    /// The longest wait; none: no limit here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave_after_ms: Option<u64>,
    /// Where the longest wait leads. With `leave_after_ms`, or neither.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leave_to: Option<NodeId>,
}

/// See [`Node::Callback`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Callback {
    /// A queue of routing. A caller who waits in it already keeps the place.
    pub queue: String,
    /// The variable with the number to call: the caller's own, if nothing is said.
    #[serde(default = "caller")]
    pub number: Variable,
    /// Why they call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Said when it is promised, before the call ends; none: a sentence that comes with the product.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thanks: Option<Prompt>,
    /// Where it leads when no number is known; none: the caller waits in the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_fail: Option<NodeId>,
}

/// See [`Node::Voicemail`]. `#` or silence at the end of the time completes the message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Voicemail {
    /// Said before the tone.
    pub greeting: Prompt,
    /// The longest message in seconds, 5 to 600.
    pub max_s: u32,
    /// Where messages are kept: 1 to 40 characters of `[a-z0-9_-]`.
    pub mailbox: String,
    /// Said after the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thanks: Option<Prompt>,
}

/// See [`Node::Transfer`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transfer {
    /// In E.164: `+81312345678`.
    pub number: String,
    /// How long it may ring, 5,000 to 120,000 ms.
    #[serde(default = "three_quarters")]
    pub ring_ms: u64,
    /// Where it leads when nobody answers; none: an apology, and the call ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_fail: Option<NodeId>,
}

/// See [`Node::Bot`]. The linter refuses it until bots speak on the telephone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bot {
    /// Which bot.
    pub name: String,
    /// What follows.
    pub then: NodeId,
    /// Where it leads when there is no such bot.
    pub on_fail: NodeId,
}

/// See [`Node::Hangup`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hangup {
    /// Said before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sound: Option<Prompt>,
}

fn yes() -> bool {
    true
}

fn two() -> u32 {
    2
}

fn five_seconds() -> u64 {
    5_000
}

fn half_a_minute() -> u64 {
    30_000
}

fn three_quarters() -> u64 {
    45_000
}

#[allow(clippy::unnecessary_wraps, reason = "serde's default has the field's type")]
fn hash() -> Option<char> {
    Some('#')
}

fn caller() -> Variable {
    CALLER.to_owned()
}
