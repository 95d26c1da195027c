//! Recency, frequency, money; and what a customer was and will be worth.

use super::{DAY, Figure, Figures, Millis};

/// Scores of 1 (low) to 5 (high).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rfm {
    /// How lately they ordered.
    pub recency: u8,
    /// How often.
    pub frequency: u8,
    /// For how much.
    pub money: u8,
}

/// Where the scores change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thresholds {
    /// Days since the last order, falling scores 5, 4, 3, 2: up to the first is 5.
    pub days: [i64; 4],
    /// Orders in 365 days for 2, 3, 4, 5.
    pub orders: [i64; 4],
    /// Money in 365 days for 2, 3, 4, 5.
    pub money: [i64; 4],
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { days: [30, 90, 180, 365], orders: [2, 4, 7, 12], money: [10_000, 30_000, 100_000, 200_000] }
    }
}

/// Scores of a customer who has ordered; none: they never did.
#[must_use]
pub fn rfm(figures: &Figures, thresholds: &Thresholds, now: Millis) -> Option<Rfm> {
    let days = figures.get(Figure::DaysSinceOrder, now)?;
    let orders = figures.get(Figure::Orders365, now)?;
    let money = figures.get(Figure::Spent365, now)?;
    Some(Rfm {
        recency: 5 - score(&thresholds.days, |limit| days > limit),
        frequency: 1 + score(&thresholds.orders, |limit| orders >= limit),
        money: 1 + score(&thresholds.money, |limit| money >= limit),
    })
}

/// How many limits are passed: 0 to 4.
fn score(limits: &[i64; 4], passed: impl Fn(i64) -> bool) -> u8 {
    limits.iter().map(|limit| u8::from(passed(*limit))).sum()
}

/// What a customer was worth, and what is to be expected. Two figures that are never added up: one is known, the other is a guess.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value {
    /// Sum of all orders after returns, smallest currency unit.
    pub observed: i64,
    /// Expected over the next 365 days.
    pub expected: i64,
    /// How likely they are gone, 0 to 100; none: fewer than two orders say nothing.
    pub churn_percent: Option<u8>,
}

/// Observed and expected value.
///
/// The expectation is orders in a year at the customer's own pace, times their mean order, times the chance that they still buy. That chance halves
/// for every usual pause that went by beyond the first without an order: somebody who orders monthly is half gone after two silent months.
#[must_use]
pub fn value(figures: &Figures, now: Millis) -> Value {
    let mut times: Vec<Millis> = figures.orders.iter().map(|(at, _)| *at).collect();
    times.sort_unstable();
    let observed = figures.spent(0);
    let (Some(first), Some(last), count @ 2..) = (times.first(), times.last(), times.len()) else {
        return Value { observed, expected: 0, churn_percent: None };
    };
    let gaps = u64::try_from(count - 1).unwrap_or(u64::MAX);
    let pause = ((last - first) / gaps).max(DAY);
    #[expect(clippy::cast_precision_loss, reason = "a guess needs no more than 52 bits")]
    let pauses = now.saturating_sub(*last) as f64 / pause as f64;
    let alive = 0.5_f64.powf((pauses - 1.0).max(0.0));
    #[expect(clippy::cast_precision_loss, reason = "a guess needs no more than 52 bits")]
    let (a_year, mean) = ((365 * DAY) as f64 / pause as f64, observed.max(0) as f64 / count as f64);
    #[expect(clippy::cast_possible_truncation, reason = "saturates, and money of this size is no order")]
    let expected = (a_year * mean * alive).round() as i64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100")]
    let churn = ((1.0 - alive) * 100.0).round() as u8;
    Value { observed, expected, churn_percent: Some(churn) }
}
