//! What the shop has, and what it does when asked: no I/O, no clock.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// How the shop answers commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mood {
    /// At once.
    #[default]
    Open,
    /// It does what is asked, and says nothing of it.
    Silent,
    /// It does nothing and says so: 503.
    Broken,
    /// It needs two questions: `pending` first.
    Slow,
}

/// A shop.
#[derive(Debug, Default)]
pub struct Stand {
    name: String,
    /// Where its versions and the places of its feed begin: a shop that is opened again later goes on after the former one.
    base: u64,
    /// The last version.
    version: u64,
    mood: Mood,
    orders: BTreeMap<String, Value>,
    stock: BTreeMap<(String, String), Value>,
    /// First answers by key.
    done: BTreeMap<String, Value>,
    /// Keys that were told to wait.
    waiting: BTreeMap<String, u32>,
    asked: BTreeMap<String, u32>,
    deeds: BTreeMap<String, u32>,
    /// What commands set aside: article, place, how many.
    aside: BTreeMap<String, (String, String, u64)>,
    feed: Vec<Value>,
}

impl Stand {
    /// An empty shop.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }

    /// A shop with something to sell and a few customers' orders; `now_ms`: ms since the Unix epoch.
    #[must_use]
    pub fn practice(name: &str, now_ms: u64) -> Self {
        let mut stand = Self { base: now_ms, version: now_ms, ..Self::new(name) };
        let goods = [
            ("TEA-01", "緑茶ティーバッグ 50個", 1_200),
            ("KB-104", "静音キーボード", 12_800),
            ("CUP-07", "湯のみ 青", 2_400),
        ];
        let places = [
            ("shinjuku", "新宿店", "store", 3),
            ("umeda", "梅田店", "store", 0),
            ("wh-east", "東日本倉庫", "warehouse", 120),
        ];
        for (sku, name, _) in goods {
            for (place, place_name, place_kind, free) in places {
                stand.set_stock(&json!({ "sku": sku, "name": name, "place": place, "place_name": place_name,
                    "place_kind": place_kind, "free": free, "reserved": 0, "at": now_ms }));
            }
        }
        let people =
            [("C-1001", "山田 花子", "03-1234-5678", "shipped"), ("C-1002", "佐藤 健", "090-1234-5678", "placed")];
        for (at, (customer, recipient, phone, status)) in people.into_iter().enumerate() {
            let (sku, name, price) = goods[at % goods.len()];
            stand.set_order(json!({ "number": format!("A-{}", 10_001 + at), "status": status, "channel": "ec",
                "owner": { "kind": "ec", "namespace": stand.name, "value": customer, "verified": true },
                "placed_at": now_ms - 86_400_000, "total": price, "currency": "JPY",
                "lines": [{ "sku": sku, "name": name, "quantity": 1, "price": price }],
                "payment": { "method": "card", "state": "paid", "at": now_ms - 86_300_000 },
                "delivery": { "date": "", "window": "", "carrier": "yamato" },
                "to": { "recipient": recipient, "postcode": "1000001", "address": "東京都千代田区千代田1-1", "phone": phone } }));
        }
        stand
    }

    /// How it answers from now on.
    pub fn set_mood(&mut self, mood: Mood) {
        self.mood = mood;
    }

    /// How it answers.
    #[must_use]
    pub fn mood(&self) -> Mood {
        self.mood
    }

    /// An order as it is now; its version grows. What is left out stays as it was.
    pub fn set_order(&mut self, change: Value) -> Value {
        let number = change["number"].as_str().unwrap_or_default().to_owned();
        let mut order = self.orders.get(&number).cloned().unwrap_or_else(|| json!({}));
        merge(&mut order, change);
        order["type"] = json!("order");
        order["shop"] = json!(self.name);
        self.version += 1;
        order["version"] = json!(self.version);
        self.orders.insert(number, order.clone());
        self.feed.push(order.clone());
        order
    }

    /// A level of stock as it is now; its version grows.
    pub fn set_stock(&mut self, change: &Value) {
        let word = |name: &str| change[name].as_str().unwrap_or_default().to_owned();
        let level = self.stock.entry((word("sku"), word("place"))).or_insert_with(|| json!({}));
        merge(level, change.clone());
        level["type"] = json!("stock");
        level["shop"] = json!(self.name);
        self.version += 1;
        level["version"] = json!(self.version);
        self.feed.push(level.clone());
    }

    /// All orders as they are.
    pub fn orders(&self) -> impl Iterator<Item = &Value> {
        self.orders.values()
    }

    /// All stock as it is.
    pub fn stock(&self) -> impl Iterator<Item = &Value> {
        self.stock.values()
    }

    /// An order by its number.
    #[must_use]
    pub fn order(&self, number: &str) -> Option<&Value> {
        self.orders.get(number)
    }

    /// How often it was asked with this key.
    #[must_use]
    pub fn asked(&self, key: &str) -> u32 {
        self.asked.get(key).copied().unwrap_or(0)
    }

    /// How often it did something for this key: never more than once.
    #[must_use]
    pub fn deeds(&self, key: &str) -> u32 {
        self.deeds.get(key).copied().unwrap_or(0)
    }

