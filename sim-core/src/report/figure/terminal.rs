//! A figure in characters, for those who stay in the terminal: lines in braille dots, rows of names with signs.

use super::scale::Range;
use super::{Figure, Mark, Panel, Point, Scale, Shape};
use crate::report::Style;

/// Signs of series, in the order of the keys.
const SIGNS: [char; 7] = ['●', '■', '▲', '◆', '○', '□', '△'];
/// Lines of a plot.
const HEIGHT: usize = 10;

/// Draws a figure in characters; its colours are not needed to read it.
pub fn text(figure: &Figure, style: Style) -> String {
    let mut out = format!("{}\n{}\n", figure.title, wrap(&figure.caption, style.width));
    for panel in &figure.panels {
        out.push('\n');
        let lines = match &panel.y.scale {
            Scale::Names(names) => rows(panel, names, style.width),
            _ => plot(panel, style.width),
        };
        for line in lines {
            out += line.trim_end();
            out.push('\n');
        }
    }
    out
}

fn wrap(text: &str, width: usize) -> String {
    crate::report::text::wrap(text, width).join("\n")
}

/// What is along an axis of a panel.
fn range(panel: &Panel, of_x: bool) -> Range<'_> {
    let axis = if of_x { &panel.x } else { &panel.y };
    let of = |point: &Point| match of_x {
        true => [Some(point.x), point.x_interval.map(|i| i.0), point.x_interval.map(|i| i.1)],
        false => [Some(point.y), None, None],
    };
    let points = panel.series.iter().flat_map(|series| &series.points);
    let marks = panel.marks.iter().filter_map(|mark| match mark {
        Mark::AtX(at, ..) if of_x => Some(*at),
        Mark::AtY(at, ..) if !of_x => Some(*at),
        _ => None,
    });
    let shown = points.flat_map(of).flatten().chain(marks).chain(axis.covers.iter().copied());
    Range::over(&axis.scale, shown)
}

fn legend(panel: &Panel, sign: impl Fn(usize) -> char) -> String {
    let keys = panel.keys.iter().enumerate().filter(|_| panel.keys.len() > 1);
    keys.map(|(number, key)| format!("{} {}", sign(number), key.name))
        .collect::<Vec<_>>()
        .join("   ")
}

/// A column of a place between 0 and 1.
fn column(place: f64, width: usize) -> Option<usize> {
    let fits = (-1e-9..=1.0 + 1e-9).contains(&place);
    fits.then(|| ((place * (width - 1) as f64) + 0.5) as usize).map(|at| at.min(width - 1))
}

/// A line for each name; intervals are drawn as lines, the limit of an objective as a bar.
fn rows(panel: &Panel, names: &[String], width: usize) -> Vec<String> {
    let chars = |text: &String| text.chars().count();
    let left = names.iter().map(chars).max().unwrap_or(0).min(width / 3);
    let wide = width.saturating_sub(left + 2).max(20);
    let x = range(panel, true);
    let sign = |key: usize| SIGNS[key % SIGNS.len()];
    let title = panel.x.title();
    let mut lines = vec![format!("{title}   {}", legend(panel, sign))];
    for (row, name) in names.iter().enumerate() {
        let mut line = vec![' '; wide];
        for mark in &panel.marks {
            if let Mark::AtX(at, ..) = mark
                && let Some(at) = column(x.place(*at), wide)
            {
                line[at] = '┊';
            }
        }
        for series in &panel.series {
            for point in series.points.iter().filter(|point| point.y == row as f64) {
                draw(&mut line, &x, series.shape, point, sign(series.key));
            }
        }
        let name: String = name.chars().take(left).collect();
        lines.push(format!("{name:left$}  {}", line.iter().collect::<String>()));
    }
    lines.push(format!("{:left$}  {}", "", axis(&x, wide)));
    lines
}

fn draw(line: &mut [char], x: &Range<'_>, shape: Shape, point: &Point, sign: char) {
    let wide = line.len();
    let at = |number: f64| column(x.place(number).clamp(0.0, 1.0), wide).unwrap_or(0);
    if let Some((low, high)) = point.x_interval {
        let fill = if shape == Shape::Spans { '█' } else { '─' };
        line[at(low)..=at(high)].fill(if shape == Shape::Spans { sign } else { fill });
    }
    match shape {
        Shape::Bars => line[at(point.x.min(0.0))..=at(point.x.max(0.0))].fill('█'),
        Shape::Spans => {}
        _ => line[at(point.x)] = sign,
    }
}

