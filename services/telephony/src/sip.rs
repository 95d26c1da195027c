//! Signalling: trunks, phones, dialogs, admission.
