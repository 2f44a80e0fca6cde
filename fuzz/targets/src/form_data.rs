//! Browser forms as bytes: `multipart/form-data` with the boundary `b`.
//!
//! The input's first byte says how much room there is for fields, the second how the body is cut; then the body.

use wire::fuzzing::read_form;

use crate::input::{Input, splits};

/// A form reads alike in any pieces, and nothing follows its end.
pub fn form_data(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let room = match input.u8() {
        0 => 20 * 1024,
        1 => 4096,
        few => usize::from(few),
    };
    let seed = u64::from(input.u8());
    let body = input.rest();
    let [whole, singly, pieces] =
        splits(body, seed).map(|pieces| read_form("b", room, &pieces).map_err(|error| error.code));
    assert!(whole == singly && whole == pieces, "{whole:?} whole, {singly:?} singly, {pieces:?} in pieces");
    let Ok(form) = whole else { return };
    let fields_bytes: usize = form.fields.iter().map(|(_, value)| value.len()).sum();
    assert!(fields_bytes <= room, "{fields_bytes} bytes of fields in a room of {room}");
    assert!(form.file.is_some() || form.bytes.is_empty());
}
