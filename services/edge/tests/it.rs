//! The door with real sockets, against `chat` and `routing` that keep their contracts in memory.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm, reason = "a test may panic, also in its helpers")]

mod it {
    pub mod agents;
    pub mod beside;
    pub mod browser;
    pub mod callbacks;
    pub mod center;
    pub mod customers;
    pub mod docs;
    pub mod export;
    pub mod fake_chat;
    pub mod fake_crm;
    pub mod fake_orders;
    pub mod fake_routing;
    pub mod http;
    pub mod input;
    pub mod journal;
    pub mod keeping;
    pub mod load;
    pub mod memory_keep;
    pub mod notices;
    pub mod orders;
    pub mod resume;
    pub mod segments;
}
