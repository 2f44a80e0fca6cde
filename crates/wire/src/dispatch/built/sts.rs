//! The operations of STS that are built.

super::built! {
    sts, serve_form, FormExchange;
    AssumeRole,
    AssumeRoleWithWebIdentity,
    GetAccessKeyInfo,
    GetCallerIdentity,
    GetFederationToken,
    GetSessionToken,
}
