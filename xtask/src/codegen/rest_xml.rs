//! Writes the rest-xml codecs of a service: one file an operation, one file a letter for the structures in bodies.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::files::{Files, head};
use super::names;
use super::quirks;
use super::rest_xml_body as body;
use super::tree::{Api, Field, Operation, Place, Side, Structure, TimestampForm, Type};

/// The codecs of `api`, under a folder of the service's name.
pub fn emit(api: &Api) -> Files {
    let mut files = Files::new();
    let service = api.service;
    let mut modules = head(api, "One file an operation: its request read, its response written.");
    for operation in &api.operations {
        let module = names::snake(&operation.name);
        let _ = writeln!(modules, "mod {module};");
        files.insert(format!("{service}/operations/{module}.rs"), operation_file(api, operation));
    }
    files.insert(format!("{service}/operations/mod.rs"), modules);
    emit_structures(api, &mut files);
    files
}

fn operation_file(api: &Api, operation: &Operation) -> String {
    let name = &operation.name;
    let decode = decode(api.service, &operation.input);
    let encode = encode(api.service, operation);
    let mut text = head(api, &format!("{name}: `{} {}`.", operation.method, operation.uri));
    let _ =
        writeln!(text, "use api::S3Error;\nuse api::{}::{{{name}, {name}Input, {name}Output}};", api.service);
    let codec: Vec<&str> = [
        ("Codec", true),
        ("RequestView", true),
        ("ResponseDraft", true),
        ("XmlReader", decode.contains("XmlReader")),
        ("interleaved", encode.contains("interleaved(")),
        ("needed", decode.contains("needed(")),
        ("FromXml", decode.contains("FromXml")),
        ("ToXml", encode.contains(".write(")),
    ]
    .iter()
    .filter_map(|(name, used)| used.then_some(*name))
    .collect();
    let _ = writeln!(text, "use http::StatusCode;\n\nuse crate::codec::{{{}}};", codec.join(", "));
    let view = if decode.contains("view.") { "view" } else { "_view" };
    let output = if encode.contains("output.") { "output" } else { "_output" };
    let xml_in = body::gathers(&operation.input);
    let (streams_in, streams_out) = (operation.input.streams, operation.output.streams);
    let _ = write!(
        text,
        "\nimpl Codec for {name} {{\nconst STREAMS_IN: bool = {streams_in};\nconst STREAMS_OUT: bool = {streams_out};\n\
         const XML_IN: bool = {xml_in};\n\n\
         fn decode({view}: &RequestView<'_>) -> Result<{name}Input, S3Error> {{\n{decode}}}\n\n\
         fn encode({output}: &{name}Output) -> Result<ResponseDraft, S3Error> {{\n{encode}}}\n}}\n"
    );
    text
}

fn decode(service: &str, input: &Side) -> String {
    let structure = &input.structure;
    let mut fields = String::new();
    for field in &structure.fields {
        if let Some(value) = decoded(service, field) {
            let _ = writeln!(fields, "{}: {value},", field.name);
        }
    }
    let elements: Vec<(&Field, &str)> = structure.elements().collect();
    if elements.is_empty() {
        return format!("Ok({} {{ {fields} }})\n", structure.name);
    }
    let root = input.root.as_deref().unwrap_or(&structure.name);
    format!(
        "let mut value = {} {{ {fields} ..Default::default() }};\n\
         if let Some(mut reader) = XmlReader::open(view.body, \"{root}\")? {{\n{}reader.finish()?;\n}}\nOk(value)\n",
        structure.name,
        body::read_elements(structure)
    )
}

/// The expression that reads one field; `None` for elements, which are read in the order in which they come.
fn decoded(service: &str, field: &Field) -> Option<String> {
    Some(match (&field.place, &field.kind) {
        (Place::Path(name), _) if service != "s3" => format!("view.label(\"{name}\")?"),
        (Place::Path(name), _) if name == "Key" => "view.key()?".to_owned(),
        (Place::Path(_), _) => "view.bucket()?".to_owned(),
        (Place::Query(name), Type::List { .. }) => format!("view.query_list(\"{name}\")"),
        (Place::Query(name), _) => format!("view.query(\"{name}\")?"),
        (Place::Header(name), Type::List { .. }) => format!("view.header_list(\"{name}\")"),
        (Place::Header(name), Type::Timestamp(_)) if quirks::is_condition(name) => {
            format!("view.header_date(\"{name}\")")
        }
        (Place::Header(name), _) => format!("view.header(\"{name}\")?"),
        (Place::Headers(prefix), _) => format!("view.headers(\"{prefix}\")"),
        (Place::Payload(root), kind) => {
            let read = match kind {
                Type::Structure(_) => format!("XmlReader::document(view.body, \"{root}\")?"),
                _ => "view.text_body()?".to_owned(),
            };
            if field.required { format!("needed({read})?") } else { read }
        }
        (Place::Element(_) | Place::Attribute(_), _) => return None,
    })
}

fn encode(service: &str, operation: &Operation) -> String {
    let output = &operation.output.structure;
    let fields: String = output.fields.iter().filter_map(encoded).collect();
    let body = encoded_body(service, operation);
    if fields.is_empty() && body.is_empty() {
        return format!("Ok({})\n", draft(service, operation.status));
    }
    format!("let mut draft = {};\n{fields}{body}Ok(draft)\n", draft(service, operation.status))
}

