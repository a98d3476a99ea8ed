//! A panel: its frame, axes, series and marks.

use super::super::scale::{Range, Tick};
use super::super::{Colour, Figure, Mark, Panel, Point, Scale, Series, Shape};
use super::canvas::{Canvas, Drawn, Pen, Set};
use super::legend;
use super::text::{self, fit};
use super::theme::{Part, Theme};
use super::{EDGE, LABEL, NARROW, is_named, number_of};
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

/// How much of a band's ground shows.
pub(super) const BAND: f64 = 0.22;
/// The height of a row of names, in pixels.
const ROW: f64 = 28.0;
/// The height of a line of words above a panel.
const WORDS: f64 = 16.0;

/// Room left and right of all panels of a figure, so that they stand below each other.
pub(super) fn margins(figure: &Figure, width: f64) -> (f64, f64) {
    let labels = figure.panels.iter().map(|panel| {
        let range = range(panel, false);
        // However many ticks there will be room for.
        let ticks = (3..10).flat_map(|most| range.ticks(most));
        let widths = ticks.map(|tick| text::width(&tick.label, LABEL));
        let widest = widths.fold(0.0, f64::max);
        if is_named(&panel.y.scale) {
            widest.min(if width < NARROW { 0.5 } else { 0.38 } * width)
        } else {
            widest
        }
    });
    let left = labels.fold(0.0, f64::max) + EDGE + 8.0;
    let beside = figure.panels.iter().flat_map(|panel| &panel.marks).map(|mark| match mark {
        Mark::AtY(_, says, _) => text::width(says, LABEL) + 6.0,
        _ => 0.0,
    });
    let beside = if width < NARROW { 0.0 } else { beside.fold(0.0, f64::max).min(0.25 * width) };
    (left, beside + EDGE + 6.0)
}

/// What an axis has to show.
fn range(panel: &Panel, of_x: bool) -> Range<'_> {
    let axis = if of_x { &panel.x } else { &panel.y };
    let mut numbers = axis.covers.clone();
    for point in panel.series.iter().flat_map(|series| &series.points) {
        let (at, interval) = match of_x {
            true => (point.x, point.x_interval),
            false => (point.y, point.y_interval),
        };
        numbers.push(at);
        // Half of an interval that is wider than its number would hide what is told.
        let near = |end: &f64| axis.scale != Scale::Log || *end > at / 20.0;
        numbers.extend(interval.into_iter().flat_map(|(low, high)| [low, high]).filter(near));
    }
    for mark in &panel.marks {
        match mark {
            Mark::AtX(at, ..) if of_x => numbers.push(*at),
            Mark::AtY(at, ..) if !of_x => numbers.push(*at),
            Mark::Between(from, to, ..) if of_x => numbers.extend([*from, *to]),
            _ => {}
        }
    }
    if of_x && panel.series.iter().any(|series| series.shape == Shape::Bars) {
        numbers.push(0.0);
    }
    Range::over(&axis.scale, numbers)
}

/// Where a panel is, and how numbers become places in it.
pub(super) struct Frame<'a> {
    figure: &'a Figure,
    panel: &'a Panel,
    number: usize,
    x: Range<'a>,
    y: Range<'a>,
    width: f64,
    top: f64,
    left: f64,
    right: f64,
    plot_top: f64,
    plot_bottom: f64,
    says_axis: bool,
    /// Whether the points of lines say what they are.
    says_points: bool,
    /// The legend.
    entries: Vec<legend::Entry>,
    /// The words of marks above the plot: text, where it begins, its line.
    words: Vec<(usize, String, f64, usize)>,
}

