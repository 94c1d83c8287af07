//! Which IP addresses are on the open internet (IANA special-purpose registries, RFC 6890 and its successors).
//!
//! Everything that is not plainly public is treated as private: addresses that embed or translate others (v4-mapped,
//! NAT64, 6to4, Teredo) included, since what they lead to is decided elsewhere (WEB-11).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Special-purpose IPv4 blocks: first address and prefix length.
const V4_SPECIAL: [([u8; 4], u32); 16] = [
    ([0, 0, 0, 0], 8),        // this network
    ([10, 0, 0, 0], 8),       // private
    ([100, 64, 0, 0], 10),    // carrier-grade NAT
    ([127, 0, 0, 0], 8),      // loopback
    ([169, 254, 0, 0], 16),   // link-local, cloud metadata
    ([172, 16, 0, 0], 12),    // private
    ([192, 0, 0, 0], 24),     // protocol assignments
    ([192, 0, 2, 0], 24),     // documentation
    ([192, 88, 99, 0], 24),   // 6to4 relays
    ([192, 168, 0, 0], 16),   // private
    ([198, 18, 0, 0], 15),    // benchmarks
    ([198, 51, 100, 0], 24),  // documentation
    ([203, 0, 113, 0], 24),   // documentation
    ([224, 0, 0, 0], 4),      // multicast
    ([240, 0, 0, 0], 4),      // reserved
    ([168, 63, 129, 16], 32), // a cloud's host agent, on a public-looking address
];

/// Special-purpose blocks inside the global unicast block: first segments and prefix length.
const V6_SPECIAL: [([u16; 2], u32); 4] = [
    ([0x2001, 0x0000], 23), // protocol assignments: Teredo, ORCHID
    ([0x2001, 0x0db8], 32), // documentation
    ([0x2002, 0x0000], 16), // 6to4
    ([0x3fff, 0x0000], 20), // documentation
];

/// Whether the address is on the open internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !V4_SPECIAL.iter().any(|(first, bits)| shares_prefix_v4(v4, *first, *bits)),
        IpAddr::V6(v6) => {
            is_global_unicast(v6) && !V6_SPECIAL.iter().any(|(first, bits)| shares_prefix_v6(v6, *first, *bits))
        }
    }
}

/// `2000::/3`: nothing outside it is assigned to the open internet, so loopback, unspecified, link-local, unique local,
/// multicast, v4-mapped and NAT64 (`64:ff9b::/96`, `64:ff9b:1::/48`) all fall out.
fn is_global_unicast(address: Ipv6Addr) -> bool {
    let [first, ..] = address.segments();
    first & 0xe000 == 0x2000
}

fn shares_prefix_v4(address: Ipv4Addr, first: [u8; 4], bits: u32) -> bool {
    (u32::from(address) ^ u32::from_be_bytes(first)).leading_zeros() >= bits
}

fn shares_prefix_v6(address: Ipv6Addr, [high, low]: [u16; 2], bits: u32) -> bool {
    let first = (u128::from(high) << 112) | (u128::from(low) << 96);
    (u128::from(address) ^ first).leading_zeros() >= bits
}

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn public_addresses_are_public() {
        for good in [
            "1.1.1.1",
            "8.8.8.8",
            "99.255.255.255",
            "172.32.0.1",
            "193.0.0.1",
            "2606:4700::1",
            "2a00::1",
            "2001:4860::8",
        ] {
            assert!(is_public(good.parse().unwrap()), "{good}");
        }
    }

    #[test]
    fn web_11_every_special_block_is_private() {
        for bad in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "10.255.255.255",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:1ff::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fd12::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "fd00:ec2::254",
        ] {
            assert!(!is_public(bad.parse().unwrap()), "{bad}");
        }
    }
}
