//! Writes how structures are read from XML and written to it.

use std::fmt::Write;

use super::quirks;
use super::tree::{Field, Place, Side, Structure, Type};

/// Whether the request's body must be gathered before it is decoded.
pub fn gathers(side: &Side) -> bool {
    side.structure.payload().is_some() || side.structure.elements().next().is_some()
}

/// `impl FromXml` of one structure.
pub fn reader(structure: &Structure) -> String {
    let name = &structure.name;
    let mut text = format!(
        "impl FromXml for {name} {{\nfn read(reader: &mut XmlReader<'_>) -> Result<Self, S3Error> {{\n"
    );
    if structure.fields.is_empty() {
        text.push_str("reader.skip()?;\nOk(Self {})\n}\n}\n\n");
        return text;
    }
    let attributes: String = structure
        .fields
        .iter()
        .filter_map(|field| match &field.place {
            Place::Attribute(attribute) => {
                Some(format!("{}: reader.attribute(\"{attribute}\")?, ", field.name))
            }
            _ => None,
        })
        .collect();
    match attributes.as_str() {
        "" => text.push_str("let mut value = Self::default();\n"),
        _ => text.push_str(&format!("let mut value = Self {{ {attributes}..Self::default() }};\n")),
    }
    text.push_str(&read_elements(structure));
    text.push_str("Ok(value)\n}\n}\n\n");
    text
}

/// The loop over the children of the element whose start `reader` just read.
pub fn read_elements(structure: &Structure) -> String {
    let mut text = "while let Some(tag) = reader.child()? {\nmatch tag.name() {\n".to_owned();
    let inside = if text_is_root(structure) { "&mut reader" } else { "reader" };
    for (field, element) in
        structure.elements().filter(|(field, element)| !is_shadowed(structure, field, element))
    {
        let name = &field.name;
        let read = match &field.kind {
            Type::List { flat: true, .. } => format!("value.{name}.push(FromXml::read({inside})?)"),
            Type::List { name: member, .. } => format!("reader.list(\"{member}\", &mut value.{name})?"),
            Type::Map { .. } => format!(
                "{inside_map}.map(&mut value.{name})?",
                inside_map = inside.trim_start_matches("&mut ")
            ),
            _ if field.boxed => format!("value.{name} = Some(Box::new(FromXml::read({inside})?))"),
            _ => format!("value.{name} = Some(FromXml::read({inside})?)"),
        };
        let _ = writeln!(text, "\"{element}\" => {read},");
    }
    text.push_str("_ => reader.skip()?,\n}\n}\n");
    text
}

/// Old notification documents hold `Event` as a list and as a single field; the list takes both.
fn is_shadowed(structure: &Structure, field: &Field, element: &str) -> bool {
    !matches!(field.kind, Type::List { .. })
        && structure.elements().any(|(other, name)| name == element && other.name != field.name)
}

/// An operation's own structure owns its reader; all others borrow theirs.
fn text_is_root(structure: &Structure) -> bool {
    structure.fields.iter().any(|field| !matches!(field.place, Place::Element(_) | Place::Attribute(_)))
}

/// `impl ToXml` of one structure.
pub fn writer(service: &str, structure: &Structure) -> String {
    let mut opening = "writer.open(name);\n".to_owned();
    if let Some((prefix, uri)) = &structure.namespace {
        let mut attributes = format!("(\"xmlns:{prefix}\", \"{uri}\")");
        for field in &structure.fields {
            if let Place::Attribute(name) = &field.place {
                let _ =
                    write!(attributes, ", (\"{name}\", self.{}.as_deref().unwrap_or_default())", field.name);
            }
        }
        opening = format!("writer.open_with(name, &[{attributes}]);\n");
    }
    format!(
        "impl ToXml for {} {{\nfn write(&self, name: &'static str, writer: &mut XmlWriter) {{\n{opening}{}\
         writer.close(name);\n}}\n}}\n\n",
        structure.name,
        write_elements(service, structure, "self", false)
    )
}

/// The statements that write a structure's elements; with `interleave` the two lists of a versions listing are
/// written as one.
pub fn write_elements(service: &str, structure: &Structure, owner: &str, interleave: bool) -> String {
    let order = quirks::order(structure.name.strip_suffix("Output").unwrap_or(&structure.name));
    let mut elements: Vec<_> = structure.elements().collect();
    elements
        .sort_by_key(|(_, element)| order.iter().position(|known| known == element).unwrap_or(order.len()));
    let mut text = String::new();
    for (field, element) in elements {
        match element {
            "Version" if interleave => text.push_str(
                "let encoded = output.encoding_type.is_some();\n\
                 for entry in interleaved(&output.versions, &output.delete_markers, encoded) {\nentry.put(writer);\n}\n",
            ),
            "DeleteMarker" if interleave => {}
            _ => {
                let always = quirks::is_always_written(service, &structure.name, element);
                text.push_str(&written(field, element, owner, always));
            }
        }
    }
    text
}

/// The statement that writes one field; `always`: a list's element even when it is empty.
pub fn written(field: &Field, element: &str, owner: &str, always: bool) -> String {
    let value = format!("{owner}.{}", field.name);
    match &field.kind {
        Type::List { flat: true, .. } => format!("writer.flat(\"{element}\", &{value});\n"),
        Type::List { name, .. } => {
            let list = format!("writer.list(\"{element}\", \"{name}\", &{value});\n");
            if always { list } else { format!("if !{value}.is_empty() {{\n{list}}}\n") }
        }
        Type::Map { .. } => format!("writer.map(\"{element}\", &{value});\n"),
        _ => format!("{value}.write(\"{element}\", writer);\n"),
    }
}
