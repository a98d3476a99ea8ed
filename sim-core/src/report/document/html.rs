//! The report as one HTML file: nothing is loaded, and no text of the model is markup.

use super::{Chapter, Document};
use crate::report::block::{Block, Table, Tone};
use crate::report::cell::Cell;
use crate::report::figure::Figure;
use crate::report::figure::svg::{Look, Theme, escape, svg, topology};
use crate::study::DesignSummary;
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Widths of the two drawings of a figure, in pixels: for a page, and for a phone.
const WIDE: u32 = 784;
const NARROW: u32 = 352;

pub(super) fn write(document: &Document) -> String {
    let title = document.title();
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
         script-src 'unsafe-inline'\">\n<meta name=\"generator\" content=\"archsim {}\">\n<title>{}</title>\n<style>\n\
         :root{{{}}}\n:root[data-theme=dark]{{{dark}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n{STYLE}</style>\n</head>\n<body>\n",
        document.summary.version,
        escape(&title),
        Theme::Light.style_sheet(),
        dark = Theme::Dark.style_sheet(),
    );
    let mut page = Page { out: &mut out, level: 2 };
    page.head(document, &title);
    page.out.push_str("<main>\n");
    page.answer(document);
    page.chapters(document);
    page.assumptions(document);
    page.again(document);
    let _ = write!(
        out,
        "</main>\n<div id=\"tip\" role=\"status\" hidden></div>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n"
    );
    out
}

/// A page in the making.
struct Page<'a> {
    out: &'a mut String,
    /// Of headings.
    level: u8,
}

impl Page<'_> {
    fn head(&mut self, document: &Document, title: &str) {
        let summary = &document.summary;
        let file = escape(&document.file);
        let _ = write!(
            self.out,
            "<header>\n<button id=\"theme\" type=\"button\">dark or light</button>\n<p class=\"file\">{file}</p>\n\
             <h1>{}</h1>\n</header>\n",
            escape(title)
        );
        if summary.designs.len() > 1 {
            self.out.push_str("<nav aria-label=\"Sections\"><a href=\"#answer\">Answer</a> ");
            for (number, design) in summary.designs.iter().enumerate() {
                let _ =
                    write!(self.out, "<a href=\"#design-{number}\">{}</a> ", escape(&design.name));
            }
            self.out.push_str(
                "<a href=\"#assumed\">Assumed</a> <a href=\"#again\">Reproduce</a></nav>\n",
            );
        }
    }

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

    fn assumptions(&mut self, document: &Document) {
        self.out.push_str("<section id=\"assumed\">\n<h2>What was assumed</h2>\n");
        if !document.warnings.is_empty() {
            self.out.push_str("<p>Warnings about the model:</p>\n<ul class=\"doubtful\">\n");
            for warning in &document.warnings {
                let _ = writeln!(self.out, "<li>{}</li>", escape(warning));
            }
            self.out.push_str("</ul>\n");
        }
        self.out.push_str("<ul>\n");
        for convention in &document.conventions {
            let _ = writeln!(self.out, "<li>{}</li>", escape(convention));
        }
        let file = escape(&document.file);
        let _ = write!(self.out, "</ul>\n<details>\n<summary>The model, {file}</summary>\n<pre>");
        let _ = write!(self.out, "{}</pre>\n</details>\n</section>\n", text(&document.source));
    }

    fn again(&mut self, document: &Document) {
        self.out.push_str("<section id=\"again\">\n<h2>How to have it again</h2>\n<pre>");
        let _ = writeln!(self.out, "{}</pre>\n<table class=\"facts\">", text(&document.command));
        for line in document.provenance() {
            let _ = writeln!(self.out, "<tr><td>{}</td></tr>", escape(line.trim_end()));
        }
        for design in &document.summary.designs {
            let (name, hash) = (escape(&design.name), escape(&design.model_hash));
            let _ = writeln!(self.out, "<tr><td>model of {name}: {hash}</td></tr>");
        }
        self.out.push_str(
            "</table>\n<p class=\"faint\">The same command with this version gives the same numbers on every machine and with \
             any number of threads; the fingerprints tell.</p>\n</section>\n",
        );
    }

    fn figure(&mut self, figure: &Figure) {
        self.drawing(&figure.title, &figure.caption, |look| svg(figure, look), true);
    }

    /// A drawing for a page and, if it can be told apart, one for a phone.
    fn drawing(
        &mut self,
        title: &str,
        caption: &str,
        draw: impl Fn(Look) -> String,
        is_for_phones: bool,
    ) {
        let look = |width| Look { width, theme: Theme::Page, titled: false };
        let (title, caption, level) = (escape(title), escape(caption), self.level);
        let _ = writeln!(
            self.out,
            "<figure>\n<h{level}>{title}</h{level}>\n<figcaption>{caption}</figcaption>"
        );
        if is_for_phones {
            let (wide, narrow) = (draw(look(WIDE)), draw(look(NARROW)));
            let _ = writeln!(
                self.out,
                "<div class=\"wide\">{wide}</div>\n<div class=\"narrow\">{narrow}</div>"
            );
        } else {
            let _ = writeln!(self.out, "<div class=\"scroll\">{}</div>", draw(look(WIDE)));
        }
        self.out.push_str("</figure>\n");
    }

    fn block(&mut self, block: &Block) {
        let level = self.level;
        let _ = match block {
            Block::Headline(text, tone) => {
                writeln!(self.out, "<p class=\"headline{}\">{}</p>", class(*tone), escape(text))
            }
            Block::Title(text) => writeln!(self.out, "<h{level}>{}</h{level}>", escape(text)),
            Block::Paragraph(text) => writeln!(self.out, "<p>{}</p>", escape(text)),
            Block::Lines(lines) => {
                self.out.push_str("<pre>");
                for (line, tone) in lines {
                    let _ = write!(
                        self.out,
                        "<span class=\"line{}\">{}</span>",
                        class(*tone),
                        text(line.trim_end())
                    );
                }
                writeln!(self.out, "</pre>")
            }
            Block::Table(table) => {
                self.table(table);
                Ok(())
            }
        };
    }

    fn table(&mut self, table: &Table) {
        self.out.push_str("<div class=\"scroll\"><table>\n<thead><tr>");
        for (head, unit) in table.head.iter().zip(&table.units) {
            let unit = match unit.as_str() {
                "" => String::new(),
                unit => format!(" <span class=\"unit\">{}</span>", escape(unit)),
            };
            let _ = write!(self.out, "<th scope=\"col\">{}{unit}</th>", escape(head));
        }
        self.out.push_str("</tr></thead>\n<tbody>\n");
        for row in &table.rows {
            let part = if row.is_part { " class=\"part\"" } else { "" };
            let _ = write!(self.out, "<tr{part}><th scope=\"row\">{}</th>", escape(&row.name));
            row.cells.iter().for_each(|cell| self.cell(cell));
            self.out.push_str("</tr>\n");
        }
        self.out.push_str("</tbody></table></div>\n");
    }

    fn cell(&mut self, cell: &Cell) {
        let below = match cell.below.as_str() {
            "" => String::new(),
            below => format!("<small>{}</small>", escape(below)),
        };
        let class = class(cell.tone);
        let _ = write!(self.out, "<td class=\"number{class}\">{}{below}</td>", escape(&cell.text));
    }
}

/// The class of a tone, after others.
fn class(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Good => " good",
        Tone::Doubtful => " doubtful",
        Tone::Bad => " bad",
        Tone::Faint => " faint",
    }
}

/// Text whose lines are kept.
fn text(text: &str) -> String {
    text.lines().map(escape).collect::<Vec<_>>().join("\n")
}
