//! Files: the only input and output besides the terminal.

use crate::failure::Failure;
use sim_core::model::Files;
use sim_core::spec::{Diagnostics, Spec};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The name that stands for standard input.
pub(crate) const STDIN: &str = "-";

/// The text of a model; `-` is standard input.
pub(crate) fn read_model(name: &str) -> Result<String, Failure> {
    let bytes = if name == STDIN {
        let mut bytes = Vec::new();
        std::io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        std::fs::read(name)
    };
    let bytes = bytes.map_err(|error| Failure::io(name, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::Io(format!("{name}: this is no text: byte {at} is not UTF-8"))
    })
}

/// The files that a model refers to, found relative to it. One that cannot be read is a finding where it is
/// named.
pub(crate) fn referred(spec: &Spec, model: &str) -> Result<Files, Diagnostics> {
    let folder = folder(model);
    let mut files = Files::default();
    let mut findings = Diagnostics::new(spec.file());
    for (path, name) in spec.files() {
        match read_data(&folder.join(&name)) {
            Ok(text) => files.insert(name, text),
            Err(error) => {
                let full = folder.join(&name);
                findings
                    .error(&path, format!("`{name}` cannot be read: {error}"))
                    .hint(format!("it is looked for at {}", full.display()));
            }
        }
    }
    if findings.has_errors() {
        spec.point(&mut findings);
        return Err(findings);
    }
    Ok(files)
}

/// Text of a data file; what is not UTF-8 in a log is replaced.
fn read_data(path: &Path) -> std::io::Result<String> {
    let size = std::fs::metadata(path)?.len();
    if size > sim_core::model::data::BYTES_MAX as u64 {
        let most = sim_core::model::data::BYTES_MAX >> 20;
        let message = format!("it has {} MiB; at most {most} are read", size >> 20);
        return Err(std::io::Error::other(message));
    }
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// Where the files of a model are looked for.
pub(crate) fn folder(model: &str) -> PathBuf {
    match Path::new(model).parent() {
        Some(folder) if model != STDIN => folder.to_owned(),
        _ => PathBuf::new(),
    }
}

/// Writes a file.
pub(crate) fn write(path: &Path, bytes: impl AsRef<[u8]>) -> Result<(), Failure> {
    std::fs::write(path, bytes).map_err(|error| Failure::io(path.display(), &error))
}
