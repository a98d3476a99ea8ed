//! The picture of a topology: boxes in layers, coloured by how busy they are.

use super::super::Colour;
use super::canvas::{Canvas, Pen, Set};
use super::theme::{Part, Theme};
use super::{CAPTION, EDGE, LABEL, Look, TITLE, WIDTHS, panel::ink, text};
use crate::report::topology::{InnerCache, Kind, Layout, Node, Placed, Topology, lay_out};
use plotters::style::RGBColor;
use plotters::style::text_anchor::HPos;

/// The height of a box, of each cache in it, and of what passes, in pixels.
const BOX: f64 = 46.0;
const CACHE: f64 = 19.0;
const PASS: f64 = 18.0;
/// Space between boxes side by side, and between layers.
const GAP: f64 = 16.0;
const BETWEEN: f64 = 44.0;
/// A box narrower than this could not be read.
const NARROWEST: f64 = 104.0;
/// Space between layers where there is little.
const NARROW_BETWEEN: f64 = 26.0;

/// A box in pixels: from the left and the top to the right and the bottom.
type Place = [f64; 4];

/// Draws a topology, from the left to the right.
pub fn topology(topology: &Topology, look: Look) -> String {
    let layout = lay_out(topology);
    let layers = layout.layers.len().max(1) as f64;
    // What could not be read in the width asked for is as wide as it has to be.
    let needed = layers * (NARROWEST + NARROW_BETWEEN) - NARROW_BETWEEN + 2.0 * EDGE;
    let width = f64::from(look.width.clamp(*WIDTHS.start(), *WIDTHS.end())).max(needed.ceil());
    let title = format!("What runs where: {}", topology.name);
    let caption = "Boxes are coloured by the share of their servers that they are offered work for. Dashed: nobody waits for it.";
    let lines = match look.titled {
        true => text::wrap(caption, CAPTION, width - 2.0 * EDGE),
        false => Vec::new(),
    };
    let top = EDGE + if look.titled { 52.0 } else { 26.0 } + 17.0 * lines.len() as f64;
    let between = if width < 560.0 { NARROW_BETWEEN } else { BETWEEN };
    let column = (width - 2.0 * EDGE + between) / layers - between;
    let (places, bottom) = in_columns(topology, &layout, column, between, top);
    let mut canvas = Canvas::new(width, (bottom + EDGE).ceil(), look.theme);
    if look.titled {
        heading(&mut canvas, &title, &lines, width);
    }
    colour_bar(&mut canvas, top - 18.0);
    edges(&mut canvas, topology, &layout, &places);
    for (layer, placed) in layout.layers.iter().enumerate() {
        for (at, placed) in placed.iter().enumerate() {
            if let Placed::Node(node) = placed {
                draw_box(&mut canvas, &topology.nodes[*node], places[layer][at]);
            }
        }
    }
    canvas.finish("topology", &title, caption)
}

fn heading(canvas: &mut Canvas, title: &str, lines: &[String], width: f64) {
    let room = width - 2.0 * EDGE;
    let set = Set { is_bold: true, ..ink(canvas, TITLE) };
    let faint = canvas.set(CAPTION, HPos::Left);
    canvas.group("class=\"heading\"", |pen| {
        pen.text(&text::fit(title, TITLE * 1.125, room), (EDGE, EDGE + 10.0), set)?;
        for (number, line) in lines.iter().enumerate() {
            pen.text(line, (EDGE, EDGE + 31.0 + 17.0 * number as f64), faint)?;
        }
        Ok(())
    });
}

