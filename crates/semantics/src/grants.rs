//! ACLs: as requests bring them, as rows keep them, as answers show them.

use api::s3::{AccessControlPolicy, Grant as ShownGrant, Grantee as ShownGrantee};
use api::{ErrorCode, S3Error};
use auth::{Bucket, Identity};
use catalog::View;
use catalog::table::{AccountAccessRow, BucketRow, space};
use model::{AccountId, Acl, CanonicalId, Grant, Grantee, Permission, PublicAccessBlock};
use rules::acl::{self, Canned, Name, Refusal, Written};
use rules::ownership;

use crate::hall::Hall;
use crate::people::{Person, arn_of};
use crate::{fault, people};

/// The ACL headers of a request.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct AclHeaders<'a> {
    pub(crate) canned: Option<&'a str>,
    /// In the order in which S3 lists the grants that they make.
    pub(crate) grants: [Option<&'a str>; 5],
}

/// The ACL headers of an input; `$write` is a bucket's `x-amz-grant-write`.
macro_rules! acl_headers {
    ($input:expr) => {
        $crate::grants::acl_headers!($input, None)
    };
    ($input:expr, $write:expr) => {
        $crate::grants::AclHeaders {
            canned: $input.acl.as_deref(),
            grants: [
                $input.grant_full_control.as_deref(),
                $input.grant_read.as_deref(),
                $input.grant_read_acp.as_deref(),
                $write,
                $input.grant_write_acp.as_deref(),
            ],
        }
    };
}

pub(crate) use acl_headers;

const GRANT_HEADERS: [(&str, Permission); 5] = [
    ("x-amz-grant-full-control", Permission::FullControl),
    ("x-amz-grant-read", Permission::Read),
    ("x-amz-grant-read-acp", Permission::ReadAcp),
    ("x-amz-grant-write", Permission::Write),
    ("x-amz-grant-write-acp", Permission::WriteAcp),
];

/// What a request asks for, not looked up yet.
#[derive(Clone, Debug)]
pub(crate) enum Asked {
    Canned(Canned),
    Headers(Vec<Written>),
    Document(Vec<Written>),
}

impl Asked {
    /// `None` when there is no ACL header at all.
    pub(crate) fn of_headers(headers: &AclHeaders<'_>) -> Result<Option<Self>, S3Error> {
        let canned = headers.canned.filter(|name| !name.is_empty());
        let granted = headers.grants.iter().any(Option::is_some);
        match (canned, granted) {
            (None, false) => Ok(None),
            (Some(_), true) => Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "Specifying both Canned ACLs and Header Grants is not allowed",
            )),
            (Some(name), false) => match Canned::parse(name) {
                Some(canned) => Ok(Some(Self::Canned(canned))),
                None => Err(S3Error::invalid_argument("x-amz-acl", name, "")),
            },
            (None, true) => {
                let mut written = Vec::new();
                for ((name, permission), header) in GRANT_HEADERS.into_iter().zip(headers.grants) {
                    let Some(header) = header else { continue };
                    written.extend(acl::read_header(header, permission).map_err(|piece| {
                        S3Error::invalid_argument(name, &piece, "Argument format not recognized")
                    })?);
                }
                Ok(Some(Self::Headers(written)))
            }
        }
    }

    /// Of an operation that sets an ACL: by headers or by a document, never both. `owner` is the resource's.
    pub(crate) fn read(
        headers: &AclHeaders<'_>,
        document: Option<&AccessControlPolicy>,
        owner: &CanonicalId,
    ) -> Result<Self, S3Error> {
        match (Self::of_headers(headers)?, document) {
            (Some(_), Some(_)) => Err(ErrorCode::UnexpectedContent.into()),
            (Some(asked), None) => Ok(asked),
            (None, Some(document)) => Ok(Self::Document(read_document(document, owner)?)),
            (None, None) => {
                Err(S3Error::from(ErrorCode::MissingSecurityHeader).element("MissingHeaderName", "x-amz-acl"))
            }
        }
    }

    pub(crate) fn canned(&self) -> Option<Canned> {
        match self {
            Self::Canned(canned) => Some(*canned),
            Self::Headers(_) | Self::Document(_) => None,
        }
    }
}

