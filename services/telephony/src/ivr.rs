//! Flows of the IVR as data: model, linter, interpreter, spoken numbers. No I/O, no clock, no randomness.
//!
//! | module | what |
//! |---|---|
//! | [`flow`] | the model: nodes, prompts, variables; JSON by serde |
//! | [`lint`] | what is wrong with a flow before anybody calls it |
//! | [`run`] | the interpreter: inputs and time in, acts out |
//! | [`try_out`] | the interpreter against a made-up caller, step by step |
//! | [`speak`] | numbers, dates, names as they are spoken in Japanese and English |
//!
//! What the linter passes never hangs, never loops without the caller's doing, and comes to an end: an agent's queue, a
//! promise to call back, a message, a number outside, or the end of the call (`properties.rs`).

mod edges;
pub mod flow;
pub mod lint;
pub mod run;
pub mod speak;
pub mod try_out;

#[cfg(test)]
mod properties;
#[cfg(test)]
mod tests;
