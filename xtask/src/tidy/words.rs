//! Words that have no place in a finished file. They are spelled in two halves, or this file
//! would be the first to be named.

use super::{Complaint, File, at, scan};

/// Marks of unfinished work.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("X", "XX"),
    concat!("dbg", "!"),
    concat!("todo", "!"),
    concat!("unimplemented", "!"),
];

/// Folders of somebody's machine.
const FOLDERS: &[&str] = &[concat!("/wo", "rk"), concat!("/ro", "ot"), concat!("/t", "mp")];

/// Hosts of package registries: which one is asked is for the user's configuration to say.
const HOSTS: &[&str] = &[
    concat!("crates", ".io"),
    concat!("npm", "js.org"),
    concat!("npm", "js.com"),
    concat!("py", "pi.org"),
    concat!("python", "hosted.org"),
    concat!("proxy.", "golang.org"),
];

/// Written by cargo, which names its registry there.
const GENERATED: &str = "Cargo.lock";

/// Every line with such a word.
pub(super) fn check(files: &[File]) -> Vec<Complaint> {
    files.iter().filter(|file| file.path != GENERATED).flat_map(check_file).collect()
}

fn check_file(file: &File) -> Vec<Complaint> {
    let text = &file.text;
    let unfinished = UNFINISHED.iter().flat_map(|word| places(text, word, "is unfinished work"));
    let folders = FOLDERS
        .iter()
        .flat_map(|word| places(text, word, "is a folder of one machine"))
        .filter(|(place, _)| !text[..*place].ends_with(['.', '-', '}', ')', '>', '<', '~']));
    let hosts = HOSTS.iter().flat_map(|word| places(text, word, "is the host of a registry"));
    let complain =
        |(place, message): (usize, String)| at(&file.path, scan::line_of(text, place), &message);
    unfinished.chain(folders).chain(hosts).map(complain).collect()
}

/// Where the word stands alone, and what is wrong with it.
fn places<'a>(
    text: &'a str,
    word: &'a str,
    wrong: &'a str,
) -> impl Iterator<Item = (usize, String)> + 'a {
    scan::words(text, word).map(move |place| (place, format!("`{word}` {wrong}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaints(text: &str) -> usize {
        check_file(&File { path: "a.md".to_string(), text: text.to_string() }).len()
    }

    #[test]
    fn every_word_is_found() {
        for word in UNFINISHED.iter().chain(FOLDERS).chain(HOSTS) {
            assert_eq!(complaints(&format!("see {word} there")), 1, "{word}");
            assert_eq!(complaints(&format!("see a{word}")), 0, "{word}");
        }
    }

    #[test]
    fn a_step_after_a_slash_is_no_folder_of_a_machine() {
        let folder = FOLDERS[0];
        assert_eq!(complaints(&format!("https://example.org{folder}, ..{folder}, <{folder}>")), 0);
        assert_eq!(complaints(&format!("`{folder}/x`, \"{folder}\"")), 2);
    }
}
