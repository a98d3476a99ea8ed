//! A report that people pass around: one document with the question, the answer, figures, the bill, what was assumed and how
//! to have it again. HTML stands by itself and opens offline; Markdown is for pull requests.

mod conventions;
mod html;
mod markdown;
mod page;
mod sha256;
mod sweep;
#[cfg(test)]
mod tests;

pub use conventions::conventions;
pub use sweep::SweepDocument;

use super::Block;
use super::figure::Figure;
use super::topology::Topology;
use crate::study::Summary;

/// What a report is made of.
#[derive(Clone, Debug)]
pub struct Document {
    /// What was found out.
    pub summary: Summary,
    /// Figures of all designs together.
    pub figures: Vec<Figure>,
    /// Each design by itself, in the order of the summary.
    pub designs: Vec<Chapter>,
    /// What is not wrong with the model but may not be meant.
    pub warnings: Vec<String>,
    /// What was assumed: see [`conventions`].
    pub conventions: Vec<&'static str>,
    /// The name of the model's file.
    pub file: String,
    /// The model as it was written.
    pub source: String,
    /// The command that writes this report again.
    pub command: String,
}

/// A design by itself.
#[derive(Clone, Debug)]
pub struct Chapter {
    /// What runs where.
    pub topology: Topology,
    /// Its figures: a run over time, a slow request.
    pub figures: Vec<Figure>,
}

impl Document {
    /// As one HTML file.
    pub fn html(&self) -> String {
        html::write(self)
    }

    /// As Markdown.
    pub fn markdown(&self) -> String {
        markdown::write(self)
    }

    /// The question, or what else the report may be called.
    fn title(&self) -> String {
        self.summary.question.clone().unwrap_or_else(|| format!("What came of {}", self.file))
    }

    /// The answer as it is laid out everywhere, without the question above it and what it rests on below.
    fn answer(&self) -> Vec<Block> {
        between(super::blocks(&self.summary), self.summary.question.is_some())
    }

    /// The answer for a design by itself.
    fn answer_of(&self, design: usize) -> Vec<Block> {
        let blocks = super::answer::blocks(&self.summary, &self.summary.designs[design]);
        between(blocks, self.summary.question.is_some())
    }

    /// Replications, warm-up, seed and fingerprints.
    fn provenance(&self) -> Vec<String> {
        match super::answer::provenance(&self.summary) {
            Block::Lines(lines) => lines.into_iter().map(|(line, _)| line).collect(),
            _ => Vec::new(),
        }
    }
}

/// Blocks without the question, if it is there, and the last one.
fn between(mut blocks: Vec<Block>, has_question: bool) -> Vec<Block> {
    blocks.pop();
    if has_question && !blocks.is_empty() {
        blocks.remove(0);
    }
    blocks
}
