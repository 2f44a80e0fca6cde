//! Decisions and their reasons, in AWS's words.

use std::fmt;

use super::layers::Attached;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<'a> {
    Allowed(Allowed<'a>),
    Denied(Denied<'a>),
}

/// By which statements; neither is known for a root, whose account needs no policy, and for an ACL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowed<'a> {
    pub identity: Option<By<'a>>,
    pub resource: Option<By<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied<'a> {
    /// A statement denies it.
    Explicitly(By<'a>),
    /// Nothing allows it where something must.
    Implicitly(Lack),
}

/// What does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    Control,
    Resource,
    Boundary,
    Session,
    Identity,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    Control,
    Resource,
    Boundary,
    Session,
    Identity,
}

/// A statement: in which layer, of which policy, by index and Sid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct By<'a> {
    pub layer: Layer,
    pub policy: &'a str,
    pub statement: usize,
    pub sid: Option<&'a str>,
}

impl<'a> By<'a> {
    pub(super) fn new(layer: Layer, attached: Attached<'a>, statement: usize) -> Self {
        let sid = attached.policy.statements().get(statement).and_then(|found| found.sid.as_deref());
        Self { layer, policy: attached.name, statement, sid }
    }
}

impl Decision<'_> {
    pub const fn is_allowed(&self) -> bool {
        matches!(self, Self::Allowed(_))
    }
}

impl Layer {
    const fn name(self) -> &'static str {
        match self {
            Self::Control => "service control policy",
            Self::Resource => "resource-based policy",
            Self::Boundary => "permissions boundary",
            Self::Session => "session policy",
            Self::Identity => "identity-based policy",
        }
    }
}

impl Lack {
    const fn layer(self) -> Layer {
        match self {
            Self::Control => Layer::Control,
            Self::Resource => Layer::Resource,
            Self::Boundary => Layer::Boundary,
            Self::Session => Layer::Session,
            Self::Identity => Layer::Identity,
        }
    }
}

impl fmt::Display for By<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} statement {}", self.layer.name(), self.policy, self.statement)?;
        self.sid.map_or(Ok(()), |sid| write!(f, " ({sid})"))
    }
}

impl fmt::Display for Decision<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Denied(Denied::Explicitly(by)) => write!(f, "explicit deny in {by}"),
            Self::Denied(Denied::Implicitly(lack)) => write!(f, "no {} allows it", lack.layer().name()),
            Self::Allowed(Allowed { identity: Some(identity), resource: Some(resource) }) => {
                write!(f, "allowed by {identity} and {resource}")
            }
            Self::Allowed(Allowed { identity: Some(by), .. } | Allowed { resource: Some(by), .. }) => {
                write!(f, "allowed by {by}")
            }
            Self::Allowed(_) => f.write_str("allowed to the account's root or by an ACL"),
        }
    }
}
