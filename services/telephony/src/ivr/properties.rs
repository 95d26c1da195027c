//! Any flow that the linter passes, with any inputs, and then a caller who lays the receiver aside.
//!
//! Broken by hand, and each seen to fail here: no deadline while a sound plays; a silent menu repeated for ever; the linter
//! blind to loops over `on_none`, over `leave_to`; the state without what was pressed early.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::{Value, json};

use super::flow::Flow;
use super::lint::{Known, lint, passes};
use super::run::{Act, Answer, Input, Phase, State, Why, step};

const NODES: usize = 9;
/// The longest call of a silent person: every node once, each of its prompts and retries.
const SILENT_STEPS: usize = NODES * 40;

/// A node, and where its ways out lead: mostly onwards, or few flows would pass.
fn node(at: usize) -> impl Strategy<Value = Value> {
    let target = prop_oneof![8 => Just(true), 1 => Just(false)];
    let ways = prop::collection::vec((target, any::<Index>()), 4);
    let flags = prop::collection::vec(any::<bool>(), 4);
    (0..15_u8, ways, flags, 0..3_u32).prop_map(move |(kind, ways, flags, few)| {
        let to = |way: usize| {
            let (onwards, index) = &ways[way];
            let target =
                if *onwards && at + 1 < NODES { at + 1 + index.index(NODES - at - 1) } else { index.index(NODES) };
            format!("n{target}")
        };
        build(kind, &to, &flags, few)
    })
}

fn build(kind: u8, to: &dyn Fn(usize) -> String, flags: &[bool], few: u32) -> Value {
    let prompt = json!({"ja": {"text": "どうぞ"}, "en": {"text": "please"}});
    let optional = |flag: usize, value: Value| if flags[flag] { value } else { Value::Null };
    match kind {
        0 => json!({"kind": "play", "sound": prompt, "interruptible": flags[0], "then": to(0)}),
        1 | 2 => {
            json!({"kind": "menu", "prompt": prompt, "choices": {"1": to(0), "#": to(1)}, "retries": few, "on_none": to(2), "on_wrong": to(3)})
        }
        3 | 4 => json!({
            "kind": "collect", "prompt": prompt, "min": 1 + few, "max": 3, "confirm": flags[0], "retries": few,
            "terminator": optional(1, json!("#")), "into": "v", "then": to(0), "on_fail": to(1),
        }),
        5 => json!({"kind": "say", "what": "digits", "from": {"fixed": "12"}, "then": to(0)}),
        6 => json!({"kind": "hours", "calendar": "office", "open": to(0), "closed": to(1)}),
        7 => {
            json!({"kind": "lookup", "what": "order", "by": "caller", "into": "order", "found": to(0), "missing": to(1)})
        }
        8 => json!({"kind": "ask", "service": "x", "into": "w", "then": to(0), "on_fail": to(1)}),
        9 => json!({"kind": "language", "language": "en", "then": to(0)}),
        10 => {
            let after = optional(2, json!(60_000));
            json!({
                "kind": "queue", "queue": "support", "comfort": [prompt], "say_place": flags[0],
                "offer_callback_after_ms": after, "callback": optional(2, json!(to(0))),
                "leave_after_ms": optional(1, json!(90_000)), "leave_to": optional(1, json!(to(1))),
            })
        }
        11 => json!({"kind": "callback", "queue": "support", "on_fail": optional(0, json!(to(0)))}),
        13 => json!({
            "kind": "branch", "on": "caller", "cases": [{"is": "+819012345678", "then": to(0)}, {"is": "*", "then": to(1)}], "else": to(2),
        }),
        12 => json!({"kind": "transfer", "number": "+81312345678", "on_fail": optional(0, json!(to(0)))}),
        _ if flags[0] => json!({"kind": "voicemail", "greeting": prompt, "max_s": 60, "mailbox": "m"}),
        _ => json!({"kind": "hangup", "sound": optional(1, prompt)}),
    }
}

fn any_flow() -> impl Strategy<Value = Flow> {
    let nodes: Vec<_> = (0..NODES).map(node).collect();
    nodes.prop_map(|nodes| {
        let nodes: BTreeMap<String, Value> =
            nodes.into_iter().enumerate().map(|(at, node)| (format!("n{at}"), node)).collect();
        serde_json::from_value(json!({"id": "any", "language": "ja", "start": "n0", "nodes": nodes})).expect("a flow")
    })
}

fn good_flow() -> impl Strategy<Value = Flow> {
    any_flow().prop_filter("the linter refuses it", |flow| passes(&lint(flow, &Known::default())))
}

#[derive(Debug, Clone)]
enum Happening {
    Digit(char),
    Played,
    Timeout,
    Answer(Answer),
    Place,
    Resume,
    Nonsense,
}

