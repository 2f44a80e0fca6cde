//! What of a request a signature can cover, borrowed from whoever holds it.

/// A request as it came. With HTTP/2, `:authority` is given as the header `host`.
#[derive(Clone, Copy, Debug)]
pub struct RequestView<'a> {
    pub method: &'a str,
    /// Exactly as sent: percent-encoded, not normalised, without the query.
    pub path: &'a str,
    /// Exactly as sent, without the question mark; empty when there is none.
    pub query: &'a str,
    /// Lower-case names and values in the order of arrival; a name may come again.
    pub headers: &'a [(&'a str, &'a str)],
}

impl<'a> RequestView<'a> {
    /// The first value of a header, by its lower-case name.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }
}
