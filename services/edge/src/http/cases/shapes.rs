//! Cases and tasks as browsers see them, and what is asked of them.

use proto::crm::v1::{self as pb, change_case_request::What as AskCase, change_task_request::What as AskTask};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::http::words::word;

/// A case. Times in ms since the Unix epoch, 0: never.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Case {
    /// Its id.
    case: String,
    /// Record of the customer.
    record: String,
    /// `how_to`, `damage`, `return`, `complaint`, …
    kind: String,
    /// Who works on it.
    department: String,
    /// Account that has it; empty: nobody.
    owner: String,
    /// 1 (can wait) to 9 (now).
    priority: u32,
    /// One line; empty once the customer was erased.
    title: String,
    /// `open`, `waiting` or `solved`.
    phase: String,
    /// For whom it waits; empty: it does not.
    waits_for: String,
    /// When it goes on by itself.
    waits_until: u64,
    /// When it was opened.
    opened_at: u64,
    /// By when somebody is to answer; 0: somebody did.
    first_due: u64,
    /// By when it is to be solved.
    due: u64,
    /// What it was late with: `first`, `solve`.
    late: Vec<String>,
    /// How it was solved.
    code: String,
    /// Conversations that it came up in.
    conversations: Vec<String>,
    /// When anything last happened.
    last_at: u64,
}

impl From<pb::Case> for Case {
    fn from(it: pb::Case) -> Self {
        Self {
            phase: word(it.phase().as_str_name(), "CASE_PHASE_"),
            late: it.late().map(|late| word(late.as_str_name(), "LATE_")).collect(),
            case: it.case_id,
            record: it.record_id,
            kind: it.kind,
            department: it.department,
            owner: it.owner,
            priority: it.priority,
            title: it.title,
            waits_for: it.waits_for,
            waits_until: it.waits_until_ms,
            opened_at: it.opened_at_ms,
            first_due: it.first_due_ms,
            due: it.due_ms,
            code: it.code,
            conversations: it.conversation_ids,
            last_at: it.last_at_ms,
        }
    }
}

/// Something that happened to a case.
#[derive(Serialize, JsonSchema)]
pub(crate) struct CaseEntry {
    /// When, ms since the Unix epoch.
    at: u64,
    /// Account; empty: the center itself.
    by: String,
    /// `opened`, `assigned`, `handed_over`, `noted`, `attached`, `joined`, `ranked`, `waited`, `resumed`, `escalated`, `solved`, `reopened`.
    what: String,
    /// To whom, which, how; empty where there is none.
    word: String,
    /// What was written.
    text: String,
}

impl From<pb::CaseEntry> for CaseEntry {
    fn from(it: pb::CaseEntry) -> Self {
        Self { at: it.at_ms, by: it.by, what: it.what, word: it.word, text: it.text }
    }
}

/// A page of cases.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Cases {
    /// Open and waiting ones by due time, then solved ones, the newest first.
    pub(super) cases: Vec<Case>,
    /// For `after`; empty: that was all.
    pub(super) next: String,
}

/// A case with all that happened.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WholeCase {
    /// As it is now.
    pub(super) case: Case,
    /// In order.
    pub(super) entries: Vec<CaseEntry>,
}

/// A task. Times in ms since the Unix epoch.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Task {
    /// Its id, and that of its conversation.
    task: String,
    /// Record of the customer.
    record: String,
    /// `data_entry`, `documents`, `follow_up`, `outreach`, `reminder`, `escalation`, …
    kind: String,
    /// Case that it belongs to; empty: none.
    case: String,
    /// Queue that it enters.
    queue: String,
    /// When agents are offered it.
    at: u64,
    /// What is to be done.
    text: String,
    /// Plan of which it is a step; empty: none.
    plan: String,
    /// `planned`, `due`, `done` or `cancelled`.
    phase: String,
    /// How it was done.
    outcome: String,
    /// When anything last happened.
    last_at: u64,
}

impl From<pb::Task> for Task {
    fn from(it: pb::Task) -> Self {
        Self {
            phase: word(it.phase().as_str_name(), "TASK_PHASE_"),
            task: it.task_id,
            record: it.record_id,
            kind: it.kind,
            case: it.case_id,
            queue: it.queue,
            at: it.at_ms,
            text: it.text,
            plan: it.plan,
            outcome: it.outcome,
            last_at: it.last_at_ms,
        }
    }
}

/// A page of tasks.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Tasks {
    /// By their time.
    pub(super) tasks: Vec<Task>,
    /// For `after`; empty: that was all.
    pub(super) next: String,
}

/// Body of `POST /api/v1/cases/{case}`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CaseChange")]
pub(crate) struct CaseBody {
    /// Chosen by whoever asks: the same id is the same command. 1 to 64 characters of [A-Za-z0-9._:-].
    pub(super) command: String,
    /// What is asked.
    #[serde(flatten)]
    pub(super) deed: CaseDeed,
}

