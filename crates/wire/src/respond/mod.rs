//! Answers: statuses, error bodies, the headers that every answer carries, and bodies that stream.

mod answer;
mod body;
mod error;
mod ids;
mod status;

pub(crate) use answer::{Answer, Signs};
pub use body::{AnswerBody, BrokenAnswer};
pub(crate) use error::{About, error_answer, push_element};
pub(crate) use ids::{RequestId, RequestIds};

/// Said to a connection that is one too many, before it has sent a request. Its end is the connection's.
pub(crate) const TOO_MANY_CONNECTIONS: &str = concat!(
    "HTTP/1.1 503 Slow Down\r\n",
    "Content-Type: application/xml\r\n",
    "Retry-After: 1\r\n",
    "Connection: close\r\n",
    "\r\n",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n",
    "<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
);
