//! Tests of the whole crate against real parts.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on shall end")]

mod campaigns;
mod center;
mod flows;
mod media;
mod office;
mod races;
mod secure;
mod services;
mod sip;
mod speech;
mod staffed;
mod supervision;
mod voicemails;
