//! The IAM policy language: documents, patterns, conditions, and the decision that several policies make together.
//!
//! The walk: [`Policy::parse`] reads a document as the [`Kind`] it shall be, or names the place of its [`Fault`]; a
//! [`Request`] says who asks for what, with the condition keys that are true of it; [`evaluate`] gives a [`Decision`]
//! with its reason; [`is_public`] tells what S3 calls a public policy. `docs/spec/policy.md` numbers the rules.
//! Promises: any bytes are refused or read, never a panic; no match takes longer than text times pattern; what is
//! uncertain goes against the caller. It knows nothing about clocks, rows, HTTP, users or what actions there are.

mod condition;
mod document;
mod evaluate;
mod fault;
mod json;
mod kind;
pub mod limits;
mod pattern;
mod public;
mod request;

pub use condition::{Comparison, Condition, Operator, Quantifier};
pub use document::{
    ActionPattern, AwsName, Effect, Policy, Principals, ResourcePattern, Scope, Statement, Version,
};
pub use evaluate::{Allowed, Attached, By, Decision, Denied, Lack, Layer, Policies, evaluate};
pub use fault::Fault;
pub use kind::Kind;
pub use public::is_public;
pub use request::{Account, Asked, Caller, FederatedUser, Keys, Request, RoleSession, User};
