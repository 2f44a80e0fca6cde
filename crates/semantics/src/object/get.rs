//! GetObject and HeadObject: one description of what is read, told in two outputs.

use std::ops::Range;

use api::s3::{GetObject, GetObjectOutput, HeadObject, HeadObjectOutput};
use api::{Body, ErrorCode, S3Error};
use auth::{Authorized, Bucket};
use catalog::table::{ChecksumRow, Content, ObjectRow, PartRow, space};
use model::{ObjectKey, PartNumber, Timestamp, Versioning};
use rules::precondition::{self, Conditions, ReadChoice, Standing};
use rules::range::{self, Choice};

use crate::attributes::{self, shown_class};
use crate::checksums::{self, set_checksum};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::marks::shown_legal_hold;
use crate::pins::Pin;
use crate::{fault, refuse, state};

/// What a read asks for, the same for both operations.
struct Ask<'a> {
    key: ObjectKey,
    version_id: Option<&'a str>,
    range: Option<&'a str>,
    part_number: Option<PartNumber>,
    conditions: Conditions,
    checksums: bool,
}

/// What it gets.
struct Found {
    object: Box<ObjectRow>,
    modified: Timestamp,
    version_id: Option<String>,
    span: Range<u64>,
    /// Whether it is answered with 206 and `Content-Range`.
    partial: bool,
    parts_count: Option<i32>,
    checksum: Option<(ChecksumRow, Option<u16>)>,
    pin: Pin,
}

/// Reads what to ask from an input: the two operations' inputs have the same members.
macro_rules! ask {
    ($input:expr) => {{
        let input = $input;
        refuse::if_present(&[
            ("x-amz-server-side-encryption-customer-algorithm", input.sse_customer_algorithm.is_some()),
            ("x-amz-server-side-encryption-customer-key", input.sse_customer_key.is_some()),
        ])?;
        if input.range.is_some() && input.part_number.is_some() {
            return Err(S3Error::with_message(
                ErrorCode::InvalidRequest,
                "Cannot specify both Range header and partNumber query parameter",
            ));
        }
        Ask {
            key: attributes::object_key(&input.key)?,
            version_id: input.version_id.as_deref(),
            range: input.range.as_deref(),
            part_number: input.part_number.map(part_number).transpose()?,
            conditions: Conditions {
                if_match: input.if_match.clone(),
                if_none_match: input.if_none_match.clone(),
                if_modified_since: input.if_modified_since,
                if_unmodified_since: input.if_unmodified_since,
            },
            checksums: input
                .checksum_mode
                .as_deref()
                .is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED")),
        }
    }};
}

/// Tells what was found in an output: the two operations' outputs have the same members.
macro_rules! tell {
    ($output:ident, $found:expr, $input:expr) => {{
        let (found, input) = ($found, $input);
        let (object, attributes) = (&found.object, &found.object.attributes);
        let length = found.span.end - found.span.start;
        if let Some((checksum, parts)) = &found.checksum {
            set_checksum!($output, checksum.algorithm, checksums::text(checksum, *parts));
            $output.checksum_type = Some(checksum.kind.name().to_owned());
        }
        if found.partial {
            let (first, last) = (found.span.start, found.span.end.saturating_sub(1));
            $output.content_range = Some(format!("bytes {first}-{last}/{}", object.size_bytes));
        }
        let or = |asked: &Option<String>, stored: &Option<String>| asked.clone().or_else(|| stored.clone());
        $output.accept_ranges = Some("bytes".to_owned());
        $output.last_modified = Some(found.modified);
        $output.content_length = Some(length as i64);
        $output.e_tag = Some(object.etag.quoted());
        $output.version_id = found.version_id.clone();
        $output.cache_control = or(&input.response_cache_control, &attributes.cache_control);
        $output.content_disposition =
            or(&input.response_content_disposition, &attributes.content_disposition);
        $output.content_encoding = or(&input.response_content_encoding, &attributes.content_encoding);
        $output.content_language = or(&input.response_content_language, &attributes.content_language);
        $output.content_type = or(&input.response_content_type, &attributes.content_type)
            .or_else(|| Some("binary/octet-stream".to_owned()));
        $output.expires =
            input.response_expires.map(|moment| moment.to_http_date()).or_else(|| attributes.expires.clone());
        $output.website_redirect_location = attributes.website_redirect.clone();
        $output.metadata = attributes.metadata.clone();
        $output.storage_class = shown_class(object.class);
        $output.parts_count = found.parts_count;
        let marks = &found.object.marks;
        $output.tag_count = i32::try_from(marks.tags.len()).ok().filter(|count| *count > 0);
        $output.object_lock_mode = marks.hold.retention.map(|retention| retention.mode.name().to_owned());
        $output.object_lock_retain_until_date = marks.hold.retention.map(|retention| retention.until);
        $output.object_lock_legal_hold_status = marks.hold.legal_hold.map(shown_legal_hold);
    }};
}

impl Handle<GetObject> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObject>,
        _body: Body,
    ) -> Result<(GetObjectOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let found = self.find(bucket, &ask!(input))?;
        let mut output = GetObjectOutput::default();
        tell!(output, &found, input);
        let Found { object, span, pin, .. } = found;
        let body = self.body_of(bucket.row.id, &object.content, span, pin)?;
        Ok((output, Some(body)))
    }
}

impl Handle<HeadObject> for Hall {
    async fn handle(
        &self,
        request: Authorized<HeadObject>,
        _body: Body,
    ) -> Result<(HeadObjectOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let found = self.find(bucket, &ask!(input))?;
        let mut output = HeadObjectOutput::default();
        tell!(output, &found, input);
        Ok((output, None))
    }
}

