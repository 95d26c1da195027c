//! The operations of cases and tasks.

use schemars::SchemaGenerator;

use super::{super::cases, Operation, of, operation};

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (list, whole, case) =
        (of::<cases::Cases>(schemas), of::<cases::WholeCase>(schemas), of::<cases::Case>(schemas));
    let (tasks, task) = (of::<cases::Tasks>(schemas), of::<cases::Task>(schemas));
    let (one_case, one_task) = ("/api/v1/cases/{case}", "/api/v1/tasks/{task}");
    vec![
        Operation {
            query: &[
                ("records", "string"),
                ("department", "string"),
                ("owner", "string"),
                ("solved", "boolean"),
                ("after", "string"),
                ("limit", "integer"),
            ],
            ..operation("get", "/api/v1/cases", "agent", "Cases, those due first first", list)
        },
        operation("get", one_case, "agent", "A case and all that happened", whole),
        Operation {
            body: Some(of::<cases::CaseBody>(schemas)),
            ..operation("post", one_case, "agent", "Do something to a case, or open it", case)
        },
        Operation {
            query: &[
                ("records", "string"),
                ("case", "string"),
                ("over", "boolean"),
                ("after", "string"),
                ("limit", "integer"),
            ],
            ..operation("get", "/api/v1/tasks", "agent", "Tasks, those that come first first", tasks)
        },
        Operation {
            body: Some(of::<cases::TaskBody>(schemas)),
            ..operation("post", one_task, "agent", "Do something to a task, or plan it", task)
        },
    ]
}
