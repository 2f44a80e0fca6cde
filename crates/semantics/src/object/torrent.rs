//! GetObjectTorrent: the object must be there to be told that S3 makes no torrents any more.

use api::s3::{GetObjectTorrent, GetObjectTorrentOutput};
use api::{Body, ErrorCode, S3Error};
use auth::Authorized;

use crate::attributes;
use crate::hall::Hall;
use crate::handle::Handle;

impl Handle<GetObjectTorrent> for Hall {
    async fn handle(
        &self,
        request: Authorized<GetObjectTorrent>,
        _body: Body,
    ) -> Result<(GetObjectTorrentOutput, Option<Body>), S3Error> {
        let input = request.input();
        self.marks(request.bucket()?, &attributes::object_key(&input.key)?, None)?;
        Err(S3Error::from(ErrorCode::MethodNotAllowed)
            .element("Method", "GET")
            .element("ResourceType", "TORRENT"))
    }
}