/// What the colours mean.
fn colour_bar(canvas: &mut Canvas, y: f64) {
    let set = canvas.set(LABEL, HPos::Left);
    let colours: Vec<_> =
        (0..20).map(|step| canvas.colour(Colour::Amount(step * 50 + 25))).collect();
    let bad = canvas.colour(Colour::Bad);
    canvas.group("class=\"key\"", |pen| {
        pen.text("idle", (EDGE, y), set)?;
        let start = EDGE + 30.0;
        for (step, colour) in colours.iter().enumerate() {
            let x = start + 7.0 * step as f64;
            pen.rect([(x, y - 5.0), (x + 7.0, y + 5.0)], *colour, 1.0)?;
        }
        let end = start + 140.0;
        pen.text("all in use", (end + 8.0, y), set)?;
        let x = end + 84.0;
        outline(pen, [x, y - 6.0, x + 16.0, y + 6.0], bad, 2.5)?;
        pen.text("too much", (x + 24.0, y), set)
    });
}

fn height(topology: &Topology, placed: &Placed) -> f64 {
    match placed {
        Placed::Node(node) => BOX + CACHE * topology.nodes[*node].caches.len() as f64,
        Placed::Edge(_) => PASS,
    }
}

/// Layers beside each other, each in the middle of the height. Returns the places and where they end.
fn in_columns(
    topology: &Topology,
    layout: &Layout,
    column: f64,
    between: f64,
    top: f64,
) -> (Vec<Vec<Place>>, f64) {
    let height = |placed: &Placed| height(topology, placed);
    let tall = |layer: &Vec<Placed>| {
        layer.iter().map(height).sum::<f64>() + GAP * layer.len().saturating_sub(1) as f64
    };
    let tallest = layout.layers.iter().map(tall).fold(0.0, f64::max);
    let places = layout.layers.iter().enumerate().map(|(number, layer)| {
        let x = EDGE + number as f64 * (column + between);
        let mut y = top + (tallest - tall(layer)) / 2.0;
        let one = |placed: &Placed| {
            let from = y;
            y += height(placed) + GAP;
            [x, from, x + column, from + height(placed)]
        };
        layer.iter().map(one).collect()
    });
    (places.collect(), top + tallest)
}

fn edges(canvas: &mut Canvas, topology: &Topology, layout: &Layout, places: &[Vec<Place>]) {
    let colour = canvas.part(Part::Faint);
    for (edge, way) in topology.edges.iter().zip(&layout.ways) {
        let boxes: Vec<Place> = way.iter().map(|&(layer, at)| places[layer][at]).collect();
        let [first, between @ .., last] = boxes.as_slice() else { continue };
        // In the direction of reading, or against it.
        let is_forth = first[0] <= last[0];
        let mut line = vec![side(first, is_forth)];
        line.extend(
            between.iter().flat_map(|place| [side(place, !is_forth), side(place, is_forth)]),
        );
        let end = side(last, !is_forth);
        line.push(end);
        let back = if is_forth { 7.0 } else { -7.0 };
        let head = vec![end, (end.0 - back, end.1 + 3.5), (end.0 - back, end.1 - 3.5)];
        let (from, to) = (&topology.nodes[edge.from].name, &topology.nodes[edge.to].name);
        let says = format!("{from} → {to}: {}", edge.says.join(", "));
        canvas.point(&says, |pen| pen.area(head, colour, 1.0));
        let dashes = super::panel::dashes(edge.is_async);
        canvas.group(dashes, |pen| pen.path(curve(&line), colour, 1.3));
    }
}

/// The middle of the side of a box at which things leave or, if not `leaves`, arrive.
fn side(place: &Place, leaves: bool) -> (f64, f64) {
    (if leaves { place[2] } else { place[0] }, (place[1] + place[3]) / 2.0)
}

/// A smooth line through points that leaves and arrives level.
fn curve(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    const STEPS: u32 = 14;
    let mut path = vec![points[0]];
    for ends in points.windows(2) {
        let ((ax, ay), (bx, by)) = (ends[0], ends[1]);
        for step in 1..=STEPS {
            let t = f64::from(step) / f64::from(STEPS);
            path.push((ax + t * (bx - ax), ay + t * t * (3.0 - 2.0 * t) * (by - ay)));
        }
    }
    path
}

