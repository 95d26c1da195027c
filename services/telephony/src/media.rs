//! Sound: RTP, browsers, mixing, recording.
