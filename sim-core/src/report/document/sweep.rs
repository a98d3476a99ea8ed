//! The report of a sweep: the question, how far each setting goes, figures, every point, and how to have it again.

use super::markdown::{fenced, inline};
use super::page::Frame;
use crate::report::figure::Figure;
use crate::report::markdown;
use crate::report::sweep::Laid;
use crate::study::SweepSummary;
use std::fmt::Write;

/// Points in the table of a page, at most: the directory has them all.
const ROWS_MAX: usize = 2000;

/// What is said of having it again.
const AGAIN: &str = "The same command with this version gives the same numbers on every machine, with any number of threads \
                     and in any number of shards.";

/// What the report of a sweep is made of.
#[derive(Clone, Debug)]
pub struct SweepDocument {
    /// What was found out.
    pub sweep: SweepSummary,
    /// Its figures.
    pub figures: Vec<Figure>,
    /// What was assumed: see [`conventions`](super::conventions).
    pub conventions: Vec<&'static str>,
    /// The name of the model's file.
    pub file: String,
    /// The model as it was written.
    pub source: String,
    /// The command that writes this report again.
    pub command: String,
}

impl SweepDocument {
    /// As one HTML file.
    pub fn html(&self) -> String {
        let laid = Laid::of(&self.sweep, ROWS_MAX);
        let named = |(name, id): (&str, &str)| (name.to_owned(), id.to_owned());
        let sections = [
            ("Answer", "answer"),
            ("Points", "points"),
            ("Assumed", "assumed"),
            ("Reproduce", "again"),
        ];
        let origin = &self.sweep.origin;
        let frame = Frame {
            title: &self.title(),
            file: &self.file,
            version: &origin.version,
            sections: sections.map(named).to_vec(),
        };
        frame.around(|page| {
            page.out.push_str("<section id=\"answer\">\n");
            page.block(&laid.headline);
            page.list(&laid.words);
            self.figures.iter().for_each(|figure| page.figure(figure));
            if !laid.marks.is_empty() {
                page.out.push_str("<h2>Where the curves bend</h2>\n");
                page.list(&laid.marks);
            }
            page.out.push_str("</section>\n<section id=\"points\">\n<h2>Every point</h2>\n");
            laid.numbers.iter().for_each(|block| page.block(block));
            page.list(&laid.notes);
            page.out.push_str("</section>\n");
            page.assumptions(&[], &self.conventions, (&self.file, &self.source));
            page.again(&[&origin.command, &self.command], &self.facts(), AGAIN);
        })
    }

    /// As Markdown, for a pull request.
    pub fn markdown(&self) -> String {
        let laid = Laid::of(&self.sweep, usize::MAX);
        let mut out = format!("## {}\n\n", inline(&self.title()));
        out += &markdown::render(&[laid.headline]);
        out.push('\n');
        for says in laid.words.iter().chain(&laid.marks) {
            let _ = writeln!(out, "- {}", inline(says));
        }
        out += "\n<details><summary>Every point</summary>\n\n";
        out += &markdown::render(&laid.numbers);
        out.push('\n');
        for says in &laid.notes {
            let _ = writeln!(out, "- {}", inline(says));
        }
        out += "\n</details>\n\n<details><summary>What was assumed</summary>\n\n";
        for convention in &self.conventions {
            let _ = writeln!(out, "- {convention}");
        }
        out += "\n</details>\n\n```text\n";
        for line in [self.sweep.origin.command.clone()].iter().chain(&self.facts()) {
            let _ = writeln!(out, "{}", fenced(line));
        }
        out + "```\n"
    }

    fn title(&self) -> String {
        let axes: Vec<&str> = self.sweep.axes.iter().map(|axis| axis.path.as_str()).collect();
        let varied = || format!("What comes of {} in {}", axes.join(" and "), self.file);
        self.sweep.question.clone().unwrap_or_else(varied)
    }

    /// Version, model, seed and size.
    fn facts(&self) -> Vec<String> {
        let origin = &self.sweep.origin;
        vec![
            format!("archsim {}", origin.version),
            format!("model {}, seed {}", origin.model_hash, origin.seed),
            format!("{} of {} points", self.sweep.points.len(), self.sweep.points_in_all),
        ]
    }
}
