//! Customers with their figures, segments and offers.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, PoisonError, RwLock},
};

use chassis::refusal::Refusal;
use proto::crm::v1::{self as pb, ProfileField, RecordKind};
use sqlx::PgPool;

use super::{Figure, Figures, Thresholds, next, rfm, segments_of, settings::Settings, value, view};
use crate::{
    error::away,
    service::now_ms,
    view::{Whole, Whom},
};

/// Offers that are told at once.
const MOST_OFFERS: usize = 3;

/// Works out what histories say.
#[derive(Clone)]
pub(crate) struct Knower {
    pool: PgPool,
    /// The settings that were read last, with their version: rules are not parsed again for each question.
    held: Arc<RwLock<Option<Held>>>,
}

/// Settings with their version.
type Held = (i64, Arc<Settings>);

/// What is known of one customer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    pub figures: pb::CustomerFigures,
    pub segments: Vec<String>,
    pub offers: Vec<pb::Offer>,
}

impl Knower {
    pub(crate) fn new(pool: PgPool) -> Self {
        Self { pool, held: Arc::default() }
    }

    /// The settings that hold at this site now.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub(crate) async fn settings(&self) -> Result<Arc<Settings>, Refusal> {
        let version = view::version(&self.pool).await.map_err(|error| away(&error))?;
        self.at(version).await
    }

    async fn at(&self, version: i64) -> Result<Arc<Settings>, Refusal> {
        let held = self.held.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((_, settings)) = held.filter(|(of, _)| *of == version) {
            return Ok(settings);
        }
        let read = view::settings(&self.pool).await.map_err(|error| away(&error))?;
        let (version, settings) = read.unwrap_or_else(|| (0, Settings::standard()));
        let settings = Arc::new(settings);
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = Some((version, Arc::clone(&settings)));
        Ok(settings)
    }

    /// Reads what these customers' histories say, for [`known`](Self::known).
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub(crate) async fn histories(&self, whom: Whom<'_>) -> Result<Histories, Refusal> {
        let now = now_ms();
        let view::Histories { figures, version } =
            view::histories(&self.pool, whom, now).await.map_err(|error| away(&error))?;
        Ok(Histories { figures, settings: self.at(version).await?, now })
    }

    /// What is known of each of these customers, by id.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub(crate) async fn know(&self, customers: &[Whole]) -> Result<BTreeMap<String, Known>, Refusal> {
        let ids: Vec<String> = customers.iter().map(|whole| whole.customer.customer_id.clone()).collect();
        let mut histories = self.histories(ids.as_slice().into()).await?;
        let known =
            customers.iter().map(|whole| (whole.customer.customer_id.clone(), histories.known(&whole.customer)));
        Ok(known.collect())
    }

    /// The segments of these customers, each told to the customer.
    ///
    /// # Errors
    /// `unavailable` when the database does not answer.
    pub(crate) async fn tell(&self, customers: &mut [Whole]) -> Result<(), Refusal> {
        let mut known = self.know(customers).await?;
        for whole in customers {
            let known = known.remove(&whole.customer.customer_id).unwrap_or_default();
            whole.customer.segments = known.segments;
        }
        Ok(())
    }

    /// The segments of somebody of whom nothing is known.
    pub(super) fn of_nobody(settings: &Settings) -> Vec<String> {
        segments_of(&settings.segments, &Figures::default(), now_ms())
    }
}

/// Histories as they were read at one time.
pub(crate) struct Histories {
    figures: HashMap<String, Figures>,
    settings: Arc<Settings>,
    now: u64,
}

impl Histories {
    /// What follows for this customer.
    pub(crate) fn known(&mut self, customer: &pb::Customer) -> Known {
        let mut figures = self.figures.remove(&customer.customer_id).unwrap_or_default();
        described(&mut figures, customer);
        of(&self.settings, &figures, self.now)
    }
}

/// What the profile says beside the history.
fn described(figures: &mut Figures, customer: &pb::Customer) {
    let word = |field: ProfileField| customer.fields.iter().find(|it| it.field == i32::from(field));
    for (name, field) in [
        ("tier", ProfileField::Tier),
        ("stage", ProfileField::Stage),
        ("language", ProfileField::Language),
        ("gender", ProfileField::Gender),
        ("department", ProfileField::Department),
    ] {
        figures.words.extend(word(field).map(|it| (name.to_owned(), it.value.clone())));
    }
    let kind = if customer.kind == i32::from(RecordKind::Company) { "company" } else { "person" };
    figures.words.insert("kind".to_owned(), kind.to_owned());
    let allowed = customer.consents.iter().filter(|consent| consent.granted);
    figures.consents.extend(allowed.map(|consent| {
        if consent.channel.is_empty() {
            consent.purpose.clone()
        } else {
            format!("{}/{}", consent.purpose, consent.channel)
        }
    }));
}

fn of(settings: &Settings, figures: &Figures, now: u64) -> Known {
    let segments = segments_of(&settings.segments, figures, now);
    let proposed = next::proposed(&settings.offers, &segments, figures, now);
    let offers = proposed.into_iter().take(MOST_OFFERS);
    let offers = offers.filter_map(|id| settings.told.offers.iter().find(|offer| offer.offer_id == id).cloned());
    Known { figures: told(figures, now), offers: offers.collect(), segments }
}

fn told(figures: &Figures, now: u64) -> pb::CustomerFigures {
    let worth = value(figures, now);
    let scores = rfm(figures, &Thresholds::default(), now);
    pb::CustomerFigures {
        orders: u32::try_from(figures.orders.len()).unwrap_or(u32::MAX),
        spent: worth.observed,
        spent_365: figures.get(Figure::Spent365, now).unwrap_or_default(),
        expected: worth.expected,
        churn_percent: worth.churn_percent.map(u32::from),
        recency: scores.map_or(0, |it| it.recency.into()),
        frequency: scores.map_or(0, |it| it.frequency.into()),
        money: scores.map_or(0, |it| it.money.into()),
    }
}
