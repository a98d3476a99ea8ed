//! Blocks as text for a terminal.

use super::block::{Block, Row, Table, Tone};

/// How wide, and whether in colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Columns of the terminal.
    pub width: usize,
    /// Whether escape codes for colour are understood.
    pub color: bool,
}

impl Default for Style {
    fn default() -> Style {
        Style { width: 80, color: false }
    }
}

/// Between columns.
const GAP: usize = 2;
/// Heads of columns are broken where they are longer.
const HEAD_MAX: usize = 10;
/// Names are not cut shorter than this.
const NAME_MIN: usize = 12;

impl Style {
    fn paint(self, text: &str, code: &str) -> String {
        if self.color && !code.is_empty() && !text.trim().is_empty() {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn tone(self, text: &str, tone: Tone) -> String {
        let code = match tone {
            Tone::Plain => "",
            Tone::Good => "32",
            Tone::Doubtful => "33",
            Tone::Bad => "31",
            Tone::Faint => "2",
        };
        self.paint(text, code)
    }
}

/// Writes blocks down, an empty line between each two but those under a title.
pub(super) fn render(blocks: &[Block], style: Style) -> String {
    let mut out = String::new();
    for (index, block) in blocks.iter().enumerate() {
        if index > 0 && !matches!(blocks[index - 1], Block::Title(_)) {
            out.push('\n');
        }
        match block {
            Block::Headline(text, tone) => {
                let bold = |line: &str| style.paint(line, if style.color { "1" } else { "" });
                wrap(text, style.width)
                    .iter()
                    .for_each(|line| push(&mut out, &style.tone(&bold(line), *tone)));
            }
            Block::Title(text) => push(&mut out, &style.paint(text, "1")),
            Block::Paragraph(text) => {
                wrap(text, style.width).iter().for_each(|line| push(&mut out, line));
            }
            Block::Lines(lines) => {
                lines.iter().for_each(|(line, tone)| push(&mut out, &style.tone(line, *tone)));
            }
            Block::Table(table) => render_table(&mut out, table, style),
        }
    }
    out
}

fn push(out: &mut String, line: &str) {
    out.push_str(line.trim_end());
    out.push('\n');
}

/// Breaks a text at spaces.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if !last.is_empty() && chars(last) + 1 + chars(word) > width {
            lines.push(word.to_owned());
        } else {
            if !last.is_empty() {
                last.push(' ');
            }
            last.push_str(word);
        }
    }
    lines
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn render_table(out: &mut String, table: &Table, style: Style) {
    let columns = table.head.len();
    let mut widths = vec![0; columns];
    for (column, width) in widths.iter_mut().enumerate().skip(1) {
        let cells = table.rows.iter().filter_map(|row| row.cells.get(column - 1));
        let widest = cells.flat_map(|cell| [chars(&cell.text), chars(&cell.below)]).max();
        let head = wrap(&table.head[column], HEAD_MAX).iter().map(|line| chars(line)).max();
        let head = head.unwrap_or(0).max(chars(&table.units[column]));
        *width = head.max(widest.unwrap_or(0));
    }
    let numbers: usize = widths.iter().skip(1).map(|width| width + GAP).sum();
    let names = table.rows.iter().map(|row| chars(&name(row)));
    let widest = names.max().unwrap_or(0).max(chars(&table.head[0]));
    widths[0] = widest.min(style.width.saturating_sub(numbers).max(NAME_MIN));

    let line = |texts: &[String]| {
        let mut line = pad_right(&texts[0], widths[0]);
        for (text, width) in texts[1..].iter().zip(&widths[1..]) {
            line += &" ".repeat(GAP + width.saturating_sub(chars(text)));
            line += text;
        }
        line
    };
    for texts in heads(table, &widths) {
        push(out, &style.tone(&line(&texts), Tone::Faint));
    }
    if table.units.iter().any(|unit| !unit.is_empty()) {
        push(out, &style.tone(&line(&table.units), Tone::Faint));
    }
    for row in &table.rows {
        let has_below = row.cells.iter().any(|cell| !cell.below.is_empty());
        let (first, second) = fitted(&name(row), widths[0], has_below);
        let mut text = pad_right(&first, widths[0]);
        for (cell, width) in row.cells.iter().zip(&widths[1..]) {
            text += &" ".repeat(GAP + width.saturating_sub(chars(&cell.text)));
            text += &style.tone(&cell.text, cell.tone);
        }
        push(out, &text);
        if has_below {
            let below: Vec<String> = row.cells.iter().map(|cell| cell.below.clone()).collect();
            push(out, &style.tone(&line(&[vec![second], below].concat()), Tone::Faint));
        }
    }
}