/// Lines in braille, two dots across and four up to a character.
fn plot(panel: &Panel, width: usize) -> Vec<String> {
    let (x, y) = (range(panel, true), range(panel, false));
    let ticks: Vec<(usize, String)> = y
        .ticks(4)
        .into_iter()
        .filter(|tick| !tick.label.is_empty())
        .filter_map(|tick| Some((HEIGHT - 1 - column(y.place(tick.at), HEIGHT)?, tick.label)))
        .collect();
    let left = ticks.iter().map(|(_, label)| label.chars().count()).max().unwrap_or(0);
    let wide = width.saturating_sub(left + 2).max(20);
    let mut dots = vec![vec![0u8; wide]; HEIGHT];
    for series in panel.series.iter().filter(|series| series.shape != Shape::Band) {
        let places: Vec<Option<(f64, f64)>> = series
            .points
            .iter()
            .map(|p| {
                Some((x.place(p.x), y.place(p.y))).filter(|(x, y)| x.is_finite() && y.is_finite())
            })
            .collect();
        let joined = !matches!(series.shape, Shape::Dots);
        for (number, place) in places.iter().enumerate() {
            let Some(to) = place else { continue };
            let from = places[..number].last().copied().flatten().filter(|_| joined).unwrap_or(*to);
            line(&mut dots, from, *to);
        }
    }
    let mut lines = vec![format!("{}   {}", panel.y.title(), legend_of_lines(panel))];
    for (number, row) in dots.iter().enumerate() {
        let label = ticks.iter().find(|(at, _)| *at == number).map_or("", |(_, label)| label);
        let row: String = row.iter().map(|dots| braille(*dots)).collect();
        lines.push(format!("{label:>left$} │{row}"));
    }
    lines.push(format!("{:>left$} └{}", "", "─".repeat(wide)));
    lines.push(format!("{:>left$}  {}", "", axis(&x, wide)));
    lines.push(format!("{:>left$}  {}", "", panel.x.title()));
    lines
}

/// Lines cannot be told from each other by dots; they are named from the top down by where they end.
fn legend_of_lines(panel: &Panel) -> String {
    let end = |key: usize| {
        let own =
            panel.series.iter().filter(|series| series.key == key && series.shape != Shape::Band);
        own.flat_map(|series| &series.points)
            .map(|p| p.y)
            .rfind(|y| y.is_finite())
            .unwrap_or(f64::NEG_INFINITY)
    };
    let mut keys: Vec<(f64, &str)> =
        panel.keys.iter().enumerate().map(|(key, of)| (end(key), of.name.as_str())).collect();
    keys.sort_by(|a, b| b.0.total_cmp(&a.0));
    match keys.len() {
        0 | 1 => String::new(),
        _ => {
            let names: Vec<&str> = keys.into_iter().map(|(_, name)| name).collect();
            format!("from the top at the right: {}", names.join(", "))
        }
    }
}

/// Joins two places by dots.
fn line(dots: &mut [Vec<u8>], from: (f64, f64), to: (f64, f64)) {
    let (wide, high) = (2 * dots[0].len(), 4 * dots.len());
    let at = |place: f64, of: usize| place.clamp(0.0, 1.0) * (of - 1) as f64;
    let (ax, ay, bx, by) = (at(from.0, wide), at(from.1, high), at(to.0, wide), at(to.1, high));
    let steps = (ax - bx).abs().max((ay - by).abs()).ceil().max(1.0) as usize;
    for step in 0..=steps {
        let along = step as f64 / steps as f64;
        let x = (ax + along * (bx - ax) + 0.5) as usize;
        let y = high - 1 - (ay + along * (by - ay) + 0.5) as usize;
        // Dots of a character by column, from the top: Unicode numbers the lowest row last.
        const DOTS: [[u8; 4]; 2] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]];
        dots[y / 4][x / 2] |= DOTS[x % 2][y % 4];
    }
}

fn braille(dots: u8) -> char {
    if dots == 0 { ' ' } else { char::from_u32(0x2800 + u32::from(dots)).unwrap_or(' ') }
}

/// The labels of an axis, each under its place where there is room.
fn axis(x: &Range<'_>, wide: usize) -> String {
    let mut line = vec![' '; wide];
    let mut end = 0;
    for tick in x.ticks(wide / 12) {
        let label: Vec<char> = tick.label.chars().collect();
        let Some(at) = column(x.place(tick.at), wide).filter(|_| !label.is_empty()) else {
            continue;
        };
        let start = at.saturating_sub(label.len() / 2).min(wide.saturating_sub(label.len()));
        if (start > end || end == 0) && start + label.len() <= wide {
            line[start..start + label.len()].copy_from_slice(&label);
            end = start + label.len();
        }
    }
    line.into_iter().collect()
}
