//! The tree of small hand-made models.

use super::super::tree::{Place, Type};
use super::build;

fn tree(shapes: &str) -> anyhow::Result<super::Api> {
    let text = format!(
        r#"{{"metadata": {{"apiVersion": "1", "protocol": "rest-xml"}},
            "operations": {{"PutIt": {{"http": {{"method": "PUT", "requestUri": "/{{Bucket}}"}},
                                      "input": {{"shape": "In"}}}}}},
            "shapes": {{"Text": {{"type": "string"}}, {shapes}}}}}"#
    );
    build("s3", &serde_json::from_str(&text)?)
}

#[test]
fn a_structure_that_contains_itself_is_boxed() {
    let api = tree(
        r#""In": {"type": "structure", "members": {"Node": {"shape": "Node"}}},
           "Node": {"type": "structure", "members": {"Next": {"shape": "Node"}, "All": {"shape": "Nodes"}}},
           "Nodes": {"type": "list", "member": {"shape": "Node"}, "flattened": true}"#,
    )
    .unwrap();
    let node = &api.structures[0];
    assert_eq!(node.fields.iter().map(|field| field.boxed).collect::<Vec<_>>(), [true, false]);
    assert!(!api.operations[0].input.structure.fields[0].boxed);
}

#[test]
fn a_shape_called_as_an_operations_input_gets_another_name() {
    let api = tree(
        r#""In": {"type": "structure", "members": {"It": {"shape": "PutItInput"}}},
           "PutItInput": {"type": "structure", "members": {"A": {"shape": "Text", "location": "header"}}}"#,
    )
    .unwrap();
    assert_eq!(api.structures[0].name, "PutItInputShape");
    assert_eq!(
        api.operations[0].input.structure.fields[0].kind,
        Type::Structure("PutItInputShape".to_owned())
    );
    assert_eq!(api.structures[0].fields[0].place, Place::Header("a".to_owned()));
}

#[test]
fn two_members_that_become_one_field_are_refused() {
    let members =
        r#""In": {"type": "structure", "members": {"ETag": {"shape": "Text"}, "E_Tag": {"shape": "Text"}}}"#;
    assert!(tree(members).is_err());
}

#[test]
fn a_dangling_reference_is_refused() {
    assert!(tree(r#""In": {"type": "structure", "members": {"A": {"shape": "Nowhere"}}}"#).is_err());
}
