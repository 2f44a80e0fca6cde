//! Frozen specimens of rows: what a release once wrote, every later one must read.
//!
//! A specimen is never edited. A new format gets new specimens beside these.

use bytes::Bytes;
use model::{
    AccountId, Acl, BucketId, BucketLock, BucketName, CanonicalId, ChecksumAlgorithm, ChecksumType,
    CorsMethod, CorsRule, DefaultRetention, ETag, Grant, Grantee, GranteeGroup, Hold, ObjectKey,
    ObjectOwnership, Ordinal, PartNumber, Permission, PublicAccessBlock, Region, Retention, RetentionMode,
    RetentionPeriod, StorageClass, Timestamp, UploadId, Versioning,
};

use super::{
    AccessPointRow, AccountAccessRow, AccountRow, AnnotationRow, ArchiveRow, Attributes, BucketAccess,
    BucketRow, ChecksumRow, Content, CorsRow, CurrentRow, JobRow, Marks, ObjectRow, Page, PartRow, PartTable,
    PointerRow, ReclaimRow, Stretch, TagsRow, TextRow, UploadRow, VersionRow, VersionState,
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Bytes {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits
        .chunks(2)
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect::<Vec<u8>>()
        .into()
}

fn owner() -> AccountId {
    AccountId::new(123_456_789_012).unwrap()
}

fn upload() -> UploadId {
    UploadId { ordinal: Ordinal::from_u64(0x0102_0304_0506_0708), salt: 9 }
}

fn table() -> PartTable {
    let mut table = PartTable::default();
    for (number, size) in [(1, 5 << 20), (2, 5 << 20), (4, 17)] {
        table.push(PartNumber::new(number).unwrap(), size);
    }
    table
}

fn checksum() -> ChecksumRow {
    ChecksumRow {
        algorithm: ChecksumAlgorithm::Crc64Nvme,
        kind: ChecksumType::FullObject,
        value: Bytes::from_static(b"12345678"),
    }
}

fn attributes() -> Attributes {
    Attributes {
        content_type: Some("text/plain".into()),
        website_redirect: Some("/x".into()),
        metadata: vec![("a".into(), "ä".into())],
        ..Attributes::default()
    }
}

fn version(content: Content, parts: Option<u16>) -> VersionRow {
    VersionRow {
        null: true,
        salt: 0x10,
        owner: owner(),
        modified: Timestamp::from_millis(1_795_328_670_123),
        state: VersionState::Object(Box::new(ObjectRow {
            size_bytes: 5,
            etag: ETag { md5: [0xab; 16], parts },
            class: StorageClass::StandardIa,
            checksum: Some(checksum()),
            attributes: attributes(),
            marks: Marks::default(),
            annotations: 0,
            content,
        })),
    }
}

/// Reads what an older release wrote.
macro_rules! opened {
    ($row:ty, $value:expr, $bytes:expr) => {
        assert_eq!(<$row>::decode(unhex($bytes)), Ok($value))
    };
}

/// Reads what stands frozen, and writes it as it stands.
macro_rules! frozen {
    ($row:ty, $value:expr, $bytes:expr) => {{
        let value = $value;
        assert_eq!(hex(&value.encode()), $bytes.split_whitespace().collect::<String>());
        assert_eq!(<$row>::decode(unhex($bytes)), Ok(value));
    }};
}

mod identity;

#[test]
fn buckets_and_pointers_of_format_1_still_open() {
    let bucket = BucketRow {
        id: BucketId(300),
        owner: owner(),
        region: Region::parse("eu-west-1").unwrap(),
        created: Timestamp::from_millis(1_795_328_670_123),
        versioning: Versioning::Suspended,
        object_lock: None,
        access: BucketAccess::CLOSED,
    };
    opened!(BucketRow, bucket.clone(), "01ac0294b4e4f4cb030965752d776573742d31d6e6eb9ec06802");
    let default = DefaultRetention { mode: RetentionMode::Compliance, period: RetentionPeriod::Years(7) };
    let locked = BucketRow { object_lock: Some(BucketLock { default: Some(default) }), ..bucket };
    opened!(BucketRow, locked, "02ac0294b4e4f4cb030965752d776573742d31d6e6eb9ec068020101010107");
    frozen!(PointerRow, PointerRow { ordinal: Ordinal::from_u64(258), null: true }, "01000000000000010201");
}

#[test]
fn versions_of_format_1_still_open() {
    opened!(
        VersionRow,
        version(Content::Inline(Bytes::from_static(b"hello")), None),
        "01010000000000000000000000000000001094b4e4f4cb03d6e6eb9ec0680105abababababababababababab \
         abababab0002010200083132333435363738010a746578742f706c61696e000000000001022f7801016102c3 \
         a40068656c6c6f"
    );
    opened!(
        VersionRow,
        version(Content::Stored(Bytes::from_static(b"manifest")), None),
        "01010000000000000000000000000000001094b4e4f4cb03d6e6eb9ec0680105abababababababababababab \
         abababab0002010200083132333435363738010a746578742f706c61696e000000000001022f7801016102c3 \
         a4016d616e6966657374"
    );
    let parts = Content::Parts { key: ObjectKey::new("k").unwrap(), upload: upload(), table: table() };
    opened!(
        VersionRow,
        version(parts, Some(3)),
        "01010000000000000000000000000000001094b4e4f4cb03d6e6eb9ec0680105abababababababababababab \
         abababab0302010200083132333435363738010a746578742f706c61696e000000000001022f7801016102c3 \
         a402016b888e98a8c0e0808101090201028080c002040111"
    );
    let marker =
        VersionRow { state: VersionState::DeleteMarker, ..version(Content::Inline(Bytes::new()), None) };
    opened!(VersionRow, marker, "01010000000000000000000000000000001094b4e4f4cb03d6e6eb9ec06800");
    let object = version(Content::Inline(Bytes::new()), None);
    frozen!(
        CurrentRow,
        CurrentRow::of(&object, Ordinal::from_u64(258)).unwrap(),
        "0100000000000001020105abababababababababababababababab00d6e6eb9ec0680294b4e4f4cb03010200"
    );
}

fn marks() -> Marks {
    let retention =
        Retention { mode: RetentionMode::Governance, until: Timestamp::from_seconds(1_800_000_000) };
    Marks {
        tags: vec![("team".into(), "ä".into())],
        hold: Hold { retention: Some(retention), legal_hold: Some(true) },
        acl: None,
    }
}

#[test]
fn marked_versions_and_uploads_of_format_2_still_open() {
    let mut row = version(Content::Inline(Bytes::from_static(b"hello")), None);
    if let VersionState::Object(object) = &mut row.state {
        object.marks = marks();
    }
    opened!(
        VersionRow,
        row,
        "02010000000000000000000000000000001094b4e4f4cb03d6e6eb9ec0680105abababababababababababababababab0002010200083132333435363738010a746578742f706c61696e000000000001022f7801016102c3a401047465616d02c3a4010080c0e285e36801010068656c6c6f"
    );
    let upload = UploadRow {
        owner: owner(),
        initiator: None,
        initiated: Timestamp::from_millis(-1),
        class: StorageClass::Standard,
        checksum: None,
        attributes: attributes(),
        marks: marks(),
        parts_changed: Ordinal::from_u64(300),
    };
    opened!(
        UploadRow,
        upload,
        "0294b4e4f4cb03010000010a746578742f706c61696e000000000001022f7801016102c3a401047465616d02c3a4010080c0e285e3680101ac02"
    );
    frozen!(TagsRow, TagsRow { tags: marks().tags }, "0101047465616d02c3a4");
}

#[test]
fn annotated_versions_of_format_3_and_annotations_still_open() {
    let mut row = version(Content::Inline(Bytes::from_static(b"hello")), None);
    if let VersionState::Object(object) = &mut row.state {
        (object.marks, object.annotations) = (marks(), 300);
    }
    opened!(
        VersionRow,
        row,
        "03010000000000000000000000000000001094b4e4f4cb03d6e6eb9ec0680105abababababababababababababababab0002010200083132333435363738010a746578742f706c61696e000000000001022f7801016102c3a401047465616d02c3a4010080c0e285e3680101ac020068656c6c6f"
    );
    let annotation = AnnotationRow {
        size_bytes: 5,
        md5: [0xcd; 16],
        modified: Timestamp::from_millis(1_795_328_670_123),
        checksum: Some(checksum()),
        content: Content::Stored(Bytes::from_static(b"manifest")),
    };
    frozen!(
        AnnotationRow,
        annotation,
        "0105cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdd6e6eb9ec068010200083132333435363738016d616e6966657374"
    );
    frozen!(
        ReclaimRow,
        ReclaimRow::Annotations { bucket: BucketId(300), salt: 0x10 },
        "0104ac0200000000000000000000000000000010"
    );
}

fn acl() -> Acl {
    let owner = Grantee::Account(CanonicalId::from_bytes([0xef; 32]));
    Acl {
        grants: vec![
            Grant { grantee: owner, permission: Permission::FullControl },
            Grant { grantee: Grantee::Group(GranteeGroup::AllUsers), permission: Permission::Read },
        ],
    }
}

#[test]
fn rows_with_acls_of_format_4_and_uploads_of_format_5_still_open() {
    let mut row = version(Content::Inline(Bytes::from_static(b"hello")), None);
    if let VersionState::Object(object) = &mut row.state {
        object.marks = Marks { acl: Some(acl()), ..marks() };
    }
    frozen!(
        VersionRow,
        row,
        "04010000000000000000000000000000001094b4e4f4cb03d6e6eb9ec0680105abababababababababababababababab0002010200083132333435363738010a746578742f706c61696e000000000001022f7801016102c3a401047465616d02c3a4010080c0e285e36801010102000040656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665660301000068656c6c6f"
    );
    let upload = UploadRow {
        owner: owner(),
        initiator: None,
        initiated: Timestamp::from_millis(-1),
        class: StorageClass::Standard,
        checksum: None,
        attributes: attributes(),
        marks: Marks { acl: Some(acl()), ..marks() },
        parts_changed: Ordinal::from_u64(300),
    };
    opened!(
        UploadRow,
        upload.clone(),
        "0494b4e4f4cb03010000010a746578742f706c61696e000000000001022f7801016102c3a401047465616d02c3a4010080c0e285e36801010102000040656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665660301ac02"
    );
    let upload = UploadRow { initiator: Some("begun".to_owned()), ..upload };
    frozen!(
        UploadRow,
        upload,
        "0594b4e4f4cb03010000010a746578742f706c61696e000000000001022f7801016102c3a401047465616d02c3a4010080c0e285e36801010102000040656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665660301ac020105626567756e"
    );
}

#[test]
fn what_buckets_and_accounts_say_about_access_still_opens() {
    let bucket = BucketRow {
        id: BucketId(300),
        owner: owner(),
        region: Region::parse("eu-west-1").unwrap(),
        created: Timestamp::from_millis(1_795_328_670_123),
        versioning: Versioning::Enabled,
        object_lock: None,
        access: BucketAccess {
            ownership: Some(ObjectOwnership::ObjectWriter),
            public_access_block: Some(PublicAccessBlock { ignore_public_acls: true, ..Default::default() }),
            acl: Some(acl()),
            policy: Some(Ordinal::from_u64(300)),
            cors: Some(Ordinal::from_u64(2)),
            requester_pays: true,
            abac: false,
            mfa_delete: None,
        },
    };
    frozen!(
        BucketRow,
        bucket,
        "03ac0294b4e4f4cb030965752d776573742d31d6e6eb9ec068010001020102010200004065666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566656665666566030101ac02010201"
    );
    let access = AccountAccessRow { public_access_block: Some(PublicAccessBlock::ALL) };
    frozen!(AccountAccessRow, access, "01010f");
    frozen!(TextRow, TextRow { text: "{}".to_owned() }, "01027b7d");
    let point = AccessPointRow {
        account: owner(),
        name: "finance".to_owned(),
        alias: "finance-x-s3alias".to_owned(),
        bucket: BucketName::parse("bucket").unwrap(),
        bucket_id: BucketId(300),
        bucket_owner: owner(),
        region: Region::parse("eu-west-1").unwrap(),
        created: Timestamp::from_millis(1_795_328_670_123),
        public_access_block: PublicAccessBlock::ALL,
        policy: Some((Ordinal::from_u64(300), "{}".to_owned())),
    };
    frozen!(
        AccessPointRow,
        point,
        "0194b4e4f4cb030766696e616e63651166696e616e63652d782d7333616c696173066275636b6574ac0294b4e4f4cb030965752d776573742d31d6e6eb9ec0680f01ac02027b7d"
    );
    let rule = CorsRule {
        id: Some("r".to_owned()),
        origins: vec!["*".to_owned()],
        methods: vec![CorsMethod::Get, CorsMethod::Head],
        headers: vec!["a".to_owned()],
        exposed: Vec::new(),
        max_age_seconds: Some(300),
    };
    frozen!(CorsRow, CorsRow { rules: vec![rule] }, "01 01 010172 01012a 020004 010161 00 01ac02");
}

#[test]
fn uploads_parts_and_reclaims_of_format_1_still_open() {
    let row = UploadRow {
        owner: owner(),
        initiator: None,
        initiated: Timestamp::from_millis(-1),
        class: StorageClass::Standard,
        checksum: Some((ChecksumAlgorithm::Sha256, ChecksumType::Composite)),
        attributes: attributes(),
        marks: Marks::default(),
        parts_changed: Ordinal::from_u64(300),
    };
    opened!(
        UploadRow,
        row,
        "0194b4e4f4cb030100010401010a746578742f706c61696e000000000001022f7801016102c3a4ac02"
    );
    let part = PartRow {
        size_bytes: 5,
        md5: [0xcd; 16],
        modified: Timestamp::from_millis(1_795_328_670_123),
        checksum: Some(checksum()),
        content: Content::Inline(Bytes::from_static(b"hello")),
    };
    frozen!(
        PartRow,
        part,
        "0105cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdd6e6eb9ec0680102000831323334353637380068656c6c6f"
    );
    let (bucket, key) = (BucketId(300), ObjectKey::new("k").unwrap());
    frozen!(ReclaimRow, ReclaimRow::Stored(Bytes::from_static(b"manifest")), "01006d616e6966657374");
    frozen!(
        ReclaimRow,
        ReclaimRow::Parts { bucket, key: key.clone(), upload: upload() },
        "0101ac02016b888e98a8c0e080810109"
    );
    frozen!(ReclaimRow, ReclaimRow::Uploads { bucket }, "0102ac02");
    frozen!(
        ReclaimRow,
        ReclaimRow::Unlisted { bucket, key, upload: upload(), listed: table() },
        "0103ac02016b888e98a8c0e0808101090201028080c002040111"
    );
}

#[test]
fn accounts_of_format_1_still_open() {
    let row = AccountRow {
        id: owner(),
        name: "alice".into(),
        email: Some("alice@example.com".into()),
        canonical_id: CanonicalId::from_bytes([0xef; 32]),
        created: Timestamp::from_millis(1_795_328_670_123),
        access_keys: vec!["AKIAALICE".into()],
    };
    frozen!(
        AccountRow,
        row,
        "0194b4e4f4cb0305616c6963650111616c696365406578616d706c652e636f6d406566656665666566656665 \
         6665666566656665666566656665666566656665666566656665666566656665666566656665666566656665 \
         666566656665666566d6e6eb9ec0680109414b4941414c494345"
    );
}

#[test]
fn jobs_of_format_1_still_open() {
    let row = JobRow {
        begun: Timestamp::from_millis(1_795_328_670_123),
        next: b"\x22key".to_vec(),
        counts: vec![0, 300],
    };
    frozen!(JobRow, row, "01d6e6eb9ec06804226b65790200ac02");
}

#[test]
fn archive_rows_of_format_1_are_frozen() {
    let (from, to) = (Ordinal::from_u64(0x0102), Ordinal::from_u64(0x0304));
    let changes = Page { stretch: Stretch::Changes { from, to }, number: 5, is_last: true, bytes: 0x0607 };
    let row = |page, start: &'static [u8], end: &'static [u8], manifest: &'static [u8]| ArchiveRow {
        page,
        start: Bytes::from_static(start),
        end: Bytes::from_static(end),
        manifest: Bytes::from_static(manifest),
    };
    frozen!(
        ArchiveRow,
        row(changes, b"", b"", b"manifest"),
        "011a690000000000000102000000000000030400000005010000060700006d616e6966657374"
    );
    assert_eq!(hex(&changes.key()), "43690000000000000304 00000005".replace(' ', ""));
    let stretch = Stretch::Range { round: to, place: 8, at: from };
    let range = Page { stretch, number: 0, is_last: false, bytes: 1 << 20 };
    frozen!(
        ArchiveRow,
        row(range, b"\x10a", b"\x22", b"m"),
        "011e6200000000000003040000000800000000000001020000000000001000000210610122 6d"
    );
    assert_eq!(hex(&range.key()), "4362000000000000030400000008 00000000".replace(' ', ""));
    frozen!(
        ArchiveRow,
        row(Page::missed(from, to), b"", b"", b""),
        "011a69000000000000010200000000000003040000000001000000000000"
    );
}
