//! Does every prompt exist?

use super::{Flow, Known, Report};
use crate::ivr::edges;
use crate::ivr::flow::{Language, Line, Node, NodeId, Prompt};

/// The longest text of a line.
const MAX_TEXT: usize = 1_000;

pub(super) fn check(flow: &Flow, id: &NodeId, node: &Node, known: &Known, report: &mut Report) {
    for (field, prompt) in edges::prompts(node) {
        exists(flow, id, field, prompt, report);
        for line in [&prompt.ja, &prompt.en].into_iter().flatten() {
            is_sound(id, field, line, known, report);
        }
    }
}

fn exists(flow: &Flow, id: &NodeId, field: &str, prompt: &Prompt, report: &mut Report) {
    if prompt.line(flow.language).is_none() {
        let (ja, en) = (
            format!("「{field}」に{}の音声も文もありません", ja_name(flow.language)),
            format!("{field} has neither a sound nor a text in {}", en_name(flow.language)),
        );
        report.error(Some(id), "prompt_missing", ja, en);
    }
    for language in other_languages(flow).filter(|language| prompt.line(*language).is_none()) {
        let (ja, en) = (
            format!("「{field}」に{}がありません。{}で流れます", ja_name(language), ja_name(flow.language)),
            format!("{field} is missing in {}; it is heard in {}", en_name(language), en_name(flow.language)),
        );
        report.warn(Some(id), "prompt_not_translated", ja, en);
    }
}

/// The languages that the flow can change to.
fn other_languages(flow: &Flow) -> impl Iterator<Item = Language> {
    Language::ALL.into_iter().filter(|language| *language != flow.language).filter(|language| {
        flow.nodes.values().any(|node| matches!(node, Node::Language(switch) if switch.language == *language))
    })
}

fn is_sound(id: &NodeId, field: &str, line: &Line, known: &Known, report: &mut Report) {
    if line.text.as_ref().is_some_and(|text| text.chars().count() > MAX_TEXT) {
        let (ja, en) = (
            format!("「{field}」の文は{MAX_TEXT}文字までです"),
            format!("the text of {field} has at most {MAX_TEXT} characters"),
        );
        report.error(Some(id), "text_too_long", ja, en);
    }
    let (Some(file), Some(sounds)) = (&line.file, &known.sounds) else { return };
    if sounds.contains(file) {
        return;
    }
    let (ja, en) = (format!("音声「{file}」がありません"), format!("the sound {file} does not exist"));
    if line.text.is_some() {
        report.warn(Some(id), "sound_missing", ja + "。文を読み上げます", en + "; the text is spoken");
    } else {
        report.error(Some(id), "sound_missing", ja, en);
    }
}

fn ja_name(language: Language) -> &'static str {
    match language {
        Language::Ja => "日本語",
        Language::En => "英語",
    }
}

fn en_name(language: Language) -> &'static str {
    match language {
        Language::Ja => "Japanese",
        Language::En => "English",
    }
}
