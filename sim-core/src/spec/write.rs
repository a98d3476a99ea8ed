//! From a model back to its text.
//!
//! A serializer is compiled once for each type that it is handed. So that the two that write models, and the types of the
//! language, do not multiply, both are handed one type: a reference to whatever can be serialised.

use super::Spec;
use erased_serde::Serialize;
use ron::extensions::Extensions;
use serde_json::Value;

impl Spec {
    /// The model in RON, edits included, without comments. Read again, it is equal to this one.
    pub fn to_ron(&self) -> String {
        let extensions = Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES;
        let options = ron::Options::default().with_default_extension(extensions);
        let style = ron::ser::PrettyConfig::new().depth_limit(6).compact_arrays(false);
        let model: &dyn Serialize = self;
        options.to_string_pretty(&model, style).expect("a model has no value that RON does not")
    }
}

/// What is written as a tree.
pub(super) fn to_tree(written: &dyn Serialize) -> Value {
    serde_json::to_value(written).expect("names are text and numbers are finite")
}
