//! Who issues tokens: a URL, told by its host and path.

use crate::fault::Fault;

/// A provider that somebody with the right to registered.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Issuer(String);

impl Issuer {
    /// `url` has no scheme. Without TLS (`secure` is false) only a provider on this machine is asked: on any other way
    /// somebody might answer in its name.
    pub fn new(url: &str, secure: bool) -> Result<Self, Fault> {
        let host = url.split(['/', '?', '#']).next().unwrap_or_default();
        let name = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let here = matches!(name, "localhost" | "[::1]")
            || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback());
        if !secure && !here {
            return Err(Fault::Provider(format!("{url} is asked by https alone")));
        }
        let scheme = if secure { "https" } else { "http" };
        Ok(Self(format!("{scheme}://{url}")))
    }

    /// As in tokens.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn configuration(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.0.trim_end_matches('/'))
    }

    /// Keys may lie elsewhere, but never on a weaker way than the issuer's own.
    pub(crate) fn may_keep_keys_at(&self, url: &str) -> bool {
        if let Some(rest) = url.strip_prefix("http://") {
            return self.0.starts_with("http://") && Self::new(rest, false).is_ok();
        }
        url.starts_with("https://")
    }
}

#[cfg(test)]
mod tests {
    use super::Issuer;

    #[test]
    fn without_tls_only_this_machine_is_asked() {
        for url in ["127.0.0.1:4000", "localhost/realm", "[::1]:80/x", "127.8.8.8"] {
            assert!(Issuer::new(url, false).is_ok(), "{url}");
        }
        for url in
            ["example.com", "10.0.0.1", "localhost.example.com", "127.0.0.1.example.com", "127.0.0.1@x"]
        {
            assert!(Issuer::new(url, false).is_err(), "{url}");
            assert!(Issuer::new(url, true).is_ok(), "{url}");
        }
    }

    #[test]
    fn keys_never_come_on_a_weaker_way() {
        let safe = Issuer::new("idp.example.com", true).unwrap();
        assert!(safe.may_keep_keys_at("https://keys.example.com/jwks"));
        assert!(!safe.may_keep_keys_at("http://127.0.0.1/jwks"));
        assert!(!safe.may_keep_keys_at("file:///etc/passwd"));
        let local = Issuer::new("127.0.0.1:1", false).unwrap();
        assert!(local.may_keep_keys_at("http://127.0.0.1:1/jwks"));
        assert!(!local.may_keep_keys_at("http://example.com/jwks"));
    }

    #[test]
    fn the_configuration_lies_below_the_issuer() {
        let issuer = Issuer::new("idp.example.com/realm/", true).unwrap();
        assert_eq!(issuer.configuration(), "https://idp.example.com/realm/.well-known/openid-configuration");
    }
}
