//! Calls through flows, as the callers hear them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::flow::{Flow, Language};
use super::run::{Act, Answer, Input, Phase, Piece, Question, State, Why, step};
use super::try_out::{TryCaller, TryInput, WaitsFor, try_out};

fn flow(nodes: Value) -> Flow {
    serde_json::from_value(json!({"id": "test", "language": "ja", "start": "a", "nodes": nodes})).expect("a flow")
}

fn practice() -> Flow {
    serde_json::from_str(include_str!("../../flows/practice.json")).expect("a flow")
}

/// A call under way.
struct Call {
    flow: Flow,
    state: State,
    now: u64,
}

impl Call {
    fn new(nodes: Value) -> (Call, Vec<Act>) {
        Call::of(flow(nodes), &[("caller", "+819012345678")])
    }

    fn of(flow: Flow, variables: &[(&str, &str)]) -> (Call, Vec<Act>) {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let mut call = Call { flow, state: State::new(), now: 1_000 };
        let acts = call.put(&Input::Start { variables });
        (call, acts)
    }

    fn put(&mut self, input: &Input) -> Vec<Act> {
        step(&self.flow, &mut self.state, input, self.now)
    }

    fn press(&mut self, digits: &str) -> Vec<Act> {
        digits.chars().flat_map(|digit| self.put(&Input::Digit(digit))).collect()
    }

    fn played(&mut self) -> Vec<Act> {
        let play = self.state.playing().expect("something plays");
        self.put(&Input::Played { play })
    }

    fn silence(&mut self) -> Vec<Act> {
        self.now = self.state.deadline().expect("something is due");
        self.put(&Input::Timeout)
    }

    fn answer(&mut self, answer: Answer) -> Vec<Act> {
        let ask = self.state.asked().expect("something is asked");
        self.put(&Input::Answered { ask, answer })
    }
}

fn said(acts: &[Act]) -> String {
    let pieces =
        acts.iter().flat_map(|act| if let Act::Play { pieces, .. } = act { pieces.clone() } else { Vec::new() });
    pieces.map(|piece| piece.file.or(piece.text).unwrap_or_default()).collect::<Vec<_>>().join("|")
}

fn prompt(text: &str) -> Value {
    json!({"ja": {"text": text}})
}

fn menu() -> Value {
    json!({
        "a": {"kind": "play", "sound": prompt("welcome"), "then": "b"},
        "b": {"kind": "menu", "prompt": prompt("menu"), "choices": {"1": "one", "2": "two"}, "retries": 1, "on_none": "none", "on_wrong": "wrong", "into": "chosen"},
        "one": {"kind": "hangup", "sound": prompt("one")},
        "two": {"kind": "queue", "queue": "support"},
        "none": {"kind": "hangup", "sound": prompt("none")},
        "wrong": {"kind": "hangup", "sound": prompt("wrong")},
    })
}

#[test]
fn a_menu_leads_where_the_digit_says() {
    let (mut call, acts) = Call::new(menu());
    assert_eq!(said(&acts), "welcome");
    assert_eq!(said(&call.played()), "menu");
    call.played();
    let acts = call.press("1");
    assert_eq!(acts[0], Act::Set { variable: "chosen".into(), value: "1".into() });
    assert_eq!(said(&acts), "one");
    assert_eq!(call.played(), [Act::End { why: Why::Flow }]);
    assert_eq!((call.state.phase(), call.state.deadline()), (Phase::Ended, None));
    assert_eq!(call.press("1"), [], "after the end nothing happens");
}

#[test]
fn an_announcement_is_played_to_its_end_and_the_call_is_over_without_an_agent() {
    let (mut call, acts) = Call::new(json!({"a": {"kind": "hangup", "sound": prompt("closed today")}}));
    assert_eq!(said(&acts), "closed today");
    assert_eq!(call.press("1"), [], "there is nothing to choose");
    assert_eq!(call.played(), [Act::End { why: Why::Flow }]);
    assert_eq!(call.state.phase(), Phase::Ended);
}