/// The heads of the columns, broken into lines that end with the table's.
fn heads(table: &Table, widths: &[usize]) -> Vec<Vec<String>> {
    let broken: Vec<Vec<String>> = (table.head.iter().zip(widths).enumerate())
        .map(|(column, (head, width))| match column {
            0 => vec![head.clone()],
            _ => wrap(head, *width),
        })
        .collect();
    let lines = broken.iter().map(Vec::len).max().unwrap_or(0);
    let at = |texts: &Vec<String>, line: usize| {
        (line + texts.len()).checked_sub(lines).map_or(String::new(), |i| texts[i].clone())
    };
    (0..lines).map(|line| broken.iter().map(|texts| at(texts, line)).collect()).collect()
}

fn name(row: &Row) -> String {
    format!("{}{}", if row.is_part { "  " } else { "" }, row.name)
}

fn pad_right(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(chars(text))))
}

/// A name in one line or, where there is a second that has room for it, in two.
fn fitted(name: &str, width: usize, has_second: bool) -> (String, String) {
    if chars(name) > width && has_second {
        let indent = &name[..name.len() - name.trim_start().len()];
        let mut lines = wrap(name, width.saturating_sub(chars(indent))).into_iter();
        if let (Some(first), Some(second)) = (lines.next(), lines.next()) {
            let rest: Vec<String> = std::iter::once(second).chain(lines).collect();
            let line = |text: &str| shorten(&format!("{indent}{text}"), width);
            return (line(&first), line(&rest.join(" ")));
        }
    }
    (shorten(name, width), String::new())
}

/// Leaves out the middle: names that begin alike mostly end differently.
fn shorten(text: &str, width: usize) -> String {
    let length = chars(text);
    if length <= width {
        return text.to_owned();
    }
    let kept = width.saturating_sub(1);
    let (head, tail) = (kept / 2, kept - kept / 2);
    let start: String = text.chars().take(head).collect();
    let end: String = text.chars().skip(length - tail).collect();
    format!("{start}…{end}")
}

#[cfg(test)]
mod tests {
    use super::super::cell::Cell;
    use super::*;
    use expect_test::expect;

    fn table() -> Table {
        let mut table = Table::new(&[("operation", ""), ("rate", "req/s"), ("p99", "ms")]);
        let p99 = Cell { below: "±0.9".into(), ..Cell::text("41.2") };
        table.row("web.browse", vec![Cell::text("120"), p99]);
        table.part("a name that is too long to fit", vec![Cell::text("9"), Cell::text("?")]);
        let p95 = Cell { below: "9 ms".into(), ..Cell::text("met") };
        table.row("p95 of it below 600 ms", vec![Cell::text("7"), p95]);
        table
    }

    #[test]
    fn numbers_stand_below_each_other() {
        let text = render(&[Block::Table(table())], Style { width: 30, color: false });
        expect![[r#"
            operation           rate   p99
                               req/s    ms
            web.browse           120  41.2
                                      ±0.9
              a name…g to fit      9     ?
            p95 of it below        7   met
            600 ms                    9 ms
        "#]]
        .assert_eq(&text);
    }

    #[test]
    fn colour_changes_no_text() {
        let plain = render(&[Block::Table(table())], Style { width: 30, color: false });
        let colored = render(&[Block::Table(table())], Style { width: 30, color: true });
        assert_ne!(plain, colored);
        let stripped: String = colored
            .split('\x1b')
            .enumerate()
            .map(|(i, part)| if i == 0 { part } else { part.split_once('m').unwrap().1 })
            .collect();
        assert_eq!(stripped, plain);
    }

    #[test]
    fn texts_are_broken_at_spaces() {
        assert_eq!(wrap("one two three", 8), ["one two", "three"]);
        assert_eq!(wrap("unbreakable", 4), ["unbreakable"]);
    }
}
