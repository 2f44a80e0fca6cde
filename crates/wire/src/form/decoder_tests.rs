//! Forms as browsers and scripts send them, whole and in pieces.

use proptest::prelude::{Strategy, any, prop, proptest};

use super::*;

const FORM: &str = "--xYz\r\nContent-Disposition: form-data; name=\"Key\"\r\n\r\nuser/${filename}\r\n\
    --xYz\r\ncontent-disposition: form-data; name=\"empty\"\r\n\r\n\r\n\
    --xYz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;\\\"b\\\".txt\"\r\nContent-Type: text/plain\r\n\r\n\
    bytes\r\n--xY not yet\r\r\n--xYz\r\nContent-Disposition: form-data; name=\"later\"\r\n\r\nignored\r\n--xYz--\r\n";

/// All events, with the file's bytes as one.
fn decode<'a>(
    boundary: &str,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> Result<(Vec<Event>, bool), ErrorCode> {
    let mut decoder = FormDecoder::new(boundary, 20 * 1024);
    let mut events: Vec<Event> = Vec::new();
    for piece in pieces {
        decoder.push(piece);
        while let Some(event) = decoder.next().map_err(|error| error.code)? {
            match (event, events.last_mut()) {
                (Event::Bytes(more), Some(Event::Bytes(all))) => *all = [&all[..], &more].concat().into(),
                (event, _) => events.push(event),
            }
        }
    }
    Ok((events, decoder.is_done()))
}

fn expected() -> Vec<Event> {
    let field = |name: &str, value: &str| Event::Field { name: name.to_owned(), value: value.to_owned() };
    vec![
        field("key", "user/${filename}"),
        field("empty", ""),
        Event::File { filename: Some("a;\"b\".txt".to_owned()), content_type: Some("text/plain".to_owned()) },
        Event::Bytes("bytes\r\n--xY not yet\r".into()),
        Event::End,
    ]
}

#[test]
fn a_form_gives_its_fields_then_its_file_and_nothing_after() {
    assert_eq!(decode("xYz", [FORM.as_bytes()]), Ok((expected(), true)));
    let preamble = format!("to be skipped\r\n{FORM}");
    assert_eq!(decode("xYz", [preamble.as_bytes()]), Ok((expected(), true)));
}

#[test]
fn a_form_without_a_file_ends_and_a_torn_one_does_not() {
    let fields = "--b\r\nContent-Disposition: form-data; name=key\r\n\r\nk\r\n--b--";
    let (events, done) = decode("b", [fields.as_bytes()]).unwrap();
    assert_eq!(events.last(), Some(&Event::End));
    assert!(done);
    let end = FORM.find("\r\n--xYz\r\nContent-Disposition: form-data; name=\"later\"").unwrap();
    for cut in 0..end {
        assert!(!decode("xYz", [&FORM.as_bytes()[..cut]]).unwrap().1, "cut at {cut}");
    }
}

#[test]
fn fields_beyond_the_bound_are_refused_wherever_they_grow() {
    let long = "v".repeat(21 * 1024);
    let one = format!("--b\r\nContent-Disposition: form-data; name=key\r\n\r\n{long}");
    let many = "--b\r\nContent-Disposition: form-data; name=key\r\n\r\nvvvv\r\n".repeat(500);
    for form in [long, one, many] {
        let refused = decode("b", [form.as_bytes()]).unwrap_err();
        assert_eq!(refused, ErrorCode::MaxPostPreDataLengthExceededError);
    }
}

#[test]
fn a_bound_speaks_alike_of_a_form_whole_and_byte_by_byte() {
    let preamble = |bytes| format!("{}{FORM}", "p".repeat(bytes));
    let header = |bytes| {
        let start = "--xYz\r\nContent-Disposition: form-data; name=\"";
        format!("{start}{}\"\r\n\r\n", "n".repeat(bytes - (start.len() - "--xYz\r\n".len()) - 1))
    };
    for (form, refused) in [
        (preamble(20 * 1024 + 3), Some(ErrorCode::MaxPostPreDataLengthExceededError)),
        (header(PART_HEADER_BYTES_MAX), None),
        (header(PART_HEADER_BYTES_MAX + 1), Some(ErrorCode::MalformedPOSTRequest)),
    ] {
        let whole = decode("xYz", [form.as_bytes()]);
        assert_eq!(whole, decode("xYz", form.as_bytes().chunks(1)));
        assert_eq!(whole.err(), refused);
    }
}

#[test]
fn what_is_not_a_form_is_refused() {
    for form in [
        "--bX\r\n",
        "--b\r\nno header\r\n\r\n",
        "--b\r\n\r\nvalue",
        "--b\r\nContent-Disposition: form-data\r\n\r\n",
    ] {
        assert_eq!(decode("b", [form.as_bytes()]), Err(ErrorCode::MalformedPOSTRequest), "{form:?}");
    }
}

fn pieces(bytes: &[u8], cuts: &[usize]) -> Vec<Vec<u8>> {
    let mut at = 0;
    let mut pieces = Vec::new();
    for cut in cuts {
        let end = (at + cut).min(bytes.len());
        pieces.push(bytes[at..end].to_vec());
        at = end;
    }
    pieces.push(bytes[at..].to_vec());
    pieces
}

/// Bytes that look enough like a form to reach its insides.
fn nearly_a_form() -> impl Strategy<Value = Vec<u8>> {
    let words = [
        "--b",
        "\r\n",
        "\r\n\r\n",
        "--",
        "Content-Disposition: form-data; name=",
        "\"file\"",
        "file",
        "key",
        "\r",
        "-",
    ];
    let word = prop::sample::select(words.to_vec()).prop_map(|word| word.as_bytes().to_vec());
    let noise = prop::collection::vec(any::<u8>(), 0..4);
    prop::collection::vec(proptest::prop_oneof![word, noise], 0..24).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_split_of_a_form_gives_the_same_events(cuts in prop::collection::vec(0usize..40, 0..30)) {
        let pieces = pieces(FORM.as_bytes(), &cuts);
        assert_eq!(decode("xYz", pieces.iter().map(Vec::as_slice)), Ok((expected(), true)));
    }

    #[test]
    fn any_bytes_end_alike_in_any_split(
        bytes in nearly_a_form(),
        cuts in prop::collection::vec(0usize..20, 0..20),
    ) {
        let whole = decode("b", [bytes.as_slice()]);
        let split = pieces(&bytes, &cuts);
        assert_eq!(decode("b", split.iter().map(Vec::as_slice)), whole);
    }
}
