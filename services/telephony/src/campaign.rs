//! Outbound lists: whom to dial next, and when not to.
