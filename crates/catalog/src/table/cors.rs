//! The CORS rules of a bucket.

use bytes::Bytes;
use model::{CorsMethod, CorsRule};

use super::bytes::{RowError, RowReader, RowWriter};

const FORMAT: u8 = 1;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorsRow {
    pub rules: Vec<CorsRule>,
}

impl CorsRow {
    pub fn encode(&self) -> Bytes {
        let mut w = RowWriter::new(FORMAT);
        w.varint(self.rules.len() as u64);
        for rule in &self.rules {
            w.text(rule.id.as_deref());
            w.strings(&rule.origins);
            w.varint(rule.methods.len() as u64);
            for method in &rule.methods {
                w.u8(code(*method));
            }
            w.strings(&rule.headers);
            w.strings(&rule.exposed);
            w.option(rule.max_age_seconds, |w, seconds| w.varint(u64::from(seconds)));
        }
        w.finish()
    }

    pub fn decode(bytes: Bytes) -> Result<Self, RowError> {
        let mut r = RowReader::new("CORS rules", bytes, FORMAT)?;
        let mut rules = Vec::new();
        for _ in 0..r.varint()? {
            rules.push(CorsRule {
                id: r.text()?,
                origins: r.strings()?,
                methods: methods(&mut r)?,
                headers: r.strings()?,
                exposed: r.strings()?,
                max_age_seconds: r.option(|r| {
                    let seconds = r.varint()?;
                    r.legal(u32::try_from(seconds).ok())
                })?,
            });
        }
        Ok(Self { rules })
    }
}

fn methods(r: &mut RowReader) -> Result<Vec<CorsMethod>, RowError> {
    let mut methods = Vec::new();
    for _ in 0..r.varint()? {
        let byte = r.u8()?;
        methods.push(r.legal(CorsMethod::ALL.into_iter().find(|method| code(*method) == byte))?);
    }
    Ok(methods)
}

const fn code(method: CorsMethod) -> u8 {
    match method {
        CorsMethod::Get => 0,
        CorsMethod::Put => 1,
        CorsMethod::Post => 2,
        CorsMethod::Delete => 3,
        CorsMethod::Head => 4,
    }
}
