use proptest::prelude::*;

use super::super::rtp::{self, Header};
use super::*;

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

#[test]
fn keys_are_derived_as_rfc_3711_b_3_prints_them() {
    let master = bytes("E1F97A0D3E018BE0D64FA32C06DE41390EC675AD498AFEEBB6960B3AABE6");
    let session = Session::new(&Master(master.try_into().unwrap()), 0);
    assert_eq!(session.salt.to_vec(), bytes("30CBBC08863D8C85D49DB34A9AE1"));
    assert_eq!(session.authentication.to_vec(), bytes("CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"));
    // The cipher key C61E7A93744F39EE10734AFE3FF7A087 shows in its stream: the same stream by the key itself.
    let key = bytes("C61E7A93744F39EE10734AFE3FF7A087").try_into().unwrap();
    let mut known = from_feature_flags().srtp_provider.aes_128_cm_sha1_80().create_cipher(key, true);
    let (mut ours, mut theirs) = ([0; 16], [0; 16]);
    let Session { mut cipher, .. } = session;
    cipher.encrypt(&[7; 16], &[0; 16], &mut ours).unwrap();
    known.encrypt(&[7; 16], &[0; 16], &mut theirs).unwrap();
    assert_eq!(ours, theirs);
}

#[test]
fn a_packet_of_another_implementation_is_opened() {
    // The test packet of libsrtp (srtp_driver.c, srtp_validate).
    let master = Master(bytes("e1f97a0d3e018be0d64fa32c06de41390ec675ad498afeebb6960b3aabe6").try_into().unwrap());
    let plain = bytes("800f1234decafbadcafebabeabababababababababababababababab");
    let cipher = bytes("800f1234decafbadcafebabe4e55dc4ce79978d88ca4d215949d2402b78d6acc99ea179b8dbb");
    let mut made = plain.clone();
    Stream::new(&master).protect(&mut made);
    assert_eq!(made, cipher);
    let mut packet = cipher;
    let length = Stream::new(&master).open(&mut packet).unwrap();
    assert_eq!(packet[..length], plain);
}

#[test]
fn the_key_of_an_sdp_is_read_and_other_suites_are_not() {
    let line = "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20";
    let (tag, master) = Master::read(line).unwrap();
    assert_eq!((tag, &master.0[..4]), (1, &b"YS__"[..]));
    assert_eq!(Master::read(&master.attribute(7)), Some((7, master)));
    for line in [
        "1 AES_CM_128_HMAC_SHA1_32 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz",
        "1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz|2^20|1:4",
        "1 AES_CM_128_HMAC_SHA1_80 inline:c2hvcnQ=",
        "x",
    ] {
        assert_eq!(Master::read(line), None, "{line}");
    }
    assert_eq!(format!("{master:?}"), "Master(…)");
}

proptest! {
    #[test]
    fn what_is_protected_is_opened_once_in_any_order_and_over_the_round(
        start: u16, order in Just((0..40u16).collect::<Vec<_>>()).prop_shuffle(), payload in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let master = Master::random();
        let (mut ours, mut theirs) = (Stream::new(&master), Stream::new(&master));
        let make = |at: u16| {
            let sequence = start.wrapping_add(at);
            let header = Header { marker: false, payload_type: 0, sequence, timestamp: 1, ssrc: 7 };
            let mut packet = Vec::new();
            rtp::write(&header, &payload, &mut packet);
            packet
        };
        let sealed: Vec<_> = (0..40).map(|at| { let mut packet = make(at); ours.protect(&mut packet); packet }).collect();
        // The first tells the round.
        for at in std::iter::once(0).chain(order.into_iter().filter(|at| *at != 0)) {
            let mut packet = sealed[usize::from(at)].clone();
            let length = theirs.open(&mut packet).unwrap();
            prop_assert_eq!(&packet[..length], &make(at)[..]);
            prop_assert_eq!(theirs.open(&mut sealed[usize::from(at)].clone()), None, "a repeat");
        }
    }

    #[test]
    fn a_flipped_bit_anywhere_is_noticed(at in any::<prop::sample::Index>(), bit in 0u8..8) {
        let master = Master::random();
        let header = Header { marker: false, payload_type: 0, sequence: 9, timestamp: 1, ssrc: 7 };
        let (mut sound, mut reports) = (Vec::new(), vec![0x80, 201, 0, 1, 0, 0, 0, 7]);
        rtp::write(&header, &[5; 160], &mut sound);
        let mut ours = Stream::new(&master);
        let plain = reports.clone();
        ours.protect(&mut sound);
        ours.protect_reports(&mut reports);
        let mut theirs = Stream::new(&master);
        let length = theirs.open_reports(&mut reports.clone()).unwrap();
        prop_assert_eq!(length, plain.len());
        let (place, report_place) = (at.index(sound.len()), at.index(reports.len()));
        sound[place] ^= 1 << bit;
        reports[report_place] ^= 1 << bit;
        prop_assert_eq!(theirs.open(&mut sound), None);
        prop_assert_eq!(theirs.open_reports(&mut reports), None);
    }

    #[test]
    fn no_bytes_are_too_strange(mut packet in proptest::collection::vec(any::<u8>(), 0..100)) {
        let mut stream = Stream::new(&Master::random());
        prop_assert_eq!(stream.open(&mut packet), None);
        prop_assert_eq!(stream.open_reports(&mut packet), None);
        stream.protect(&mut packet);
    }
}