fn draft(service: &str, code: u16) -> String {
    match service {
        "s3" => format!("ResponseDraft::new({})", status(code)),
        _ => format!("ResponseDraft::of_control({})", status(code)),
    }
}

fn status(code: u16) -> String {
    match code {
        200 => "StatusCode::OK".to_owned(),
        204 => "StatusCode::NO_CONTENT".to_owned(),
        _ => format!("StatusCode::from_u16({code}).unwrap_or_default()"),
    }
}

/// The statement that writes one field into the headers.
fn encoded(field: &Field) -> Option<String> {
    let value = format!("output.{}", field.name);
    Some(match (&field.place, &field.kind) {
        (Place::Header(name), Type::Timestamp(TimestampForm::Iso8601)) => {
            format!("draft.header_iso(\"{name}\", {value})?;\n")
        }
        (Place::Header(name), _) => format!("draft.header(\"{name}\", {value}.as_ref())?;\n"),
        (Place::Headers(prefix), _) => format!("draft.headers(\"{prefix}\", &{value})?;\n"),
        _ => return None,
    })
}

fn encoded_body(service: &str, operation: &Operation) -> String {
    let output = &operation.output.structure;
    if let Some((field, root)) = output.payload() {
        return match field.kind {
            Type::Structure(_) => format!("draft.xml(\"{root}\", output.{}.as_ref());\n", field.name),
            _ => format!("draft.json(output.{}.as_ref());\n", field.name),
        };
    }
    if let Some(field) = quirks::root_with_text(service, &operation.name) {
        return format!(
            "draft.xml_elements(\"{field}\", |writer| writer.characters(output.{}.as_deref().unwrap_or_default()));\n",
            names::field(field)
        );
    }
    if output.elements().next().is_none() {
        return String::new();
    }
    let root = match &operation.output.shape {
        Some(shape) if service != "s3" => shape.clone(),
        _ => quirks::root(&operation.name),
    };
    let writes = body::write_elements(service, output, "output", quirks::interleaves(&operation.name));
    format!("draft.xml_elements(\"{root}\", |writer| {{\n{writes}}});\n")
}

fn emit_structures(api: &Api, files: &mut Files) {
    let read = reached(api, |operation| &operation.input.structure);
    let written = reached(api, |operation| &operation.output.structure);
    let mut letters: BTreeMap<char, Vec<&Structure>> = BTreeMap::new();
    for structure in &api.structures {
        let letter = structure.name.chars().next().unwrap_or('_').to_ascii_lowercase();
        letters.entry(letter).or_default().push(structure);
    }
    let mut modules = head(api, "Structures in bodies, a file a letter.");
    for (letter, structures) in letters {
        let _ = writeln!(modules, "mod {letter};");
        let mut text =
            head(api, &format!("Structures whose names start with {}.", letter.to_ascii_uppercase()));
        text.push_str(&imports(api, &structures, &read, &written));
        for structure in structures {
            if read.contains(structure.name.as_str()) {
                text.push_str(&body::reader(structure));
            }
            if written.contains(structure.name.as_str()) {
                text.push_str(&body::writer(api.service, structure));
            }
        }
        files.insert(format!("{}/shapes/{letter}.rs", api.service), text);
    }
    files.insert(format!("{}/shapes/mod.rs", api.service), modules);
}

fn imports(api: &Api, structures: &[&Structure], read: &BTreeSet<&str>, written: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = structures.iter().map(|structure| structure.name.as_str()).collect();
    let (reads, writes) =
        (names.iter().any(|name| read.contains(name)), names.iter().any(|name| written.contains(name)));
    let mut codec = Vec::new();
    if reads {
        codec.extend(["FromXml", "XmlReader"]);
    }
    if writes {
        codec.extend(["ToXml", "XmlWriter"]);
    }
    let error = if reads { "use api::S3Error;\n" } else { "" };
    format!(
        "{error}use api::{}::{{{}}};\n\nuse crate::codec::{{{}}};\n\n",
        api.service,
        names.join(", "),
        codec.join(", ")
    )
}

/// The names of the structures that one direction's structures hold.
pub fn reached(api: &Api, side: impl Fn(&Operation) -> &Structure) -> BTreeSet<&str> {
    let by_name: BTreeMap<&str, &Structure> =
        api.structures.iter().map(|structure| (structure.name.as_str(), structure)).collect();
    let mut found = BTreeSet::new();
    let mut waiting: Vec<&Structure> = api.operations.iter().map(side).collect();
    while let Some(structure) = waiting.pop() {
        for name in structure.fields.iter().filter_map(|field| structure_of(&field.kind)) {
            if found.insert(name) {
                waiting.extend(by_name.get(name));
            }
        }
    }
    found
}

fn structure_of(kind: &Type) -> Option<&str> {
    match kind {
        Type::Structure(name) => Some(name),
        Type::List { element, .. } => structure_of(element),
        Type::Map { value, .. } => structure_of(value),
        _ => None,
    }
}
