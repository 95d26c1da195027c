//! Each node for itself: numbers within their bounds, names that the center knows.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use super::{Known, Report, is_e164, is_id};
use crate::ivr::flow::{Ask, Branch, Callback, Collect, Menu, Node, NodeId, Queue, Set, Transfer, Voicemail};

const RETRIES: RangeInclusive<u64> = 0..=9;
const WAIT_MS: RangeInclusive<u64> = 1_000..=60_000;

pub(super) fn check(id: &NodeId, node: &Node, known: &Known, report: &mut Report) {
    let mut at = At { id, report };
    match node {
        Node::Menu(it) => menu(it, &mut at),
        Node::Collect(it) => collect(it, &mut at),
        Node::Ask(it) => ask(it, known, &mut at),
        Node::Branch(it) => branch(it, &mut at),
        Node::Set(it) => set(it, &mut at),
        Node::Hours(it) => at.known("calendar", &it.calendar, known.calendars.as_ref()),
        Node::Queue(it) => queue(it, known, &mut at),
        Node::Callback(it) => callback(it, known, &mut at),
        Node::Voicemail(it) => voicemail(it, &mut at),
        Node::Transfer(it) => transfer(it, &mut at),
        Node::Bot(_) => {
            at.error("no_bots_yet", "電話のボットはまだ使えません", "bots do not speak on the telephone yet");
        }
        Node::Play(_) | Node::Say(_) | Node::Lookup(_) | Node::Language(_) | Node::Hangup(_) => {}
    }
}

/// A node, and where findings go.
struct At<'a> {
    id: &'a NodeId,
    report: &'a mut Report,
}

impl At<'_> {
    fn error(&mut self, code: &str, ja: impl Into<String>, en: impl Into<String>) {
        self.report.error(Some(self.id), code, ja, en);
    }

    fn within(&mut self, field: &str, value: u64, range: RangeInclusive<u64>) {
        if !range.contains(&value) {
            let (from, to) = range.into_inner();
            self.error("out_of_range", format!("「{field}」は{from}〜{to}です"), format!("{field} is {from} to {to}"));
        }
    }

    fn known(&mut self, field: &str, name: &str, known: Option<&BTreeSet<String>>) {
        if name.is_empty() || known.is_some_and(|known| !known.contains(name)) {
            let (ja, en) = (format!("「{field}」の「{name}」はありません"), format!("{field}: there is no {name}"));
            self.error(&format!("unknown_{field}"), ja, en);
        }
    }

    fn digit(&mut self, digit: char) {
        if !digit.is_ascii_digit() && digit != '*' && digit != '#' {
            self.error("bad_digit", format!("「{digit}」は押せません"), format!("{digit} is no key: 0 to 9, * and #"));
        }
    }
}

fn menu(menu: &Menu, at: &mut At<'_>) {
    at.within("retries", u64::from(menu.retries), RETRIES);
    at.within("wait_ms", menu.wait_ms, WAIT_MS);
    if menu.choices.is_empty() {
        at.error("no_choices", "選択肢がありません", "there is nothing to choose");
    }
    for digit in menu.choices.keys() {
        at.digit(*digit);
    }
}

fn collect(collect: &Collect, at: &mut At<'_>) {
    at.within("retries", u64::from(collect.retries), RETRIES);
    at.within("wait_ms", collect.wait_ms, WAIT_MS);
    at.within("min", u64::from(collect.min), 1..=32);
    at.within("max", u64::from(collect.max), u64::from(collect.min.min(32))..=32);
    if collect.terminator.is_some_and(|it| it != '*' && it != '#') {
        at.error("bad_terminator", "終了キーは * か # です", "the terminator is * or #");
    }
}

fn ask(ask: &Ask, known: &Known, at: &mut At<'_>) {
    at.known("service", &ask.service, known.services.as_ref());
    at.within("timeout_ms", ask.timeout_ms, 500..=15_000);
}

fn branch(branch: &Branch, at: &mut At<'_>) {
    if branch.cases.is_empty() {
        at.error("no_choices", "選択肢がありません", "there is nothing to choose");
    }
    at.within("cases", branch.cases.len() as u64, 0..=30);
    let mut before: Vec<&str> = Vec::new();
    for is in branch.cases.iter().map(|case| case.is.as_str()) {
        if is.is_empty() || is.trim() != is || is.chars().count() > 200 {
            let en = "a case has 1 to 200 characters, without spaces around them";
            at.error("bad_case", "場合の値は前後に空白のない1〜200文字です", en);
        } else if before.contains(&"*") || before.contains(&is) {
            let (ja, en) =
                (format!("「{is}」の場合は先の場合に隠れます"), format!("the case {is} is hidden by one before it"));
            at.error("case_hidden", ja, en);
        }
        before.push(is);
    }
}

fn set(set: &Set, at: &mut At<'_>) {
    if set.value.chars().count() > 200 {
        at.error("value_too_long", "値は200文字までです", "a value has at most 200 characters");
    }
}

fn queue(queue: &Queue, known: &Known, at: &mut At<'_>) {
    at.known("queue", &queue.queue, known.queues.as_ref());
    at.within("priority", u64::from(queue.priority), 0..=9);
    at.within("every_ms", queue.every_ms, 10_000..=600_000);
    if let Some(after) = queue.offer_callback_after_ms {
        at.within("offer_callback_after_ms", after, 0..=3_600_000);
    } else if queue.callback.is_some() {
        at.error(
            "callback_never_offered",
            "「callback」には「offer_callback_after_ms」が要ります",
            "callback needs offer_callback_after_ms",
        );
    }
    if let Some(after) = queue.leave_after_ms {
        at.within("leave_after_ms", after, 10_000..=14_400_000);
    }
    if queue.leave_after_ms.is_some() != queue.leave_to.is_some() {
        at.error(
            "leave_incomplete",
            "「leave_after_ms」と「leave_to」は両方要ります",
            "leave_after_ms and leave_to belong together",
        );
    }
}

fn callback(callback: &Callback, known: &Known, at: &mut At<'_>) {
    at.known("queue", &callback.queue, known.queues.as_ref());
}

fn voicemail(voicemail: &Voicemail, at: &mut At<'_>) {
    at.within("max_s", u64::from(voicemail.max_s), 5..=600);
    if !is_id(&voicemail.mailbox) {
        at.error(
            "bad_mailbox",
            "メールボックスは英小文字・数字・_-の1〜40文字です",
            "a mailbox is 1 to 40 characters of a-z, 0-9, _ and -",
        );
    }
}

fn transfer(transfer: &Transfer, at: &mut At<'_>) {
    at.within("ring_ms", transfer.ring_ms, 5_000..=120_000);
    if !is_e164(&transfer.number) {
        at.error("bad_number", "番号は +81… の形です", "a number is written as +81…");
    }
}
