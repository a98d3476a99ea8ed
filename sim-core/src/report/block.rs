//! What answers are laid out with.

use super::cell::Cell;

/// A part of an answer.
#[derive(Clone, PartialEq, Debug)]
pub enum Block {
    /// The answer in a sentence.
    Headline(String, Tone),
    /// What follows, in a few words.
    Title(String),
    /// A paragraph.
    Paragraph(String),
    /// Lines to be kept as they are.
    Lines(Vec<(String, Tone)>),
    /// A table.
    Table(Table),
}

/// How something is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Tone {
    /// Neither way.
    #[default]
    Plain,
    /// As it should be.
    Good,
    /// To be looked at.
    Doubtful,
    /// Not as it should be.
    Bad,
    /// Of less importance.
    Faint,
}

/// A table: names in the first column, numbers in the others.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Table {
    /// Heads of the columns.
    pub head: Vec<String>,
    /// Units of the columns; empty where there is none.
    pub units: Vec<String>,
    /// Rows.
    pub rows: Vec<Row>,
}

/// A row of a table.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// What it is about.
    pub name: String,
    /// Whether it belongs to the row before that does not.
    pub is_part: bool,
    /// One cell for each column after the first.
    pub cells: Vec<Cell>,
}

impl Table {
    /// A table without rows; heads and units of the columns, the first column's included.
    pub fn new(columns: &[(&str, &str)]) -> Table {
        Table {
            head: columns.iter().map(|(head, _)| head.to_string()).collect(),
            units: columns.iter().map(|(_, unit)| unit.to_string()).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub fn row(&mut self, name: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push(Row { name: name.into(), is_part: false, cells });
    }

    /// Adds a row that belongs to the one before.
    pub fn part(&mut self, name: impl Into<String>, cells: Vec<Cell>) {
        self.rows.push(Row { name: name.into(), is_part: true, cells });
    }
}
