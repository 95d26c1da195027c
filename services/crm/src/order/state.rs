//! Which report of an order holds, and what the order means for its customer's timeline: pure.

use proto::crm::v1::{OrderReported, OrderState, PaymentState, ReturnState, Touchpoint};

/// Takes a report in; true when it holds now: of two of one order the one with the greater version, then with the greater id.
pub fn take(held: &mut Option<OrderReported>, report: &OrderReported) -> bool {
    let newer = held.as_ref().is_none_or(|held| (report.version, &report.report_id) > (held.version, &held.report_id));
    if newer {
        *held = Some(report.clone());
    }
    newer
}

/// A point of the timeline that an order makes.
#[derive(Clone, Debug, PartialEq)]
pub struct Milestone {
    /// Its fact id: the same milestone of the same order is the same fact.
    pub id: String,
    /// When, ms since the Unix epoch.
    pub at_ms: u64,
    /// What. Nothing in it is personal.
    pub touchpoint: Touchpoint,
}

/// What the state that holds says of the timeline: from the state alone, so it is the same from any order of arrival.
#[must_use]
pub fn milestones(order: &str, state: &OrderState) -> Vec<Milestone> {
    let mut all = Vec::new();
    // A timeline has no currency of its own: its amounts are yen.
    let in_yen = ["", "JPY"].contains(&state.currency.as_str());
    let mut add = |name: &str, kind: &str, at_ms: u64, reason: &str, amount: i64| {
        let touchpoint = Touchpoint {
            kind: kind.to_owned(),
            channel: state.channel.clone(),
            route: if state.store.is_empty() { state.shop.clone() } else { format!("{}/{}", state.shop, state.store) },
            reason: reason.to_owned(),
            reference: order.to_owned(),
            amount: if in_yen { amount } else { 0 },
            ..Touchpoint::default()
        };
        if at_ms > 0 {
            all.push(Milestone { id: format!("{order}.{name}"), at_ms, touchpoint });
        }
    };
    let bought = if state.channel == "store" { "purchase" } else { "order" };
    add("placed", bought, state.placed_at_ms, "", state.total);
    add("cancelled", "order", state.cancelled_at_ms, "cancelled", state.total.saturating_neg());
    if let Some(payment) = &state.payment {
        let word = match payment.state() {
            PaymentState::Paid => "paid",
            PaymentState::Failed => "failed",
            PaymentState::Refunded => "refunded",
            PaymentState::Unspecified | PaymentState::Due | PaymentState::Authorised => "",
        };
        add("payment", "payment", if word.is_empty() { 0 } else { payment.at_ms }, word, 0);
    }
    if let Some(delivery) = &state.delivery {
        add("shipped", "delivery", delivery.shipped_at_ms, "shipped", 0);
        add("delivered", "delivery", delivery.delivered_at_ms, "delivered", 0);
    }
    for back in &state.returns {
        add(&format!("return.{}", back.return_id), "return", back.asked_at_ms, &back.reason, 0);
        let (word, amount) = match back.state() {
            ReturnState::Refunded => ("refunded", back.refund.saturating_neg()),
            ReturnState::Refused => ("refused", 0),
            ReturnState::Unspecified | ReturnState::Asked | ReturnState::Accepted | ReturnState::Received => ("", 0),
        };
        let ended = if word.is_empty() { 0 } else { back.ended_at_ms };
        add(&format!("return.{}.end", back.return_id), "return", ended, word, amount);
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proto::crm::v1::{Delivery, OrderReturn, OrderStatus, Payment};

    use super::*;

    fn reported(version: u64, id: u8) -> OrderReported {
        let state = OrderState { total: i64::from(id), ..OrderState::default() };
        let report_id = format!("r{id}");
        OrderReported { version, report_id, state: Some(state), ..OrderReported::default() }
    }

    proptest! {
        #[test]
        fn any_order_and_any_repetition_ends_alike(
            reports in proptest::collection::vec((1_u64..5, 0_u8..4), 1..20),
            shuffled in any::<prop::sample::Index>(),
        ) {
            let (mut one, mut other) = (None, None);
            for (version, id) in &reports {
                take(&mut one, &reported(*version, *id));
            }
            let mut again: Vec<_> = reports.iter().chain(&reports).collect();
            again.reverse();
            let at = shuffled.index(again.len());
            again.rotate_left(at);
            for (version, id) in again {
                take(&mut other, &reported(*version, *id));
            }
            prop_assert_eq!(&one, &other);
            let greatest = reports.iter().map(|(version, id)| (*version, format!("r{id}"))).max();
            prop_assert_eq!(one.map(|it| (it.version, it.report_id)), greatest);
        }
    }

    #[test]
    fn a_report_that_was_taken_is_not_newer_than_itself() {
        let mut held = None;
        assert!(take(&mut held, &reported(2, 1)));
        assert!(!take(&mut held, &reported(2, 1)));
        assert!(!take(&mut held, &reported(1, 3)));
    }

    fn whole() -> OrderState {
        let back = OrderReturn {
            return_id: "R-1".to_owned(),
            state: ReturnState::Refunded.into(),
            reason: "damaged".to_owned(),
            asked_at_ms: 50,
            ended_at_ms: 60,
            refund: 300,
            ..OrderReturn::default()
        };
        OrderState {
            shop: "ec".to_owned(),
            channel: "ec".to_owned(),
            status: OrderStatus::Delivered.into(),
            placed_at_ms: 10,
            total: 900,
            payment: Some(Payment { state: PaymentState::Paid.into(), at_ms: 20, ..Payment::default() }),
            delivery: Some(Delivery { shipped_at_ms: 30, delivered_at_ms: 40, ..Delivery::default() }),
            returns: vec![back],
            ..OrderState::default()
        }
    }

    #[test]
    fn an_orders_life_is_on_the_timeline() {
        let told: Vec<_> = milestones("ord-1", &whole())
            .into_iter()
            .map(|it| (it.id, it.at_ms, it.touchpoint.kind, it.touchpoint.reason, it.touchpoint.amount))
            .collect();
        let expected = [
            ("ord-1.placed", 10, "order", "", 900),
            ("ord-1.payment", 20, "payment", "paid", 0),
            ("ord-1.shipped", 30, "delivery", "shipped", 0),
            ("ord-1.delivered", 40, "delivery", "delivered", 0),
            ("ord-1.return.R-1", 50, "return", "damaged", 0),
            ("ord-1.return.R-1.end", 60, "return", "refunded", -300),
        ];
        let owned = |(id, at, kind, reason, amount): (&str, u64, &str, &str, i64)| {
            (id.to_owned(), at, kind.to_owned(), reason.to_owned(), amount)
        };
        assert_eq!(told, expected.map(owned));
    }

    #[test]
    fn amounts_on_the_timeline_are_yen_and_never_overflow() {
        let amounts = |currency: &str, total| {
            let mut state = OrderState { currency: currency.to_owned(), total, cancelled_at_ms: 70, ..whole() };
            state.returns[0].refund = i64::MIN;
            milestones("ord-1", &state).iter().map(|it| it.touchpoint.amount).collect::<Vec<_>>()
        };
        assert_eq!(amounts("JPY", i64::MIN), [i64::MIN, i64::MAX, 0, 0, 0, 0, i64::MAX]);
        assert_eq!(amounts("USD", 900), [0; 7]);
    }

    #[test]
    fn what_was_bought_in_a_store_is_a_purchase_there() {
        let state = OrderState { channel: "store".to_owned(), store: "shinjuku".to_owned(), ..whole() };
        let first = milestones("ord-1", &state).remove(0).touchpoint;
        assert_eq!((first.kind.as_str(), first.route.as_str()), ("purchase", "ec/shinjuku"));
    }
}
