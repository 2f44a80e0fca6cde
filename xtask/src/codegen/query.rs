//! Writes the codecs of a service that speaks AWS's query protocol: forms in, XML out.
//!
//! One file an operation, one file a letter for structures, and one with what the model says about values.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use anyhow::{Context, Result, ensure};

use super::files::{Files, head};
use super::names;
use super::quirks;
use super::rest_xml::reached;
use super::rest_xml_body::written;
use super::tree::{Api, Field, Operation, Rule, Structure, Type};

/// The codecs of `api`, under a folder of the service's name.
pub fn emit(api: &Api) -> Result<Files> {
    let mut files = Files::new();
    let service = api.service;
    let mut modules = head(api, "One file an operation: its form read, its result written.");
    for operation in &api.operations {
        let module = names::snake(&operation.name);
        let _ = writeln!(modules, "mod {module};");
        let file = operation_file(api, operation).with_context(|| operation.name.clone())?;
        files.insert(format!("{service}/operations/{module}.rs"), file);
    }
    files.insert(format!("{service}/operations/mod.rs"), modules);
    emit_structures(api, &mut files)?;
    files.insert(format!("{service}/rules.rs"), rules_file(api));
    let namespace = api.namespace.as_deref().context("a query service without a namespace")?;
    let version = &api.version;
    let modules = format!(
        "mod operations;\nmod rules;\nmod shapes;\n\n#[cfg(test)]\npub(crate) use rules::RULES;\n\n/// Of every answer's root.\n\
         pub(crate) const NAMESPACE: &str = \"{namespace}\";\n\
         /// As requests name it.\npub(crate) const VERSION: &str = \"{version}\";\n"
    );
    files.insert(format!("{service}/mod.rs"), head(api, "Codecs.") + &modules);
    Ok(files)
}

fn operation_file(api: &Api, operation: &Operation) -> Result<String> {
    let name = &operation.name;
    let input = &operation.input.structure;
    let decode = read_fields(input)?;
    let encode = write_fields(&operation.output.structure, "output");
    let result = match &operation.output.wrapper {
        Some(wrapper) => format!("Some(\"{wrapper}\")"),
        None => "None".to_owned(),
    };
    let mut text = head(api, &format!("{name}."));
    let _ = writeln!(text, "use api::{}::{{{name}, {name}Input, {name}Output}};\n", api.service);
    text.push_str(&codec_import(&["FormCodec", "FormReader", "XmlWriter"], &decode, &encode));
    if decode.contains("rules::") {
        let _ = writeln!(text, "use crate::generated::{}::rules;", api.service);
    }
    let form = if decode.contains("form.") { "form" } else { "_form" };
    let (output, writer) = if encode.is_empty() { ("_output", "_writer") } else { ("output", "writer") };
    let _ = write!(
        text,
        "\nimpl FormCodec for {name} {{\nconst RESULT: Option<&'static str> = {result};\n\n\
         fn decode({form}: &FormReader<'_>) -> {name}Input {{\n{name}Input {{ {decode} }}\n}}\n\n\
         fn encode({output}: &{name}Output, {writer}: &mut XmlWriter) {{\n{encode}}}\n}}\n"
    );
    Ok(text)
}

fn codec_import(always: &[&str], decode: &str, encode: &str) -> String {
    let mut names: BTreeSet<&str> = always.iter().copied().collect();
    if decode.contains("Rule::") {
        names.insert("Rule");
    }
    if encode.contains(".write(") {
        names.insert("ToXml");
    }
    format!("use crate::codec::{{{}}};\n", names.into_iter().collect::<Vec<_>>().join(", "))
}

fn read_fields(structure: &Structure) -> Result<String> {
    let mut text = String::new();
    for (field, name) in structure.elements() {
        let _ = writeln!(text, "{}: {},", field.name, read(field, name)?);
    }
    ensure!(structure.elements().count() == structure.fields.len(), "a form holds nothing but fields");
    Ok(text)
}

/// The expression that reads one field.
fn read(field: &Field, name: &str) -> Result<String> {
    let rule = rule(field.rule.as_deref());
    Ok(match &field.kind {
        Type::List { name: member, flat, .. } => {
            let element = self::rule(field.element_rule.as_deref());
            let path = if *flat { String::new() } else { member.clone() };
            let method = if field.required { "needed_list" } else { "list" };
            format!("form.{method}(\"{name}\", \"{path}\", {rule}, {element})")
        }
        Type::Map { .. } => {
            let method = if field.required { "needed_map" } else { "map" };
            format!("form.{method}(\"{name}\", {rule})")
        }
        _ if field.boxed => anyhow::bail!("{name}: a form cannot hold itself"),
        _ => {
            let method = if field.required { "needed" } else { "take" };
            format!("form.{method}(\"{name}\", {rule})")
        }
    })
}

fn rule(shape: Option<&str>) -> String {
    shape.map_or_else(|| "Rule::any()".to_owned(), |shape| format!("&rules::{}", constant(shape)))
}

