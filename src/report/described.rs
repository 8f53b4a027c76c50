//! The JSON Schema of the report, made from its types; `docs/report.schema.json` holds it.
//!
//! The schema is open, as the report is: members may be added by a minor version, and so may words of an enumeration.

use std::borrow::Cow;

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::Stored;
use super::schema::{Cwe, JSON_SCHEMA, Time};

impl JsonSchema for Time {
    fn schema_name() -> Cow<'static, str> {
        "Time".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A second of UTC, written as RFC 3339 does, with `Z`.",
            "type": "string", "format": "date-time", "pattern": "Z$",
        })
    }
}

impl JsonSchema for Cwe {
    fn schema_name() -> Cow<'static, str> {
        "Cwe".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"description": "A weakness.", "type": "string", "pattern": "^CWE-[0-9]+$"})
    }
}

/// Opens enumerations, and writes the references of Rust's documentation as plain code.
#[derive(Clone)]
struct Open;

impl Transform for Open {
    fn transform(&mut self, schema: &mut Schema) {
        let words = |values: &Vec<Value>| values.iter().all(|value| value.get("const").is_some());
        let object = |values: &Vec<Value>| values.iter().all(|value| value["type"] == "object");
        if let Some(Value::Array(mut values)) = schema.remove("oneOf") {
            values.push(match (words(&values), object(&values)) {
                (true, _) => json!({"description": "A word of a later version.", "type": "string"}),
                (_, true) => json!({
                    "description": "A format of a later version.", "type": "object",
                    "properties": {"format": {"type": "string"}}, "required": ["format"],
                }),
                _ => json!(true),
            });
            schema.insert("anyOf".to_owned(), values.into());
        }
        if let Some(Value::Array(names)) = schema.remove("enum") {
            schema.insert("examples".to_owned(), names.into());
        }
        if let Some(Value::String(text)) = schema.get("description") {
            let plain = text.replace("[`", "`").replace("`]", "`");
            schema.insert("description".to_owned(), plain.into());
        }
        transform_subschemas(self, schema);
    }
}

fn made() -> String {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(Open);
    let mut schema = settings.into_generator().into_root_schema_for::<Stored>();
    schema.insert("$id".to_owned(), "urn:logleak:report:1".into());
    schema.insert("title".to_owned(), "Report of logleak".into());
    schema.insert("description".to_owned(), "The accounts whose passwords logs hold; see docs/report.md.".into());
    let mut text = serde_json::to_string_pretty(&schema).unwrap();
    text.push('\n');
    text
}

/// The kept schema is that of the types. Where it is not, this writes the one that is beside the program.
#[test]
fn the_kept_schema_is_current() {
    let made = made();
    if made != JSON_SCHEMA {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/report.schema.json");
        std::fs::write(path, made).unwrap();
        panic!("docs/report.schema.json is not what the types say; replace it by target/report.schema.json");
    }
}

/// The report follows its schema; so does one of a later version, with a member and a word more.
#[test]
fn reports_follow_the_schema() {
    let schema = serde_json::from_str(JSON_SCHEMA).unwrap();
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&schema).unwrap();
    let faults = |report: &Value| validator.iter_errors(report).map(|fault| fault.to_string()).collect::<Vec<_>>();
    let mut report: Value = serde_json::from_str(include_str!("../../tests/golden/report.json")).unwrap();
    assert_eq!(faults(&report), [""; 0]);
    report["accounts"][0]["added"] = 1.into();
    report["accounts"][0]["action"] = "revoke".into();
    assert_eq!(faults(&report), [""; 0]);
    // And it says something.
    report["accounts"][0]["exposure_count"] = "2".into();
    report["accounts"][0].as_object_mut().unwrap().remove("account_id");
    report["summary"]["first_seen"] = "yesterday".into();
    assert!(faults(&report).len() >= 3);
}
