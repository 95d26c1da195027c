//! The operations of segments and offers.

use schemars::SchemaGenerator;

use super::{
    super::segments::{
        campaign,
        journeys::Journeys,
        media::Media,
        shapes::{AnswerBody, Answered, Members, Settings},
        trend::Trend,
    },
    Operation, of, operation,
};

pub(super) fn operations(schemas: &mut SchemaGenerator) -> Vec<Operation> {
    let (settings, members, answered) = (of::<Settings>(schemas), of::<Members>(schemas), of::<Answered>(schemas));
    let (all, of_one) = ("/api/v1/segments", "/api/v1/segments/{segment}/members");
    let answer = "/api/v1/customers/{id}/offers/{offer}";
    let asked = &[
        ("days", "integer"),
        ("segment", "string"),
        ("channel", "string"),
        ("route", "string"),
        ("by", "string"),
        ("paths", "integer"),
    ];
    let journeys = operation(
        "get",
        "/api/v1/journeys",
        "supervisor",
        "The ways that all customers went; `by` is `stage` or `kind`",
        of::<Journeys>(schemas),
    );
    vec![
        Operation { query: asked, ..journeys },
        media(schemas),
        Operation {
            query: &[("days", "integer")],
            ..operation(
                "get",
                "/api/v1/segment-trend",
                "supervisor",
                "Members of each segment, day by day",
                of::<Trend>(schemas),
            )
        },
        Operation {
            body: Some(of::<campaign::Members>(schemas)),
            ..operation(
                "post",
                "/api/v1/campaigns/{id}/members",
                "supervisor",
                "Add the next members of a segment who may be called",
                of::<campaign::Added>(schemas),
            )
        },
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

fn media(schemas: &mut SchemaGenerator) -> Operation {
    let media = operation(
        "get",
        "/api/v1/media",
        "supervisor",
        "What each medium brought: touchpoints by kind, channel and route, and what was bought after them",
        of::<Media>(schemas),
    );
    Operation {
        query: &[
            ("from", "integer"),
            ("until", "integer"),
            ("within", "integer"),
            ("kind", "string"),
            ("channel", "string"),
            ("rows", "integer"),
        ],
        ..media
    }
}
