//! Where may be told. A person of the company names the address, and still it must not lead where only the machine itself may go. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is, as far as it matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Zone {
    /// Anybody's.
    Public,
    /// This machine's, or a private network's.
    Private,
    /// Of no receiver: link-local (with the clouds' metadata services), multicast, unspecified, reserved.
    Nobody,
}

/// The metadata service of a cloud that has it among private addresses.
const METADATA_6: Ipv6Addr = Ipv6Addr::new(0xfd00, 0x0ec2, 0, 0, 0, 0, 0, 0x0254);
/// The same where addresses are shared by providers.
const METADATA_4: Ipv4Addr = Ipv4Addr::new(100, 100, 100, 200);

/// Whether events may go to this address. `secured`: by https; `private`: receivers in private networks are allowed.
#[must_use]
pub fn may_reach(address: IpAddr, secured: bool, private: bool) -> bool {
    match zone(address) {
        // In clear only where nobody else listens.
        Zone::Public => secured,
        Zone::Private => private,
        Zone::Nobody => false,
    }
}

fn zone(address: IpAddr) -> Zone {
    match address.to_canonical() {
        IpAddr::V4(it) => zone_4(it),
        IpAddr::V6(it) => zone_6(it),
    }
}

fn zone_4(it: Ipv4Addr) -> Zone {
    let [a, b, c, _] = it.octets();
    let reserved = a == 0 || a >= 224 || (a, b, c) == (192, 0, 0) || it.is_documentation();
    if reserved || it.is_link_local() || it == METADATA_4 {
        Zone::Nobody
    } else if it.is_loopback() || it.is_private() || (a == 100 && (64..128).contains(&b)) {
        Zone::Private
    } else {
        Zone::Public
    }
}

fn zone_6(it: Ipv6Addr) -> Zone {
    let [first, second, third, ..] = it.segments();
    if it == METADATA_6 || it.is_unspecified() || it.is_multicast() || it.is_unicast_link_local() {
        Zone::Nobody
    } else if it.is_loopback() || it.is_unique_local() {
        Zone::Private
    } else if (first, second, third) == (0x64, 0xff9b, 0) {
        // An address of the old kind behind a translator.
        let [.., high, low] = it.segments();
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        zone_4(Ipv4Addr::new(a, b, c, d))
    } else if first & 0xe000 == 0x2000 && first != 0x2002 {
        Zone::Public
    } else {
        Zone::Nobody
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reached(address: &str) -> (bool, bool, bool) {
        let address = address.parse().unwrap();
        (may_reach(address, true, false), may_reach(address, false, true), may_reach(address, false, false))
    }

    #[test]
    fn what_is_public_is_told_by_https_alone() {
        for address in ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822", "::ffff:8.8.8.8"] {
            assert_eq!(reached(address), (true, false, false), "{address}");
        }
    }

    #[test]
    fn what_is_private_is_told_where_that_is_allowed() {
        for address in ["127.0.0.1", "10.1.2.3", "172.16.0.9", "192.168.1.1", "100.64.0.1", "::1", "fd12::1"] {
            assert_eq!(reached(address), (false, true, false), "{address}");
        }
        assert_eq!(reached("::ffff:127.0.0.1"), (false, true, false), "in whatever spelling");
        assert_eq!(reached("64:ff9b::a00:1"), (false, true, false), "also behind a translator");
    }

    #[test]
    fn metadata_services_and_neighbours_are_never_told() {
        let never = [
            "169.254.169.254",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "192.0.0.192",
            "2002:7f00:1::",
            "::7f00:1",
        ];
        for address in never {
            assert_eq!(reached(address), (false, false, false), "{address}");
        }
    }
}
