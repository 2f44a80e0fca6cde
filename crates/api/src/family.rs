//! The services as types: which room handles an operation is settled when the house is compiled.

#[derive(Clone, Copy, Debug)]
pub struct S3;

#[derive(Clone, Copy, Debug)]
pub struct S3Control;

#[derive(Clone, Copy, Debug)]
pub struct Iam;

#[derive(Clone, Copy, Debug)]
pub struct Sts;
