//! Addresses and networks of callers, in CIDR notation.

use std::{fmt, net::IpAddr, str::FromStr};

/// An address or network in CIDR notation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AddressRange {
    /// The network's address.
    pub network: IpAddr,
    /// Bits that count.
    pub prefix: u8,
}

/// A text that is neither an address nor a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("neither an IP address nor a network such as 10.1.0.0/16")]
pub struct NotAnAddress;

impl AddressRange {
    /// Whether the address is this one, or in this network. IPv4 written as IPv6 counts as IPv4.
    pub fn contains(&self, address: IpAddr) -> bool {
        let bits = u32::from(self.prefix);
        match (self.network.to_canonical(), address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let mask = u32::MAX.checked_shl(32 - bits.min(32)).unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let mask = u128::MAX.checked_shl(128 - bits.min(128)).unwrap_or(0);
                (network.to_bits() ^ address.to_bits()) & mask == 0
            }
            _ => false,
        }
    }
}

impl FromStr for AddressRange {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let (network, prefix) = match text.split_once('/') {
            Some((network, prefix)) => (network, Some(prefix)),
            None => (text, None),
        };
        let network: IpAddr = network.parse().map_err(|_| NotAnAddress)?;
        let longest = if network.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            None => longest,
            Some(bits) => bits.parse().ok().filter(|b| *b <= longest).ok_or(NotAnAddress)?,
        };
        Ok(AddressRange { network, prefix })
    }
}

impl fmt::Display for AddressRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.network, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(range: &str, address: &str) -> bool {
        range.parse::<AddressRange>().unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn addresses_are_in_their_networks() {
        assert!(has("10.1.2.3", "10.1.2.3"));
        assert!(!has("10.1.2.3", "10.1.2.4"));
        assert!(has("10.1.0.0/16", "10.1.255.1"));
        assert!(!has("10.1.0.0/16", "10.2.0.1"));
        assert!(has("0.0.0.0/0", "203.0.113.9"));
        assert!(!has("0.0.0.0/0", "fd00::1"));
        assert!(has("fd00::/8", "fd12::1"));
        assert!(has("::/0", "2001:db8::1"));
        assert!(!has("fd00::/8", "fe80::1"));
        assert!(has("10.1.0.0/16", "::ffff:10.1.0.9"), "IPv4 written as IPv6");
    }

    #[test]
    fn other_texts_are_errors() {
        for text in ["", "10.1", "10.1.0.0/33", "fd00::/129", "10.1.0.0/", "10.1.0.0/-1", "host"] {
            assert_eq!(text.parse::<AddressRange>(), Err(NotAnAddress), "{text}");
        }
    }
}