#[test]
fn a_digit_cuts_a_prompt_short_and_an_early_one_is_kept() {
    let (mut call, _) = Call::new(menu());
    assert_eq!(
        call.press("2"),
        [
            Act::Hush,
            Act::Set { variable: "chosen".into(), value: "2".into() },
            Act::Queue { queue: "support".into(), reason: None, priority: 0 },
            Act::Music,
        ]
    );
    let mut nodes = menu();
    nodes["a"]["interruptible"] = json!(false);
    let (mut call, _) = Call::new(nodes);
    assert_eq!(call.press("1"), [], "the notice is heard to its end");
    assert_eq!(said(&call.played()), "one", "and then the digit counts");
}

#[test]
fn silence_and_wrong_digits_are_asked_again_and_then_lead_on() {
    let (mut call, _) = Call::new(menu());
    call.played();
    call.played();
    assert_eq!(said(&call.silence()), "menu");
    call.played();
    assert_eq!(said(&call.silence()), "none");
    let (mut call, _) = Call::new(menu());
    call.played();
    assert_eq!(said(&call.press("7")), "menu");
    assert_eq!(said(&call.press("#")), "wrong");
}

#[test]
fn old_reports_change_nothing() {
    let (mut call, _) = Call::new(menu());
    let first = call.state.playing().expect("playing");
    call.played();
    let before = call.state.clone();
    assert_eq!(call.put(&Input::Played { play: first }), []);
    assert_eq!(call.put(&Input::Timeout), [], "before its time");
    assert_eq!(call.put(&Input::Answered { ask: 0, answer: Answer::Open }), []);
    assert_eq!(call.put(&Input::Start { variables: BTreeMap::new() }), []);
    assert_eq!(call.put(&Input::Digit('x')), []);
    assert_eq!(call.state, before);
}

#[test]
fn a_sound_that_never_ends_does_not_hold_the_call() {
    let (mut call, _) = Call::new(menu());
    assert_eq!(said(&call.silence()), "menu");
}

fn collection(more: Value) -> Value {
    let mut collect = json!({
        "kind": "collect", "prompt": prompt("number"), "min": 2, "max": 4, "retries": 1, "into": "number", "then": "done", "on_fail": "failed",
    });
    for (field, value) in more.as_object().expect("fields") {
        collect[field] = value.clone();
    }
    json!({
        "a": collect,
        "done": {"kind": "menu", "prompt": prompt("next"), "choices": {"#": "failed", "1": "failed"}, "on_none": "failed", "on_wrong": "failed"},
        "failed": {"kind": "hangup", "sound": prompt("failed")},
    })
}

#[test]
fn digits_are_collected_to_the_terminator_the_most_or_a_pause() {
    for (pressed, pause, number) in [("12#", false, "12"), ("1234", false, "1234"), ("123", true, "123")] {
        let (mut call, _) = Call::new(collection(json!({})));
        let mut acts = call.press(pressed);
        if pause {
            acts.extend(call.silence());
        }
        assert_eq!(call.state.variables().get("number").map(String::as_str), Some(number));
        assert_eq!(said(&acts), "next", "{pressed}");
    }
    let (mut call, _) = Call::new(collection(json!({})));
    assert_eq!(said(&call.press("1#")), "number", "too few");
    assert_eq!(said(&call.press("1#")), "failed");
    let (mut call, _) = Call::new(collection(json!({"terminator": null})));
    assert_eq!(said(&call.press("12#*34")), "next");
    assert_eq!(call.state.variables()["number"], "1234");
}

/// Most people press # although the last digit was enough.
#[test]
fn a_late_terminator_is_not_the_next_choice() {
    let (mut call, _) = Call::new(collection(json!({})));
    assert_eq!(said(&call.press("1234#")), "next");
    assert_eq!(call.state.node(), "done");
    call.now += 60_000;
    assert_eq!(said(&call.press("#")), "failed", "much later it is one");
}

