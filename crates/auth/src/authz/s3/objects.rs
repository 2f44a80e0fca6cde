//! Operations on objects, uploads and what hangs on objects.

use api::s3;
use rules::copy_source;

use crate::authz::needs::Along;
use crate::authz::{Facts, Guarded, Need, Needs, On, Target};

macro_rules! target {
    () => {
        const THROUGH_ACCESS_POINTS: bool = true;

        fn target(input: &Self::Input) -> Target<'_> {
            Target::Bucket { name: &input.bucket, expected_owner: input.expected_bucket_owner.as_deref() }
        }
    };
}

macro_rules! source {
    () => {
        fn source(input: &Self::Input) -> Option<(&str, Option<&str>)> {
            let header = input.copy_source.as_deref().unwrap_or_default();
            Some((header, input.expected_source_bucket_owner.as_deref()))
        }
    };
}

/// One action on the object, another one when a version is named.
macro_rules! on_object {
    ($($operation:ident => $current:literal, $of_version:literal,)*) => {
        $(impl Guarded for s3::$operation {
            target!();

            fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
                needs.object($current, $of_version, &input.key, input.version_id.as_deref());
            }

            fn facts(input: &Self::Input, facts: &mut Facts) {
                facts.text("s3:VersionId", input.version_id.as_deref());
            }
        })*
    };
}

/// One action on a key, whatever stands there.
macro_rules! on_key {
    ($($operation:ident => $action:literal,)*) => {
        $(impl Guarded for s3::$operation {
            target!();

            fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
                needs.add($action, On::key(&input.key));
            }
        })*
    };
}

on_object! {
    GetObjectAcl => "s3:GetObjectAcl", "s3:GetObjectVersionAcl",
    GetObject => "s3:GetObject", "s3:GetObjectVersion",
    HeadObject => "s3:GetObject", "s3:GetObjectVersion",
    GetObjectTagging => "s3:GetObjectTagging", "s3:GetObjectVersionTagging",
    DeleteObjectTagging => "s3:DeleteObjectTagging", "s3:DeleteObjectVersionTagging",
    PutObjectLegalHold => "s3:PutObjectLegalHold", "s3:PutObjectLegalHold",
    GetObjectLegalHold => "s3:GetObjectLegalHold", "s3:GetObjectLegalHold",
    GetObjectRetention => "s3:GetObjectRetention", "s3:GetObjectRetention",
    PutObjectAnnotation => "s3:PutObjectAnnotation", "s3:PutObjectVersionAnnotation",
    GetObjectAnnotation => "s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation",
    ListObjectAnnotations => "s3:ListObjectAnnotations", "s3:ListObjectVersionAnnotations",
    DeleteObjectAnnotation => "s3:DeleteObjectAnnotation", "s3:DeleteObjectVersionAnnotation",
}

on_key! {
    UploadPart => "s3:PutObject",
    CompleteMultipartUpload => "s3:PutObject",
    GetObjectTorrent => "s3:GetObjectTorrent",
}

/// One action on an upload.
macro_rules! on_upload {
    ($($operation:ident => $action:literal,)*) => {
        $(impl Guarded for s3::$operation {
            target!();

            fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
                let upload_id = input.upload_id.clone().unwrap_or_default();
                needs.add($action, On::Upload { key: input.key.clone(), upload_id });
            }
        })*
    };
}

on_upload! {
    AbortMultipartUpload => "s3:AbortMultipartUpload",
    ListParts => "s3:ListMultipartUploadParts",
}

/// What a new object needs beyond `s3:PutObject`.
macro_rules! new_object_needs {
    ($input:expr, $tagging:expr, $needs:expr) => {{
        let on = || On::key(&$input.key);
        $needs.add("s3:PutObject", on());
        let grants = $input.acl.is_some()
            || $input.grant_full_control.is_some()
            || $input.grant_read.is_some()
            || $input.grant_read_acp.is_some()
            || $input.grant_write_acp.is_some();
        $needs.add_if(grants, "s3:PutObjectAcl", on);
        $needs.add_if($tagging.is_some(), "s3:PutObjectTagging", on);
        let retained = $input.object_lock_mode.is_some() || $input.object_lock_retain_until_date.is_some();
        $needs.add_if(retained, "s3:PutObjectRetention", on);
        $needs.add_if($input.object_lock_legal_hold_status.is_some(), "s3:PutObjectLegalHold", on);
    }};
}