    /// Everything that it did.
    #[must_use]
    pub fn all_deeds(&self) -> u32 {
        self.deeds.values().sum()
    }

    /// A page of the feed: each page begins two events before the place that was asked for, and has its events in reverse.
    #[must_use]
    pub fn events(&self, after: u64, limit: usize) -> (Vec<&Value>, u64) {
        let after = usize::try_from(after.saturating_sub(self.base)).unwrap_or(usize::MAX);
        let end = after.saturating_add(limit).min(self.feed.len());
        let page = self.feed.get(after.saturating_sub(2).min(end)..end).unwrap_or_default();
        (page.iter().rev().collect(), self.base + end as u64)
    }

    /// Carries a command out, once a key; none: it does nothing and cannot say when.
    pub fn command(&mut self, key: &str, command: &Value, now_ms: u64) -> Option<Value> {
        *self.asked.entry(key.to_owned()).or_default() += 1;
        if let Some(answer) = self.done.get(key) {
            return Some(answer.clone());
        }
        match self.mood {
            Mood::Broken => return None,
            Mood::Slow if !self.waiting.contains_key(key) => {
                self.waiting.insert(key.to_owned(), 1);
                return Some(json!({ "state": "pending" }));
            }
            Mood::Open | Mood::Silent | Mood::Slow => {}
        }
        let answer = self.carry_out(key, command, now_ms);
        if answer["state"] == "confirmed" {
            *self.deeds.entry(key.to_owned()).or_default() += 1;
        }
        self.done.insert(key.to_owned(), answer.clone());
        Some(answer)
    }

    fn carry_out(&mut self, key: &str, command: &Value, now_ms: u64) -> Value {
        match command["kind"].as_str().unwrap_or_default() {
            "place_order" => self.place(key, command, now_ms),
            "change_delivery" => self.change(command),
            "start_return" => self.take_back(command, now_ms),
            "cancel_order" => self.cancel(command, now_ms),
            "reserve_stock" => self.reserve(key, command),
            "release_stock" => self.release(command),
            _ => refused("unknown_command", "対応していない依頼です"),
        }
    }

    fn place(&mut self, key: &str, command: &Value, now_ms: u64) -> Value {
        let number = format!("A-{}", 10_001 + self.orders.len());
        let cost = |line: &Value| line["price"].as_i64().unwrap_or(0) * line["quantity"].as_i64().unwrap_or(0);
        let total: i64 = command["lines"].as_array().map_or(0, |lines| lines.iter().map(cost).sum());
        let channel = command["channel"].as_str().filter(|channel| !channel.is_empty()).unwrap_or("phone");
        let order =
            self.set_order(json!({ "number": number, "status": "placed", "channel": channel, "placed_at": now_ms,
            "total": total, "currency": "JPY", "lines": command["lines"], "command": key, "record": command["record"], "to": command["to"],
            "payment": { "method": command["payment"], "state": "due", "at": now_ms },
            "delivery": { "date": command["date"], "window": command["window"] } }));
        confirmed("ご注文を承りました", &number, Some(order))
    }

    fn change(&mut self, command: &Value) -> Value {
        let Some(order) = self.found(command) else { return no_order() };
        if order["status"] != "placed" {
            return refused_for("too_late", "発送準備中のため変更できません", "すでに発送の準備に入っています。");
        }
        let mut delivery = order["delivery"].clone();
        merge(&mut delivery, told(&json!({ "date": command["date"], "window": command["window"] })));
        let mut to = order["to"].clone();
        merge(&mut to, told(&command["to"]));
        let order = self.set_order(json!({ "number": order["number"], "delivery": delivery, "to": to }));
        confirmed("お届け先・日時を変更しました", "", Some(order))
    }

    fn take_back(&mut self, command: &Value, now_ms: u64) -> Value {
        let Some(order) = self.found(command) else { return no_order() };
        if !["shipped", "delivered"].contains(&order["status"].as_str().unwrap_or_default()) {
            return refused_for("not_shipped", "発送前のご注文は返品できません", "お品物がまだ発送されていません。");
        }
        let mut returns = order["returns"].as_array().cloned().unwrap_or_default();
        let id = format!("R-{}", returns.len() + 1);
        returns.push(json!({ "id": id, "state": "accepted", "reason": command["reason"], "lines": command["lines"],
            "asked_at": now_ms, "files": command["files"] }));
        let order = self.set_order(json!({ "number": order["number"], "returns": returns }));
        confirmed("返品を受け付けました", &id, Some(order))
    }

    fn cancel(&mut self, command: &Value, now_ms: u64) -> Value {
        let Some(order) = self.found(command) else { return no_order() };
        if order["status"] != "placed" {
            return refused_for("too_late", "発送準備中のためキャンセルできません", "すでに発送の準備に入っています。");
        }
        let order = self.set_order(json!({ "number": order["number"], "status": "cancelled", "cancelled_at": now_ms }));
        confirmed("キャンセルしました", "", Some(order))
    }

