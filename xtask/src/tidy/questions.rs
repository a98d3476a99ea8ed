//! Every model opens with the question that it answers.

use super::{Complaint, File, at};

/// Folders of `models/` that hold what models refer to: prices and regions ask nothing.
const DATA: &[&str] = &["models/prices/", "models/regions/"];

/// Whether the path is that of a model.
pub(crate) fn is_model(path: &str) -> bool {
    path.starts_with("models/")
        && path.ends_with(".ron")
        && !DATA.iter().any(|folder| path.starts_with(folder))
}

/// Every model without a question.
pub(super) fn check(files: &[File]) -> Vec<Complaint> {
    files
        .iter()
        .filter(|file| is_model(&file.path) && !asks(&file.text))
        .map(|file| at(&file.path, 1, "the model does not open with its question"))
        .collect()
}

/// Whether there is a question mark in the first comment or in the field `question`.
fn asks(text: &str) -> bool {
    let mut opening = text.lines().map(str::trim).take_while(|line| line.starts_with("//"));
    if opening.any(|line| line.contains('?')) {
        return true;
    }
    let field = text.split_once("question:").map_or("", |(_, field)| field);
    field.split('"').nth(1).is_some_and(|question| question.contains('?'))
}

#[cfg(test)]
mod tests {
    use super::{asks, is_model};

    #[test]
    fn a_question_is_asked_in_a_comment_or_a_field() {
        assert!(asks("// One service\n// or twelve?\n("));
        assert!(asks("(\n    question: \"Is it fast?\",\n)"));
        assert!(!asks("// A shop.\n( // fast?\n question: \"Yes.\", other: \"Really?\")"));
        assert!(!asks(""));
    }

    #[test]
    fn data_beside_the_models_is_no_model() {
        assert!(is_model("models/shop.ron"));
        assert!(is_model("models/theory/mm1.ron"));
        assert!(!is_model("models/prices/aws.ron"));
        assert!(!is_model("sim-cli/tests/shop.ron"));
    }
}