#[test]
fn digits_are_read_back_and_confirmed() {
    let (mut call, _) = Call::new(collection(json!({"confirm": true})));
    assert!(said(&call.press("12#")).starts_with("いちにー、ですね。"));
    assert_eq!(said(&call.press("2")), "number", "once more");
    assert!(said(&call.press("34#")).starts_with("さんよん、ですね。"));
    assert_eq!(said(&call.press("1")), "next");
    assert_eq!(call.state.variables()["number"], "34");
    let (mut call, _) = Call::new(collection(json!({"confirm": true})));
    call.press("12#");
    call.played();
    assert!(said(&call.silence()).starts_with("いちにー"), "asked again");
    call.played();
    assert_eq!(said(&call.silence()), "failed");
    assert!(!call.state.variables().contains_key("number"), "what was not confirmed is not kept");
    let (mut call, _) = Call::new(collection(json!({"confirm": true})));
    assert_eq!(said(&call.press("12#1")), said_back("いちにー") + "|next");
}

fn said_back(digits: &str) -> String {
    format!("{digits}、ですね。よろしければ、いちを、入力しなおす場合は、にを、押してください。")
}

#[test]
fn the_center_is_asked_and_its_answers_are_kept() {
    let nodes = json!({
        "a": {"kind": "hours", "calendar": "office", "open": "b", "closed": "closed"},
        "b": {"kind": "lookup", "what": "customer", "by": "caller", "into": "customer", "found": "c", "missing": "closed"},
        "c": {"kind": "ask", "service": "points", "input": ["customer.id", "unset"], "into": "points", "then": "d", "on_fail": "closed"},
        "d": {"kind": "say", "what": "number", "from": {"variable": "points.balance"}, "then": "closed"},
        "closed": {"kind": "hangup", "sound": prompt("closed")},
    });
    let (mut call, acts) = Call::new(nodes.clone());
    assert_eq!(acts, [Act::Ask { ask: 1, question: Question::Hours { calendar: "office".into() } }]);
    let acts = call.answer(Answer::Open);
    assert!(matches!(&acts[..], [Act::Ask { question: Question::Lookup { by, .. }, .. }] if by == "+819012345678"));
    let acts = call.answer(Answer::Found(BTreeMap::from([("id".into(), "c-1".into())])));
    let [Act::Set { .. }, Act::Ask { question: Question::Service { input, .. }, .. }] = &acts[..] else {
        panic!("{acts:?}")
    };
    assert_eq!(*input, BTreeMap::from([("customer.id".to_owned(), "c-1".to_owned())]));
    let acts = call.answer(Answer::Found(BTreeMap::from([("balance".into(), "1300".into())])));
    assert_eq!(said(&acts), "せんさんびゃく");
    let (mut call, _) = Call::new(nodes.clone());
    assert_eq!(said(&call.answer(Answer::Closed)), "closed");
    let (mut call, _) = Call::new(nodes.clone());
    let acts = call.silence();
    assert!(matches!(acts[..], [Act::Ask { ask: 2, .. }]), "nobody is turned away because a calendar cannot be read");
    assert_eq!(call.put(&Input::Answered { ask: 1, answer: Answer::Closed }), [], "too late");
    assert_eq!(said(&call.silence()), "closed", "no answer in time");
    let (mut call, _) = Call::of(flow(nodes), &[]);
    assert_eq!(said(&call.answer(Answer::Open)), "closed", "no number to look up");
}

