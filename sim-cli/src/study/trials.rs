//! The rows of replications, which are written while a study runs: `trials.csv`, and `trials.parquet` beside.

use crate::failure::Failure;
use sim_core::report;
use sim_core::study::{Setting, SweepSummary, TrialRow};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

/// The files in the making; they have their names only when they are whole.
pub(crate) struct Trials {
    csv: (PathBuf, BufWriter<File>),
    #[cfg(feature = "parquet")]
    columns: columns::Columns,
    /// What went wrong first; nothing is written after that.
    failure: Option<Failure>,
}

impl Trials {
    /// Begins the files in a directory; `summary` says where they come from, and what varies.
    pub(crate) fn begin(into: &Path, summary: &SweepSummary) -> Result<Trials, Failure> {
        let path = into.join("trials.csv");
        let failed = |error: &std::io::Error| Failure::io(path.display(), error);
        let mut file = BufWriter::new(File::create(part(&path)).map_err(|error| failed(&error))?);
        let head = report::trial_rows_head(summary);
        file.write_all(head.as_bytes()).map_err(|error| failed(&error))?;
        Ok(Trials {
            #[cfg(feature = "parquet")]
            columns: columns::Columns::begin(into, &summary.axes, &summary.origin)?,
            csv: (path, file),
            failure: None,
        })
    }

    /// Adds a replication of a point with such settings.
    pub(crate) fn add(&mut self, row: TrialRow, settings: Vec<Setting>) {
        if self.failure.is_none() {
            self.failure = self.try_add(row, settings).err();
        }
    }

    fn try_add(&mut self, row: TrialRow, settings: Vec<Setting>) -> Result<(), Failure> {
        let (path, file) = &mut self.csv;
        file.write_all(report::trial_row(&row, &settings).as_bytes())
            .map_err(|error| Failure::io(path.display(), &error))?;
        #[cfg(feature = "parquet")]
        self.columns.add(row, settings)?;
        Ok(())
    }

    /// Ends the files and gives them their names.
    pub(crate) fn end(self) -> Result<(), Failure> {
        if let Some(failure) = self.failure {
            return Err(failure);
        }
        let (path, mut file) = self.csv;
        file.flush().map_err(|error| Failure::io(path.display(), &error))?;
        #[cfg(feature = "parquet")]
        self.columns.end()?;
        in_place(&path)
    }
}

/// What a file is called while it is not whole.
fn part(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn in_place(path: &Path) -> Result<(), Failure> {
    std::fs::rename(part(path), path).map_err(|error| Failure::io(path.display(), &error))
}

#[cfg(feature = "parquet")]
mod columns {
    use super::{BufWriter, Failure, File, Path, PathBuf, Setting, TrialRow, in_place, part};
    use crate::parquet::ParquetFile;
    use sim_core::report::columns::trials;
    use sim_core::study::{Axis, Origin};

    /// Lines that are gathered before they are written: each group of them is read at once, and the memory they take is some
    /// tens of megabytes at most.
    const GROUP: usize = 30_000;

    /// A file of Parquet in the making.
    pub(super) struct Columns {
        path: PathBuf,
        file: ParquetFile<BufWriter<File>>,
        axes: Vec<Axis>,
        rows: Vec<(TrialRow, Vec<Setting>)>,
        lines: usize,
    }

    impl Columns {
        pub(super) fn begin(
            into: &Path,
            axes: &[Axis],
            origin: &Origin,
        ) -> Result<Columns, Failure> {
            let path = into.join("trials.parquet");
            let out =
                File::create(part(&path)).map_err(|error| Failure::io(path.display(), &error))?;
            let file = ParquetFile::begin(BufWriter::new(out), &trials(axes, &[]), origin);
            let file = file.map_err(|error| failed(&path, &error))?;
            Ok(Columns { path, file, axes: axes.to_vec(), rows: Vec::new(), lines: 0 })
        }

        pub(super) fn add(&mut self, row: TrialRow, settings: Vec<Setting>) -> Result<(), Failure> {
            self.lines += row.numbers.len();
            self.rows.push((row, settings));
            if self.lines >= GROUP { self.flush() } else { Ok(()) }
        }

        fn flush(&mut self) -> Result<(), Failure> {
            let written = self.file.add(&trials(&self.axes, &self.rows));
            self.rows.clear();
            self.lines = 0;
            written.map_err(|error| failed(&self.path, &error))
        }

        pub(super) fn end(mut self) -> Result<(), Failure> {
            if self.lines > 0 {
                self.flush()?;
            }
            self.file.end().map_err(|error| failed(&self.path, &error))?;
            in_place(&self.path)
        }
    }

    fn failed(path: &Path, error: &parquet::errors::ParquetError) -> Failure {
        Failure::Io(format!("{}: {error}", path.display()))
    }
}