macro_rules! new_object_facts {
    ($input:expr, $tagging:expr, $facts:expr) => {{
        for (name, value) in [
            ("s3:x-amz-acl", &$input.acl),
            ("s3:x-amz-grant-full-control", &$input.grant_full_control),
            ("s3:x-amz-grant-read", &$input.grant_read),
            ("s3:x-amz-grant-read-acp", &$input.grant_read_acp),
            ("s3:x-amz-grant-write-acp", &$input.grant_write_acp),
            ("s3:x-amz-storage-class", &$input.storage_class),
            ("s3:x-amz-website-redirect-location", &$input.website_redirect_location),
            ("s3:x-amz-server-side-encryption", &$input.server_side_encryption),
            ("s3:x-amz-server-side-encryption-aws-kms-key-id", &$input.ssekms_key_id),
            ("s3:x-amz-server-side-encryption-customer-algorithm", &$input.sse_customer_algorithm),
            ("s3:object-lock-legal-hold", &$input.object_lock_legal_hold_status),
        ] {
            $facts.text(name, value.as_deref());
        }
        $facts.retention($input.object_lock_mode.as_deref(), $input.object_lock_retain_until_date);
        $facts.tag_header($tagging.as_deref());
    }};
}

macro_rules! write_conditions {
    ($input:expr, $facts:expr) => {
        $facts.text("s3:if-match", $input.if_match.as_deref());
        $facts.text("s3:if-none-match", $input.if_none_match.as_deref());
    };
}

impl Guarded for s3::PutObjectAcl {
    target!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let version_id = input.version_id.as_deref();
        needs.object("s3:PutObjectAcl", "s3:PutObjectVersionAcl", &input.key, version_id);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.text("s3:VersionId", input.version_id.as_deref());
        acl_facts!(input, facts);
    }
}

impl Guarded for s3::PutObject {
    target!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        new_object_needs!(input, input.tagging, needs);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        new_object_facts!(input, input.tagging, facts);
        write_conditions!(input, facts);
    }
}

impl Guarded for s3::CreateMultipartUpload {
    target!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        new_object_needs!(input, input.tagging, needs);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        new_object_facts!(input, input.tagging, facts);
    }
}

impl Guarded for s3::CopyObject {
    target!();
    source!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let (source, key) = (input.copy_source.as_deref(), &input.key);
        needs.add(source_action(source), On::Source);
        new_object_needs!(input, new_tags(input), needs);
        if input.tagging_directive.as_deref() != Some("REPLACE") {
            let read = one_of(source, "s3:GetObjectTagging", "s3:GetObjectVersionTagging");
            needs.along(Along::Tags, read, "s3:PutObjectTagging", key);
        }
        if input.annotation_directive.as_deref() != Some("EXCLUDE") {
            let read = one_of(source, "s3:GetObjectAnnotation", "s3:GetObjectVersionAnnotation");
            needs.along(Along::Annotations, read, "s3:PutObjectAnnotation", key);
        }
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        new_object_facts!(input, new_tags(input), facts);
        write_conditions!(input, facts);
        facts.text("s3:x-amz-copy-source", input.copy_source.as_deref());
        facts.text("s3:x-amz-metadata-directive", input.metadata_directive.as_deref());
    }
}

impl Guarded for s3::UploadPartCopy {
    target!();
    source!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        needs.add(source_action(input.copy_source.as_deref()), On::Source);
        needs.add("s3:PutObject", On::key(&input.key));
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.text("s3:x-amz-copy-source", input.copy_source.as_deref());
    }
}

/// Tags that a copy brings are told beside its source's only where they take their place.
fn new_tags(input: &s3::CopyObjectInput) -> Option<&str> {
    input.tagging.as_deref().filter(|_| input.tagging_directive.as_deref() == Some("REPLACE"))
}

fn source_action(header: Option<&str>) -> &'static str {
    one_of(header, "s3:GetObject", "s3:GetObjectVersion")
}

