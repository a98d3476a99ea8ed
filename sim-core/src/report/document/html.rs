//! The report of designs as one HTML file.

use super::page::{Frame, Page};
use super::{Chapter, Document};
use crate::report::block::Block;
use crate::report::figure::svg::{escape, topology};
use crate::study::DesignSummary;
use std::fmt::Write;

/// What is said of having it again.
const AGAIN: &str = "The same command with this version gives the same numbers on every machine and with any number of \
                     threads; the fingerprints tell.";

pub(super) fn write(document: &Document) -> String {
    let designs = &document.summary.designs;
    let mut sections = vec![("Answer".to_owned(), "answer".to_owned())];
    let of_design = |(number, design): (usize, &DesignSummary)| {
        (design.name.clone(), format!("design-{number}"))
    };
    sections.extend(designs.iter().enumerate().map(of_design));
    sections.push(("Assumed".to_owned(), "assumed".to_owned()));
    sections.push(("Reproduce".to_owned(), "again".to_owned()));
    if designs.len() < 2 {
        sections.clear();
    }
    let (file, version) = (document.file.as_str(), document.summary.version);
    let frame = Frame { title: &document.title(), file, version, sections };
    frame.around(|page| {
        page.answer(document);
        page.chapters(document);
        page.assumptions(&document.warnings, &document.conventions, (file, &document.source));
        let mut facts = document.provenance();
        let of_design =
            |design: &DesignSummary| format!("model of {}: {}", design.name, design.model_hash);
        facts.extend(designs.iter().map(of_design));
        page.again(&[&document.command], &facts, AGAIN);
    })
}

impl Page<'_> {
    /// The answer in words, then figures, then everything in numbers.
    fn answer(&mut self, document: &Document) {
        self.out.push_str("<section id=\"answer\">\n");
        let blocks = document.answer();
        let words =
            blocks.iter().position(|block| matches!(block, Block::Title(_) | Block::Table(_)));
        let (words, numbers) = blocks.split_at(words.unwrap_or(blocks.len()));
        words.iter().for_each(|block| self.block(block));
        document.figures.iter().for_each(|figure| self.figure(figure));
        numbers.iter().for_each(|block| self.block(block));
        self.out.push_str("</section>\n");
    }

    fn chapters(&mut self, document: &Document) {
        let designs = &document.summary.designs;
        for (number, (chapter, design)) in document.designs.iter().zip(designs).enumerate() {
            self.chapter(document, number, chapter, design);
        }
    }

    fn chapter(
        &mut self,
        document: &Document,
        number: usize,
        chapter: &Chapter,
        design: &DesignSummary,
    ) {
        let is_alone = document.summary.designs.len() == 1;
        let name = escape(&design.name);
        let _ = writeln!(self.out, "<section id=\"design-{number}\">");
        if !is_alone {
            let _ = writeln!(self.out, "<h2>{name}</h2>");
            self.level = 3;
        }
        self.drawing(
            "What runs where",
            "Boxes are coloured by the share of their servers that they are offered work for. Dashed: nobody waits for it.",
            |look| topology(&chapter.topology, look),
            false,
        );
        chapter.figures.iter().for_each(|figure| self.figure(figure));
        if !is_alone {
            let _ = writeln!(self.out, "<details>\n<summary>All numbers of {name}</summary>");
            document.answer_of(number).iter().for_each(|block| self.block(block));
            self.out.push_str("</details>\n");
            self.level = 2;
        }
        self.out.push_str("</section>\n");
    }
}