fn queue(more: Value) -> Value {
    let mut queue = json!({"kind": "queue", "queue": "support", "reason": "other"});
    for (field, value) in more.as_object().expect("fields") {
        queue[field] = value.clone();
    }
    json!({
        "a": queue,
        "number": {"kind": "collect", "prompt": prompt("number"), "min": 4, "max": 4, "into": "to", "then": "callback", "on_fail": "a"},
        "callback": {"kind": "callback", "queue": "support", "number": "to", "thanks": prompt("thanks")},
        "message": {"kind": "voicemail", "greeting": prompt("greeting"), "max_s": 60, "mailbox": "support", "thanks": prompt("kept")},
    })
}

#[test]
fn who_waits_hears_music_comfort_and_the_place() {
    let (mut call, acts) =
        Call::new(queue(json!({"comfort": [prompt("one"), prompt("two")], "say_place": true, "every_ms": 20000})));
    assert_eq!(acts.len(), 2, "{acts:?}");
    assert_eq!(said(&call.put(&Input::Place { place: 3, wait_ms: None })), "お待ちの順番は、さんばんめです。");
    assert_eq!(call.played(), [Act::Music]);
    assert_eq!(call.put(&Input::Place { place: 2, wait_ms: None }), [], "not at every change");
    assert_eq!(said(&call.silence()), "お待ちの順番は、にばんめです。|one");
    call.now += 5_000;
    assert_eq!(call.played(), [Act::Music]);
    assert_eq!(said(&call.silence()), "お待ちの順番は、にばんめです。|two");
    assert_eq!(call.press("1"), [], "no callback was offered");
}

#[test]
fn a_callback_is_offered_and_keeps_the_place() {
    let (mut call, _) = Call::new(queue(json!({"offer_callback_after_ms": 60000, "callback": "number"})));
    assert_eq!(call.press("1"), [], "not yet offered");
    assert!(said(&call.silence()).contains("順番になりましたら"));
    assert_eq!(call.now, 61_000);
    assert_eq!(said(&call.press("1")), "number");
    assert_eq!(call.state.queue(), Some("support"), "the wait goes on meanwhile");
    let acts = call.press("0312");
    assert_eq!(
        acts[2],
        Act::Callback { queue: "support".into(), number: "0312".into(), reason: None, keeps_place: true }
    );
    assert_eq!(said(&acts), "thanks");
    assert_eq!(call.played(), [Act::End { why: Why::Flow }], "no leaving of the queue: the callback has the place");
}

#[test]
fn a_callback_needs_a_number() {
    let own = queue(json!({"offer_callback_after_ms": 60000}));
    let (mut call, _) = Call::new(own.clone());
    call.silence();
    let acts = call.press("1");
    assert!(acts.contains(&Act::Callback {
        queue: "support".into(),
        number: "+819012345678".into(),
        reason: Some("other".into()),
        keeps_place: true
    }));
    let (call, _) = Call::of(flow(own), &[]);
    assert_eq!(call.state.deadline(), None, "it is not offered to a hidden number");
    let nodes = json!({"a": {"kind": "callback", "queue": "support"}});
    let (call, acts) = Call::of(flow(nodes), &[]);
    assert_eq!(acts[0], Act::Queue { queue: "support".into(), reason: None, priority: 0 });
    assert_eq!(call.state.phase(), Phase::Waiting, "so they wait");
}

#[test]
fn the_longest_wait_leads_on() {
    let (mut call, _) = Call::new(queue(json!({"leave_after_ms": 90000, "leave_to": "message"})));
    let acts = call.silence();
    assert_eq!(acts[0], Act::LeaveQueue);
    assert_eq!((said(&acts).as_str(), call.now), ("greeting", 91_000));
}

#[test]
fn a_message_is_recorded_to_the_key_or_the_time() {
    for key in [true, false] {
        let (mut call, _) = Call::new(json!({"a": queue(json!({}))["message"]}));
        assert_eq!(call.played(), [Act::Voicemail { mailbox: "support".into(), max_ms: 60_000 }]);
        assert_eq!(call.press("5"), []);
        let acts = if key { call.press("#") } else { call.silence() };
        assert_eq!(acts[0], Act::StopVoicemail);
        assert_eq!(said(&acts), "kept");
        assert_eq!(call.played(), [Act::End { why: Why::Flow }]);
    }
    let (mut call, _) = Call::new(json!({"a": queue(json!({}))["message"]}));
    let acts = call.press("1");
    assert_eq!(acts[0], Act::Hush, "the greeting does not run into the message");
    assert!(matches!(acts[1], Act::Voicemail { .. }));
}