/// What is asked of a case.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum CaseDeed {
    /// Begins it; its id is chosen by whoever asks.
    Open {
        /// Record of the customer.
        record: String,
        /// A word of [a-z0-9_].
        kind: String,
        /// Empty: by the kind.
        #[serde(default)]
        department: String,
        /// 1 to 9; 0: 5.
        #[serde(default)]
        priority: u32,
        /// 1 to 200 characters.
        title: String,
        /// Conversation that it came up in; empty: none.
        #[serde(default)]
        conversation: String,
    },
    /// Somebody has it.
    Assign {
        /// Account; empty: nobody.
        owner: String,
    },
    /// Another department goes on with it.
    HandOver {
        /// Which.
        department: String,
        /// What they should know; empty: nothing.
        #[serde(default)]
        text: String,
    },
    /// Something to remember.
    Note {
        /// What.
        text: String,
    },
    /// A file that was stored with a conversation.
    Attach {
        /// Its id.
        file: String,
        /// Its name.
        name: String,
    },
    /// It came up in a conversation, too.
    Join {
        /// Its id.
        conversation: String,
    },
    /// How urgent it is.
    Rank {
        /// 1 to 9.
        priority: u32,
    },
    /// It waits for somebody outside.
    Wait {
        /// `customer`, `shop`, `supplier`, …
        whom: String,
        /// Ms since the Unix epoch; 0: when word comes.
        #[serde(default)]
        until: u64,
    },
    /// It goes on.
    Resume,
    /// It is solved.
    Solve {
        /// How.
        code: String,
    },
    /// It is not solved after all.
    Reopen,
}

impl From<CaseDeed> for AskCase {
    fn from(deed: CaseDeed) -> Self {
        match deed {
            CaseDeed::Open { record: record_id, kind, department, priority, title, conversation: conversation_id } => {
                AskCase::Open(pb::OpenCase { record_id, kind, department, priority, title, conversation_id })
            }
            CaseDeed::Assign { owner } => AskCase::Assign(pb::AssignCase { owner }),
            CaseDeed::HandOver { department, text } => AskCase::HandOver(pb::HandOverCase { department, text }),
            CaseDeed::Note { text } => AskCase::Note(pb::NoteCase { text }),
            CaseDeed::Attach { file: file_id, name } => AskCase::Attach(pb::AttachToCase { file_id, name }),
            CaseDeed::Join { conversation: conversation_id } => AskCase::Join(pb::JoinConversation { conversation_id }),
            CaseDeed::Rank { priority } => AskCase::Rank(pb::RankCase { priority }),
            CaseDeed::Wait { whom, until: until_ms } => AskCase::Wait(pb::WaitCase { whom, until_ms }),
            CaseDeed::Resume => AskCase::Resume(pb::ResumeCase {}),
            CaseDeed::Solve { code } => AskCase::Solve(pb::SolveCase { code }),
            CaseDeed::Reopen => AskCase::Reopen(pb::ReopenCase {}),
        }
    }
}

/// Body of `POST /api/v1/tasks/{task}`.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "TaskChange")]
pub(crate) struct TaskBody {
    /// As in a case's change.
    pub(super) command: String,
    /// What is asked.
    #[serde(flatten)]
    pub(super) deed: TaskDeed,
}

/// What is asked of a task.
#[derive(Deserialize, JsonSchema)]
#[serde(tag = "do", rename_all = "snake_case")]
pub(crate) enum TaskDeed {
    /// Plans it; its id is chosen by whoever asks.
    Plan {
        /// Record of the customer.
        record: String,
        /// A word of [a-z0-9_].
        kind: String,
        /// Case that it belongs to; empty: none.
        #[serde(default)]
        case: String,
        /// Empty: as configured.
        #[serde(default)]
        queue: String,
        /// When agents are offered it, ms since the Unix epoch; 0: now.
        #[serde(default)]
        at: u64,
        /// What is to be done, 1 to 2,000 characters.
        text: String,
        /// Plan of which it is a step; empty: none.
        #[serde(default)]
        plan: String,
    },
    /// It comes at another time.
    Move {
        /// When.
        at: u64,
    },
    /// Nobody needs to do it.
    Cancel,
    /// Somebody did it.
    Finish {
        /// How; empty: nobody says.
        #[serde(default)]
        outcome: String,
    },
}

impl From<TaskDeed> for AskTask {
    fn from(deed: TaskDeed) -> Self {
        match deed {
            TaskDeed::Plan { record: record_id, kind, case: case_id, queue, at: at_ms, text, plan } => {
                AskTask::Plan(pb::PlanTask { record_id, kind, case_id, queue, at_ms, text, plan })
            }
            TaskDeed::Move { at: at_ms } => AskTask::Move(pb::MoveTask { at_ms }),
            TaskDeed::Cancel => AskTask::Cancel(pb::CancelTask {}),
            TaskDeed::Finish { outcome } => AskTask::Finish(pb::FinishTask { outcome }),
        }
    }
}
