//! What this service measures of itself.

use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Gauge, Histogram},
};

use crate::floor::{Event, Floor, OfferEnd, What};

/// Instruments, all named `routing.*`.
pub(crate) struct Metrics {
    commands: Counter<u64>,
    offers: Counter<u64>,
    offers_ended: Counter<u64>,
    commands_per_unit: Histogram<u64>,
    takeovers: Counter<u64>,
    contacts: Gauge<u64>,
}

impl Metrics {
    pub(crate) fn new() -> Metrics {
        let meter = global::meter("routing");
        Metrics {
            commands: meter.u64_counter("routing.commands").with_description("commands decided here").build(),
            offers: meter.u64_counter("routing.offers").with_description("offers made").build(),
            offers_ended: meter.u64_counter("routing.offers_ended").with_description("offers not taken").build(),
            commands_per_unit: meter
                .u64_histogram("routing.commands_per_unit")
                .with_description("commands in one journal message")
                .build(),
            takeovers: meter
                .u64_counter("routing.takeovers")
                .with_description("times this process took the floor")
                .build(),
            contacts: meter.u64_gauge("routing.contacts").with_description("contacts on the floor").build(),
        }
    }

    pub(crate) fn decided(&self, commands: usize) {
        self.commands.add(commands as u64, &[]);
        self.commands_per_unit.record(commands as u64, &[]);
    }

    pub(crate) fn took_over(&self) {
        self.takeovers.add(1, &[]);
    }

    pub(crate) fn applied(&self, floor: &Floor, events: &[Event]) {
        for event in events {
            match &event.what {
                What::ContactOffered(_) => self.offers.add(1, &[]),
                What::OfferEnded { why, .. } => self.offers_ended.add(1, &[KeyValue::new("why", name(*why))]),
                What::QueueDefined(_)
                | What::AgentDefined(_)
                | What::AvailabilityChanged { .. }
                | What::ContactEnqueued { .. }
                | What::OfferAccepted(_)
                | What::ContactReleased { .. }
                | What::ContactChanged { .. }
                | What::SettingDefined(_)
                | What::ContactEnded { .. } => {}
            }
        }
        self.contacts.record(floor.contact_count() as u64, &[]);
    }
}

fn name(why: OfferEnd) -> &'static str {
    match why {
        OfferEnd::Declined => "declined",
        OfferEnd::TimedOut => "timed_out",
        OfferEnd::AgentLeft => "agent_left",
    }
}
