//! Text to speech, behind a trait.
