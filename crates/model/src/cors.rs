//! CORS rules: which web pages of other origins may have a browser talk to a bucket.
//!
//! Source: AWS "Using cross-origin resource sharing (CORS)", "Elements of a CORS configuration".

/// A method that a rule may allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CorsMethod {
    Get,
    Put,
    Post,
    Delete,
    Head,
}

/// Texts stand as their owner wrote them. Origins and headers may hold one `*`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorsRule {
    pub id: Option<String>,
    pub origins: Vec<String>,
    pub methods: Vec<CorsMethod>,
    pub headers: Vec<String>,
    /// What pages may read of an answer's headers.
    pub exposed: Vec<String>,
    pub max_age_seconds: Option<u32>,
}

impl CorsMethod {
    pub const ALL: [Self; 5] = [Self::Get, Self::Put, Self::Post, Self::Delete, Self::Head];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Put => "PUT",
            Self::Post => "POST",
            Self::Delete => "DELETE",
            Self::Head => "HEAD",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }
}
