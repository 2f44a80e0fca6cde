//! Writes the Rust types of a service: one file an operation, one file a letter for what they share.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use super::files::{Files, head};
use super::names;
use super::tree::{Api, Field, Operation, Place, Side, Structure, Type};

/// The module tree of `api.service`, under a folder of that name.
pub fn emit(api: &Api) -> Files {
    let mut files = Files::new();
    let service = api.service;
    files.insert(format!("{service}/mod.rs"), service_module(api));
    files.insert(format!("{service}/op.rs"), operation_list(api));
    let mut modules = String::new();
    for operation in &api.operations {
        let module = names::snake(&operation.name);
        let _ = writeln!(modules, "mod {module};");
        files.insert(format!("{service}/operations/{module}.rs"), operation_file(api, operation));
    }
    for operation in &api.operations {
        let (name, module) = (&operation.name, names::snake(&operation.name));
        let _ = writeln!(modules, "pub use {module}::{{{name}, {name}Input, {name}Output}};");
    }
    let about = "One file an operation: its name, what it takes, what it gives.";
    files.insert(format!("{service}/operations/mod.rs"), format!("{}{modules}", head(api, about)));
    emit_shapes(api, &mut files);
    files
}

fn service_module(api: &Api) -> String {
    let about = format!("Every operation of {} ({}) and its structures.", api.service, api.version);
    format!(
        "{}mod op;\nmod operations;\nmod shapes;\n\npub use op::Op;\npub use operations::*;\npub use shapes::*;\n",
        head(api, &about)
    )
}

fn operation_list(api: &Api) -> String {
    let mut text = head(api, "The names of all operations.");
    let names: Vec<&str> = api.operations.iter().map(|operation| operation.name.as_str()).collect();
    let count = names.len();
    let _ = writeln!(
        text,
        "/// Which operation.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]\npub enum Op {{\n{},\n}}\n",
        names.join(",\n")
    );
    let all: String = names.iter().map(|name| format!("Self::{name},")).collect();
    let arms: String = names.iter().map(|name| format!("Self::{name} => \"{name}\",")).collect();
    let _ = writeln!(
        text,
        "impl Op {{\npub const ALL: [Self; {count}] = [{all}];\n\n\
         /// AWS's name of it.\npub const fn name(self) -> &'static str {{ match self {{ {arms} }} }}\n{}}}\n",
        full_name(api.service, &names)
    );
    let _ = writeln!(
        text,
        "/// Calls `$callback!` with the identifiers of all operations, for code that is the same for each of them.\n\
         #[macro_export]\nmacro_rules! {}_operations {{\n    ($callback:ident) => {{\n        $callback! {{\n{}\n        }}\n    }};\n}}",
        api.service,
        names.iter().map(|name| format!("            {name},")).collect::<Vec<_>>().join("\n")
    );
    text
}

fn operation_file(api: &Api, operation: &Operation) -> String {
    let name = &operation.name;
    let sides = [&operation.input.structure, &operation.output.structure];
    let mut text = head(api, &format!("{name}: `{} {}`.", operation.method, operation.uri));
    text.push_str(&imports(
        &sides,
        &format!("crate::generated::{}::shapes", api.service),
        "use crate::{Operation, Service};\n",
    ));
    let _ = write!(
        text,
        "/// The operation's name as a type.\n#[derive(Clone, Copy, Debug)]\npub struct {name};\n\n\
         impl Operation for {name} {{\nconst SERVICE: Service = Service::{};\nconst NAME: &'static str = \"{name}\";\ntype Family = crate::family::{};\n\
         type Input = {name}Input;\ntype Output = {name}Output;\n}}\n\n",
        variant(api.service),
        variant(api.service)
    );
    text.push_str(&side(&operation.input, &format!("What {name} takes")));
    text.push_str(&side(&operation.output, &format!("What {name} gives")));
    text
}

/// Names as logs and measurements tell them: S3's are bare, others' stand behind their service, because some are the same.
fn full_name(service: &str, names: &[&str]) -> String {
    if service == "s3" {
        return String::new();
    }
    let arms: String = names.iter().map(|name| format!("Self::{name} => \"{service}:{name}\",")).collect();
    format!(
        "\n/// Behind the service's name, where operations of several services are told.\n\
         pub const fn full_name(self) -> &'static str {{ match self {{ {arms} }} }}\n"
    )
}

/// The service in `api::Service`.
fn variant(service: &str) -> &'static str {
    match service {
        "s3" => "S3",
        "s3control" => "S3Control",
        "iam" => "Iam",
        "sts" => "Sts",
        _ => "Unwritten",
    }
}

fn side(side: &Side, about: &str) -> String {
    let beside = if side.streams { "; its bytes travel beside it" } else { "" };
    structure(&side.structure, &format!("{about}{beside}."))
}

