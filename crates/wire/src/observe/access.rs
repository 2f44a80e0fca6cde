//! What the access log says of one request.

use std::net::SocketAddr;

/// One request, once its answer's last byte has gone or the answer was given up.
#[derive(Debug)]
pub struct AccessLine<'a> {
    /// As the client saw it in `x-amz-request-id`.
    pub request_id: &'a str,
    pub remote: SocketAddr,
    pub method: &'a str,
    /// Without its query, where signatures stand.
    pub path: &'a str,
    pub operation: &'static str,
    pub bucket: Option<&'a str>,
    pub key: Option<&'a str>,
    /// 0 if the client gave up before there was an answer.
    pub status: u16,
    pub error: Option<&'static str>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    pub duration_us: u64,
    /// Who asked, as far as that was proven or claimed.
    pub access_key: Option<&'a str>,
    /// The answer had begun and could not be finished.
    pub broken: bool,
}

/// Where access lines go, if anywhere. They don't go through `tracing`, because there is one a request and that costs
/// a fifth of what a small request costs.
pub trait AccessLog: Send + Sync {
    /// Must not block.
    fn write(&self, line: &AccessLine<'_>);
}
