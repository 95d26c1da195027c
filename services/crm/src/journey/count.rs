//! One count at a time over all customers, kept for some minutes.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use chassis::refusal::{Code, Refusal};
use proto::crm::v1 as pb;
use tokio::sync::Notify;

use super::{By, Crossing, Millis, Report, Stage, Tally, view, way_of};
use crate::{
    error::{away, unavailable},
    grpc::Door as Customers,
    segment,
    service::now_ms,
    word::Stages,
};

/// Customers that are read at once.
const CUSTOMERS: i64 = 200;
/// How long figures are kept.
const KEPT: Duration = Duration::from_secs(300);
/// How long it is remembered that a count failed.
const FAILED: Duration = Duration::from_secs(5);
/// Counts that are kept at most.
const MOST_KEPT: usize = 16;
/// Longest count.
const LONGEST: Duration = Duration::from_secs(600);
/// How long an answer waits for the count.
const PATIENCE: Duration = Duration::from_secs(3);
/// Entries that are told.
const ENTRIES: usize = 20;
/// A day, ms.
const DAY: Millis = 86_400_000;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Asked {
    pub days: u32,
    /// Empty: everybody.
    pub segment: String,
    /// Empty: any.
    pub channel: String,
    /// Empty: any.
    pub route: String,
    pub by_kind: bool,
    pub paths: usize,
    /// Where kinds of touchpoints stand: other words of the company are another question.
    pub stages: Stages,
}

struct Done {
    asked: Asked,
    at: Instant,
    outcome: Result<pb::JourneyFigures, Refusal>,
}

impl Done {
    fn holds(&self) -> bool {
        self.at.elapsed() < if self.outcome.is_ok() { KEPT } else { FAILED }
    }
}

#[derive(Default)]
struct Kept {
    done: Vec<Done>,
    busy: bool,
}

/// Counts, and what was counted lately.
#[derive(Clone)]
pub(crate) struct Counter {
    customers: Customers,
    kept: Arc<Mutex<Kept>>,
    news: Arc<Notify>,
}

impl Counter {
    pub(crate) fn new(customers: Customers) -> Self {
        Self { customers, kept: Arc::default(), news: Arc::default() }
    }

    /// What was counted; none: it is under way, or another count is.
    ///
    /// # Errors
    /// `no_such_segment`; `unavailable` when the database or the key store does not answer.
    pub(crate) async fn ask(&self, asked: &Asked) -> Result<Option<pb::JourneyFigures>, Refusal> {
        let deadline = tokio::time::Instant::now() + PATIENCE;
        loop {
            // Made before the look, so that nothing is missed between the two.
            let news = self.news.notified();
            if let Some(outcome) = self.look(asked) {
                return outcome.map(Some);
            }
            if tokio::time::timeout_at(deadline, news).await.is_err() {
                return Ok(None);
            }
        }
    }