#[test]
fn a_transfer_ends_the_flow_when_somebody_answers() {
    let nodes = json!({
        "a": {"kind": "transfer", "number": "+81312345678", "on_fail": "b"},
        "b": {"kind": "transfer", "number": "+81312345679"},
    });
    let (mut call, acts) = Call::new(nodes.clone());
    assert_eq!(acts, [Act::Transfer { ask: 1, number: "+81312345678".into() }]);
    assert_eq!(call.answer(Answer::Connected), [Act::End { why: Why::Transferred }]);
    let (mut call, _) = Call::new(nodes);
    assert_eq!(call.silence(), [Act::Transfer { ask: 2, number: "+81312345679".into() }]);
    assert!(said(&call.answer(Answer::Failed)).starts_with("申し訳ございません"));
    assert_eq!(call.played(), [Act::End { why: Why::Flow }]);
}

#[test]
fn another_gateway_goes_on_with_the_call() {
    let (mut call, _) = Call::new(menu());
    call.played();
    let text = serde_json::to_string(&call.state).expect("json");
    call.state = serde_json::from_str(&text).expect("a state");
    assert_eq!(said(&call.put(&Input::Resume)), "menu");
    assert_eq!(said(&call.press("1")), "one");
    let (mut call, _) = Call::new(queue(json!({})));
    assert_eq!(call.put(&Input::Resume), [Act::Music], "it keeps its place");
    let (mut call, _) = Call::new(json!({"a": queue(json!({}))["message"]}));
    call.played();
    assert!(matches!(call.put(&Input::Resume)[..], [Act::Voicemail { .. }]));
}

#[test]
fn a_call_that_goes_round_for_ever_is_ended() {
    let mut nodes = menu();
    nodes["b"]["choices"]["1"] = json!("a");
    let (mut call, _) = Call::new(nodes);
    let acts: Vec<Act> = (0..600).flat_map(|_| call.press("1")).collect();
    assert_eq!(acts.last(), Some(&Act::End { why: Why::TooLong }));
    let (_, acts) = Call::new(json!({"a": {"kind": "set", "into": "x", "value": "x", "then": "gone"}}));
    assert_eq!(acts.last(), Some(&Act::End { why: Why::NoSuchNode }));
}

#[test]
fn the_practice_flow_tried_out() {
    let caller = TryCaller { caller: Some("+819012345678".into()), dialled: None };
    let customer = Answer::Found(BTreeMap::from([("name".into(), "山田".into())]));
    let order = Answer::Found(BTreeMap::from([("delivery_date".into(), "2026-12-08".into())]));
    let inputs = [
        TryInput::Answer(Answer::Open),
        TryInput::Answer(customer),
        TryInput::Digits("2".into()),
        TryInput::Digits("12345678".into()),
        TryInput::Digits("1".into()),
        TryInput::Answer(order),
        TryInput::Digits("1".into()),
        TryInput::Place { place: 2, wait_ms: Some(170_000) },
        TryInput::Silence,
        TryInput::Silence,
        TryInput::EarlyDigits("1".into()),
        TryInput::Silence,
    ];
    let steps = try_out(&practice(), &caller, &inputs);
    let heard: Vec<String> =
        steps.iter().map(|step| step.heard.iter().filter_map(|it| it.text.clone()).collect()).collect();
    assert!(matches!(&steps[0].waits_for, WaitsFor::Answer(Question::Hours { .. })));
    assert_eq!(heard[1], "お電話ありがとうございます。まどぐち商店です。この通話は、品質向上のため録音しております。");
    assert!(heard[2].starts_with("山田さまご注文は、いちを。"), "{heard:?}");
    assert!(heard[4].starts_with("いちにーさんよん、ごーろくななはち、ですね。"), "{heard:?}");
    assert!(heard[6].starts_with("お届けの予定日は、じゅうにがつようか、かようび"), "{heard:?}");
    assert_eq!(steps[7].waits_for, WaitsFor::Agent { queue: "phone".into() });
    assert_eq!(steps[7].variables["inquiry"], "配送");
    assert_eq!(heard[8], "お待ちの順番は、にばんめです。お待ちいただく時間は、およそさんぷんの見込みです。");
    assert!(heard[10].contains("いちを、押してください"), "the callback after a minute: {heard:?}");
    assert!(steps[11].acts.iter().any(|act| matches!(act, Act::Callback { keeps_place: true, .. })), "{:?}", steps[11]);
    assert_eq!(steps[11].waits_for, WaitsFor::Nothing(Why::Flow));
    assert_eq!(steps.len(), 12, "what comes after the end is not tried");
}

