//! Protobuf ⇄ core types. A text in the core is as the journal has it: sealed, or gone.

use proto::{
    crm::v1::{self as pb, case_event::What as Case_, task_event::What as Task_},
    journal::v1::Sealed,
};

use crate::{
    case::{self, Late, Opening, Sla},
    task,
};

/// A text as the journal has it.
pub(crate) type Text = Option<Sealed>;

/// A case's event as the core knows it; none: a newer version's.
pub(crate) fn case_event(event: &pb::CaseEvent) -> Option<case::Event<Text>> {
    let what = match event.what.clone()? {
        Case_::Opened(it) => case::What::Opened(Opening {
            record: it.record_id,
            kind: it.kind,
            department: it.department,
            priority: it.priority,
            title: it.title,
            conversation: it.conversation_id,
            sla: Sla { first_ms: it.first_ms, solve_ms: it.solve_ms },
        }),
        Case_::Assigned(it) => case::What::Assigned { owner: named(it.owner) },
        Case_::HandedOver(it) => case::What::HandedOver { department: it.department, text: it.text },
        Case_::Noted(it) => case::What::Noted { text: it.text },
        Case_::Attached(it) => case::What::Attached { file: it.file_id, text: it.name },
        Case_::Joined(it) => case::What::Joined { conversation: it.conversation_id },
        Case_::Ranked(it) => case::What::Ranked { priority: it.priority },
        Case_::Waited(it) => case::What::Waited { whom: it.whom, until: (it.until_ms > 0).then_some(it.until_ms) },
        Case_::Resumed(_) => case::What::Resumed,
        Case_::Escalated(it) => case::What::Escalated {
            late: match it.late() {
                pb::Late::First => Late::First,
                pb::Late::Solve => Late::Solve,
                pb::Late::Unspecified => return None,
            },
        },
        Case_::Solved(it) => case::What::Solved { code: it.code },
        Case_::Reopened(_) => case::What::Reopened,
    };
    Some(case::Event { at: event.at_ms, command: event.command_id.clone(), by: event.by.clone(), what })
}

/// A case's event as the journal has it.
pub(crate) fn case_event_out(event: case::Event<Text>) -> pb::CaseEvent {
    let what = match event.what {
        case::What::Opened(it) => Case_::Opened(pb::CaseOpened {
            record_id: it.record,
            kind: it.kind,
            department: it.department,
            priority: it.priority,
            title: it.title,
            conversation_id: it.conversation,
            first_ms: it.sla.first_ms,
            solve_ms: it.sla.solve_ms,
        }),
        case::What::Assigned { owner } => Case_::Assigned(pb::CaseAssigned { owner: owner.unwrap_or_default() }),
        case::What::HandedOver { department, text } => Case_::HandedOver(pb::CaseHandedOver { department, text }),
        case::What::Noted { text } => Case_::Noted(pb::CaseNoted { text }),
        case::What::Attached { file, text } => Case_::Attached(pb::CaseAttached { file_id: file, name: text }),
        case::What::Joined { conversation } => Case_::Joined(pb::CaseJoined { conversation_id: conversation }),
        case::What::Ranked { priority } => Case_::Ranked(pb::CaseRanked { priority }),
        case::What::Waited { whom, until } => {
            Case_::Waited(pb::CaseWaited { whom, until_ms: until.unwrap_or_default() })
        }
        case::What::Resumed => Case_::Resumed(pb::CaseResumed {}),
        case::What::Escalated { late } => Case_::Escalated(pb::CaseEscalated { late: late_out(late).into() }),
        case::What::Solved { code } => Case_::Solved(pb::CaseSolved { code }),
        case::What::Reopened => Case_::Reopened(pb::CaseReopened {}),
    };
    pb::CaseEvent { at_ms: event.at, command_id: event.command, by: event.by, what: Some(what) }
}

/// With what a case is late, in the words of the protocol.
pub(crate) fn late_out(late: Late) -> pb::Late {
    match late {
        Late::First => pb::Late::First,
        Late::Solve => pb::Late::Solve,
    }
}

/// A task's event as the core knows it; none: a newer version's.
pub(crate) fn task_event(event: &pb::TaskEvent) -> Option<task::Event<Text>> {
    let what = match event.what.clone()? {
        Task_::Planned(it) => task::What::Planned(task::Plan {
            record: it.record_id,
            kind: it.kind,
            case: it.case_id,
            queue: it.queue,
            at: it.at_ms,
            text: it.text,
            plan: it.plan,
        }),
        Task_::Moved(it) => task::What::Moved { at: it.at_ms },
        Task_::Due(_) => task::What::Due,
        Task_::Done(it) => task::What::Done { outcome: it.outcome },
        Task_::Cancelled(_) => task::What::Cancelled,
    };
    Some(task::Event { at: event.at_ms, command: event.command_id.clone(), by: event.by.clone(), what })
}

/// A task's event as the journal has it.
pub(crate) fn task_event_out(event: task::Event<Text>) -> pb::TaskEvent {
    let what = match event.what {
        task::What::Planned(it) => Task_::Planned(pb::TaskPlanned {
            record_id: it.record,
            kind: it.kind,
            case_id: it.case,
            queue: it.queue,
            at_ms: it.at,
            text: it.text,
            plan: it.plan,
        }),
        task::What::Moved { at } => Task_::Moved(pb::TaskMoved { at_ms: at }),
        task::What::Due => Task_::Due(pb::TaskDue {}),
        task::What::Done { outcome } => Task_::Done(pb::TaskDone { outcome }),
        task::What::Cancelled => Task_::Cancelled(pb::TaskCancelled {}),
    };
    pb::TaskEvent { at_ms: event.at, command_id: event.command, by: event.by, what: Some(what) }
}

fn named(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

/// A case's event without what is personal.
pub(crate) fn bare_case(mut event: pb::CaseEvent) -> pb::CaseEvent {
    match &mut event.what {
        Some(Case_::Opened(it)) => it.title = None,
        Some(Case_::HandedOver(it)) => it.text = None,
        Some(Case_::Noted(it)) => it.text = None,
        Some(Case_::Attached(it)) => it.name = None,
        Some(
            Case_::Assigned(_)
            | Case_::Joined(_)
            | Case_::Ranked(_)
            | Case_::Waited(_)
            | Case_::Resumed(_)
            | Case_::Escalated(_)
            | Case_::Solved(_)
            | Case_::Reopened(_),
        )
        | None => {}
    }
    event
}

/// A task's event without what is personal.
pub(crate) fn bare_task(mut event: pb::TaskEvent) -> pb::TaskEvent {
    if let Some(Task_::Planned(it)) = &mut event.what {
        it.text = None;
    }
    event
}
