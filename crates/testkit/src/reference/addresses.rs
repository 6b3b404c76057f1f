//! Addresses and blocks of addresses (OP-15 to OP-18).

use std::net::{IpAddr, Ipv6Addr};

use super::readings::Readings;

/// A block: the first `length` bits of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Block {
    address: IpAddr,
    length: u32,
}

/// The address with the reading of mapped addresses applied (OP-17, SP-19): IPv6 (preferred), or the IPv4 address.
fn read_mapped(address: IpAddr, readings: &Readings) -> IpAddr {
    match mapped(address) {
        Some(inner) if !readings.preferred("OP-17") => inner,
        Some(_) | None => address,
    }
}

fn mapped(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(_) => None,
        IpAddr::V6(address) => address.to_ipv4_mapped().map(IpAddr::V4),
    }
}

/// SP-19: a request value must be a plain address.
pub(crate) fn parse_address(text: &str, readings: &Readings) -> Option<IpAddr> {
    text.parse().ok().map(|address| read_mapped(address, readings))
}

/// OP-15, OP-16: an address or a CIDR block.
pub(crate) fn parse_block(text: &str, readings: &Readings) -> Option<Block> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let bits = if address.is_ipv4() { 32 } else { 128 };
    let given_length = match length {
        Some(length) => Some(parse_length(length, bits)?),
        None => None,
    };
    let read = read_mapped(address, readings);
    if read.is_ipv4() && !address.is_ipv4() {
        // The IPv4 address inside; a block keeps the bits that concern it, and a wider one is no IPv4 block.
        return match given_length {
            None => Some(Block { address: read, length: 32 }),
            Some(length) if length >= 96 => Some(Block { address: read, length: length - 96 }),
            Some(length) => Some(Block { address, length }),
        };
    }
    let length = match given_length {
        Some(length) => length,
        None if address.is_ipv4() => 32,
        // OP-16: an IPv6 address alone: /128 (preferred), or /32.
        None if readings.preferred("OP-16") => 128,
        None => 32,
    };
    Some(Block { address, length })
}

fn parse_length(text: &str, bits: u32) -> Option<u32> {
    let digits = !text.is_empty() && text.len() <= 3 && text.chars().all(|character| character.is_ascii_digit());
    if digits { text.parse().ok().filter(|length| *length <= bits) } else { None }
}

impl Block {
    /// OP-15: host bits do not count. OP-17: families never match each other.
    pub(crate) fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(block), IpAddr::V4(address)) => {
                same_prefix(u128::from(block.to_bits()), u128::from(address.to_bits()), 32 - self.length)
            }
            (IpAddr::V6(block), IpAddr::V6(address)) => {
                same_prefix(Ipv6Addr::to_bits(block), address.to_bits(), 128 - self.length)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

fn same_prefix(one: u128, other: u128, host_bits: u32) -> bool {
    one.checked_shr(host_bits).unwrap_or(0) == other.checked_shr(host_bits).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn within(block: &str, address: &str) -> bool {
        let readings = Readings::default();
        parse_block(block, &readings).unwrap().contains(parse_address(address, &readings).unwrap())
    }

    #[test]
    fn op_15_host_bits_are_ignored() {
        assert!(within("10.1.2.3/8", "10.200.0.1") && !within("10.1.2.3/8", "11.0.0.1"));
        assert!(within("0.0.0.0/0", "255.1.2.3") && within("::/0", "2001:db8::1"));
        assert!(within("203.0.113.7", "203.0.113.7") && !within("203.0.113.7", "203.0.113.8"));
        assert!(within("10.0.0.0/31", "10.0.0.1") && !within("10.0.0.0/31", "10.0.0.2"));
    }

    #[test]
    fn op_16_an_ipv6_address_alone_is_one_address_by_preference() {
        assert!(within("2001:db8::1", "2001:0DB8:0::1") && !within("2001:db8::1", "2001:db8::2"));
    }

    #[test]
    fn op_17_families_never_match() {
        assert!(!within("0.0.0.0/0", "2001:db8::1") && !within("::/0", "10.0.0.1"));
        assert!(!within("10.0.0.0/8", "::ffff:10.0.0.1") && within("::ffff:0:0/96", "::ffff:10.0.0.1"));
    }

    #[test]
    fn malformed_addresses() {
        let readings = Readings::default();
        for bad in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/+8", "::1/129", "x", "010.0.0.1", " 10.0.0.1"] {
            assert_eq!(parse_block(bad, &readings), None, "{bad}");
        }
        assert_eq!(parse_address("10.0.0.0/8", &readings), None);
    }
}
