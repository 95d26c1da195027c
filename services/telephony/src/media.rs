//! Sound: RTP, browsers, mixing, recording. `docs/telephony-media.md` says how and why.
//!
//! | module | what |
//! |---|---|
//! | [`handle`] | [`Media`]: what the service calls |
//! | [`event`] | orders, events, states, figures |
//! | [`sound`], [`wav`] | what is played; WAV files |
//! | [`format`], [`wish`] | how sound is written on the wire, and what a line wants of it |
//! | [`g711`], [`rtp`], [`rtcp`], [`sdp`], [`jitter`], [`tele`], [`dtmf`], [`mix`] | pure: codecs, packets, descriptions, keys, mixing |
//! | `wheel`, `call`, `leg` | a media thread, its calls, their legs |
//! | `sip_link`, `browser`, `inbox`, `quality` | how a leg speaks with its peer, and what comes of it |
//! | [`bench()`](bench::bench) | how much of a core a bridged call takes here |
//! | `opus` | Opus at the edge of a leg |
//! | `recording`, `writer` | recordings, on the media thread and on the writer's |

pub mod bench;
pub mod config;
pub mod dtmf;
pub mod error;
pub mod event;
pub mod format;
pub mod g711;
pub mod handle;
pub mod jitter;
pub mod mix;
pub mod rtcp;
pub mod rtp;
pub mod sdp;
pub mod sound;
pub mod srtp;
pub mod tele;
pub mod wav;
pub mod wish;
pub mod writer;

mod answer;
mod browser;
mod call;
mod context;
mod desk;
mod figures;
mod inbox;
mod leg;
mod opus;
mod order;
mod outbox;
mod ports;
mod quality;
mod recording;
mod sip_link;
mod wheel;

pub use config::Config;
pub use error::MediaError;
pub use event::{MediaEvent, PlayId, Record, RtpState, Stats};
pub use format::Format;
pub use g711::Codec;
pub use handle::Media;
pub use sound::Sound;
pub use srtp::Srtp;
pub use wish::{Offers, Prefer, Wish};
