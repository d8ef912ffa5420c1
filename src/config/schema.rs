//! The JSON schema of the configuration, for editors.

use super::raw::Config;
use serde_json::Value;

/// The schema (draft 2020-12). Editors use it with a first line
/// `# yaml-language-server: $schema=larkhook.schema.json`.
pub fn schema() -> Value {
    let mut schema = schemars::generate::SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Config>();
    schema.insert("title".to_owned(), "larkhook".into());
    schema.to_value()
}
