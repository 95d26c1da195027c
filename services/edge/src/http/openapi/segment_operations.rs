//! The operations of segments and offers.

use schemars::SchemaGenerator;

use super::{
    super::segments::shapes::{AnswerBody, Answered, Members, Settings},
    Operation, of, operation,
};

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (settings, members, answered) = (of::<Settings>(schemas), of::<Members>(schemas), of::<Answered>(schemas));
    let (all, of_one) = ("/api/v1/segments", "/api/v1/segments/{segment}/members");
    let answer = "/api/v1/customers/{id}/offers/{offer}";
    vec![
        operation("get", all, "agent", "All segments and offers", settings.clone()),
        Operation {
            body: Some(settings.clone()),
            ..operation("put", all, "supervisor", "Set all segments and offers", settings)
        },
        Operation {
            query: &[("after", "string"), ("limit", "integer")],
            ..operation("get", of_one, "supervisor", "Who belongs to a segment now", members)
        },
        Operation {
            body: Some(of::<AnswerBody>(schemas)),
            ..operation("post", answer, "agent", "What a customer said to an offer", answered)
        },
    ]
}
