//! From a model back to its text.

use super::Spec;
use ron::extensions::Extensions;

impl Spec {
    /// The model in RON, edits included, without comments. Read again, it is equal to this one.
    pub fn to_ron(&self) -> String {
        let extensions = Extensions::IMPLICIT_SOME | Extensions::UNWRAP_VARIANT_NEWTYPES;
        let options = ron::Options::default().with_default_extension(extensions);
        let style = ron::ser::PrettyConfig::new().depth_limit(6).compact_arrays(false);
        options.to_string_pretty(self, style).expect("a model has no value that RON does not")
    }
}