    fn reserve(&mut self, key: &str, command: &Value) -> Value {
        let word = |name: &str| command[name].as_str().unwrap_or_default().to_owned();
        let wanted = command["quantity"].as_u64().unwrap_or(0).max(1);
        let Some(level) = self.stock.get(&(word("sku"), word("place"))).cloned() else {
            return refused("unknown_article", "この商品は扱っていません");
        };
        let free = level["free"].as_u64().unwrap_or(0);
        if free < wanted {
            return refused("not_enough", "在庫が足りません");
        }
        let reserved = level["reserved"].as_u64().unwrap_or(0) + wanted;
        self.set_stock(
            &json!({ "sku": word("sku"), "place": word("place"), "free": free - wanted, "reserved": reserved }),
        );
        self.aside.insert(key.to_owned(), (word("sku"), word("place"), wanted));
        confirmed("取り置きしました", key, None)
    }

    fn release(&mut self, command: &Value) -> Value {
        let Some((sku, place, count)) = self.aside.remove(command["command"].as_str().unwrap_or_default()) else {
            return refused("unknown_reservation", "この取り置きは見つかりません");
        };
        let level = self.stock.get(&(sku.clone(), place.clone())).cloned().unwrap_or_default();
        let now = |name: &str| level[name].as_u64().unwrap_or(0);
        let (free, reserved) = (now("free") + count, now("reserved").saturating_sub(count));
        self.set_stock(&json!({ "sku": sku, "place": place, "free": free, "reserved": reserved }));
        confirmed("取り置きを解除しました", "", None)
    }

    fn found(&self, command: &Value) -> Option<Value> {
        self.orders.get(command["number"].as_str()?).cloned()
    }
}

fn merge(into: &mut Value, change: Value) {
    if let (Some(into), Value::Object(change)) = (into.as_object_mut(), change) {
        into.extend(change);
    }
}

/// The fields that are not empty.
fn told(change: &Value) -> Value {
    let fields = change.as_object().into_iter().flatten().filter(|(_, value)| value.as_str() != Some(""));
    fields.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn confirmed(text: &str, reference: &str, order: Option<Value>) -> Value {
    let mut answer = json!({ "state": "confirmed", "text": text, "reference": reference });
    if let Some(mut order) = order {
        // An answer's order is no event: it has no type.
        order.as_object_mut().map(|order| order.remove("type"));
        answer["order"] = order;
    }
    answer
}

fn refused(reason: &str, text: &str) -> Value {
    json!({ "state": "refused", "reason": reason, "text": text })
}

/// A refusal whose words for the customer are others than those for the agent.
fn refused_for(reason: &str, text: &str, for_customer: &str) -> Value {
    let mut answer = refused(reason, text);
    answer["for_customer"] = json!(for_customer);
    answer
}

fn no_order() -> Value {
    refused("unknown_order", "このご注文は見つかりません")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_deed_whatever_is_heard_of_it() {
        let mut stand = Stand::practice("ec", 1_790_000_000_000);
        let cancel = json!({ "kind": "cancel_order", "number": "A-10002" });
        stand.set_mood(Mood::Broken);
        assert_eq!(stand.command("k", &cancel, 1), None);
        stand.set_mood(Mood::Silent);
        assert_eq!(stand.command("k", &cancel, 1).unwrap()["state"], "confirmed");
        assert_eq!(stand.command("k", &cancel, 2), stand.command("k", &cancel, 3));
        assert_eq!((stand.asked("k"), stand.deeds("k")), (4, 1));
        assert_eq!(stand.command("other", &cancel, 4).unwrap()["reason"], "too_late");
    }

    #[test]
    fn the_feed_repeats_itself_and_is_out_of_order() {
        let mut stand = Stand::new("ec");
        for n in 0..4 {
            stand.set_order(json!({ "number": "A-1", "n": n }));
        }
        let versions = |(events, next): (Vec<&Value>, u64)| {
            (events.iter().map(|event| event["version"].as_u64().unwrap()).collect::<Vec<_>>(), next)
        };
        assert_eq!(versions(stand.events(0, 3)), (vec![3, 2, 1], 3));
        assert_eq!(versions(stand.events(3, 3)), (vec![4, 3, 2], 4));
        assert_eq!(versions(stand.events(99, 3)), (Vec::new(), 4));
    }

    #[test]
    fn what_is_set_aside_cannot_be_sold() {
        let mut stand = Stand::practice("ec", 1_790_000_000_000);
        let reserve =
            |quantity| json!({ "kind": "reserve_stock", "sku": "TEA-01", "place": "shinjuku", "quantity": quantity });
        assert_eq!(stand.command("a", &reserve(2), 1).unwrap()["state"], "confirmed");
        assert_eq!(stand.command("b", &reserve(2), 1).unwrap()["reason"], "not_enough");
        let release = json!({ "kind": "release_stock", "command": "a" });
        assert_eq!(stand.command("c", &release, 1).unwrap()["state"], "confirmed");
        assert_eq!(stand.command("d", &release, 1).unwrap()["reason"], "unknown_reservation");
        assert_eq!(stand.command("e", &reserve(3), 1).unwrap()["state"], "confirmed");
    }
}
