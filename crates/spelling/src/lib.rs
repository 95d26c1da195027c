//! One spelling for what people write in many. Pure, for every service that compares or finds what was typed; knows no service.
//!
//! | module | what |
//! |---|---|
//! | [`numbers`] | telephone numbers in any spelling, as E.164 |
//! | [`text`] | width, kana, case, dashes: for search |
//! | [`kana`] | katakana, hiragana and romaji |
//! | [`names`] | names of people and companies: old forms of kanji, "Inc." in all its spellings |
//! | [`places`] | postcodes and addresses |
//! | [`dates`] | days as people write them |

pub mod dates;
pub mod kana;
pub mod names;
pub mod numbers;
pub mod places;
pub mod text;
