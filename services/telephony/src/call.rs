//! The pure core of one call: its legs, its phases, and who hears whom.
