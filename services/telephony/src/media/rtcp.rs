//! RTCP reports (RFC 3550 §6): ours made, the peer's read.

/// One stream that was received, as a report says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    /// Whose packets.
    pub ssrc: u32,
    /// Lost since the last report, of 256.
    pub fraction: u8,
    /// Lost since the beginning, 24 bits.
    pub lost: u32,
    /// Highest sequence number with its rounds.
    pub highest: u32,
    /// In timestamp units.
    pub jitter: u32,
    /// The middle half of the last sender report's time; 0: none yet.
    pub last_sender: u32,
    /// Since that report came, in 1/65536 s.
    pub delay: u32,
}

/// What a sender says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sender {
    /// Who.
    pub ssrc: u32,
    /// NTP time.
    pub time: u64,
    /// RTP timestamp at that time.
    pub timestamp: u32,
    /// Packets sent.
    pub packets: u32,
    /// Bytes of payload sent.
    pub bytes: u32,
}

/// What a datagram of reports holds for us.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reports {
    /// The peer's own time, if it sends.
    pub sender: Option<Sender>,
    /// What it hears, of whomever.
    pub blocks: Vec<Block>,
}

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const DESCRIPTION: u8 = 202;

/// Unix milliseconds as NTP time.
pub fn ntp(unix_ms: u64) -> u64 {
    ((unix_ms / 1_000 + 2_208_988_800) << 32) | (((unix_ms % 1_000) << 32) / 1_000)
}

/// The middle half of an NTP time.
pub fn middle(ntp: u64) -> u32 {
    (ntp >> 16) as u32
}

/// A sender report with at most one block, and the name that ties our streams together, into `out`.
pub fn write(sender: &Sender, block: Option<&Block>, out: &mut Vec<u8>) {
    out.clear();
    head(SENDER_REPORT, u8::from(block.is_some()), 6 + 6 * u16::from(block.is_some()), out);
    out.extend(sender.ssrc.to_be_bytes());
    out.extend(sender.time.to_be_bytes());
    for word in [sender.timestamp, sender.packets, sender.bytes] {
        out.extend(word.to_be_bytes());
    }
    if let Some(block) = block {
        let loss = u32::from(block.fraction) << 24 | block.lost.min(0x7F_FFFF);
        for word in [block.ssrc, loss, block.highest, block.jitter, block.last_sender, block.delay] {
            out.extend(word.to_be_bytes());
        }
    }
    // SDES with one CNAME: random by its ssrc, names nobody.
    head(DESCRIPTION, 1, 4, out);
    out.extend(sender.ssrc.to_be_bytes());
    out.extend([1, 8]);
    out.extend(format!("{:08x}", sender.ssrc).bytes());
    out.extend([0, 0]);
}

fn head(kind: u8, count: u8, words: u16, out: &mut Vec<u8>) {
    out.extend([0x80 | count, kind]);
    out.extend(words.to_be_bytes());
}

/// Reads a datagram of reports; kinds that say nothing to us are stepped over. `None` if it is torn.
pub fn read(mut rest: &[u8]) -> Option<Reports> {
    let mut out = Reports::default();
    while !rest.is_empty() {
        let (first, kind) = (*rest.first()?, *rest.get(1)?);
        let length = 4 * (usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?])) + 1);
        let packet = rest.get(..length)?;
        if first >> 6 != 2 {
            return None;
        }
        let blocks = match kind {
            SENDER_REPORT => {
                let time = u64::from(word(packet, 8)?) << 32 | u64::from(word(packet, 12)?);
                let (timestamp, packets, bytes) = (word(packet, 16)?, word(packet, 20)?, word(packet, 24)?);
                out.sender = Some(Sender { ssrc: word(packet, 4)?, time, timestamp, packets, bytes });
                28
            }
            RECEIVER_REPORT => 8,
            _ => length,
        };
        if blocks < length {
            for at in 0..usize::from(first & 0x1F) {
                out.blocks.push(block(packet, blocks + 24 * at)?);
            }
        }
        rest = &rest[length..];
    }
    Some(out)
}

fn word(packet: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(packet.get(at..at + 4)?.try_into().ok()?))
}

fn block(packet: &[u8], at: usize) -> Option<Block> {
    let loss = word(packet, at + 4)?;
    Some(Block {
        ssrc: word(packet, at)?,
        fraction: (loss >> 24) as u8,
        lost: loss & 0xFF_FFFF,
        highest: word(packet, at + 8)?,
        jitter: word(packet, at + 12)?,
        last_sender: word(packet, at + 16)?,
        delay: word(packet, at + 20)?,
    })
}

/// Round trip in milliseconds from a block about us that came at `now` (middle of NTP). `None`: the peer has not heard a report of ours.
pub fn round_trip_ms(block: &Block, now: u32) -> Option<u16> {
    let trip = now.wrapping_sub(block.last_sender).wrapping_sub(block.delay);
    let sane = block.last_sender != 0 && trip < 60 << 16;
    sane.then(|| ((u64::from(trip) * 1_000) >> 16) as u16)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_is_read(words: [u32; 9], time: u64, fraction: u8, with: bool) {
            let [ssrc, timestamp, packets, bytes, other, lost, highest, jitter, last_sender] = words;
            let sender = Sender { ssrc, time, timestamp, packets, bytes };
            let block = Block { ssrc: other, fraction, lost: lost & 0x7F_FFFF, highest, jitter, last_sender, delay: 9 };
            let mut packet = Vec::new();
            write(&sender, with.then_some(&block), &mut packet);
            prop_assert!(super::super::rtp::is_rtcp(&packet));
            prop_assert_eq!(packet.len() % 4, 0);
            let blocks = if with { vec![block] } else { Vec::new() };
            prop_assert_eq!(read(&packet), Some(Reports { sender: Some(sender), blocks }));
        }

        #[test]
        fn no_bytes_are_too_strange(packet in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read(&packet);
        }

        #[test]
        fn a_round_trip_is_what_is_not_the_peers_delay(sent_ms in 1_600_000_000_000u64..1_900_000_000_000, there in 0u64..5_000, trip in 0u64..2_000) {
            let last_sender = middle(ntp(sent_ms));
            let delay = (there * 65_536 / 1_000) as u32;
            let block = Block { ssrc: 1, fraction: 0, lost: 0, highest: 0, jitter: 0, last_sender, delay };
            let got = round_trip_ms(&block, middle(ntp(sent_ms + there + trip))).map(u64::from);
            // The middle half of the time may be 0 by chance, which means "none".
            prop_assert!(last_sender == 0 || got.is_some_and(|got| got.abs_diff(trip) <= 1));
        }
    }
}
