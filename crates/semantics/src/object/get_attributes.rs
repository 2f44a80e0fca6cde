//! GetObjectAttributes: what is asked for of an object's description, without its bytes.

use api::s3::{
    Checksum, GetObjectAttributes, GetObjectAttributesInput, GetObjectAttributesOutput,
    GetObjectAttributesParts, ObjectPart,
};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use catalog::View as _;
use catalog::table::{ChecksumRow, Content, ObjectRow, PartRow, space};
use model::ChecksumAlgorithm;
use model::limits::{LIST_PAGE_MAX, PART_NUMBER_MAX};

use crate::checksums::{self, set_checksum};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::state::Version;
use crate::{attributes, fault, refuse, state};

const NAMES: [&str; 5] = ["ETag", "Checksum", "ObjectParts", "StorageClass", "ObjectSize"];

impl Handle<GetObjectAttributes> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObjectAttributes>,
        _body: Body,
    ) -> Result<(GetObjectAttributesOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let asked = asked(input)?;
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let Version { ordinal, row } = state::resolve(&view, &bucket.row, &key, input.version_id.as_deref())?;
        let object = row.object().ok_or(ErrorCode::NoSuchKey)?;
        let asks = |name: &str| asked.iter().any(|asked| asked.eq_ignore_ascii_case(name));
        let output = GetObjectAttributesOutput {
            last_modified: Some(row.modified),
            version_id: state::shown_version_id(&bucket.row, &row, ordinal),
            // In this body alone ETags stand without their quotes.
            e_tag: asks("ETag").then(|| object.etag.to_string()),
            checksum: object.checksum.as_ref().filter(|_| asks("Checksum")).map(|c| checksum(c, object)),
            object_parts: match asks("ObjectParts") {
                true => parts(&view, bucket, object, page(input)?)?,
                false => None,
            },
            storage_class: asks("StorageClass").then(|| object.class.name().to_owned()),
            object_size: asks("ObjectSize").then_some(object.size_bytes as i64),
            ..Default::default()
        };
        Ok((output, None))
    }
}

fn asked(input: &GetObjectAttributesInput) -> Result<Vec<&str>, S3Error> {
    refuse::if_present(&[
        ("x-amz-server-side-encryption-customer-algorithm", input.sse_customer_algorithm.is_some()),
        ("x-amz-server-side-encryption-customer-key", input.sse_customer_key.is_some()),
    ])?;
    let names = input.object_attributes.iter().flat_map(|names| names.split(','));
    let names: Vec<&str> = names.map(str::trim).filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Err(S3Error::with_message(
            ErrorCode::InvalidRequest,
            "The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty",
        ));
    }
    match names.iter().find(|name| !NAMES.iter().any(|known| known.eq_ignore_ascii_case(name))) {
        None => Ok(names),
        Some(other) => {
            let message = "Invalid attribute name specified.";
            Err(S3Error::invalid_argument("x-amz-object-attributes", other, message))
        }
    }
}

fn checksum(row: &ChecksumRow, object: &ObjectRow) -> Checksum {
    let mut shown = Checksum { checksum_type: Some(row.kind.name().to_owned()), ..Default::default() };
    set_checksum!(shown, row.algorithm, checksums::text(row, object.etag.parts));
    shown
}

/// The place after which a page of parts begins, and its size.
fn page(input: &GetObjectAttributesInput) -> Result<(usize, usize), S3Error> {
    let legal = |name, value: Option<i32>, default: u32, max: u32| match value.map(u32::try_from) {
        None => Ok(default as usize),
        Some(Ok(number)) => Ok(number.min(max) as usize),
        Some(Err(_)) => {
            let text = value.unwrap_or_default().to_string();
            Err(S3Error::invalid_argument(
                name,
                &text,
                "Argument must be an integer between 0 and 2147483647",
            ))
        }
    };
    let after = legal("x-amz-part-number-marker", input.part_number_marker, 0, PART_NUMBER_MAX)?;
    Ok((after, legal("x-amz-max-parts", input.max_parts, LIST_PAGE_MAX, LIST_PAGE_MAX)?))
}

/// How many parts a multipart object has; which, if they have checksums of their own (AWS "GetObjectAttributes").
fn parts(
    view: &catalog::Snapshot,
    bucket: &Bucket,
    object: &ObjectRow,
    (after, max): (usize, usize),
) -> Result<Option<GetObjectAttributesParts>, S3Error> {
    let Content::Parts { key, upload, table } = &object.content else { return Ok(None) };
    let count = |count: usize| i32::try_from(count).ok();
    let mut shown =
        GetObjectAttributesParts { total_parts_count: count(table.count()), ..Default::default() };
    // What S3 sums by itself, for want of anything else, it tells of the whole alone.
    if object.checksum.as_ref().is_none_or(|sum| sum.algorithm == ChecksumAlgorithm::Crc64Nvme) {
        return Ok(Some(shown));
    }
    let mut last = 0;
    for (at, (number, _, size_bytes)) in table.iter().enumerate().skip(after).take(max) {
        let row = view.get(&space::part(bucket.row.id, key, *upload, number)).map_err(fault::catalog)?;
        let row = row.ok_or_else(|| {
            fault::catalog(catalog::Fault::corrupt("parts", "a part of a completed upload is missing"))
        })?;
        let row = PartRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
        let Some(checksum) = row.checksum else { return Ok(Some(shown)) };
        last = at + 1;
        let mut part =
            ObjectPart { part_number: count(last), size: Some(size_bytes as i64), ..Default::default() };
        set_checksum!(part, checksum.algorithm, checksums::text(&checksum, None));
        shown.parts.push(part);
    }
    shown.part_number_marker = count(after);
    shown.next_part_number_marker = count(last);
    shown.max_parts = count(max);
    shown.is_truncated = Some(after.saturating_add(max) < table.count());
    Ok(Some(shown))
}
