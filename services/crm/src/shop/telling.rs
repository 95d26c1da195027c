//! What its customer is told of a command's end: pure. Nothing of what the shop says to agents is in it.

use proto::crm::v1::{CommandKind, CommandState, ShopWords};
use uuid::Uuid;

use crate::work::derived;

/// A conversation, as far as it matters whether something can be told there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Talk {
    /// BCP 47 tag of the customer's page.
    pub language: String,
    /// Empty: text.
    pub channel: String,
    /// Whether it is the command's customer's, under whichever of their records.
    pub theirs: bool,
}

/// Reason of a conversation of somebody else's.
pub const NOT_THEIRS: &str = "not_theirs";

/// Why nothing is told there.
#[must_use]
pub fn obstacle(talk: &Talk) -> Option<&'static str> {
    if !talk.channel.is_empty() {
        return Some("not_text");
    }
    (!talk.theirs).then_some(NOT_THEIRS)
}

/// The message's id: whoever tells of a command tells it under the same.
#[must_use]
pub fn message_id(command: &str) -> Uuid {
    derived(&["command-told", command])
}

/// What is told, in the language of the conversation. `number` is the order's; empty: none.
#[must_use]
pub fn text(language: &str, kind: CommandKind, state: CommandState, number: &str, words: &ShopWords) -> String {
    let english = language.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case("en"));
    let confirmed = state == CommandState::Confirmed;
    let [yes, no] = if english { in_english(kind) } else { in_japanese(kind) };
    let mut about = Vec::new();
    let number = if kind == CommandKind::PlaceOrder { &words.reference } else { number };
    if !number.is_empty() {
        about.push(format!("{}{number}", if english { "order " } else { "注文 " }));
    }
    if kind == CommandKind::StartReturn && !words.reference.is_empty() {
        about.push(format!("{}{}", if english { "return " } else { "返品番号 " }, words.reference));
    }
    let said = if confirmed { yes } else { no };
    let about = about.join(if english { ", " } else { "、" });
    let mut text = match (about.is_empty(), english) {
        (true, true) => format!("{said}."),
        (true, false) => format!("{said}。"),
        (false, true) => format!("{said} ({about})."),
        (false, false) => format!("{said}（{about}）。"),
    };
    if !words.for_customer.trim().is_empty() {
        text.push('\n');
        text.push_str(words.for_customer.trim());
    } else if !confirmed {
        text.push_str(if english { " Please ask us for the details." } else { "詳しくはお尋ねください。" });
    }
    text
}

/// Done, and not done.
fn in_japanese(kind: CommandKind) -> [&'static str; 2] {
    match kind {
        CommandKind::PlaceOrder => ["ご注文を承りました", "ご注文を承れませんでした"],
        CommandKind::ChangeDelivery => ["お届け先・日時を変更しました", "お届け先・日時を変更できませんでした"],
        CommandKind::StartReturn => ["返品を受け付けました", "返品を受け付けられませんでした"],
        CommandKind::CancelOrder => ["ご注文をキャンセルしました", "ご注文をキャンセルできませんでした"],
        CommandKind::ReserveStock => ["商品をお取り置きしました", "商品をお取り置きできませんでした"],
        CommandKind::ReleaseStock => ["お取り置きを解除しました", "お取り置きを解除できませんでした"],
        CommandKind::Unspecified => ["ご依頼を承りました", "ご依頼を承れませんでした"],
    }
}

/// Done, and not done.
fn in_english(kind: CommandKind) -> [&'static str; 2] {
    match kind {
        CommandKind::PlaceOrder => ["Your order has been placed", "Your order could not be placed"],
        CommandKind::ChangeDelivery => ["Your delivery has been changed", "Your delivery could not be changed"],
        CommandKind::StartReturn => ["Your return has been accepted", "Your return could not be accepted"],
        CommandKind::CancelOrder => ["Your order has been cancelled", "Your order could not be cancelled"],
        CommandKind::ReserveStock => ["The item has been set aside for you", "The item could not be set aside"],
        CommandKind::ReleaseStock => ["The reservation has been released", "The reservation could not be released"],
        CommandKind::Unspecified => ["Your request has been accepted", "Your request could not be accepted"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(reference: &str, for_customer: &str) -> ShopWords {
        let text = "内部メモ: 要確認".to_owned();
        ShopWords { text, reference: reference.to_owned(), for_customer: for_customer.to_owned() }
    }

    #[test]
    fn a_customer_is_told_in_their_language_and_nothing_that_is_for_agents() {
        let (yes, no) = (CommandState::Confirmed, CommandState::Refused);
        let back = CommandKind::StartReturn;
        assert_eq!(text("ja", back, yes, "1001", &words("", "")), "返品を受け付けました（注文 1001）。");
        assert_eq!(
            text("en-GB", back, yes, "1001", &words("R-1", "")),
            "Your return has been accepted (order 1001, return R-1)."
        );
        assert_eq!(
            text("ja", CommandKind::ChangeDelivery, no, "1001", &words("", " 出荷の準備に入っています。")),
            "お届け先・日時を変更できませんでした（注文 1001）。\n出荷の準備に入っています。"
        );
        assert_eq!(
            text("en", CommandKind::ReserveStock, no, "", &words("c-1", "")),
            "The item could not be set aside. Please ask us for the details."
        );
        let placed = text("", CommandKind::PlaceOrder, yes, "", &words("A-10003", ""));
        assert_eq!(placed, "ご注文を承りました（注文 A-10003）。");
    }

    #[test]
    fn only_the_customers_own_conversation_in_writing_is_told_anything() {
        let talk = Talk { theirs: true, ..Talk::default() };
        assert_eq!(obstacle(&talk), None);
        assert_eq!(obstacle(&Talk { theirs: false, ..talk.clone() }), Some(NOT_THEIRS));
        for channel in ["voice", "task"] {
            assert_eq!(obstacle(&Talk { channel: channel.to_owned(), ..talk.clone() }), Some("not_text"));
        }
    }

    #[test]
    fn the_same_command_is_told_under_the_same_id() {
        assert_eq!(message_id("c-1"), message_id("c-1"));
        assert_ne!(message_id("c-1"), message_id("c-2"));
    }
}
