//! Every bound and timeout of the front door, with the defaults that a server without settings uses.
//!
//! What S3 itself bounds (keys, header bytes, XML bodies) comes from `model::limits`; what only this door needs
//! (connections, patience) stands here.

use std::time::Duration;

use model::limits;

/// Bounds on what one connection or request may cost.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Connections open at once; one more is refused with `SlowDown`.
    pub connections_max: usize,
    /// Connections that the kernel queues before they are accepted.
    pub backlog: u32,
    /// Bytes of all header names and values of a request together.
    pub header_bytes_max: usize,
    /// Header lines in a request.
    pub headers_max: usize,
    /// Path and query together.
    pub request_line_bytes_max: usize,
    /// An XML body, read whole.
    pub xml_bytes_max: u64,
    /// A form that asks IAM or STS for something, read whole before it is authenticated.
    pub query_bytes_max: u64,
    /// A body that is an object or a part.
    pub put_bytes_max: u64,
    /// Fields of a POST form before its file.
    pub form_fields_bytes_max: usize,
    /// Largest read buffer of one HTTP/1.1 connection, also its write buffer.
    pub http1_buffer_bytes_max: usize,
    /// Requests in flight on one HTTP/2 connection.
    pub http2_streams_max: u32,
    pub http2_stream_window_bytes: u32,
    pub http2_connection_window_bytes: u32,
    pub http2_send_buffer_bytes_max: usize,
}

/// How long the door waits, and for what.
#[derive(Clone, Debug)]
pub struct Timeouts {
    /// From a connection's first byte of a request (or its opening, TLS included) to the end of its headers.
    pub head: Duration,
    /// Between requests on a connection that is kept alive.
    pub idle: Duration,
    /// Between two pieces of a request's body: then `RequestTimeout`.
    pub body: Duration,
    /// A client that takes no byte of its answer for so long is cut off.
    pub write_stall: Duration,
    /// After an answer that left a body unread: how long the rest is thrown away, so that the client can
    /// read the answer before the connection resets.
    pub linger: Duration,
    /// HTTP/2 pings a silent peer so often.
    pub http2_ping: Duration,
}

/// All of a server's settings that are not files or addresses.
#[derive(Clone, Debug, Default)]
pub struct ServerOptions {
    pub limits: Limits,
    pub timeouts: Timeouts,
    /// Domains below which a bucket may stand as the first label: `example.com` serves
    /// `bucket.example.com`, `bucket.s3.example.com` and `bucket.s3.<region>.example.com`.
    /// `localhost` is always among them.
    pub domains: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4096,
            backlog: 4096,
            header_bytes_max: limits::HEADER_BYTES_MAX,
            headers_max: limits::HEADERS_MAX,
            request_line_bytes_max: limits::REQUEST_LINE_BYTES_MAX,
            xml_bytes_max: limits::XML_BYTES_MAX,
            query_bytes_max: limits::QUERY_BYTES_MAX,
            put_bytes_max: limits::PUT_BYTES_MAX,
            form_fields_bytes_max: limits::FORM_FIELDS_BYTES_MAX,
            // Large enough that a 5 GiB body is read in few calls, small enough for thousands of connections.
            http1_buffer_bytes_max: 256 * 1024,
            http2_streams_max: 128,
            http2_stream_window_bytes: 1024 * 1024,
            http2_connection_window_bytes: 4 * 1024 * 1024,
            http2_send_buffer_bytes_max: 256 * 1024,
        }
    }
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(10),
            idle: Duration::from_secs(75),
            body: Duration::from_secs(30),
            write_stall: Duration::from_secs(60),
            linger: Duration::from_secs(2),
            http2_ping: Duration::from_secs(30),
        }
    }
}
