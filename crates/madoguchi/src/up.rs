//! A whole practice center on one machine: a NATS server, a PostgreSQL and the services for every site, and the witness.
//!
//! The same programs and code paths as in production. [`Center`] starts them, breaks them on request (kill, stop, cut, heal) and
//! leaves nothing running behind: whatever it started dies with it, even when it is killed itself.
//!
//! | module | what |
//! |---|---|
//! | `layout`, `secrets`, `programs` | places, ports, keys and passwords, where the programs are |
//! | `nats`, `postgres`, `services` | one kind of process each: configuration and command |
//! | `parts` | all of that together, before anything runs |
//! | `process`, `wire`, `wires` | children that cannot outlive us; proxies between sites that can be cut |
//! | `ready`, `http`, `practice` | waiting until things answer; the practice company |
//! | `center` | the running center |
//! | `control`, `command` | `madoguchi ctl` and `madoguchi up` |

mod center;
pub mod command;
pub mod control;
pub(crate) mod http;
mod layout;
mod nats;
mod options;
mod parts;
mod postgres;
mod practice;
mod process;
mod programs;
mod ready;
mod secrets;
mod services;
mod wire;
mod wires;

pub use center::{Center, NatsAccess};
pub(crate) use nats::STREAMS;
pub use options::{Options, SyncMode, UpError};