fn read_document(document: &AccessControlPolicy, owner: &CanonicalId) -> Result<Vec<Written>, S3Error> {
    let malformed = || S3Error::from(ErrorCode::MalformedACLError);
    let named = document.owner.as_ref().ok_or_else(malformed)?.id.as_deref().unwrap_or_default();
    let written: Result<Vec<Written>, S3Error> =
        document.grants.iter().map(|grant| written_of(grant).ok_or_else(malformed)).collect();
    let written = written?;
    match CanonicalId::parse(named) {
        None => Err(S3Error::invalid_argument("CanonicalUser/ID", named, "Invalid id")),
        Some(id) if id != *owner => Err(ErrorCode::AccessDenied.into()),
        Some(_) => Ok(written),
    }
}

fn written_of(grant: &ShownGrant) -> Option<Written> {
    let permission = Permission::parse(grant.permission.as_deref()?)?;
    let grantee = grant.grantee.as_ref()?;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let name = match grantee.r#type.as_deref()? {
        "CanonicalUser" => Name::Id(text(&grantee.id)),
        "Group" => Name::Uri(text(&grantee.uri)),
        "AmazonCustomerByEmail" => Name::Email(text(&grantee.email_address)),
        _ => return None,
    };
    Some(Written { name, permission })
}

/// Whose a new object is, and its ACL where that is not its owner's full control alone.
pub(crate) struct Owned {
    pub(crate) owner: AccountId,
    pub(crate) acl: Option<Acl>,
}

impl Hall {
    /// The grants that were asked for on something of `owner` in a bucket of `bucket_owner`.
    pub(crate) fn settle(
        &self,
        asked: Asked,
        owner: &CanonicalId,
        bucket_owner: &CanonicalId,
    ) -> Result<Acl, S3Error> {
        let (written, [id_name, uri_name]) = match asked {
            Asked::Canned(canned) => return Ok(canned.grants(owner, bucket_owner)),
            Asked::Headers(written) => (written, ["id", "uri"]),
            Asked::Document(written) => (written, ["CanonicalUser/ID", "Group/URI"]),
        };
        let known = |id: &CanonicalId| Ok::<_, S3Error>(id == owner || self.account_of(id)?.is_some());
        acl::settle(written, known)?.map_err(|refusal| match refusal {
            Refusal::Id(id) => S3Error::invalid_argument(id_name, &id, "Invalid id"),
            Refusal::Uri(uri) => S3Error::invalid_argument(uri_name, &uri, "Invalid group uri"),
            Refusal::Email => ErrorCode::MethodNotAllowed.into(),
            Refusal::TooMany => ErrorCode::MalformedACLError.into(),
        })
    }

    /// What an upload's headers and the bucket's settings make of it.
    pub(crate) fn settle_upload(
        &self,
        bucket: &Bucket,
        writer: Option<&Identity>,
        key: &str,
        headers: &AclHeaders<'_>,
    ) -> Result<Owned, S3Error> {
        let access = &bucket.row.access;
        let asked = Asked::of_headers(headers)?;
        let canned = asked.as_ref().and_then(Asked::canned);
        let bucket_owner = bucket.row.owner;
        let account = people::writer(writer, bucket);
        let owner = ownership::choose_owner(access.ownership, canned, account, bucket_owner);
        let Some(asked) = asked else { return Ok(Owned { owner, acl: None }) };
        // Where ACLs are off, whoever writes is asked for what it would have granted as an owner.
        let granter = if access.is_enforced() { account } else { owner };
        let (granter, bucket_owner) = (self.person(granter)?, self.person(bucket_owner)?);
        let acl = self.settle(asked, &granter.canonical_id, &bucket_owner.canonical_id)?;
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        if acl.is_public() && block_for(&view, bucket).map_err(fault::catalog)?.block_public_acls {
            let resource = format!("arn:aws:s3:::{}/{key}", bucket.name);
            return Err(blocked(writer, bucket, "s3:PutObject", &resource, PUBLIC_ACLS));
        }
        if access.is_enforced() {
            if !ownership::says_what_is_so(canned, &acl, &bucket_owner.canonical_id) {
                return Err(ErrorCode::AccessControlListNotSupported.into());
            }
            return Ok(Owned { owner, acl: None });
        }
        Ok(Owned { owner, acl: kept(acl, &granter.canonical_id) })
    }