    /// What is kept; begins to count when nobody does.
    fn look(&self, asked: &Asked) -> Option<Result<pb::JourneyFigures, Refusal>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.done.retain(Done::holds);
        if let Some(done) = kept.done.iter().find(|done| done.asked == *asked) {
            return Some(done.outcome.clone());
        }
        if !kept.busy {
            kept.busy = true;
            let (this, asked) = (self.clone(), asked.clone());
            tokio::spawn(async move { this.run(asked).await });
        }
        None
    }

    async fn run(&self, asked: Asked) {
        let free = Free(self);
        let counted = tokio::time::timeout(LONGEST, self.count(&asked)).await;
        let outcome = counted.unwrap_or_else(|_| Err(unavailable("the journeys could not be counted in ten minutes")));
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.done.len() >= MOST_KEPT {
            kept.done.remove(0);
        }
        kept.done.push(Done { asked, at: Instant::now(), outcome });
        drop(kept);
        drop(free);
    }

    async fn count(&self, asked: &Asked) -> Result<pb::JourneyFigures, Refusal> {
        // A view that is made anew knows few.
        self.customers.all_caught_up().await?;
        let settings = self.customers.knower.settings().await?;
        if !asked.segment.is_empty() && !settings.segments.iter().any(|known| known.id == asked.segment) {
            return Err(Refusal::new(Code::NotFound, "no_such_segment", "there is no segment of this id"));
        }
        let until = now_ms();
        let from = until.saturating_sub(u64::from(asked.days) * DAY);
        let (mut tally, mut after) = (Tally::default(), String::new());
        loop {
            let ids = segment::page(&self.customers.pool, &after, CUSTOMERS).await.map_err(|error| away(&error))?;
            let Some(last) = ids.last().cloned() else { break };
            self.add(&mut tally, asked, &ids, (from, until)).await?;
            after = last;
        }
        Ok(told(tally.report(asked.paths, ENTRIES), (from, until)))
    }

    async fn add(
        &self,
        tally: &mut Tally,
        asked: &Asked,
        ids: &[String],
        period: (Millis, Millis),
    ) -> Result<(), Refusal> {
        let touches =
            view::touches(&self.customers.pool, ids, period, &asked.stages).await.map_err(|error| away(&error))?;
        let by = if asked.by_kind { By::Kind } else { By::Stage };
        let ways = touches.into_iter().filter_map(|(id, touches)| Some((id, way_of(touches, by)?)));
        let fits = |asked: &str, word: &str| asked.is_empty() || asked == word;
        let mut ways: Vec<_> = ways
            .filter(|(_, way)| fits(&asked.channel, &way.entry.channel) && fits(&asked.route, &way.entry.route))
            .collect();
        if !asked.segment.is_empty() {
            let ids: Vec<String> = ways.iter().map(|(id, _)| id.clone()).collect();
            let whole = self.customers.reader().customers(ids.as_slice().into()).await?;
            let known = self.customers.knower.know(&whole).await?;
            ways.retain(|(id, _)| known.get(id).is_some_and(|known| known.segments.contains(&asked.segment)));
        }
        ways.into_iter().for_each(|(_, way)| tally.add(way));
        Ok(())
    }
}

/// Lets the next count begin, also when this one broke.
struct Free<'a>(&'a Counter);

impl Drop for Free<'_> {
    fn drop(&mut self) {
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner).busy = false;
        self.0.news.notify_waiters();
    }
}

fn told(report: Report, (from_ms, until_ms): (Millis, Millis)) -> pb::JourneyFigures {
    let path = |((steps, cut), customers)| pb::JourneyPath { steps, cut, customers };
    let stages = report.stages.into_iter().map(|(stage, count)| pb::JourneyStage {
        stage: number(stage).into(),
        reached: count.reached,
        went_on: count.went_on,
        stayed: count.reached - count.went_on,
    });
    let crossing = |Crossing { from, to, times }: Crossing| pb::JourneyCrossing {
        from: number(from).into(),
        to: number(to).into(),
        times: times.count(),
        median_ms: times.percentile(50),
        p90_ms: times.percentile(90),
    };
    let entries = report.entries.into_iter().map(|(entry, customers)| pb::JourneyEntry {
        channel: entry.channel,
        route: entry.route,
        customers,
    });
    pb::JourneyFigures {
        from_ms,
        until_ms,
        customers: report.customers,
        paths: report.paths.into_iter().map(path).collect(),
        elsewhere: report.elsewhere,
        stages: stages.collect(),
        crossings: report.crossings.into_iter().map(crossing).collect(),
        entries: entries.collect(),
    }
}

fn number(stage: Stage) -> pb::Stage {
    match stage {
        Stage::Know => pb::Stage::Know,
        Stage::Consider => pb::Stage::Consider,
        Stage::Buy => pb::Stage::Buy,
        Stage::Use => pb::Stage::Use,
        Stage::Contact => pb::Stage::Contact,
        Stage::Again => pb::Stage::Again,
    }
}
