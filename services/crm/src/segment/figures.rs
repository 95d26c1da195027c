//! What rules look at.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{DAY, Millis};

/// A customer in figures.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// When each order was placed, and what it was worth after returns, in the smallest currency unit; in any order.
    pub orders: Vec<(Millis, i64)>,
    /// When each touchpoint of the last 365 days was, and its kind; in any order.
    pub touches: Vec<(Millis, String)>,
    /// Moods of the touchpoints that had one, with their times.
    pub moods: Vec<(Millis, i32)>,
    /// When anything was first heard of them; 0: never.
    pub first_at: Millis,
    /// Cases that are not solved.
    pub open_cases: u32,
    /// Words of the profile: `tier`, `stage`, `language`, `kind`, `gender`, …
    pub words: BTreeMap<String, String>,
    /// Purposes that they allow.
    pub consents: BTreeSet<String>,
}

/// A figure that a rule compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Figure {
    /// Orders ever.
    Orders,
    /// Orders in the last 365 days.
    Orders365,
    /// Money ever, smallest currency unit.
    Spent,
    /// Money in the last 365 days.
    Spent365,
    /// Days since the last order; a customer without an order has no such figure.
    DaysSinceOrder,
    /// Days since the first thing that was heard of them.
    DaysKnown,
    /// Touchpoints in the last 90 days.
    Touches90,
    /// Touchpoints of stage "contact" (calls, chats, mails, forms, returns) in the last 90 days.
    Contacts90,
    /// Sum of moods in the last 90 days.
    Mood90,
    /// Cases that are not solved.
    OpenCases,
    /// As [`super::value`], expected over the next 365 days.
    ExpectedValue,
    /// As [`super::value`], 0 to 100.
    ChurnPercent,
}

/// Kinds of touchpoints in which a customer asked for something.
const CONTACTS: [&str; 8] = ["call", "chat", "mail", "form", "return", "sns", "fax", "letter"];

impl Figures {
    /// A figure at a time; none: this customer has no such figure.
    #[must_use]
    pub fn get(&self, figure: Figure, now: Millis) -> Option<i64> {
        let since = |days: u64| now.saturating_sub(days * DAY);
        let count = |n: usize| Some(i64::try_from(n).unwrap_or(i64::MAX));
        let recent = || self.touches.iter().filter(move |(at, _)| *at > since(90) && *at <= now);
        match figure {
            Figure::Orders => count(self.orders.len()),
            Figure::Orders365 => count(self.orders.iter().filter(|(at, _)| *at > since(365)).count()),
            Figure::Spent => Some(self.orders.iter().map(|(_, worth)| *worth).sum()),
            Figure::Spent365 => {
                Some(self.orders.iter().filter(|(at, _)| *at > since(365)).map(|(_, worth)| *worth).sum())
            }
            Figure::DaysSinceOrder => {
                let last = self.orders.iter().map(|(at, _)| *at).max()?;
                Some((now.saturating_sub(last) / DAY).cast_signed())
            }
            Figure::DaysKnown => {
                (self.first_at > 0).then(|| (now.saturating_sub(self.first_at) / DAY).cast_signed())
            }
            Figure::Touches90 => count(recent().count()),
            Figure::Contacts90 => count(recent().filter(|(_, kind)| CONTACTS.contains(&kind.as_str())).count()),
            Figure::Mood90 => {
                Some(self.moods.iter().filter(|(at, _)| *at > since(90)).map(|(_, mood)| i64::from(*mood)).sum())
            }
            Figure::OpenCases => Some(i64::from(self.open_cases)),
            Figure::ExpectedValue => Some(super::value(self, now).expected),
            Figure::ChurnPercent => super::value(self, now).churn_percent.map(i64::from),
        }
    }
}
