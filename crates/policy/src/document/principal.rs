//! Principals: `*`, accounts, users, roles, sessions, canonical ids, identity providers, services.
//!
//! Source: AWS "AWS JSON policy elements: Principal".

use model::{AccountId, CanonicalId};

use crate::fault::{Fault, Place};
use crate::json::Json;
use crate::kind::Kind;
use crate::pattern::parts;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principals {
    /// `"*"`
    Everyone,
    Named {
        aws: Vec<AwsName>,
        canonical: Vec<CanonicalId>,
        federated: Vec<String>,
        service: Vec<String>,
    },
}

/// What stands under `AWS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AwsName {
    Everyone,
    Account {
        id: AccountId,
        /// The twelve digits, or the ARN of its root.
        source: String,
    },
    /// A user's, a role's, a role session's or a federated user's.
    Arn(String),
    /// `AIDA…`, `AROA…`: what stands for a user or role so that another of the same name is not meant.
    UniqueId(String),
}

const KINDS: [&str; 4] = ["AWS", "CanonicalUser", "Federated", "Service"];

impl Principals {
    pub(crate) fn read(json: &Json, place: &Place<'_>, kind: Kind) -> Result<Self, Fault> {
        if let Json::Text(text) = json {
            let everyone = text == "*";
            return everyone.then_some(Self::Everyone).ok_or_else(|| place.fault("must be `*` or an object"));
        }
        let elements = json.elements(place, &KINDS)?;
        if KINDS.iter().all(|kind| elements.get(kind).is_none()) {
            return Err(place.fault("must name a principal"));
        }
        if kind == Kind::Trust && elements.get("CanonicalUser").is_some() {
            return Err(place.element("CanonicalUser").fault("names principals of S3 only"));
        }
        Ok(Self::Named {
            aws: read_each(elements.get("AWS"), &place.element("AWS"), AwsName::parse)?,
            canonical: read_each(
                elements.get("CanonicalUser"),
                &place.element("CanonicalUser"),
                CanonicalId::parse,
            )?,
            federated: read_each(elements.get("Federated"), &place.element("Federated"), name)?,
            service: read_each(elements.get("Service"), &place.element("Service"), name)?,
        })
    }
}

fn read_each<T>(
    json: Option<&Json>,
    place: &Place<'_>,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Fault> {
    let Some(json) = json else { return Ok(Vec::new()) };
    json.each(place, |json, place| {
        let text = json.text(place)?;
        parse(text).ok_or_else(|| place.fault(format!("`{text}` is an invalid principal")))
    })
}

/// A provider's or a service's: no wildcards, no spaces.
fn name(text: &str) -> Option<String> {
    let legal = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic() && !"*?${}".contains(c));
    legal.then(|| text.to_owned())
}

impl AwsName {
    fn parse(text: &str) -> Option<Self> {
        if text == "*" {
            return Some(Self::Everyone);
        }
        if let Some(id) = AccountId::parse(text) {
            return Some(Self::Account { id, source: text.to_owned() });
        }
        if is_unique_id(text) {
            return Some(Self::UniqueId(text.to_owned()));
        }
        let [arn, partition, service, region, account, resource] = parts(text)?;
        let id = AccountId::parse(account)?;
        if arn != "arn" || !partition.starts_with("aws") || !region.is_empty() || name(text).is_none() {
            return None;
        }
        if (service, resource) == ("iam", "root") {
            return Some(Self::Account { id, source: text.to_owned() });
        }
        let names: Vec<&str> = resource.split('/').collect();
        let legal = matches!(
            (service, names.as_slice()),
            ("iam", ["user" | "role", _, ..]) | ("sts", ["assumed-role", _, _] | ["federated-user", _])
        );
        (legal && names.iter().all(|name| !name.is_empty())).then(|| Self::Arn(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::Everyone => "*",
            Self::Account { source, .. } => source,
            Self::Arn(text) | Self::UniqueId(text) => text,
        }
    }
}

fn is_unique_id(text: &str) -> bool {
    let legal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (16..=128).contains(&text.len())
        && (text.starts_with("AIDA") || text.starts_with("AROA"))
        && text.bytes().all(legal)
}

#[cfg(test)]
mod tests {
    use super::AwsName;

    #[test]
    fn accounts_have_two_names() {
        for text in ["111122223333", "arn:aws:iam::111122223333:root"] {
            assert!(matches!(AwsName::parse(text), Some(AwsName::Account { .. })), "{text}");
        }
    }

    #[test]
    fn principals_are_named_whole_or_not_at_all() {
        for text in [
            "arn:aws:iam::111122223333:user/path/bob",
            "arn:aws-cn:iam::111122223333:role/r",
            "arn:aws:sts::111122223333:assumed-role/r/s",
            "arn:aws:sts::111122223333:federated-user/bob",
            "AIDAIOSFODNN7EXAMPLE",
            "*",
        ] {
            assert!(AwsName::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "bob",
            "1111",
            "arn:aws:iam::111122223333:user/*",
            "arn:aws:iam::*:root",
            "arn:aws:iam::111122223333:group/g",
            "arn:aws:sts::111122223333:assumed-role/r",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:s3:::bucket",
            "arn:aws:iam:eu-west-1:111122223333:root",
            "arn:aws:iam::111122223333:user/${aws:username}",
        ] {
            assert!(AwsName::parse(text).is_none(), "{text}");
        }
    }
}
