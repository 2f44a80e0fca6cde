//! Resources: ARNs with wildcards, with variables in their last part, or `*`.

use crate::pattern::{ArnPattern, Flavour, Template, matches};
use crate::request::Keys;

use super::Version;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResourcePattern(ArnPattern);

impl ResourcePattern {
    pub(crate) fn parse(text: &str, version: Version) -> Result<Self, &'static str> {
        let arn = ArnPattern::parse(text, Flavour { version, wildcards: true })?;
        if let Some([_, partition, service, region, account, _]) = arn.parts() {
            if [partition, service, region, account].iter().any(|part| part.variables().next().is_some()) {
                return Err("holds a variable before its last part");
            }
            let name = partition.source();
            if !name.starts_with("aws") && !name.contains(['*', '?']) {
                return Err("names a partition that is none");
            }
            if service.source().is_empty() {
                return Err("names no vendor");
            }
        }
        Ok(Self(arn))
    }

    pub fn as_str(&self) -> &str {
        self.0.source()
    }

    pub(crate) fn variables(&self) -> impl Iterator<Item = &str> {
        self.0.variables()
    }

    /// `None` when a variable has no value and decides it.
    pub(crate) fn matches(&self, resource: &str, keys: &Keys) -> Option<bool> {
        self.0.matches(resource, keys)
    }

    /// May it name the bucket or something in it, for one request or another? S3 refuses a bucket's policy that names
    /// anything else.
    pub fn may_be_in_bucket(&self, bucket: &str) -> bool {
        let Some([_, _, service, _, _, resource]) = self.0.parts() else { return true };
        let fits = |pattern: &str, text: &str| {
            let flavour = Flavour { version: Version::V2008, wildcards: true };
            let tokens = |template: Template| {
                template.tokens(&Keys::default()).is_some_and(|tokens| matches(&tokens, text, |a, b| a == b))
            };
            Template::parse(pattern, flavour).is_ok_and(tokens)
        };
        let own = resource.source().split('/').next().unwrap_or_default();
        let bucket_fits = match own.split_once('*') {
            _ if own.contains("${") => true,
            // A star may reach over the slash.
            Some((start, _)) => fits(&format!("{start}*"), bucket),
            None => fits(own, bucket),
        };
        bucket_fits && fits(service.source(), "s3")
    }
}

#[cfg(test)]
mod tests {
    use super::{ResourcePattern, Version};

    #[test]
    fn variables_stand_in_the_last_part_only() {
        let parse = |text| ResourcePattern::parse(text, Version::V2012);
        assert!(parse("arn:aws:s3:::b/${aws:username}/*").is_ok());
        assert!(parse("arn:aws:s3::${aws:PrincipalAccount}:b").is_err());
        assert!(parse("arn:gcp:s3:::b").is_err() && parse("arn:aws::::b").is_err());
        assert!(parse("arn:*:s3:::b").is_ok() && parse("*").is_ok());
    }

    #[test]
    fn a_resource_belongs_to_its_bucket_or_not() {
        let within = |text| ResourcePattern::parse(text, Version::V2012).unwrap().may_be_in_bucket("logs");
        for text in
            ["*", "arn:aws:s3:::logs", "arn:aws:s3:::logs/*", "arn:aws:s3:::lo*", "arn:aws:s3:::l?gs/x"]
        {
            assert!(within(text), "{text}");
        }
        for text in ["arn:aws:s3:::log", "arn:aws:s3:::logs2/*", "arn:aws:sqs:::logs", "arn:aws:s3:::other/*"]
        {
            assert!(!within(text), "{text}");
        }
    }
}