fn constant(shape: &str) -> String {
    names::snake(shape).to_ascii_uppercase()
}

fn write_fields(structure: &Structure, owner: &str) -> String {
    structure
        .elements()
        .map(|(field, name)| {
            let left_out = quirks::is_left_out_when_empty(&structure.name, name);
            written(field, name, owner, !left_out)
        })
        .collect()
}

fn emit_structures(api: &Api, files: &mut Files) -> Result<()> {
    let read = reached(api, |operation| &operation.input.structure);
    let written = reached(api, |operation| &operation.output.structure);
    let mut letters: BTreeMap<char, Vec<&Structure>> = BTreeMap::new();
    for structure in &api.structures {
        let letter = structure.name.chars().next().unwrap_or('_').to_ascii_lowercase();
        letters.entry(letter).or_default().push(structure);
    }
    let mut modules = head(api, "Structures in forms and answers, a file a letter.");
    for (letter, structures) in letters {
        let _ = writeln!(modules, "mod {letter};");
        let (mut reads, mut writes) = (String::new(), String::new());
        for structure in &structures {
            if read.contains(structure.name.as_str()) {
                reads.push_str(&reader(structure)?);
            }
            if written.contains(structure.name.as_str()) {
                writes.push_str(&writer(structure));
            }
        }
        let mut text =
            head(api, &format!("Structures whose names start with {}.", letter.to_ascii_uppercase()));
        let names: Vec<&str> = structures.iter().map(|structure| structure.name.as_str()).collect();
        let _ = writeln!(text, "use api::{}::{{{}}};\n", api.service, names.join(", "));
        let mut always = Vec::new();
        if !reads.is_empty() {
            always.extend(["FormPart", "FormReader", "Rule"]);
        }
        if !writes.is_empty() {
            always.extend(["ToXml", "XmlWriter"]);
        }
        text.push_str(&codec_import(&always, &reads, &writes));
        if reads.contains("rules::") {
            let _ = writeln!(text, "use crate::generated::{}::rules;", api.service);
        }
        let _ = write!(text, "\n{reads}{writes}");
        files.insert(format!("{}/shapes/{letter}.rs", api.service), text);
    }
    files.insert(format!("{}/shapes/mod.rs", api.service), modules);
    Ok(())
}

fn reader(structure: &Structure) -> Result<String> {
    let fields = read_fields(structure)?;
    Ok(format!(
        "impl FormPart for {} {{\nfn read(form: &FormReader<'_>, _rule: &Rule) -> Option<Self> {{\n\
         Some(Self {{ {fields} }})\n}}\n}}\n\n",
        structure.name
    ))
}

fn writer(structure: &Structure) -> String {
    format!(
        "impl ToXml for {} {{\nfn write(&self, name: &'static str, writer: &mut XmlWriter) {{\n\
         writer.open(name);\n{}writer.close(name);\n}}\n}}\n\n",
        structure.name,
        write_fields(structure, "self")
    )
}

/// What the fields of inputs must be like, a constant a shape.
fn rules_file(api: &Api) -> String {
    let read = reached(api, |operation| &operation.input.structure);
    let inputs = api.operations.iter().map(|operation| &operation.input.structure);
    let nested = api.structures.iter().filter(|structure| read.contains(structure.name.as_str()));
    let used: BTreeSet<&str> = inputs
        .chain(nested)
        .flat_map(|structure| &structure.fields)
        .flat_map(|field| [field.rule.as_deref(), field.element_rule.as_deref()])
        .flatten()
        .collect();
    let all: Vec<String> = used.iter().map(|shape| format!("&{}", constant(shape))).collect();
    let all = format!(
        "/// All of them.\n#[cfg(test)]\npub(crate) static RULES: &[&Rule] = &[{}];\n",
        all.join(", ")
    );
    let rules: String = used
        .into_iter()
        .filter_map(|shape| Some(rule_constant(api.service, shape, api.rules.get(shape)?)))
        .collect();
    let pattern = if rules.contains("Pattern::") { "Pattern, " } else { "" };
    let about = "What the model says about values, by the names of its shapes.";
    format!("{}use crate::codec::{{{pattern}Rule}};\n\n{rules}{all}", head(api, about))
}

fn rule_constant(service: &str, shape: &str, rule: &Rule) -> String {
    let pattern = match &rule.pattern {
        Some(pattern) => format!(
            "Some(Pattern::new({pattern:?}, {:?}, {:?}))",
            quirks::rust_pattern(pattern),
            quirks::words_for_pattern(service, pattern)
        ),
        None => "None".to_owned(),
    };
    format!(
        "pub(super) static {}: Rule = Rule {{ min: {:?}, max: {:?}, pattern: {pattern}, values: &{:?}, secret: {} }};\n\n",
        constant(shape),
        rule.min,
        rule.max,
        rule.values,
        rule.sensitive
    )
}