fn happening() -> impl Strategy<Value = Happening> {
    let answers = vec![Answer::Open, Answer::Closed, Answer::Found(BTreeMap::new()), Answer::Missing, Answer::Failed];
    prop_oneof![
        4 => select(vec!['1', '2', '#', '7', '1']).prop_map(Happening::Digit),
        4 => Just(Happening::Played),
        3 => Just(Happening::Timeout),
        3 => select(answers).prop_map(Happening::Answer),
        1 => Just(Happening::Place),
        1 => Just(Happening::Resume),
        1 => Just(Happening::Nonsense),
    ]
}

struct Call {
    flow: Flow,
    state: State,
    now: u64,
    ended: Option<Why>,
    queue: Option<String>,
}

impl Call {
    fn new(flow: Flow, caller: bool) -> Call {
        let mut call = Call { flow, state: State::new(), now: 0, ended: None, queue: None };
        let variables = caller.then(|| ("caller".to_owned(), "+819012345678".to_owned())).into_iter().collect();
        call.put(&Input::Start { variables });
        call
    }

    fn take(&mut self, happening: Happening) {
        match happening {
            Happening::Digit(digit) => self.put(&Input::Digit(digit)),
            Happening::Played => {
                let play = self.state.playing().unwrap_or_default();
                self.put(&Input::Played { play });
            }
            Happening::Timeout => {
                self.now = self.state.deadline().unwrap_or(self.now + 1_000);
                self.put(&Input::Timeout);
            }
            Happening::Answer(answer) => {
                let ask = self.state.asked().unwrap_or(1);
                self.put(&Input::Answered { ask, answer });
            }
            Happening::Place => self.put(&Input::Place { place: 2, wait_ms: None }),
            Happening::Resume => self.put(&Input::Resume),
            Happening::Nonsense => self.put(&Input::Played { play: u32::MAX }),
        }
    }

    fn put(&mut self, input: &Input) {
        let text = serde_json::to_string(&self.state).expect("json");
        let mut stored: State = serde_json::from_str(&text).expect("a state");
        assert!(text.len() < 2_000, "the state is to be small");
        let acts = step(&self.flow, &mut self.state, input, self.now);
        assert_eq!(step(&self.flow, &mut stored, input, self.now), acts, "what the journal holds decides alike");
        assert!(self.ended.is_none() || acts.is_empty(), "after the end: {acts:?}");
        for act in acts {
            self.done(act);
        }
        let waits = matches!(self.state.phase(), Phase::Waiting | Phase::Ended);
        assert!(
            waits || self.state.deadline().is_some(),
            "it may hang at {} ({:?})",
            self.state.node(),
            self.state.phase()
        );
        assert_eq!(self.queue.as_deref(), self.state.queue(), "whoever waits is known to wait");
    }

    fn done(&mut self, act: Act) {
        assert!(self.ended.is_none(), "after the end: {act:?}");
        match act {
            Act::Queue { queue, .. } => self.queue = Some(queue),
            Act::LeaveQueue => assert!(self.queue.take().is_some(), "nobody waits"),
            Act::Callback { keeps_place, .. } => {
                assert_eq!(keeps_place, self.queue.is_some());
                self.queue = None;
            }
            Act::End { why } => {
                assert_eq!(self.queue, None, "a call that is over does not wait");
                self.ended = Some(why);
            }
            Act::Play { pieces, .. } => assert!(!pieces.is_empty()),
            Act::Hush
            | Act::Music
            | Act::Ask { .. }
            | Act::Set { .. }
            | Act::Voicemail { .. }
            | Act::StopVoicemail
            | Act::Transfer { .. } => {}
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { max_global_rejects: 200_000, ..ProptestConfig::with_cases(400) })]

    #[test]
    fn what_the_linter_passes_comes_to_an_end(
        flow in good_flow(),
        caller in any::<bool>(),
        happenings in prop::collection::vec(happening(), 0..40),
    ) {
        let mut call = Call::new(flow, caller);
        for happening in happenings {
            call.take(happening);
        }
        let mut steps = 0;
        while call.ended.is_none() && call.state.phase() != Phase::Waiting {
            call.take(Happening::Timeout);
            steps += 1;
            prop_assert!(steps < SILENT_STEPS, "a silent caller is kept at {}", call.state.node());
        }
        prop_assert!(matches!(call.ended, None | Some(Why::Flow | Why::Transferred)), "{:?}", call.ended);
    }

    #[test]
    fn a_silent_caller_never_comes_by_a_node_twice(flow in good_flow()) {
        let mut call = Call::new(flow, true);
        let mut seen = BTreeSet::new();
        let mut last = String::new();
        for _ in 0..SILENT_STEPS {
            if call.state.node() != last {
                last = call.state.node().to_owned();
                prop_assert!(seen.insert(last.clone()), "{last} again");
            }
            if call.state.deadline().is_none() || call.ended.is_some() {
                break;
            }
            call.take(Happening::Timeout);
        }
    }

    #[test]
    fn any_flow_can_be_run_and_linted(flow in any_flow(), happenings in prop::collection::vec(happening(), 0..60)) {
        let findings = lint(&flow, &Known::default());
        prop_assert!(findings.is_sorted());
        let mut call = Call::new(flow, true);
        for happening in happenings {
            call.take(happening);
        }
    }
}