impl<'a> Frame<'a> {
    pub(super) fn new(
        figure: &'a Figure,
        number: usize,
        width: f64,
        top: f64,
        (left, right): (f64, f64),
        says_axis: bool,
    ) -> Frame<'a> {
        let panel = &figure.panels[number];
        let usual = (0.42 * width).clamp(170.0, 330.0);
        let height = match &panel.y.scale {
            Scale::Names(names) => {
                let row = if names.len() > 24 { 20.0 } else { ROW };
                (names.len() as f64 * row * panel.height).max(40.0)
            }
            _ => usual * panel.height,
        };
        let mut frame = Frame {
            figure,
            panel,
            number,
            x: range(panel, true),
            y: range(panel, false),
            width,
            top,
            left,
            right: width - right,
            plot_top: top,
            plot_bottom: top,
            says_axis: says_axis && !panel.y.title().is_empty(),
            // On a phone nobody points.
            says_points: width >= NARROW,
            entries: Vec::new(),
            words: Vec::new(),
        };
        frame.words = frame.lay_words();
        let lines = frame.words.iter().map(|(.., line)| line + 1).max().unwrap_or(0);
        // Bold text is wider by an eighth.
        let title = text::width(&header(panel), LABEL) * 1.125;
        let (entries, rows) = legend::entries(figure, number, width, top, title);
        frame.entries = entries;
        let rows = rows.max(usize::from(title > 0.0)) as f64;
        frame.plot_top = top + rows * legend::LINE + lines as f64 * WORDS + 4.0;
        frame.plot_bottom = frame.plot_top + height;
        frame
    }

    /// Where the next panel may begin.
    pub(super) fn end(&self) -> f64 {
        let title = if self.says_axis && !self.panel.x.title().is_empty() { 20.0 } else { 0.0 };
        self.plot_bottom + 20.0 + title + 8.0
    }

    fn at_x(&self, x: f64) -> f64 {
        self.left + self.x.place(x).clamp(0.0, 1.0) * (self.right - self.left)
    }

    fn at_y(&self, y: f64) -> f64 {
        let place = self.y.place(y).clamp(0.0, 1.0);
        let height = self.plot_bottom - self.plot_top;
        // Names are read from the top, numbers rise from the bottom.
        if is_named(&self.panel.y.scale) {
            self.plot_top + place * height
        } else {
            self.plot_bottom - place * height
        }
    }

    fn at(&self, point: &Point) -> (f64, f64) {
        (self.at_x(point.x), self.at_y(point.y))
    }

    /// Puts the words of marks on lines above the plot on which they do not meet.
    fn lay_words(&self) -> Vec<(usize, String, f64, usize)> {
        let mut ends: Vec<f64> = Vec::new();
        let mut words = Vec::new();
        for (number, mark) in self.panel.marks.iter().enumerate() {
            let (at, says) = match mark {
                Mark::AtX(at, says, _) => (self.at_x(*at), says),
                Mark::Between(from, to, says, _) => {
                    ((self.at_x(*from) + self.at_x(*to)) / 2.0, says)
                }
                Mark::AtY(_, says, _) if self.width < NARROW => (self.right, says),
                Mark::AtY(..) => continue,
            };
            if says.is_empty() {
                continue;
            }
            let says = fit(says, LABEL, self.width - 2.0 * EDGE);
            let needed = text::width(&says, LABEL);
            let start = (at - needed / 2.0).clamp(EDGE, (self.width - EDGE - needed).max(EDGE));
            let line = ends.iter().position(|end| *end + 8.0 <= start).unwrap_or(ends.len());
            if line == ends.len() {
                ends.push(0.0);
            }
            ends[line] = start + needed;
            words.push((number, says, start, line));
        }
        words
    }

    pub(super) fn draw(&self, canvas: &mut Canvas) {
        canvas.open(&format!(
            "class=\"panel\" data-panel=\"{}\" data-box=\"{:.0} {:.0} {:.0} {:.0}\"",
            self.number, self.left, self.plot_top, self.right, self.plot_bottom
        ));
        self.draw_axes(canvas);
        for entry in &self.entries {
            legend::draw(canvas, self.figure, self.panel, entry);
        }
        self.draw_marks(canvas);
        for series in &self.panel.series {
            let key = legend::number_of(self.figure, &self.panel.keys[series.key]);
            canvas.open(&format!("class=\"series\" data-key=\"{key}\""));
            self.draw_series(canvas, series);
            canvas.close();
        }
        self.draw_labels(canvas);
        canvas.close();
    }

    fn draw_axes(&self, canvas: &mut Canvas) {
        let (grid, faint) = (canvas.part(Part::Grid), canvas.part(Part::Faint));
        let along = ((self.right - self.left) / 62.0) as usize;
        let up = ((self.plot_bottom - self.plot_top) / 38.0) as usize;
        let xs = self.kept(self.x.ticks(along.max(2)));
        let ys = self.y.ticks(up.max(3));
        let (below, beside) = (canvas.set(LABEL, HPos::Center), canvas.set(LABEL, HPos::Right));
        let title = Set { across: HPos::Left, is_bold: true, ..beside };
        let filled =
            |series: &Series| matches!(series.shape, Shape::Cells | Shape::Bars | Shape::Spans);
        let has_rows = !self.panel.series.iter().any(filled);
        canvas.group("class=\"axes\"", |pen| {
            for tick in &xs {
                let x = self.at_x(tick.at);
                if !is_named(&self.panel.x.scale) && !tick.label.is_empty() {
                    pen.path(vec![(x, self.plot_top), (x, self.plot_bottom)], grid, 1.0)?;
                }
                let long = if tick.label.is_empty() { 3.0 } else { 5.0 };
                pen.path(vec![(x, self.plot_bottom), (x, self.plot_bottom + long)], faint, 1.0)?;
                pen.text(&tick.label, (x, self.plot_bottom + 13.0), below)?;
            }
            for tick in ys.iter().filter(|tick| !tick.label.is_empty()) {
                let y = self.at_y(tick.at);
                if has_rows {
                    pen.path(vec![(self.left, y), (self.right, y)], grid, 1.0)?;
                }
                let label = fit(&tick.label, LABEL, self.left - EDGE - 7.0);
                // Names are read from their beginning, numbers by their end.
                match is_named(&self.panel.y.scale) {
                    true => pen.text(&label, (EDGE, y), title_of(beside))?,
                    false => pen.text(&label, (self.left - 7.0, y), beside)?,
                }
            }
            let corner = (self.left, self.plot_bottom);
            pen.path(vec![corner, (self.right, self.plot_bottom)], faint, 1.0)?;
            let room = (self.width - 2.0 * EDGE) / 1.125;
            pen.text(&fit(&header(self.panel), LABEL, room), (EDGE, self.top + 9.0), title)?;
            let x_title = self.panel.x.title();
            if self.says_axis && !x_title.is_empty() {
                let end = Set { across: HPos::Right, ..title };
                pen.text(&fit(&x_title, LABEL, room), (self.right, self.plot_bottom + 31.0), end)?;
            }
            Ok(())
        });
    }

    /// Ticks whose labels do not meet, the first kept.
    fn kept(&self, ticks: Vec<Tick>) -> Vec<Tick> {
        let mut end = f64::NEG_INFINITY;
        let room = match &self.panel.x.scale {
            Scale::Names(names) => (self.right - self.left) / names.len().max(1) as f64 - 6.0,
            _ => f64::INFINITY,
        };
        let one = |tick: Tick| {
            let label = if room < 26.0 { tick.label } else { fit(&tick.label, LABEL, room) };
            let (at, half) = (self.at_x(tick.at), text::width(&label, LABEL) / 2.0);
            let meets = at - half < end + 6.0 || at + half > self.width;
            if !label.is_empty() && !meets {
                end = at + half;
            }
            Tick { at: tick.at, label: if meets { String::new() } else { label } }
        };
        ticks.into_iter().map(one).collect()
    }

    fn draw_marks(&self, canvas: &mut Canvas) {
        for mark in &self.panel.marks {
            let (Mark::AtX(.., colour) | Mark::AtY(.., colour) | Mark::Between(.., colour)) = mark;
            let colour = canvas.colour(*colour);
            let (top, bottom) = (self.plot_top - 2.0, self.plot_bottom);
            canvas.group("class=\"mark\" stroke-dasharray=\"60 40\"", |pen| match mark {
                Mark::AtX(x, ..) => {
                    let x = self.at_x(*x);
                    pen.path(vec![(x, top), (x, bottom)], colour, 1.5)
                }
                Mark::AtY(y, ..) => {
                    let y = self.at_y(*y);
                    pen.path(vec![(self.left, y), (self.right, y)], colour, 1.5)
                }
                Mark::Between(from, to, ..) => {
                    let (from, to) = (self.at_x(*from), self.at_x(*to));
                    pen.rect([(from, top), (to.max(from + 1.0), bottom)], colour, 0.16)
                }
            });
        }
        let mut taken: Vec<f64> = Vec::new();
        for mark in &self.panel.marks {
            let Mark::AtY(y, says, colour) = mark else { continue };
            if self.width < NARROW {
                continue;
            }
            let mut y = self.at_y(*y);
            while taken.iter().any(|other| (other - y).abs() < WORDS - 2.0) {
                y += 2.0;
            }
            taken.push(y);
            let set = Set { colour: canvas.colour(*colour), ..canvas.set(LABEL, HPos::Left) };
            let says = fit(says, LABEL, self.width - self.right - 10.0);
            canvas.group("class=\"words\"", |pen| pen.text(&says, (self.right + 6.0, y), set));
        }
        let lines = self.words.iter().map(|(.., line)| line + 1).max().unwrap_or(0);
        for (number, says, start, line) in &self.words {
            let mark = &self.panel.marks[*number];
            let (Mark::AtX(.., colour) | Mark::AtY(.., colour) | Mark::Between(.., colour)) = mark;
            let set = Set { colour: canvas.colour(*colour), ..canvas.set(LABEL, HPos::Left) };
            let y = self.plot_top - 10.0 - (lines - 1 - line) as f64 * WORDS;
            canvas.group("class=\"words\"", |pen| pen.text(says, (*start, y), set));
        }
    }

    fn draw_series(&self, canvas: &mut Canvas, series: &Series) {
        let key = &self.panel.keys[series.key];
        let colour = canvas.colour(key.colour);
        match series.shape {
            Shape::Line | Shape::Steps | Shape::Dashes => self.draw_line(canvas, series, colour),
            Shape::Band => {
                for run in self.runs(series, |point| point.y_interval.is_some()) {
                    let ends = |end: fn((f64, f64)) -> f64| {
                        let at = move |point: &&Point| {
                            let y = point.y_interval.map_or(point.y, end);
                            (self.at_x(point.x), self.at_y(y))
                        };
                        run.iter().map(at).collect::<Vec<_>>()
                    };
                    let (mut low, high) = (ends(|it| it.0), ends(|it| it.1));
                    low.extend(high.into_iter().rev());
                    canvas.group("", |pen| pen.area(low, colour, BAND));
                }
            }
            Shape::Dots | Shape::Bars | Shape::Spans | Shape::Cells => {
                for point in &series.points {
                    // What only holds others together is thin.
                    let is_thin = series.shape == Shape::Spans && key.colour == Colour::Neutral;
                    let ink = Ink {
                        colour: point.colour.map_or(colour, |own| canvas.colour(own)),
                        marker: marker_of(key.colour),
                        height: if is_thin { 0.3 } else { 1.0 },
                        words: self.on_cell(canvas, point),
                    };
                    canvas
                        .point(&point.says, |pen| self.draw_point(pen, series.shape, point, &ink));
                }
            }
        }
    }

    /// Runs of neighbouring points that can be shown.
    fn runs<'s>(&self, series: &'s Series, shown: impl Fn(&Point) -> bool) -> Vec<Vec<&'s Point>> {
        let mut runs: Vec<Vec<&Point>> = vec![Vec::new()];
        for point in &series.points {
            let places = [self.x.place(point.x), self.y.place(point.y)];
            let fits = places.iter().all(|place| (-1e-6..=1.0 + 1e-6).contains(place));
            match runs.last_mut() {
                Some(run) if fits && shown(point) => run.push(point),
                Some(run) if !run.is_empty() => runs.push(Vec::new()),
                _ => {}
            }
        }
        runs.retain(|run| !run.is_empty());
        runs
    }

    fn draw_line(&self, canvas: &mut Canvas, series: &Series, colour: RGBColor) {
        for run in self.runs(series, |_| true) {
            let mut path: Vec<(f64, f64)> = Vec::new();
            for point in &run {
                let at = self.at(point);
                if let (Shape::Steps, Some(&(_, before))) = (series.shape, path.last()) {
                    path.push((at.0, before));
                }
                path.push(at);
            }
            let alone = (path.len() == 1).then(|| path[0]);
            let width = if series.shape == Shape::Dashes { 1.5 } else { 2.0 };
            canvas.group(dashes(series.shape == Shape::Dashes), |pen| match alone {
                Some(at) => pen.disc(at, 2.0, colour, 1.0),
                None => pen.path(path, colour, width),
            });
        }
        for point in series.points.iter().filter(|_| series.shape == Shape::Line) {
            let Some((low, high)) = point.y_interval else { continue };
            let x = self.at_x(point.x);
            let (low, high) = ((x, self.at_y(low)), (x, self.at_y(high)));
            canvas.group("class=\"interval\"", |pen| pen.whisker(low, high, colour, 1.2));
        }
        if !self.says_points {
            return;
        }
        canvas.open("opacity=\"0\"");
        for point in series.points.iter().filter(|point| point.y.is_finite()) {
            if !point.says.is_empty() {
                canvas.hit(&point.says, self.at(point));
            }
        }
        canvas.close();
    }

    fn draw_point(&self, pen: &Pen<'_>, shape: Shape, point: &Point, ink: &Ink) -> Drawn {
        let (x, y) = self.at(point);
        let half = self.half_row() * ink.height;
        match shape {
            Shape::Bars => {
                let (from, to) = (self.at_x(0.0).min(x), self.at_x(0.0).max(x));
                pen.rect([(from, y - half), (to, y + half)], ink.colour, 1.0)?;
            }
            Shape::Spans => {
                let (from, to) = point.x_interval.unwrap_or((point.x, point.x));
                let (from, to) = (self.at_x(from), self.at_x(to));
                let corners = [(from, y - half), (to.max(from + 1.0), y + half)];
                return pen.rect(corners, ink.colour, 1.0);
            }
            Shape::Cells => {
                let across = (self.at_x(1.0) - self.at_x(0.0)).abs() / 2.0 - 0.5;
                let up = (self.at_y(1.0) - self.at_y(0.0)).abs() / 2.0 - 0.5;
                pen.rect([(x - across, y - up), (x + across, y + up)], ink.colour, 1.0)?;
                let fits = text::width(&point.label, LABEL) < 2.0 * across - 4.0 && up > 7.0;
                return if fits { pen.text(&point.label, (x, y), ink.words) } else { Ok(()) };
            }
            _ => {}
        }
        let whisker = if shape == Shape::Bars { ink.words.colour } else { ink.colour };
        if let Some((low, high)) = point.x_interval {
            pen.whisker((self.at_x(low), y), (self.at_x(high), y), whisker, 1.5)?;
        }
        if let Some((low, high)) = point.y_interval {
            pen.whisker((x, self.at_y(low)), (x, self.at_y(high)), whisker, 1.5)?;
        }
        match shape {
            Shape::Dots => pen.marker(ink.marker, (x, y), 4.5, ink.colour),
            _ => Ok(()),
        }
    }

    /// Half the height of a bar or a span.
    fn half_row(&self) -> f64 {
        let rows = match &self.panel.y.scale {
            Scale::Names(names) => names.len().max(1) as f64,
            _ => 12.0,
        };
        0.32 * (self.plot_bottom - self.plot_top) / rows
    }

    fn on_cell(&self, canvas: &Canvas, point: &Point) -> Set {
        match point.colour {
            Some(Colour::Amount(share)) => {
                Set { colour: Theme::on_amount(share), ..canvas.set(LABEL, HPos::Center) }
            }
            Some(_) => Set { colour: canvas.part(Part::Paper), ..canvas.set(LABEL, HPos::Center) },
            None => Set { across: HPos::Center, ..ink(canvas, LABEL) },
        }
    }

    /// The words beside points: right of them, left, above or below, wherever nothing else is.
    fn draw_labels(&self, canvas: &mut Canvas) {
        let beside = |series: &&Series| matches!(series.shape, Shape::Dots | Shape::Bars);
        let series: Vec<&Series> = self.panel.series.iter().filter(beside).collect();
        // What is there already: markers and whiskers.
        let mut taken: Vec<[f64; 4]> = Vec::new();
        for point in series.iter().flat_map(|series| &series.points) {
            let (x, y) = self.at(point);
            taken.push([x - 5.0, y - 5.0, x + 5.0, y + 5.0]);
            if let Some((low, high)) = point.x_interval {
                taken.push([self.at_x(low) - 2.0, y - 3.0, self.at_x(high) + 2.0, y + 3.0]);
            }
            if let Some((low, high)) = point.y_interval {
                taken.push([x - 3.0, self.at_y(high) - 2.0, x + 3.0, self.at_y(low) + 2.0]);
            }
        }
        for line in self.panel.series.iter().filter(|series| series.shape == Shape::Dashes) {
            for ends in line.points.windows(2) {
                let ((ax, ay), (bx, by)) = (self.at(&ends[0]), self.at(&ends[1]));
                taken.push([
                    ax.min(bx) - 2.0,
                    ay.min(by) - 2.0,
                    ax.max(bx) + 2.0,
                    ay.max(by) + 2.0,
                ]);
            }
        }
        for point in series.iter().flat_map(|series| &series.points) {
            let (x, y) = self.at(point);
            let label = fit(&point.label, LABEL, 0.5 * (self.right - self.left));
            let (w, h) = (text::width(&label, LABEL), 7.0);
            let end = point.x_interval.map_or(x, |(_, high)| self.at_x(high).max(x));
            let start = point.x_interval.map_or(x, |(low, _)| self.at_x(low).min(x));
            let places = [
                (end + 9.0, y),
                (start - 9.0 - w, y),
                (x - w / 2.0, y - 14.0),
                (x - w / 2.0, y + 14.0),
                (x + 9.0, y - 14.0),
                (x - 9.0 - w, y - 14.0),
                (x + 9.0, y + 14.0),
                (x - 9.0 - w, y + 14.0),
            ];
            let is_free = |&(left, middle): &(f64, f64)| {
                let own = [left, middle - h, left + w, middle + h];
                let inside = own[0] >= EDGE / 2.0
                    && own[2] <= self.width - 2.0
                    && own[1] >= self.plot_top - 4.0
                    && own[3] <= self.plot_bottom;
                inside && taken.iter().all(|other| !meets(&own, other))
            };
            let Some((left, middle)) = places.into_iter().find(is_free).filter(|_| w > 0.0) else {
                continue;
            };
            taken.push([left, middle - h, left + w, middle + h]);
            let set = Set { across: HPos::Left, ..ink(canvas, LABEL) };
            canvas.group("class=\"label\"", |pen| pen.text(&label, (left, middle), set));
        }
    }
}

/// The same from the left.
fn title_of(set: Set) -> Set {
    Set { across: HPos::Left, ..set }
}

/// What a point is drawn with.
struct Ink {
    colour: RGBColor,
    marker: usize,
    /// How much of its row it fills.
    height: f64,
    /// The words on it.
    words: Set,
}

/// What stands above a panel: the title of its vertical axis; where names speak for themselves, that of the other.
fn header(panel: &Panel) -> String {
    match panel.y.title() {
        title if title.is_empty() => panel.x.title(),
        title => title,
    }
}

fn meets(a: &[f64; 4], b: &[f64; 4]) -> bool {
    a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3]
}

/// Text that is to be read.
pub(super) fn ink(canvas: &Canvas, size: f64) -> Set {
    Set { colour: canvas.part(Part::Ink), ..canvas.set(size, HPos::Left) }
}

/// Which marker goes with a colour.
pub(super) fn marker_of(colour: Colour) -> usize {
    number_of(colour)
}

/// The attribute of a dashed line.
pub(super) fn dashes(is_dashed: bool) -> &'static str {
    if is_dashed { "stroke-dasharray=\"50 40\"" } else { "" }
}
