//! How an event's fields stand in a text log: `name=value`, strings in quotes.
//!
//! As the subscriber's own formatter writes them without colours, at a fifth of its cost: every request writes
//! fifteen fields.

use std::fmt;

use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::Writer;

pub struct PlainFields;

struct Visitor<'w> {
    writer: Writer<'w>,
    first: bool,
    outcome: fmt::Result,
}

impl<'w> FormatFields<'w> for PlainFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'w>, fields: R) -> fmt::Result {
        let mut visitor = Visitor { writer, first: true, outcome: Ok(()) };
        fields.record(&mut visitor);
        visitor.outcome
    }
}

impl Visitor<'_> {
    fn put(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        if self.outcome.is_ok() {
            let first = std::mem::replace(&mut self.first, false);
            self.outcome = start(&mut self.writer, first, field).and_then(|()| value(&mut self.writer));
        }
    }
}

fn start(writer: &mut Writer<'_>, first: bool, field: &Field) -> fmt::Result {
    if !first {
        writer.write_str(" ")?;
    }
    match field.name() {
        "message" => Ok(()),
        // A keyword of Rust as a field's name.
        name => {
            writer.write_str(name.strip_prefix("r#").unwrap_or(name)).and_then(|()| writer.write_str("="))
        }
    }
}

impl Visit for Visitor<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        // Only what must be escaped (a line break would forge a line) goes the long way.
        let plain = value.bytes().all(|byte| matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\'));
        self.put(field, |writer| {
            if field.name() == "message" {
                write!(writer, "{value:?}")
            } else if plain {
                writer.write_str("\"")?;
                writer.write_str(value)?;
                writer.write_str("\"")
            } else {
                write!(writer, "{value:?}")
            }
        });
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let mut digits = [0; 20];
        let text = decimal(value, &mut digits);
        self.put(field, |writer| writer.write_str(text));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, |writer| writer.write_str(if value { "true" } else { "false" }));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.put(field, |writer| write!(writer, "{value:?}"));
    }
}

fn decimal(mut value: u64, digits: &mut [u8; 20]) -> &str {
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    std::str::from_utf8(&digits[at..]).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines(fields: bool, say: impl FnOnce()) -> String {
        let kept = Kept::default();
        let sink = kept.clone();
        let builder = tracing_subscriber::fmt().with_ansi(false).without_time();
        let builder = builder.with_writer(move || sink.clone());
        if fields {
            tracing::subscriber::with_default(builder.fmt_fields(PlainFields).finish(), say);
        } else {
            tracing::subscriber::with_default(builder.finish(), say);
        }
        String::from_utf8(kept.0.lock().unwrap().clone()).unwrap()
    }

    fn say() {
        tracing::info!(key = "a b", odd = "a\n\"b\"\u{e9}", count = 0, most = u64::MAX, is = true, "said");
        let span = tracing::info_span!("request", id = %"4F");
        let _entered = span.enter();
        tracing::warn!(error = %io::Error::other("gone"), shown = ?Some(1), less = -5);
        tracing::info!("{} words", 2);
    }

    #[test]
    fn fields_stand_as_the_subscriber_itself_would_write_them() {
        assert_eq!(lines(true, say), lines(false, say));
    }
}
