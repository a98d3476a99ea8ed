//! Tables as Parquet, for pandas, Polars, DuckDB and whatever else reads columns.

use parquet::basic::{LogicalType, Repetition, Type as Physical};
use parquet::column::writer::ColumnWriter;
use parquet::data_type::ByteArray;
use parquet::errors::{ParquetError, Result};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::Type;
use sim_core::report::columns::{Cells, Column};
use sim_core::study::Origin;
use std::io::Write;
use std::sync::Arc;

/// A file of Parquet in the making: some lines at a time, column by column.
pub(crate) struct ParquetFile<W: Write + Send>(SerializedFileWriter<W>);

impl<W: Write + Send> ParquetFile<W> {
    /// Begins a file of columns like these, and says in its metadata where it comes from.
    pub(crate) fn begin(out: W, columns: &[Column], origin: &Origin) -> Result<ParquetFile<W>> {
        let fields = columns.iter().map(|column| field(column).map(Arc::new));
        let fields = fields.collect::<Result<Vec<_>>>()?;
        let schema = Type::group_type_builder("archsim").with_fields(fields).build()?;
        let Origin { version, model_hash, seed, command } = origin;
        let says = [
            ("archsim.version", version.clone()),
            ("archsim.model", model_hash.clone()),
            ("archsim.seed", seed.to_string()),
            ("archsim.command", command.clone()),
        ];
        let says = says.into_iter().map(|(key, value)| KeyValue::new(key.to_owned(), value));
        let properties = WriterProperties::builder()
            .set_created_by(format!("archsim {version}"))
            .set_key_value_metadata(Some(says.collect()))
            .build();
        SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties)).map(ParquetFile)
    }

    /// Adds lines, as a group of their own.
    pub(crate) fn add(&mut self, columns: &[Column]) -> Result<()> {
        let mut group = self.0.next_row_group()?;
        for column in columns {
            let Some(mut writer) = group.next_column()? else {
                return Err(ParquetError::General("there are more columns than at first".into()));
            };
            match (writer.untyped(), &column.cells) {
                (ColumnWriter::Int64ColumnWriter(writer), Cells::Counts(counts)) => {
                    let counts: Vec<i64> = counts.iter().map(|&count| count as i64).collect();
                    writer.write_batch(&counts, None, None)?;
                }
                (
                    ColumnWriter::DoubleColumnWriter(writer),
                    Cells::Numbers(numbers) | Cells::Settings(_, numbers),
                ) => {
                    let (there, levels) = there(numbers, |number| number.is_finite());
                    writer.write_batch(&there, Some(&levels), None)?;
                }
                (ColumnWriter::ByteArrayColumnWriter(writer), Cells::Words(words)) => {
                    let (there, levels) = there(words, |word| !word.is_empty());
                    let there: Vec<ByteArray> =
                        there.iter().map(|word| word.as_str().into()).collect();
                    writer.write_batch(&there, Some(&levels), None)?;
                }
                _ => {
                    return Err(ParquetError::General("a column is not as it was at first".into()));
                }
            }
            writer.close()?;
        }
        group.close().map(|_| ())
    }

    /// Ends the file, and hands back where it was written to.
    pub(crate) fn end(self) -> Result<W> {
        self.0.into_inner()
    }
}

/// A table as a whole file.
pub(crate) fn table(columns: &[Column], origin: &Origin) -> Result<Vec<u8>> {
    let mut file = ParquetFile::begin(Vec::new(), columns, origin)?;
    file.add(columns)?;
    file.end()
}

fn field(column: &Column) -> Result<Type> {
    let (physical, repetition, logical) = match &column.cells {
        Cells::Counts(_) => (Physical::INT64, Repetition::REQUIRED, None),
        Cells::Numbers(_) | Cells::Settings(..) => (Physical::DOUBLE, Repetition::OPTIONAL, None),
        Cells::Words(_) => (Physical::BYTE_ARRAY, Repetition::OPTIONAL, Some(LogicalType::String)),
    };
    let builder = Type::primitive_type_builder(&column.name, physical);
    builder.with_repetition(repetition).with_logical_type(logical).build()
}

/// The cells in which something is, and for each cell whether that is so.
fn there<T: Clone>(cells: &[T], is_there: impl Fn(&T) -> bool) -> (Vec<T>, Vec<i16>) {
    let levels = cells.iter().map(|cell| i16::from(is_there(cell))).collect();
    (cells.iter().filter(|cell| is_there(cell)).cloned().collect(), levels)
}
