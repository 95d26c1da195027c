//! Generated messages, clients and servers of every Madoguchi service. No logic lives here.
//!
//! The contract and its prose are the files below `proto/`; this crate only compiles them.

/// Descriptors of every message and service, for gRPC reflection.
pub const FILE_DESCRIPTOR_SET: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

/// Contracts of the chat service.
pub mod chat {
    /// Version 1.
    #[allow(missing_docs, unused_qualifications, clippy::all, clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    pub mod v1 {
        tonic::include_proto!("madoguchi.chat.v1");
    }
}

/// Contracts of the crm service.
pub mod crm {
    /// Version 1.
    #[allow(missing_docs, unused_qualifications, clippy::all, clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    pub mod v1 {
        tonic::include_proto!("madoguchi.crm.v1");
    }
}

/// Events of the edge: accounts and the audit.
pub mod edge {
    /// Version 1.
    #[allow(missing_docs, unused_qualifications, clippy::all, clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    pub mod v1 {
        tonic::include_proto!("madoguchi.edge.v1");
    }
}

/// What a journal message carries.
pub mod journal {
    /// Version 1.
    #[allow(missing_docs, unused_qualifications, clippy::all, clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    pub mod v1 {
        tonic::include_proto!("madoguchi.journal.v1");
    }
}

/// Contracts of the routing service.
pub mod routing {
    /// Version 1.
    #[allow(missing_docs, unused_qualifications, clippy::all, clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    pub mod v1 {
        tonic::include_proto!("madoguchi.routing.v1");
    }
}

/// Contracts of the telephony service.
pub mod telephony {
    /// Version 1.
    #[allow(missing_docs, unused_qualifications, clippy::all, clippy::too_many_lines, clippy::wildcard_enum_match_arm)]
    pub mod v1 {
        tonic::include_proto!("madoguchi.telephony.v1");
    }
}
