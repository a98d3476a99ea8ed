//! Where things are drawn: layers of plotters' elements, put together to one SVG.

use super::super::Colour;
use super::theme::{Part, Theme};
use plotters::backend::SVGBackend;
use plotters::coord::Shift;
use plotters::coord::cartesian::Cartesian2d;
use plotters::coord::types::RangedCoordf64;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontStyle, IntoFont, RGBColor, ShapeStyle, TextStyle};
use std::fmt::Write;

/// Units of the drawing to a pixel, since plotters puts things on whole units.
pub(super) const FINE: f64 = 10.0;

/// What plotters says to a stroke; writing to a text does not fail.
pub(super) type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

type Area<'a> = DrawingArea<SVGBackend<'a>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// An SVG in the making. All lengths are in pixels from the upper left corner.
pub(super) struct Canvas {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) theme: Theme,
    out: String,
}

/// How a text is set.
#[derive(Clone, Copy)]
pub(super) struct Set {
    pub(super) size: f64,
    pub(super) across: HPos,
    pub(super) is_bold: bool,
    pub(super) colour: RGBColor,
}

/// A layer of elements with a pen of plotters.
pub(super) struct Pen<'a> {
    area: Area<'a>,
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64, theme: Theme) -> Canvas {
        Canvas { width, height, theme, out: String::new() }
    }

    /// Draws elements into a group with some attributes, which are names and numbers of our own.
    pub(super) fn group(&mut self, attributes: &str, draw: impl FnOnce(&Pen<'_>) -> Drawn) {
        let elements = self.elements(draw);
        if !elements.is_empty() {
            let _ = writeln!(self.out, "<g {attributes}>\n{elements}</g>");
        }
    }

    /// The same with a text for who points at it.
    pub(super) fn point(&mut self, says: &str, draw: impl FnOnce(&Pen<'_>) -> Drawn) {
        let elements = self.elements(draw);
        let title = match says {
            "" => String::new(),
            says => format!("<title>{}</title>\n", escape(says)),
        };
        let _ = writeln!(self.out, "<g class=\"point\">\n{title}{elements}</g>");
    }

    /// A place without looks that says something to who points there.
    pub(super) fn hit(&mut self, says: &str, (x, y): (f64, f64)) {
        let (x, y, r) = ((x * FINE) as i32, (y * FINE) as i32, (6.0 * FINE) as i32);
        let says = escape(says);
        let _ = writeln!(
            self.out,
            "<circle class=\"point\" cx=\"{x}\" cy=\"{y}\" r=\"{r}\"><title>{says}</title></circle>"
        );
    }

    /// Opens a group around what is drawn until [`Canvas::close`].
    pub(super) fn open(&mut self, attributes: &str) {
        let _ = writeln!(self.out, "<g {attributes}>");
    }

    pub(super) fn close(&mut self) {
        self.out.push_str("</g>\n");
    }

    fn elements(&self, draw: impl FnOnce(&Pen<'_>) -> Drawn) -> String {
        let mut text = String::new();
        let size = ((self.width * FINE) as u32, (self.height * FINE) as u32);
        {
            let root: DrawingArea<SVGBackend<'_>, Shift> =
                SVGBackend::with_string(&mut text, size).into_drawing_area();
            let pixels = (0..size.0 as i32, 0..size.1 as i32);
            let coord = Cartesian2d::new(0.0..self.width, 0.0..self.height, pixels);
            draw(&Pen { area: root.apply_coord_spec(coord) }).expect("a text takes every element");
        }
        // The frame around each layer goes; there is one around all.
        let inner = text.split_once(">\n").map_or("", |(_, rest)| rest);
        let inner = inner.trim_end().trim_end_matches("</svg>");
        inner.replace(" opacity=\"1\"", "").replace(" font-family=\"sans-serif\"", "")
    }

    /// The whole SVG.
    pub(super) fn finish(self, name: &str, title: &str, caption: &str) -> String {
        let (w, h) = (self.width, self.height);
        let mut text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"figure\" data-figure=\"{name}\" role=\"img\" \
             width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {} {}\" stroke-linejoin=\"round\" \
             font-family=\"system-ui, 'Segoe UI', Roboto, Helvetica, Arial, 'DejaVu Sans', sans-serif\">\n",
            w * FINE,
            h * FINE
        );
        let _ =
            writeln!(text, "<title>{}</title>\n<desc>{}</desc>", escape(title), escape(caption));
        if self.theme != Theme::Page {
            let RGBColor(r, g, b) = self.theme.part(Part::Paper);
            let _ = writeln!(
                text,
                "<rect width=\"100%\" height=\"100%\" fill=\"#{r:02X}{g:02X}{b:02X}\"/>"
            );
        }
        text += &self.theme.finish(self.out);
        text += "</svg>\n";
        text
    }

    pub(super) fn part(&self, part: Part) -> RGBColor {
        self.theme.part(part)
    }

    pub(super) fn colour(&self, colour: Colour) -> RGBColor {
        self.theme.colour(colour)
    }

    /// How usual text is set, of a size.
    pub(super) fn set(&self, size: f64, across: HPos) -> Set {
        Set { size, across, is_bold: false, colour: self.part(Part::Faint) }
    }
}

impl Pen<'_> {
    /// A line through points.
    pub(super) fn path(&self, points: Vec<(f64, f64)>, colour: RGBColor, width: f64) -> Drawn {
        let style: ShapeStyle = colour.stroke_width((width * FINE) as u32);
        self.area.draw(&PathElement::new(points, style))
    }

    /// A filled area, of some opacity.
    pub(super) fn area(&self, points: Vec<(f64, f64)>, colour: RGBColor, opacity: f64) -> Drawn {
        self.area.draw(&Polygon::new(points, colour.mix(opacity).filled()))
    }

    /// A filled rectangle, of some opacity.
    pub(super) fn rect(&self, at: [(f64, f64); 2], colour: RGBColor, opacity: f64) -> Drawn {
        self.area.draw(&Rectangle::new(at, colour.mix(opacity).filled()))
    }

    /// A disc.
    pub(super) fn disc(
        &self,
        at: (f64, f64),
        radius: f64,
        colour: RGBColor,
        opacity: f64,
    ) -> Drawn {
        self.area.draw(&Circle::new(at, (radius * FINE) as i32, colour.mix(opacity).filled()))
    }

    /// One of four markers, by number: disc, square, triangle, diamond.
    pub(super) fn marker(
        &self,
        number: usize,
        (x, y): (f64, f64),
        size: f64,
        colour: RGBColor,
    ) -> Drawn {
        let s = size;
        match number % 4 {
            0 => self.disc((x, y), s, colour, 1.0),
            1 => {
                self.rect([(x - 0.88 * s, y - 0.88 * s), (x + 0.88 * s, y + 0.88 * s)], colour, 1.0)
            }
            2 => {
                let corners =
                    vec![(x, y - 1.2 * s), (x + 1.1 * s, y + 0.8 * s), (x - 1.1 * s, y + 0.8 * s)];
                self.area(corners, colour, 1.0)
            }
            _ => {
                let d = 1.3 * s;
                self.area(vec![(x, y - d), (x + d, y), (x, y + d), (x - d, y)], colour, 1.0)
            }
        }
    }

    /// An interval as a whisker with ends: between two numbers along x at `across`, or along y.
    pub(super) fn whisker(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        colour: RGBColor,
        width: f64,
    ) -> Drawn {
        self.path(vec![from, to], colour, width)?;
        let cap = 3.0;
        let (dx, dy) = if (from.1 - to.1).abs() < 1e-9 { (0.0, cap) } else { (cap, 0.0) };
        for (x, y) in [from, to] {
            self.path(vec![(x - dx, y - dy), (x + dx, y + dy)], colour, width)?;
        }
        Ok(())
    }

    /// A text whose middle line is at `y`.
    pub(super) fn text(&self, text: &str, at: (f64, f64), set: Set) -> Drawn {
        // plotters sets text smaller than asked for by this.
        let font = ("sans-serif", set.size * FINE * 1.24).into_font();
        let font = if set.is_bold { font.style(FontStyle::Bold) } else { font };
        let style =
            TextStyle::from(font).color(&set.colour).pos(Pos::new(set.across, VPos::Center));
        self.area.draw(&Text::new(text.replace(char::is_control, " "), at, style))
    }
}

/// Text as it is written between tags and in attributes.
pub(in crate::report) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            // XML has no place for most of them.
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
