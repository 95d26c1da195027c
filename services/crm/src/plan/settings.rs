//! What a supervisor wrote: checked.

use std::collections::BTreeSet;

use chassis::refusal::{Code, Refusal};
use proto::crm::v1 as pb;

/// Templates, and steps of one, at most.
const MOST: usize = 50;
const MOST_STEPS: usize = 20;
/// Longest id of a template; longest name and title, characters; latest step, days.
const LONGEST_ID: usize = 24;
const LONGEST_NAME: usize = 60;
const LONGEST_TITLE: usize = 200;
const LATEST: u32 = 700;

/// Templates as they are kept: those that say the same as before keep their version, others get 0, which is the event's own sequence.
///
/// # Errors
/// `bad_template`, `too_many`.
pub(super) fn checked(told: pb::PlanTemplates, before: &pb::PlanTemplates) -> Result<pb::PlanTemplates, Refusal> {
    if told.templates.len() > MOST {
        return Err(Refusal::new(Code::InvalidArgument, "too_many", "at most 50 templates"));
    }
    let mut ids = BTreeSet::new();
    let mut templates = Vec::with_capacity(told.templates.len());
    for template in told.templates {
        check(&template)?;
        if !ids.insert(template.template_id.clone()) {
            return Err(bad(&template, "is there twice"));
        }
        let known = before.templates.iter().find(|known| known.template_id == template.template_id);
        let known = known.filter(|known| pb::PlanTemplate { version: known.version, ..template.clone() } == **known);
        templates.push(pb::PlanTemplate { version: known.map_or(0, |known| known.version), ..template });
    }
    Ok(pb::PlanTemplates { templates, version: 0 })
}

/// Templates as an event at a sequence told them.
pub(super) fn at(mut told: pb::PlanTemplates, sequence: u64) -> pb::PlanTemplates {
    told.version = sequence;
    for template in told.templates.iter_mut().filter(|template| template.version == 0) {
        template.version = sequence;
    }
    told
}

fn check(template: &pb::PlanTemplate) -> Result<(), Refusal> {
    if !word(&template.template_id, LONGEST_ID) {
        return Err(bad(template, "has an id that is not 1 to 24 of [a-z0-9_]"));
    }
    if !text(&template.name_ja, LONGEST_NAME) || !text(&template.name_en, LONGEST_NAME) {
        return Err(bad(template, "needs names in Japanese and English of at most 60 characters"));
    }
    if pb::PlanAnchor::try_from(template.anchor).is_err() {
        return Err(bad(template, "is counted from something that is not known here"));
    }
    if !(1..=MOST_STEPS).contains(&template.steps.len()) {
        return Err(bad(template, "has 1 to 20 steps"));
    }
    for step in &template.steps {
        if !text(&step.title, LONGEST_TITLE) {
            return Err(bad(template, "has a step without words, or with more than 200 characters"));
        }
        if step.days > LATEST {
            return Err(bad(template, "has a step later than 700 days"));
        }
        if !(step.kind.is_empty() || word(&step.kind, 32)) || !(step.queue.is_empty() || is_queue(&step.queue)) {
            return Err(bad(template, "has a step whose kind or queue cannot be"));
        }
    }
    Ok(())
}

fn word(text: &str, most: usize) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    (1..=most).contains(&text.len()) && text.bytes().all(fits)
}

fn is_queue(text: &str) -> bool {
    text.len() <= 64 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

fn text(text: &str, most: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control)
}

fn bad(template: &pb::PlanTemplate, fault: &str) -> Refusal {
    Refusal::new(Code::InvalidArgument, "bad_template", format!("the template {:?} {fault}", template.template_id))
}
