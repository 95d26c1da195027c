//! RTP headers (RFC 3550), read and written without copying more than the bytes.

/// Bytes of a header without extras.
pub const HEADER: usize = 12;

/// What stands before a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// For audio: the first packet after a pause.
    pub marker: bool,
    /// What the payload is, 0 to 127.
    pub payload_type: u8,
    /// Counts packets, wraps.
    pub sequence: u16,
    /// Counts samples, wraps.
    pub timestamp: u32,
    /// Who sends.
    pub ssrc: u32,
}

/// Whether a datagram on a shared port is RTCP (RFC 5761 §4).
pub fn is_rtcp(packet: &[u8]) -> bool {
    packet.len() >= 8 && packet[0] >> 6 == 2 && (192..=223).contains(&packet[1])
}

/// Header and payload of a packet; contributing sources, extension and padding are stepped over. `None` if it is not RTP.
pub fn parse(packet: &[u8]) -> Option<(Header, &[u8])> {
    if packet.len() < HEADER || packet[0] >> 6 != 2 || is_rtcp(packet) {
        return None;
    }
    let header = Header {
        marker: packet[1] & 0x80 != 0,
        payload_type: packet[1] & 0x7F,
        sequence: u16::from_be_bytes([packet[2], packet[3]]),
        timestamp: u32::from_be_bytes([packet[4], packet[5], packet[6], packet[7]]),
        ssrc: u32::from_be_bytes([packet[8], packet[9], packet[10], packet[11]]),
    };
    let mut rest = packet.get(HEADER + 4 * usize::from(packet[0] & 0x0F)..)?;
    if packet[0] & 0x10 != 0 {
        let words = usize::from(u16::from_be_bytes([*rest.get(2)?, *rest.get(3)?]));
        rest = rest.get(4 + 4 * words..)?;
    }
    if packet[0] & 0x20 != 0 {
        let padding = usize::from(*rest.last()?);
        if padding == 0 {
            return None;
        }
        rest = &rest[..rest.len().checked_sub(padding)?];
    }
    Some((header, rest))
}

/// The whole packet into `out`, which is emptied first.
pub fn write(header: &Header, payload: &[u8], out: &mut Vec<u8>) {
    out.clear();
    out.push(0x80);
    out.push(header.payload_type & 0x7F | if header.marker { 0x80 } else { 0 });
    out.extend_from_slice(&header.sequence.to_be_bytes());
    out.extend_from_slice(&header.timestamp.to_be_bytes());
    out.extend_from_slice(&header.ssrc.to_be_bytes());
    out.extend_from_slice(payload);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn header() -> impl Strategy<Value = Header> {
        (any::<bool>(), 0u8..64, any::<u16>(), any::<u32>(), any::<u32>()).prop_map(
            |(marker, payload_type, sequence, timestamp, ssrc)| Header {
                marker,
                payload_type,
                sequence,
                timestamp,
                ssrc,
            },
        )
    }

    #[test]
    fn sources_extension_and_padding_are_stepped_over() {
        let mut packet = vec![0xB2, 0x00, 0, 7, 0, 0, 0, 9, 0, 0, 0, 1];
        packet.extend([0; 8]); // two contributing sources
        packet.extend([0xBE, 0xDE, 0, 1, 1, 2, 3, 4]); // one word of extension
        packet.extend([5, 6, 0, 0, 3]); // two bytes and three of padding
        let (header, payload) = parse(&packet).unwrap();
        assert_eq!((header.sequence, header.timestamp, payload), (7, 9, &[5, 6][..]));
    }

    #[test]
    fn a_captured_packet_is_read() {
        let packet = [0x80, 0x80, 0x92, 0xDB, 0, 0, 0, 0xA0, 0x34, 0x3D, 0x99, 0xA3, 0xFF, 0x7F];
        let (header, payload) = parse(&packet).unwrap();
        let wanted = Header { marker: true, payload_type: 0, sequence: 0x92DB, timestamp: 160, ssrc: 0x343D_99A3 };
        assert_eq!((header, payload), (wanted, &[0xFF, 0x7F][..]));
    }

    #[test]
    fn reports_are_not_taken_for_sound() {
        let report = [0x80, 200, 0, 6, 0, 0, 0, 1, 0, 0, 0, 0];
        assert!(is_rtcp(&report));
        assert_eq!(parse(&report), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(header in header(), payload in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut packet = vec![1, 2, 3];
            write(&header, &payload, &mut packet);
            prop_assert_eq!(parse(&packet), Some((header, &payload[..])));
        }

        #[test]
        fn no_bytes_are_too_strange(packet in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some((_, payload)) = parse(&packet) {
                prop_assert!(payload.len() + HEADER <= packet.len());
            }
        }
    }
}
