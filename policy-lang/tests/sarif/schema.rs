//! The schema that the standard publishes.

use std::path::Path;

use boon::{Compiler, Schemas};
use serde_json::Value;

/// Says how a log breaks the schema.
pub(crate) fn validate(log: &Value) -> Result<(), String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/sarif/sarif-schema-2.1.0.json");
    let text = std::fs::read_to_string(path).expect("the schema stands beside the test");
    // As published, the pattern of a language is no regular expression.
    let text = text.replace("{2}]?$", "{2}?$");
    let schema: Value = serde_json::from_str(&text).expect("the schema is JSON");
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.enable_format_assertions();
    compiler.add_resource("sarif.json", schema).expect("the name is a place");
    let index = compiler.compile("sarif.json", &mut schemas).expect("the schema is one");
    schemas.validate(log, index).map_err(|error| error.to_string())
}
