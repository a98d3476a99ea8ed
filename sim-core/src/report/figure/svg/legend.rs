//! The legend of a panel: on the line of its title and as many more as it takes, never over data.

use super::super::{Figure, Key, Panel, Shape};
use super::canvas::Canvas;
use super::panel::{self, BAND};
use super::{EDGE, LABEL, text};

/// Lines of a legend are so far apart, in pixels.
pub(super) const LINE: f64 = 19.0;
/// The width of a swatch and the space after it.
const SWATCH: f64 = 26.0;

/// An entry of the legend: what it says, and where.
pub(super) struct Entry {
    key: usize,
    text: String,
    x: f64,
    y: f64,
}

/// The entries of a panel from a height on, beside a title of some width, and how many lines they take. What is alone needs
/// none, and neither does what the panel before has said.
pub(super) fn entries(
    figure: &Figure,
    number: usize,
    width: f64,
    top: f64,
    title: f64,
) -> (Vec<Entry>, usize) {
    let panel = &figure.panels[number];
    let is_said = number > 0 && figure.panels[number - 1].keys == panel.keys;
    if panel.keys.len() < 2 || is_said {
        return (Vec::new(), 0);
    }
    let start = if title > 0.0 { EDGE + title + 22.0 } else { EDGE };
    let (mut x, mut line, mut entries) = (start, 0, Vec::new());
    for (key, of) in panel.keys.iter().enumerate() {
        let text = text::fit(&of.name, LABEL, width - 2.0 * EDGE - SWATCH);
        let needed = SWATCH + text::width(&text, LABEL);
        if x > EDGE && x + needed > width - EDGE {
            (x, line) = (EDGE, line + 1);
        }
        entries.push(Entry { key, text, x, y: top + 9.0 + line as f64 * LINE });
        x += needed + 16.0;
    }
    (entries, line + 1)
}

/// The number of a key among all of a figure, by its name: what is switched on and off together.
pub(super) fn number_of(figure: &Figure, key: &Key) -> usize {
    let mut names: Vec<&str> = Vec::new();
    for key in figure.panels.iter().flat_map(|panel| &panel.keys) {
        if !names.contains(&key.name.as_str()) {
            names.push(&key.name);
        }
    }
    names.iter().position(|name| *name == key.name).unwrap_or(0)
}

/// A swatch drawn as the series is, and its name.
pub(super) fn draw(canvas: &mut Canvas, figure: &Figure, panel: &Panel, entry: &Entry) {
    let key = &panel.keys[entry.key];
    let colour = canvas.colour(key.colour);
    let of_it = panel.series.iter().filter(|series| series.key == entry.key);
    let shapes: Vec<Shape> = of_it.map(|series| series.shape).collect();
    let has = |shape: Shape| shapes.contains(&shape);
    let set = panel::ink(canvas, LABEL);
    let (x, y) = (entry.x, entry.y);
    canvas.open(&format!("class=\"key\" data-key=\"{}\"", number_of(figure, key)));
    canvas.group(panel::dashes(has(Shape::Dashes)), |pen| {
        if has(Shape::Line) || has(Shape::Steps) || has(Shape::Dashes) {
            pen.path(vec![(x, y), (x + 20.0, y)], colour, 2.0)?;
        }
        Ok(())
    });
    canvas.group("class=\"entry\"", |pen| {
        if has(Shape::Bars) || has(Shape::Spans) || has(Shape::Cells) {
            pen.rect([(x + 3.0, y - 5.0), (x + 17.0, y + 5.0)], colour, 1.0)?;
        } else if has(Shape::Band) {
            pen.rect([(x, y - 5.0), (x + 20.0, y + 5.0)], colour, BAND)?;
        }
        if has(Shape::Dots) {
            pen.marker(panel::marker_of(key.colour), (x + 10.0, y), 4.5, colour)?;
        }
        pen.text(&entry.text, (x + SWATCH, y), set)
    });
    canvas.close();
}