/// By whether the source names a version.
fn one_of(header: Option<&str>, current: &'static str, of_version: &'static str) -> &'static str {
    let source = header.and_then(copy_source::parse);
    if source.is_some_and(|source| source.version_id.is_some()) { of_version } else { current }
}

impl Guarded for s3::GetObjectAttributes {
    target!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let (key, version) = (&input.key, input.version_id.as_deref());
        needs.object("s3:GetObject", "s3:GetObjectVersion", key, version);
        needs.object("s3:GetObjectAttributes", "s3:GetObjectVersionAttributes", key, version);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.text("s3:VersionId", input.version_id.as_deref());
    }
}

impl Guarded for s3::PutObjectTagging {
    target!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let version = input.version_id.as_deref();
        needs.object("s3:PutObjectTagging", "s3:PutObjectVersionTagging", &input.key, version);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.text("s3:VersionId", input.version_id.as_deref());
        let tags = input.tagging.iter().flat_map(|tagging| &tagging.tag_set);
        facts.tags(tags.filter_map(|tag| Some((tag.key.clone()?, tag.value.clone()?))));
    }
}

impl Guarded for s3::PutObjectRetention {
    target!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let on = || On::object(&input.key, input.version_id.as_deref());
        needs.add("s3:PutObjectRetention", on());
        let bypass = input.bypass_governance_retention == Some(true);
        needs.add_if(bypass, "s3:BypassGovernanceRetention", on);
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.text("s3:VersionId", input.version_id.as_deref());
        if let Some(asked) = &input.retention {
            facts.retention(asked.mode.as_deref(), asked.retain_until_date);
        }
    }
}

impl Guarded for s3::DeleteObject {
    target!();

    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let bypass = input.bypass_governance_retention == Some(true);
        for need in deletion(&input.key, input.version_id.as_deref(), bypass) {
            needs.add(need.action, need.on);
        }
    }

    fn facts(input: &Self::Input, facts: &mut Facts) {
        facts.text("s3:VersionId", input.version_id.as_deref());
        facts.text("s3:if-match", input.if_match.as_deref());
    }

    fn code(input: &Self::Input) -> Option<(&str, &str)> {
        super::code_of(input.mfa.as_deref())
    }
}

impl Guarded for s3::DeleteObjects {
    target!();

    /// Each key answers for itself.
    fn needs(_input: &Self::Input, _needs: &mut Needs<'_>) {}

    fn code(input: &Self::Input) -> Option<(&str, &str)> {
        super::code_of(input.mfa.as_deref())
    }

    fn each(input: &Self::Input) -> Vec<Vec<Need>> {
        let bypass = input.bypass_governance_retention == Some(true);
        let objects = input.delete.iter().flat_map(|delete| &delete.objects);
        objects
            .map(|object| {
                let version = object.version_id.as_deref().filter(|id| !id.is_empty());
                deletion(object.key.as_deref().unwrap_or_default(), version, bypass)
            })
            .collect()
    }
}

/// Deleting is the bucket's affair, whoever owns the object.
fn deletion(key: &str, version_id: Option<&str>, bypass: bool) -> Vec<Need> {
    let action = if version_id.is_some() { "s3:DeleteObjectVersion" } else { "s3:DeleteObject" };
    let mut needs = vec![Need { action, on: On::key(key) }];
    if bypass {
        needs.push(Need { action: "s3:BypassGovernanceRetention", on: On::key(key) });
    }
    needs
}

impl Guarded for s3::RenameObject {
    fn target(input: &Self::Input) -> Target<'_> {
        Target::Bucket { name: &input.bucket, expected_owner: None }
    }

    /// As the steps that it stands for: reading and deleting the one, writing the other.
    fn needs(input: &Self::Input, needs: &mut Needs<'_>) {
        let header = input.rename_source.as_deref().unwrap_or_default();
        let from = copy_source::parse_rename(header, &input.bucket).unwrap_or_default();
        needs.add("s3:GetObject", On::object(&from, None));
        needs.add("s3:DeleteObject", On::key(&from));
        needs.add("s3:PutObject", On::key(&input.key));
    }
}