    /// An ACL with its owner, as answers show it.
    pub(crate) fn shown(&self, owner: &Person, acl: Option<&Acl>) -> Result<Vec<ShownGrant>, S3Error> {
        let private = acl::private(&owner.canonical_id);
        acl.unwrap_or(&private).grants.iter().map(|grant| self.shown_grant(grant)).collect()
    }

    fn shown_grant(&self, grant: &Grant) -> Result<ShownGrant, S3Error> {
        let grantee = match &grant.grantee {
            Grantee::Group(group) => ShownGrantee {
                r#type: Some("Group".to_owned()),
                uri: Some(group.uri().to_owned()),
                ..ShownGrantee::default()
            },
            Grantee::Account(id) => {
                let account = self.account_of(id)?;
                let name = account.map(|account| self.person(account)).transpose()?;
                ShownGrantee {
                    r#type: Some("CanonicalUser".to_owned()),
                    id: Some(id.as_str().to_owned()),
                    display_name: name.map(|person| person.name.clone()),
                    ..ShownGrantee::default()
                }
            }
        };
        Ok(ShownGrant { grantee: Some(grantee), permission: Some(grant.permission.name().to_owned()) })
    }
}

/// As rows keep it: nothing where it says only that all is the owner's.
pub(crate) fn kept(acl: Acl, owner: &CanonicalId) -> Option<Acl> {
    (acl != acl::private(owner)).then_some(acl)
}

/// What the bucket, its account and the access point by which the request comes say together.
pub(crate) fn block_for(view: &dyn View, bucket: &Bucket) -> Result<PublicAccessBlock, catalog::Fault> {
    let via = bucket.via.as_ref().map(|point| point.public_access_block).unwrap_or_default();
    Ok(block_of(view, &bucket.row)?.or(via))
}

/// What the bucket and its account say together.
pub(crate) fn block_of(view: &dyn View, bucket: &BucketRow) -> Result<PublicAccessBlock, catalog::Fault> {
    let account = account_block(view, bucket.owner)?;
    Ok(bucket.access.public_access_block.unwrap_or_default().or(account))
}

pub(crate) fn account_block(
    view: &dyn View,
    account: AccountId,
) -> Result<PublicAccessBlock, catalog::Fault> {
    let row = view.get(&space::account_access(account))?.map(AccountAccessRow::decode).transpose();
    Ok(row.map_err(fault::row)?.and_then(|row| row.public_access_block).unwrap_or_default())
}

pub(crate) const PUBLIC_ACLS: &str = "public ACLs are prevented by the BlockPublicAcls setting";
pub(crate) const PUBLIC_POLICIES: &str = "public policies are prevented by the BlockPublicPolicy setting";

/// Refused by a public access block. Only who belongs to the owner's account learns why.
pub(crate) fn blocked(
    caller: Option<&Identity>,
    bucket: &Bucket,
    action: &str,
    resource: &str,
    why: &str,
) -> S3Error {
    let Some(caller) = caller.filter(|caller| caller.account == bucket.row.owner) else {
        return ErrorCode::AccessDenied.into();
    };
    let message = format!(
        "User: {} is not authorized to perform: {action} on resource: \"{resource}\" because {why} in S3 Block Public Access.",
        arn_of(caller),
    );
    S3Error::with_message(ErrorCode::AccessDenied, message)
}
