//! Requests into inputs, outputs into responses: what the generated codecs are written against.
//!
//! Promises that any bytes decode to an input or to an error, never a panic. ETags travel as they are: the
//! quotes belong to the string. Knows nothing about connections, signatures or streamed bodies.

mod draft;
pub mod query;
#[cfg(test)]
mod tests;
mod text;
mod versions;
mod view;
mod xml_in;
mod xml_out;

use api::S3Error;

pub use draft::ResponseDraft;
pub(crate) use query::{FormCodec, FormPart, FormReader, Pattern, Rule};
pub use versions::{Entry, interleaved};
pub use view::RequestView;
pub(crate) use view::needed;
pub use xml_in::{FromXml, XmlReader};
pub use xml_out::{ToXml, XmlWriter};

/// How one operation travels; implemented by the generated code for every operation.
pub trait Codec: api::Operation {
    /// The request's body is an object's bytes, which `decode` does not see.
    const STREAMS_IN: bool;
    /// The response's body is a stream, which `encode` does not write.
    const STREAMS_OUT: bool;
    /// The request's body must be gathered whole (XML, or a policy's JSON) and handed over in the view.
    const XML_IN: bool;

    fn decode(view: &RequestView<'_>) -> Result<Self::Input, S3Error>;

    /// Fails only on a value that no header may hold.
    fn encode(output: &Self::Output) -> Result<ResponseDraft, S3Error>;
}
