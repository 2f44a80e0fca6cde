//! GetObjectAnnotation.

use api::s3::{GetObjectAnnotation, GetObjectAnnotationOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;
use catalog::View;
use catalog::table::space;
use model::ETag;

use super::{decode, parse_name};
use crate::checksums::{self, set_checksum};
use crate::hall::Hall;
use crate::handle::Handle;
use crate::{attributes, fault, state};

impl Handle<GetObjectAnnotation> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObjectAnnotation>,
        _body: Body,
    ) -> Result<(GetObjectAnnotationOutput, Option<Body>), S3Error> {
        let (input, bucket) = (request.input(), request.bucket()?);
        let key = attributes::object_key(&input.key)?;
        let name = parse_name(input.annotation_name.as_deref())?;
        let pin = self.pins().pin(self.catalog().last_ordinal());
        let (row, object_version_id) = {
            let view = self.catalog().snapshot().map_err(fault::catalog)?;
            let version = state::resolve(&view, &bucket.row, &key, input.version_id.as_deref())?;
            let shown = state::shown_version_id(&bucket.row, &version.row, version.ordinal);
            let row = view.get(&space::annotation(bucket.row.id, version.row.salt, &name));
            (row.map_err(fault::catalog)?, shown)
        };
        let row = row.ok_or_else(|| {
            S3Error::from(ErrorCode::NoSuchAnnotation)
                .element("Key", key.as_str())
                .element("AnnotationName", name.as_str())
        })?;
        let row = decode(row).map_err(fault::catalog)?;
        let mut output = GetObjectAnnotationOutput {
            object_version_id,
            last_modified: Some(row.modified),
            content_length: i64::try_from(row.size_bytes).ok(),
            e_tag: Some(ETag::whole(row.md5).quoted()),
            ..Default::default()
        };
        let asks = input.checksum_mode.as_deref().is_some_and(|mode| mode.eq_ignore_ascii_case("ENABLED"));
        if let Some(checksum) = row.checksum.as_ref().filter(|_| asks) {
            set_checksum!(output, checksum.algorithm, checksums::text(checksum, None));
            output.checksum_type = Some(checksum.kind.name().to_owned());
        }
        let body = self.body_of(bucket.row.id, &row.content, 0..row.size_bytes, pin)?;
        Ok((output, Some(body)))
    }
}
