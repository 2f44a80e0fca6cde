//! Ranges of addresses: `203.0.113.0/24`, `2001:db8::/32`, or one address.

use std::net::IpAddr;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Range {
    network: IpAddr,
    prefix_bits: u8,
}

impl Range {
    pub fn parse(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let network: IpAddr = address.parse().ok()?;
        let bits_max = if network.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match prefix {
            None => bits_max,
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
            Some(_) => return None,
        };
        (prefix_bits <= bits_max).then_some(Self { network, prefix_bits })
    }

    /// An IPv4 address that came by an IPv6 socket (`::ffff:…`) is an IPv4 address.
    pub fn contains(self, address: IpAddr) -> bool {
        match (self.network, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differ = u32::from(network) ^ u32::from(address);
                differ.leading_zeros() >= u32::from(self.prefix_bits)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differ = u128::from(network) ^ u128::from(address);
                differ.leading_zeros() >= u32::from(self.prefix_bits)
            }
            _ => false,
        }
    }

    /// Too broad to be anybody's: S3 then calls a policy public.
    pub const fn is_very_broad(self) -> bool {
        self.prefix_bits < if self.network.is_ipv4() { 8 } else { 32 }
    }
}

#[cfg(test)]
mod tests {
    use super::Range;

    fn holds(range: &str, address: &str) -> bool {
        Range::parse(range).unwrap().contains(address.parse().unwrap())
    }

    #[test]
    fn a_range_holds_what_shares_its_prefix() {
        assert!(holds("203.0.113.7/24", "203.0.113.255") && !holds("203.0.113.0/24", "203.0.114.0"));
        assert!(
            holds("2001:DB8:1234:5678::/64", "2001:db8:1234:5678::1")
                && !holds("2001:db8::/32", "2001:db9::")
        );
        assert!(
            holds("0.0.0.0/0", "9.9.9.9") && !holds("0.0.0.0/0", "::1") && !holds("10.0.0.1", "10.0.0.2")
        );
        assert!(holds("10.0.0.0/8", "::ffff:10.1.2.3"));
    }

    #[test]
    fn other_text_is_no_range() {
        for text in ["", "10.0.0", "10.0.0.0/33", "10.0.0.0/", "::/129", "10.0.0.0/+8", "x/8", "10.0.0.0/8/8"]
        {
            assert_eq!(Range::parse(text), None, "{text}");
        }
    }
}
