//! Calls: SIP trunks and phones, browser softphones, the IVR, recording, and the takeover of calls whose gateway died.
//!
//! | module | what |
//! |---|---|
//! | [`ids`] | what a call and a leg are called |
//! | [`call`] | the pure core of one call: legs, phases, who hears whom |
//! | [`ivr`] | flows as data: model, linter, interpreter, spoken numbers |
//! | [`campaign`] | outbound lists: whom to dial next, and when not to |
//! | [`ledger`] | lost calls, and one callback for each person |
//! | [`speech`] | text to speech, behind a trait |
//! | [`sip`] | signalling: trunks, phones, dialogs, admission |
//! | [`numbers`] | telephone numbers in any spelling, as E.164 |
//! | [`media`] | sound: RTP, browsers, mixing, recording |

pub mod call;
pub mod campaign;
pub mod ids;
pub mod ivr;
pub mod ledger;
pub mod media;
pub mod numbers;
pub mod sip;
pub mod speech;
