//! Random requests, as plain words: what the crate is told of them, and what the oracle reads itself.

use std::collections::BTreeMap;

use model::{AccountId, CanonicalId};
use policy::{Account, Caller, FederatedUser, Keys, Request, RoleSession, User};

use super::chance::Chance;

pub const OWN: &str = "111122223333";
pub const OTHER: &str = "444455556666";
pub const CANONICAL: &str = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    Anonymous,
    Root,
    Bob,
    Session,
    Federated,
    FederatedRoot,
    Web,
    Service,
}

#[derive(Debug)]
pub struct Asked {
    pub who: Who,
    pub action: String,
    pub resource: String,
    pub owner: Option<&'static str>,
    /// What the request itself says; names in lower case.
    pub said: BTreeMap<String, Vec<String>>,
}

const WHO: [Who; 12] = [
    Who::Bob,
    Who::Bob,
    Who::Bob,
    Who::Session,
    Who::Session,
    Who::Session,
    Who::Federated,
    Who::FederatedRoot,
    Who::Root,
    Who::Anonymous,
    Who::Service,
    Who::Web,
];
const ACTIONS: [&str; 7] = [
    "s3:GetObject",
    "s3:GetObject",
    "s3:PutObject",
    "s3:ListBucket",
    "s3:GetBucketPolicy",
    "sts:AssumeRole",
    "s3:DeleteObject",
];
const RESOURCES: [&str; 8] = [
    "arn:aws:s3:::b/home/bob/key",
    "arn:aws:s3:::b/home/bob/key",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/red*",
    "arn:aws:s3:::b/key:with:colons",
    "arn:aws:s3:::other/key",
    "arn:aws:iam::111122223333:role/ops",
    "*",
];
/// Keys of one value, and their values.
const SAID: [(&str, &[&str]); 8] = [
    ("s3:prefix", &["", "home/", "home/bob", "Home/Bob", "*"]),
    ("s3:max-keys", &["5", "10", "-1", "many"]),
    ("aws:CurrentTime", &["2026-01-01T00:00:00Z", "1767225600", "2027-01-01T00:00:00Z", "never"]),
    ("aws:SecureTransport", &["true", "false"]),
    ("aws:SourceIp", &["203.0.113.9", "10.1.2.3", "2001:db8::1", "::ffff:10.1.2.3", "unknown"]),
    ("aws:SourceArn", &["arn:aws:sns:eu-west-1:111122223333:topic", "arn:aws:s3:::b", "none"]),
    ("x:binary", &["AQI=", "AQI", "AQM=", "?"]),
    ("aws:username", &["mallory"]),
];

impl Asked {
    pub fn draw(chance: &mut Chance) -> Self {
        let mut said = BTreeMap::new();
        for (name, values) in SAID {
            if !chance.one_in(3) {
                said.insert(name.to_lowercase(), vec![chance.one_of::<str>(values).to_owned()]);
            }
        }
        if chance.one_in(2) {
            let mut keys = chance.some_of(&["a", "b", "Team", ""], 3);
            keys.truncate(chance.below(4));
            said.insert("aws:tagkeys".to_owned(), keys);
        }
        Self {
            who: WHO[chance.below(WHO.len())],
            action: chance.one_of::<str>(&ACTIONS).to_owned(),
            resource: chance.one_of::<str>(&RESOURCES).to_owned(),
            owner: [Some(OWN), Some(OWN), Some(OTHER), None][chance.below(4)],
            said,
        }
    }

    pub fn to_request(&self) -> Request {
        self.told(Keys::default())
    }

    /// As the house tells it: into keys that keep what is asked for.
    pub fn told(&self, mut keys: Keys) -> Request {
        for (name, values) in &self.said {
            match values.as_slice() {
                [value] if name != "aws:tagkeys" => keys.set(name, value.as_str()),
                values => keys.set_many(name, values.to_vec()),
            }
        }
        let owner = self.owner.and_then(AccountId::parse);
        Request::new(caller(self.who), self.action.as_str(), self.resource.as_str(), owner, keys)
    }

    /// All that is true of it, by the published table of principals.
    pub fn facts(&self) -> BTreeMap<String, Vec<String>> {
        let mut facts = self.said.clone();
        facts.remove("aws:username");
        let mut set = |name: &str, value: &str| facts.insert(name.to_owned(), vec![value.to_owned()]);
        match self.who {
            Who::Bob => {
                set("aws:username", "bob");
                set("aws:userid", "AIDAIOSFODNN7EXAMPLE");
                set("aws:principaltag/team", "red");
                set("aws:principalarn", "arn:aws:iam::111122223333:user/bob");
            }
            Who::Session => {
                set("aws:userid", "AROAIOSFODNN7EXAMPLE:alice");
                set("aws:principaltag/team", "*");
                set("aws:principalarn", "arn:aws:iam::111122223333:role/ops");
            }
            Who::Federated | Who::FederatedRoot => {
                set("aws:userid", "111122223333:carol");
                set("aws:principalarn", "arn:aws:sts::111122223333:federated-user/carol");
            }
            Who::Root => {
                set("aws:userid", "111122223333");
                set("aws:principalarn", "arn:aws:iam::111122223333:root");
            }
            Who::Anonymous | Who::Web | Who::Service => {}
        }
        facts
    }
}

fn caller(who: Who) -> Caller {
    let id = AccountId::parse(OWN).unwrap();
    let account = Account { id, canonical: CanonicalId::parse(CANONICAL) };
    let federated = |user_arn: Option<&str>| {
        Caller::FederatedUser(FederatedUser {
            account: account.clone(),
            arn: "arn:aws:sts::111122223333:federated-user/carol".to_owned(),
            name: "carol".to_owned(),
            user_arn: user_arn.map(str::to_owned),
            tags: Vec::new(),
        })
    };
    match who {
        Who::Anonymous => Caller::Anonymous,
        Who::Root => Caller::Root(account),
        Who::Federated => federated(Some("arn:aws:iam::111122223333:user/bob")),
        Who::FederatedRoot => federated(None),
        Who::Web => Caller::WebIdentity { provider: "idp.example.com".to_owned() },
        Who::Service => Caller::Service { name: "logging.s3.amazonaws.com".to_owned() },
        Who::Bob => Caller::User(User {
            account,
            arn: "arn:aws:iam::111122223333:user/bob".to_owned(),
            id: "AIDAIOSFODNN7EXAMPLE".to_owned(),
            name: "bob".to_owned(),
            tags: vec![("Team".to_owned(), "red".to_owned())],
        }),
        Who::Session => Caller::RoleSession(RoleSession {
            account,
            role_arn: "arn:aws:iam::111122223333:role/ops".to_owned(),
            session_arn: "arn:aws:sts::111122223333:assumed-role/ops/alice".to_owned(),
            role_id: "AROAIOSFODNN7EXAMPLE".to_owned(),
            session_name: "alice".to_owned(),
            // Not what a tag may be, but it tells text from wildcards.
            tags: vec![("team".to_owned(), "*".to_owned())],
            provider: Some("idp.example.com".to_owned()),
        }),
    }
}
