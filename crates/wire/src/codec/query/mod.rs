//! AWS's query protocol: forms in, XML out. What the generated codecs of IAM and STS are written against.
//!
//! A form's names are paths: `Tags.member.1.Key`. A request that breaks the model's rules is refused with all that is
//! wrong with it, in AWS's words. Promises that any fields decode to an input or an error, never a panic. Knows nothing
//! about signatures, nor which operation a form asks for.

mod faults;
mod fields;
mod reader;
mod rule;
mod scalar;
#[cfg(test)]
mod tests;

use api::{Operation, S3Error};

use super::xml_out::XmlWriter;
use faults::Faults;
pub use fields::Fields;
pub use reader::{FormPart, FormReader};
pub use rule::{Pattern, Rule};

/// How one operation of a query service travels; implemented by the generated code for every operation.
pub trait FormCodec: Operation {
    /// The element around what the operation gives; `None` for those that give nothing.
    const RESULT: Option<&'static str>;

    /// Reads what is there; what is wrong is noted in the reader.
    fn decode(form: &FormReader<'_>) -> Self::Input;

    /// Writes what stands inside of the result's element.
    fn encode(output: &Self::Output, writer: &mut XmlWriter);
}

/// The operation's input, or everything that is wrong with it.
pub fn decode<O: FormCodec>(fields: &Fields) -> Result<O::Input, S3Error> {
    let faults = Faults::default();
    let input = O::decode(&FormReader::new(fields, &faults));
    faults.into_result()?;
    Ok(input)
}

/// An answer's whole body. Without a declaration, as AWS writes it.
pub fn encode<O: FormCodec>(output: &O::Output, namespace: &str, request_id: &str) -> String {
    let mut writer = XmlWriter::fragment();
    if let Some(result) = O::RESULT {
        writer.open(result);
        O::encode(output, &mut writer);
        writer.close(result);
    }
    let (name, inside) = (O::NAME, writer.into_text());
    format!(
        "<{name}Response xmlns=\"{namespace}\">\n{inside}\n<ResponseMetadata><RequestId>{request_id}</RequestId>\
         </ResponseMetadata>\n</{name}Response>\n"
    )
}
