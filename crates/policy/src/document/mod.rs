//! Policy documents as validated types.
//!
//! Source: AWS "Grammar of the IAM JSON policy language" and the pages of its elements.

mod action;
mod principal;
mod read;
mod resource;
mod write;

use crate::condition::Condition;
use crate::kind::Kind;
use crate::request::Asked;

pub use action::ActionPattern;
pub use principal::{AwsName, Principals};
pub use resource::ResourcePattern;

#[derive(Clone, Debug, PartialEq)]
pub struct Policy {
    pub(crate) kind: Kind,
    pub(crate) version: Version,
    pub(crate) id: Option<String>,
    pub(crate) statements: Vec<Statement>,
    /// The condition keys that they ask for.
    pub(crate) asked: Asked,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// Also of a document that names none: there are no variables.
    V2008,
    V2012,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    Allow,
    Deny,
}

/// What an element names, or all but that (`NotAction`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope<T> {
    Of(T),
    AllBut(T),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    /// In resource policies only, and there always.
    pub principals: Option<Scope<Principals>>,
    pub actions: Scope<Vec<ActionPattern>>,
    /// Always but in trust policies.
    pub resources: Option<Scope<Vec<ResourcePattern>>>,
    pub conditions: Vec<Condition>,
}

impl Version {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2008 => "2008-10-17",
            Self::V2012 => "2012-10-17",
        }
    }

    pub const fn has_variables(self) -> bool {
        matches!(self, Self::V2012)
    }
}

impl Policy {
    pub fn kind(&self) -> Kind {
        self.kind
    }

    pub fn version(&self) -> Version {
        self.version
    }

    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub fn statements(&self) -> &[Statement] {
        &self.statements
    }

    /// The condition keys that it asks for.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The same as they come, in lower case; some may come twice.
    pub fn condition_keys(&self) -> impl Iterator<Item = &str> {
        self.statements.iter().flat_map(Statement::condition_keys)
    }
}

impl Statement {
    /// By conditions and variables.
    fn condition_keys(&self) -> impl Iterator<Item = &str> {
        let resources = match &self.resources {
            Some(Scope::Of(resources) | Scope::AllBut(resources)) => resources.as_slice(),
            None => &[],
        };
        let conditions = self.conditions.iter();
        let conditions = conditions
            .flat_map(|condition| condition.values.variables().into_iter().chain([&*condition.lowered]));
        resources.iter().flat_map(ResourcePattern::variables).chain(conditions)
    }
}