#[test]
fn english_is_spoken_after_the_caller_chose_it() {
    let caller = TryCaller::default();
    let inputs = [
        TryInput::Answer(Answer::Open),
        TryInput::EarlyDigits("9".into()),
        TryInput::Digits("2".into()),
        TryInput::Digits("12345678".into()),
    ];
    let steps = try_out(&practice(), &caller, &inputs);
    assert_eq!(steps[1].heard[0].language, Language::Ja);
    let last: &[Piece] = &steps[4].heard;
    assert!(last.iter().all(|piece| piece.language == Language::En), "{last:?}");
    assert!(
        last[last.len() - 1].text.as_ref().is_some_and(|text| text.starts_with("You entered one two three four, five")),
        "{last:?}"
    );
}

fn by_segment() -> Value {
    json!({
        "a": {"kind": "lookup", "what": "customer", "by": "caller", "into": "customer", "found": "b", "missing": "b"},
        "b": {"kind": "branch", "on": "customer.segments", "cases": [
            {"is": "vip", "then": "c"}, {"is": "repeat", "then": "d"}, {"is": "*", "then": "e"},
        ], "else": "f"},
        "c": {"kind": "queue", "queue": "vip"},
        "d": {"kind": "queue", "queue": "repeat"},
        "e": {"kind": "queue", "queue": "others"},
        "f": {"kind": "queue", "queue": "strangers"},
    })
}

#[test]
fn a_branch_takes_the_first_case_that_fits() {
    for (segments, queue) in [
        (Some("vip"), "vip"),
        (Some("repeat, vip"), "vip"),
        (Some("repeat"), "repeat"),
        (Some("vips"), "others"),
        (Some(" "), "strangers"),
        (None, "strangers"),
    ] {
        let (mut call, _) = Call::new(by_segment());
        let fields = segments.map(|segments| BTreeMap::from([("segments".to_owned(), segments.to_owned())]));
        call.answer(Answer::Found(fields.unwrap_or_default()));
        assert_eq!(call.state.queue(), Some(queue), "{segments:?}");
    }
    let (mut call, _) = Call::new(by_segment());
    call.answer(Answer::Missing);
    assert_eq!(call.state.queue(), Some("strangers"), "who is not known");
}

#[test]
fn a_branch_is_tried_out() {
    let caller = TryCaller { caller: Some("+819012345678".to_owned()), ..TryCaller::default() };
    let found = BTreeMap::from([("segments".to_owned(), "vip".to_owned())]);
    let steps = try_out(&flow(by_segment()), &caller, &[TryInput::Answer(Answer::Found(found))]);
    assert_eq!(steps[1].nodes.last().map(String::as_str), Some("c"));
    assert!(matches!(&steps[1].waits_for, WaitsFor::Agent { queue } if queue == "vip"));
}