impl Hall {
    fn find(&self, bucket: &Bucket, ask: &Ask<'_>) -> Result<Found, S3Error> {
        let pin = self.pins().pin(self.catalog().last_ordinal());
        let view = self.catalog().snapshot().map_err(fault::catalog)?;
        let version = state::resolve(&view, &bucket.row, &ask.key, ask.version_id)?;
        let shown = bucket.row.versioning != Versioning::Unversioned;
        let version_id = shown.then(|| version.row.version_id(version.ordinal).to_string());
        let modified = version.row.modified;
        let catalog::table::VersionState::Object(object) = version.row.state else {
            return Err(ErrorCode::NoSuchKey.into());
        };
        check_conditions(ask, &object, modified, version_id.as_deref(), self.clock().now())?;
        let mut found = Found {
            span: 0..object.size_bytes,
            partial: false,
            parts_count: None,
            checksum: None,
            object,
            modified,
            version_id,
            pin,
        };
        match ask.part_number {
            Some(number) => self.narrow_to_part(&mut found, bucket, ask, number)?,
            None => narrow_to_range(&mut found, ask)?,
        }
        Ok(found)
    }

    /// A `partNumber` read: the part with this place in the object, as 206.
    fn narrow_to_part(
        &self,
        found: &mut Found,
        bucket: &Bucket,
        ask: &Ask<'_>,
        number: PartNumber,
    ) -> Result<(), S3Error> {
        found.partial = found.object.size_bytes > 0;
        let Content::Parts { key, upload, table } = &found.object.content else {
            // An object that was put whole is its own only part.
            if number.get() != 1 {
                return Err(no_such_part(number, 1));
            }
            found.checksum = whole_checksum(found, ask);
            return Ok(());
        };
        let count = table.count();
        let (stored, start, size_bytes) =
            table.nth(usize::from(number.get())).ok_or_else(|| no_such_part(number, count))?;
        found.parts_count = i32::try_from(count).ok();
        found.span = start..start + size_bytes;
        if ask.checksums {
            let row = self.catalog().get(&space::part(bucket.row.id, key, *upload, stored));
            if let Some(row) = row.map_err(fault::catalog)? {
                let part = PartRow::decode(row).map_err(fault::row).map_err(fault::catalog)?;
                let kind = found.object.checksum.as_ref().map(|whole| whole.kind);
                // The value is the part's own, its type says what the object's is.
                found.checksum = part
                    .checksum
                    .map(|checksum| (ChecksumRow { kind: kind.unwrap_or(checksum.kind), ..checksum }, None));
            }
        }
        Ok(())
    }
}

fn narrow_to_range(found: &mut Found, ask: &Ask<'_>) -> Result<(), S3Error> {
    let size_bytes = found.object.size_bytes;
    let choice = range::choose(ask.range, size_bytes);
    match choice {
        Choice::Unsatisfiable => {
            return Err(S3Error::from(ErrorCode::InvalidRange)
                .element("RangeRequested", ask.range.unwrap_or_default())
                .element("ActualObjectSize", size_bytes.to_string())
                .header("content-range", format!("bytes */{size_bytes}")));
        }
        Choice::Slice { .. } => found.partial = true,
        Choice::Whole => {}
    }
    found.span = choice.span(size_bytes);
    // The checksum of the whole says nothing about a slice.
    if found.span == (0..size_bytes) {
        found.checksum = whole_checksum(found, ask);
    }
    Ok(())
}

fn whole_checksum(found: &Found, ask: &Ask<'_>) -> Option<(ChecksumRow, Option<u16>)> {
    let checksum = found.object.checksum.clone().filter(|_| ask.checksums)?;
    Some((checksum, found.object.etag.parts))
}

fn check_conditions(
    ask: &Ask<'_>,
    object: &ObjectRow,
    modified: Timestamp,
    version_id: Option<&str>,
    now: Timestamp,
) -> Result<(), S3Error> {
    match precondition::choose_read(&ask.conditions, Standing { etag: object.etag, modified }, now) {
        ReadChoice::Proceed => Ok(()),
        ReadChoice::Failed(condition) => {
            Err(S3Error::from(ErrorCode::PreconditionFailed).element("Condition", condition))
        }
        ReadChoice::NotModified => {
            // RFC 9110 §15.4.5: a 304 carries the headers that a cache needs.
            let mut error = S3Error::from(ErrorCode::NotModified)
                .header("etag", object.etag.quoted())
                .header("last-modified", modified.to_http_date());
            if let Some(id) = version_id {
                error = error.header("x-amz-version-id", id);
            }
            for (name, value) in
                [("cache-control", &object.attributes.cache_control), ("expires", &object.attributes.expires)]
            {
                if let Some(value) = value {
                    error = error.header(name, value.clone());
                }
            }
            Err(error)
        }
    }
}

fn part_number(number: i32) -> Result<PartNumber, S3Error> {
    PartNumber::new(i64::from(number)).ok_or_else(|| {
        S3Error::invalid_argument(
            "partNumber",
            &number.to_string(),
            "Part number must be an integer between 1 and 10000, inclusive",
        )
    })
}

fn no_such_part(number: PartNumber, count: usize) -> S3Error {
    S3Error::from(ErrorCode::InvalidPartNumber)
        .element("PartNumberRequested", number.get().to_string())
        .element("ActualPartCount", count.to_string())
}
