//! By which channel a kind of touchpoint comes. Pure.

/// The channel of a touchpoint whose reporter names none; `other` when its kind does not tell.
#[must_use]
pub fn usual_channel(kind: &str) -> &'static str {
    match kind {
        "call" => "voice",
        "chat" => "chat",
        "mail" => "mail",
        "fax" => "fax",
        "letter" => "post",
        "page_view" | "form" => "web",
        "store_visit" => "store",
        "app" => "app",
        "sns" => "sns",
        "ad_response" => "ad",
        _ => "other",
    }
}
