//! Sentences that come with the product.

use crate::ivr::flow::Language;

pub(super) fn is_this_right(digits: &str, language: Language) -> String {
    match language {
        Language::Ja => format!("{digits}、ですね。よろしければ、いちを、入力しなおす場合は、にを、押してください。"),
        Language::En => format!("You entered {digits}. If this is right, press one. To enter it again, press two."),
    }
}

pub(super) fn callback_offer(language: Language) -> String {
    match language {
        Language::Ja => "ただいま、たいへん混み合っております。順番になりましたら、こちらからお電話をさしあげます。\
                         ご希望の場合は、いちを、押してください。このままお待ちになる場合は、そのままお待ちください。"
            .to_owned(),
        Language::En => {
            "All our agents are busy. We can call you back when it is your turn. For a call back, press one. \
                         To keep waiting, stay on the line."
                .to_owned()
        }
    }
}

pub(super) fn callback_promised(language: Language) -> String {
    match language {
        Language::Ja => "折り返しのお電話を、承りました。順番になりましたら、こちらからお電話いたします。お電話ありがとうございました。".to_owned(),
        Language::En => "Thank you. We will call you back when it is your turn. Goodbye.".to_owned(),
    }
}

pub(super) fn nobody_answers(language: Language) -> String {
    match language {
        Language::Ja => {
            "申し訳ございません。ただいま、電話に出ることができません。のちほど、おかけ直しください。".to_owned()
        }
        Language::En => "We are sorry. Nobody can take your call at the moment. Please call again later.".to_owned(),
    }
}