fn outline(
    pen: &Pen<'_>,
    [x0, y0, x1, y1]: Place,
    colour: RGBColor,
    width: f64,
) -> super::canvas::Drawn {
    pen.path(vec![(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], colour, width)
}

fn draw_box(canvas: &mut Canvas, node: &Node, place: Place) {
    let [x0, y0, x1, y1] = place;
    let share = node.utilisation.map(|share| (1000.0 * share.clamp(0.0, 1.0)) as u16);
    let is_too_much = node.utilisation.is_some_and(|share| share >= 1.0);
    let fill = share.map(|share| canvas.colour(Colour::Amount(share)));
    let words = share.map_or(canvas.part(Part::Ink), Theme::on_amount);
    let edge = canvas.colour(if is_too_much { Colour::Bad } else { Colour::Neutral });
    let paper = canvas.part(Part::Paper);
    let room = x1 - x0 - 12.0;
    let name = Set { is_bold: true, colour: words, ..canvas.set(LABEL, HPos::Center) };
    let small = Set { is_bold: false, size: 11.0, ..name };
    let middle = (x0 + x1) / 2.0;
    let details: Vec<String> =
        [node.size.clone(), node.in_use()].into_iter().filter(|text| !text.is_empty()).collect();
    let detail = details.join(" · ");
    let detail = if text::width(&detail, 11.0) > room {
        details.last().cloned().unwrap_or_default()
    } else {
        detail
    };
    let parts =
        if node.parts.len() > 1 { format!(": {}", node.parts.join(", ")) } else { String::new() };
    let cache = |it: &InnerCache| format!("; cache {}: {} {}", it.name, it.size, it.layer);
    let caches: Vec<String> = node.caches.iter().map(cache).collect();
    let (kind, details, caches) = (node.kind.name(), details.join(", "), caches.concat());
    let says = format!("{kind} {}{parts}; {details}{caches}", node.name);
    let chip = Set { colour: canvas.part(Part::Ink), ..small };
    canvas.point(&says, |pen| {
        pen.rect([(x0, y0), (x1, y1)], fill.unwrap_or(paper), 1.0)?;
        outline(pen, place, edge, if is_too_much { 3.0 } else { 1.2 })?;
        if node.kind == Kind::Store || node.kind == Kind::Cache {
            // A lid, as stores are drawn.
            pen.path(vec![(x0, y0 + 5.0), (x1, y0 + 5.0)], words, 1.0)?;
        }
        let lift = if detail.is_empty() { 0.0 } else { 8.0 };
        let centre = y0 + BOX / 2.0 + 1.5;
        pen.text(&text::fit(&node.name, LABEL * 1.125, room), (middle, centre - lift), name)?;
        pen.text(&text::fit(&detail, 11.0, room), (middle, centre + 9.0), small)?;
        inner_caches(pen, node, place, (paper, edge), chip)
    });
}

/// The caches that lie in a thing, each in a row of its own below what is said of the thing.
fn inner_caches(
    pen: &Pen<'_>,
    node: &Node,
    [x0, y0, x1, _]: Place,
    (paper, edge): (RGBColor, RGBColor),
    set: Set,
) -> super::canvas::Drawn {
    for (row, cache) in node.caches.iter().enumerate() {
        let top = y0 + BOX + CACHE * row as f64 - 3.0;
        let place @ [left, top, right, bottom] = [x0 + 5.0, top, x1 - 5.0, top + CACHE - 3.0];
        let room = right - left - 8.0;
        let short = format!("{}: {}", cache.name, cache.size);
        // As much as there is room for.
        let all = [format!("{short} {}", cache.layer), short, cache.name.clone()];
        let fits = |says: &&String| text::width(says, set.size) <= room;
        let says = all.iter().find(fits).unwrap_or(&cache.name);
        pen.rect([(left, top), (right, bottom)], paper, 1.0)?;
        outline(pen, place, edge, 1.0)?;
        let middle = ((left + right) / 2.0, (top + bottom) / 2.0 + 1.0);
        pen.text(&text::fit(says, set.size, room), middle, set)?;
    }
    Ok(())
}
