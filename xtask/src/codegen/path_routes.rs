//! Writes the routing table of a rest service whose operations have paths of their own (S3 Control): literal segments,
//! labels, and labels that take several segments.

use std::fmt::Write;

use super::files::head;
use super::tree::{Api, Operation, Place};

/// The table, paths with more literal segments first, so that a label never takes what is a word elsewhere.
pub fn emit(api: &Api) -> String {
    let mut operations: Vec<&Operation> = api.operations.iter().collect();
    operations.sort_by_key(|operation| {
        let segments = operation.uri.split('/').filter(|segment| !segment.is_empty());
        (std::cmp::Reverse(segments.filter(|segment| !segment.starts_with('{')).count()), &operation.name)
    });
    let mut text = head(api, "Which path is which operation; `path_routing` reads it.");
    let _ = writeln!(
        text,
        "use api::{}::Op;\n\nuse crate::path_routing::PathRoute;\nuse crate::path_routing::Segment::{{Label, Rest, Word}};\n",
        api.service
    );
    let _ = writeln!(text, "pub(crate) static ROUTES: [PathRoute; {}] = [", operations.len());
    for operation in operations {
        let _ = writeln!(
            text,
            "PathRoute {{ method: \"{}\", segments: &[{}], op: Op::{} }},",
            operation.method,
            segments(operation).join(", "),
            operation.name
        );
    }
    text.push_str("];\n");
    text
}

fn segments(operation: &Operation) -> Vec<String> {
    let path = operation.uri.split('?').next().unwrap_or_default();
    path.split('/').filter(|segment| !segment.is_empty()).map(|segment| part(operation, segment)).collect()
}

fn part(operation: &Operation, segment: &str) -> String {
    let Some(label) = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return format!("Word({segment:?})");
    };
    let (label, kind) = match label.strip_suffix('+') {
        Some(label) => (label, "Rest"),
        None => (label, "Label"),
    };
    let known = |place: &Place| matches!(place, Place::Path(name) if name == label);
    debug_assert!(operation.input.structure.fields.iter().any(|field| known(&field.place)));
    format!("{kind}({label:?})")
}