fn emit_shapes(api: &Api, files: &mut Files) {
    let mut letters: BTreeMap<char, Vec<&Structure>> = BTreeMap::new();
    for structure in &api.structures {
        let letter = structure.name.chars().next().unwrap_or('_').to_ascii_lowercase();
        letters.entry(letter).or_default().push(structure);
    }
    let mut text = head(api, "Structures that inputs and outputs are made of, a file a letter.");
    for letter in letters.keys() {
        let _ = writeln!(text, "mod {letter};");
    }
    for letter in letters.keys() {
        let _ = writeln!(text, "pub use {letter}::*;");
    }
    files.insert(format!("{}/shapes/mod.rs", api.service), text);
    for (letter, structures) in letters {
        let about = format!("Structures whose names start with {}.", letter.to_ascii_uppercase());
        let mut text = head(api, &about);
        text.push_str(&imports(&structures, "super", ""));
        for one in structures {
            text.push_str(&structure(one, &format!("`{}`.", one.name)));
        }
        files.insert(format!("{}/shapes/{letter}.rs", api.service), text);
    }
}

/// The `use` lines of a file that defines these structures.
fn imports(structures: &[&Structure], shapes: &str, own: &str) -> String {
    let mut used = BTreeSet::new();
    for field in structures.iter().flat_map(|structure| &structure.fields) {
        collect(&field.kind, &mut used);
    }
    let mut text = String::new();
    if used.remove("Bytes") {
        text.push_str("use bytes::Bytes;\n");
    }
    if used.remove("Timestamp") {
        text.push_str("use model::Timestamp;\n");
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str(own);
    let defined: BTreeSet<&str> = structures.iter().map(|structure| structure.name.as_str()).collect();
    let named: Vec<&str> = used.into_iter().filter(|name| !defined.contains(name)).collect();
    if !named.is_empty() {
        let _ = writeln!(text, "use {shapes}::{{{}}};", named.join(", "));
    }
    text.push('\n');
    text
}

fn collect<'a>(kind: &'a Type, used: &mut BTreeSet<&'a str>) {
    match kind {
        Type::Blob => {
            used.insert("Bytes");
        }
        Type::Timestamp(_) => {
            used.insert("Timestamp");
        }
        Type::Structure(name) => {
            used.insert(name);
        }
        Type::List { element, .. } => collect(element, used),
        Type::Map { key, value } => {
            collect(key, used);
            collect(value, used);
        }
        Type::Text | Type::Integer | Type::Long | Type::Double | Type::Boolean => {}
    }
}

fn structure(structure: &Structure, about: &str) -> String {
    let mut text = format!("/// {about}\n#[derive(Clone, Debug, Default, PartialEq)]\n");
    if structure.fields.is_empty() {
        let _ = writeln!(text, "pub struct {} {{}}\n", structure.name);
        return text;
    }
    let _ = writeln!(text, "pub struct {} {{", structure.name);
    for field in &structure.fields {
        let _ = writeln!(text, "/// {}\npub {}: {},", field_about(field), field.name, field_type(field));
    }
    text.push_str("}\n\n");
    text
}

fn field_about(field: &Field) -> String {
    let place = match &field.place {
        Place::Path(_) => "Path".to_owned(),
        Place::Query(name) => format!("Query `{name}`"),
        Place::Header(name) => format!("Header `{name}`"),
        Place::Headers(prefix) => format!("Headers `{prefix}*`, without the prefix, in order"),
        Place::Payload(name) => format!("Body `{name}`"),
        Place::Element(name) => format!("`{name}`"),
        Place::Attribute(name) => format!("Attribute `{name}`"),
    };
    if field.required { format!("{place}, required.") } else { format!("{place}.") }
}

/// What is on the path is always there; all else may be absent, and a list's absence is its emptiness.
pub fn field_type(field: &Field) -> String {
    let bare = type_name(&field.kind);
    match (&field.kind, &field.place) {
        (Type::List { .. } | Type::Map { .. }, _) => bare,
        (Type::Text, Place::Path(_)) => bare,
        _ if field.boxed => format!("Option<Box<{bare}>>"),
        _ => format!("Option<{bare}>"),
    }
}

fn type_name(kind: &Type) -> String {
    match kind {
        Type::Text => "String".to_owned(),
        Type::Integer => "i32".to_owned(),
        Type::Long => "i64".to_owned(),
        Type::Double => "f64".to_owned(),
        Type::Boolean => "bool".to_owned(),
        Type::Blob => "Bytes".to_owned(),
        Type::Timestamp(_) => "Timestamp".to_owned(),
        Type::List { element, .. } => format!("Vec<{}>", type_name(element)),
        Type::Map { key, value } => format!("Vec<({}, {})>", type_name(key), type_name(value)),
        Type::Structure(name) => name.clone(),
    }
}
