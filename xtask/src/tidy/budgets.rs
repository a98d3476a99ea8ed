//! How long a file, a function and a `main.rs` may be.

use super::scan::{self, Language};
use super::{Complaint, File, at};

const FILE_LINES_MAX: usize = 700;
const FUNCTION_LINES_MAX: usize = 70;
const MAIN_LINES_MAX: usize = 60;

/// Every file, function and `main.rs` that is too long.
pub(super) fn check(files: &[File]) -> Vec<Complaint> {
    files.iter().filter(|file| is_code(&file.path)).flat_map(check_file).collect()
}

/// The middle and the long end of the lengths of all files with code, for the reader's judgement.
pub(super) fn figures(files: &[File]) -> String {
    let mut lengths: Vec<usize> = files
        .iter()
        .filter(|file| is_code(&file.path))
        .map(|file| file.text.lines().count())
        .collect();
    lengths.sort_unstable();
    let Some(&longest) = lengths.last() else { return "no code".to_string() };
    let rank = |percent: usize| lengths[(lengths.len() - 1) * percent / 100];
    let (median, p90) = (rank(50), rank(90));
    format!("{} files: {median} lines in the median, p90 {p90}, longest {longest}", lengths.len())
}

fn check_file(file: &File) -> Vec<Complaint> {
    let is_main = file.path.ends_with("src/main.rs");
    let limit = if is_main { MAIN_LINES_MAX } else { FILE_LINES_MAX };
    let lines = file.text.lines().count();
    let mut complaints = Vec::new();
    if lines > limit {
        complaints.push(at(&file.path, lines, &format!("{lines} lines, of {limit} allowed")));
    }
    for (line, lines) in functions(file) {
        if lines > FUNCTION_LINES_MAX {
            let message = format!("a function of {lines} lines, of {FUNCTION_LINES_MAX} allowed");
            complaints.push(at(&file.path, line, &message));
        }
    }
    complaints
}

/// Where each function starts and how many lines it has, first and last included.
fn functions(file: &File) -> Vec<(usize, usize)> {
    let (language, keyword) = match file.path.rsplit('.').next() {
        Some("rs") => (Language::Rust, "fn"),
        Some("ts" | "tsx") => (Language::Script, "function"),
        _ => return Vec::new(),
    };
    let code = scan::code(&file.text, language);
    let length = |start: usize| {
        // A declaration in a trait ends with a semicolon before any brace; `[u8; 4]` is no end.
        let open = start + end_of_signature(&code[start..])?;
        let first = scan::line_of(&code, start);
        Some((first, scan::line_of(&code, scan::closing(&code, open)) + 1 - first))
    };
    scan::words(&code, keyword).filter_map(length).collect()
}

/// Where the body of a function opens; none if it has no body.
fn end_of_signature(code: &str) -> Option<usize> {
    let mut brackets = 0_i32;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'[' | b'(' => brackets += 1,
            b']' | b')' => brackets -= 1,
            b'{' if brackets == 0 => return Some(at),
            b';' | b'}' | b',' | b'=' if brackets == 0 => return None,
            _ if brackets < 0 => return None,
            _ => {}
        }
    }
    None
}

fn is_code(path: &str) -> bool {
    path.ends_with(".rs")
        || path.ends_with(".ts")
        || path.ends_with(".tsx")
        || path.ends_with(".py")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_string(), text: text.to_string() }
    }

    /// A function with `lines` lines.
    fn function(lines: usize) -> String {
        format!("fn f(x: [u8; 4]) -> u8 {{\n{}}}\n", "    g(\"}\");\n".repeat(lines - 2))
    }

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let source = format!("trait T {{ fn f(); }}\n{}\nlet f: fn(u8) = g;", function(5));
        assert_eq!(functions(&file("a.rs", &source)), [(2, 5)]);
        let script = "export function f(): { a: 1 } {\n  g('{')\n}\n";
        assert_eq!(functions(&file("a.ts", script)).len(), 1);
    }

    #[test]
    fn a_function_at_the_limit_is_fine_and_one_above_is_not() {
        assert!(check_file(&file("a.rs", &function(FUNCTION_LINES_MAX))).is_empty());
        let long = check_file(&file("a.rs", &function(FUNCTION_LINES_MAX + 1)));
        assert_eq!(long, ["a.rs:1: a function of 71 lines, of 70 allowed"]);
    }

    #[test]
    fn a_long_file_and_a_long_main_are_named() {
        let lines = |n: usize| "x\n".repeat(n);
        assert!(check_file(&file("a.py", &lines(FILE_LINES_MAX))).is_empty());
        assert_eq!(check_file(&file("a.py", &lines(701))), ["a.py:701: 701 lines, of 700 allowed"]);
        assert_eq!(check_file(&file("a/src/main.rs", &lines(61))).len(), 1);
    }

    #[test]
    fn figures_are_order_statistics() {
        let files: Vec<File> = (1..=11).map(|n| file("a.rs", &"x\n".repeat(n * 10))).collect();
        assert_eq!(figures(&files), "11 files: 60 lines in the median, p90 100, longest 110");
    }
}
