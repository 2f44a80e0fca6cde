//! The operations of S3 Control that are built.

super::built! {
    s3control, serve, Exchange;
    CreateAccessPoint,
    DeleteAccessPoint,
    DeleteAccessPointPolicy,
    DeletePublicAccessBlock,
    GetAccessPoint,
    GetAccessPointPolicy,
    GetAccessPointPolicyStatus,
    GetPublicAccessBlock,
    ListAccessPoints,
    PutAccessPointPolicy,
    PutPublicAccessBlock,
}
