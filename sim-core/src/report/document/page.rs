//! The page of a report: its frame, and how figures and blocks are written. Nothing is loaded, and no text of a model is markup.

use super::sha256;
use crate::report::block::{Block, Table, Tone};
use crate::report::cell::Cell;
use crate::report::figure::Figure;
use crate::report::figure::svg::{Look, Theme, escape, svg};
use std::fmt::Write;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Widths of the two drawings of a figure, in pixels: for a page, and for a phone.
const WIDE: u32 = 784;
const NARROW: u32 = 352;

/// What is around every report.
pub(super) struct Frame<'a> {
    /// The question, or what else it is called.
    pub(super) title: &'a str,
    /// The name of the model's file.
    pub(super) file: &'a str,
    /// The version of archsim.
    pub(super) version: &'a str,
    /// Sections that are pointed to at the top: what they are called, and their `id`.
    pub(super) sections: Vec<(String, String)>,
}

impl Frame<'_> {
    /// A whole page, of which `write` writes the sections.
    pub(super) fn around(&self, write: impl FnOnce(&mut Page<'_>)) -> String {
        let dark = Theme::Dark.style_sheet();
        let style = format!(
            "\n:root{{{}}}\n:root[data-theme=dark]{{{dark}}}\n\
             @media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{dark}}}}}\n{STYLE}",
            Theme::Light.style_sheet(),
        );
        let script = format!("\n{SCRIPT}");
        // Only this very style and this very script have an effect.
        let policy = format!(
            "default-src 'none'; style-src {}; script-src {}; base-uri 'none'; form-action 'none'",
            sha256::source(&style),
            sha256::source(&script)
        );
        let mut out = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
             <meta name=\"generator\" content=\"archsim {}\">\n<title>{}</title>\n\
             <style>{style}</style>\n</head>\n<body>\n",
            escape(self.version),
            escape(self.title),
        );
        let _ = write!(
            out,
            "<header>\n<button id=\"theme\" type=\"button\">dark or light</button>\n<p class=\"file\">{}</p>\n\
             <h1>{}</h1>\n</header>\n",
            escape(self.file),
            escape(self.title)
        );
        if !self.sections.is_empty() {
            let link = |(name, id): &(String, String)| {
                format!("<a href=\"#{}\">{}</a>", escape(id), escape(name))
            };
            let links: Vec<String> = self.sections.iter().map(link).collect();
            let _ = writeln!(out, "<nav aria-label=\"Sections\">{}</nav>", links.join(" "));
        }
        out.push_str("<main>\n");
        write(&mut Page { out: &mut out, level: 2 });
        let _ = write!(
            out,
            "</main>\n<div id=\"tip\" role=\"status\" hidden></div>\n<script>{script}</script>\n</body>\n</html>\n"
        );
        out
    }
}

/// A page in the making.
pub(super) struct Page<'a> {
    pub(super) out: &'a mut String,
    /// Of headings.
    pub(super) level: u8,
}

impl Page<'_> {
    /// Warnings, conventions, and the model itself.
    pub(super) fn assumptions(
        &mut self,
        warnings: &[String],
        conventions: &[&str],
        (file, source): (&str, &str),
    ) {
        self.out.push_str("<section id=\"assumed\">\n<h2>What was assumed</h2>\n");
        if !warnings.is_empty() {
            self.out.push_str("<p>Warnings about the model:</p>\n<ul class=\"doubtful\">\n");
            for warning in warnings {
                let _ = writeln!(self.out, "<li>{}</li>", escape(warning));
            }
            self.out.push_str("</ul>\n");
        }
        self.out.push_str("<ul>\n");
        for convention in conventions {
            let _ = writeln!(self.out, "<li>{}</li>", escape(convention));
        }
        let file = escape(file);
        let _ = write!(self.out, "</ul>\n<details>\n<summary>The model, {file}</summary>\n<pre>");
        let _ = write!(self.out, "{}</pre>\n</details>\n</section>\n", text(source));
    }

    /// A list of sentences, if there are any.
    pub(super) fn list(&mut self, sentences: &[String]) {
        if sentences.is_empty() {
            return;
        }
        let items = sentences.iter().map(|says| format!("<li>{}</li>\n", escape(says)));
        let _ = write!(self.out, "<ul>\n{}</ul>\n", items.collect::<String>());
    }

    /// Commands that give the same, facts to hold it against, and what is to be known of that.
    pub(super) fn again(&mut self, commands: &[&str], facts: &[String], note: &str) {
        self.out.push_str("<section id=\"again\">\n<h2>How to have it again</h2>\n<pre>");
        let commands: Vec<String> = commands.iter().map(|command| text(command)).collect();
        let _ = writeln!(self.out, "{}</pre>\n<table class=\"facts\">", commands.join("\n"));
        for line in facts {
            let _ = writeln!(self.out, "<tr><td>{}</td></tr>", escape(line.trim_end()));
        }
        let _ = write!(self.out, "</table>\n<p class=\"faint\">{}</p>\n</section>\n", escape(note));
    }

    pub(super) fn figure(&mut self, figure: &Figure) {
        self.drawing(&figure.title, &figure.caption, |look| svg(figure, look), true);
    }

    /// A drawing for a page and, if it can be told apart, one for a phone.
    pub(super) fn drawing(
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

    pub(super) fn block(&mut self, block: &Block) {
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
