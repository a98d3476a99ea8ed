//! A figure as SVG, by plotters: text in, text out.
//!
//! What is said in words has a place of its own: title, caption and legend above the panels, the words of marks in a strip
//! above theirs or in the margin, so that nothing lies over data.

mod canvas;
mod legend;
mod panel;
mod text;
mod theme;
mod topology;

pub(in crate::report) use canvas::escape;
pub use theme::Theme;
pub use topology::topology;

use super::{Colour, Figure, Scale};
use canvas::Canvas;
use panel::Frame;
use plotters::style::text_anchor::HPos;
use theme::Part;

/// How a figure is to look.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Look {
    /// Its width in pixels.
    pub width: u32,
    /// Its colours.
    pub theme: Theme,
    /// Whether title and caption are part of it; a document says them around it.
    pub titled: bool,
}

impl Default for Look {
    fn default() -> Look {
        Look { width: WIDTH, theme: Theme::Light, titled: true }
    }
}

/// The width of a column of text, in pixels.
pub const WIDTH: u32 = 720;
/// The narrowest and the widest figure that can be drawn.
pub const WIDTHS: std::ops::RangeInclusive<u32> = 280..=4000;

/// Below this width words go where they need no margin.
const NARROW: f64 = 480.0;

/// Sizes of text, in pixels.
const TITLE: f64 = 17.0;
const CAPTION: f64 = 12.5;
const LABEL: f64 = 12.0;

/// Room at the edges, in pixels.
const EDGE: f64 = 12.0;

/// A line of text with its middle, from the left edge.
struct Line {
    text: String,
    y: f64,
    size: f64,
    is_title: bool,
}

/// Draws a figure.
pub fn svg(figure: &Figure, look: Look) -> String {
    let width = f64::from(look.width.clamp(*WIDTHS.start(), *WIDTHS.end()));
    let (lines, top) = heading(figure, look, width);
    let mut y = top;
    let margins = panel::margins(figure, width);
    let mut frames: Vec<Frame<'_>> = Vec::new();
    for (number, panel) in figure.panels.iter().enumerate() {
        let next = figure.panels.get(number + 1);
        // Panels that share their axis say what it is once.
        let says_axis = next.is_none_or(|next| next.x.title() != panel.x.title());
        let frame = Frame::new(figure, number, width, y, margins, says_axis);
        y = frame.end();
        frames.push(frame);
    }
    let mut canvas = Canvas::new(width, (y + EDGE).ceil(), look.theme);
    for line in &lines {
        let mut set = canvas.set(line.size, HPos::Left);
        set.is_bold = line.is_title;
        if line.is_title {
            set.colour = canvas.part(Part::Ink);
        }
        canvas.group("class=\"heading\"", |pen| pen.text(&line.text, (EDGE, line.y), set));
    }
    for frame in &frames {
        frame.draw(&mut canvas);
    }
    canvas.finish(figure.name, &figure.title, &figure.caption)
}

/// Title and caption, and where what follows begins.
fn heading(figure: &Figure, look: Look, width: f64) -> (Vec<Line>, f64) {
    let mut lines = Vec::new();
    let mut y = EDGE;
    if look.titled {
        let room = width - 2.0 * EDGE;
        // Bold text is wider by an eighth.
        for text in text::wrap(&figure.title, TITLE * 1.125, room) {
            lines.push(Line { text, y: y + 10.0, size: TITLE, is_title: true });
            y += 23.0;
        }
        for text in text::wrap(&figure.caption, CAPTION, room) {
            lines.push(Line { text, y: y + 8.0, size: CAPTION, is_title: false });
            y += 17.0;
        }
        y += 6.0;
    }
    (lines, y)
}

/// Whether an axis has names along it.
fn is_named(scale: &Scale) -> bool {
    matches!(scale, Scale::Names(_))
}

/// Colour of the numbered kind, or the first.
fn number_of(colour: Colour) -> usize {
    match colour {
        Colour::Number(number) => number,
        Colour::Bad => 3,
        _ => 0,
    }
}
