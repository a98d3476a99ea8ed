//! Where the nodes of a graph are: in layers, each asked by those before it.
//!
//! After K. Sugiyama, S. Tagawa and M. Toda, "Methods for Visual Understanding of Hierarchical System Structures", 1981:
//! layers by the longest way, long edges through points of their own, orders by the mean of the neighbours.

use super::{Kind, Topology};

/// Rounds of ordering.
const ROUNDS: usize = 12;

/// The layers of a graph, and the way of each edge.
pub struct Layout {
    /// By layer, what is in it, in order.
    pub layers: Vec<Vec<Placed>>,
    /// For each edge the places that it passes, layer and order, from its start to its end.
    pub ways: Vec<Vec<(usize, usize)>>,
}

/// What is at a place of a layer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Placed {
    /// A node.
    Node(usize),
    /// An edge that only passes.
    Edge(usize),
}

/// Lays out a graph.
pub fn lay_out(topology: &Topology) -> Layout {
    let layer_of = layer_of(topology);
    let count = layer_of.iter().max().map_or(0, |last| last + 1);
    let mut layers: Vec<Vec<Placed>> = vec![Vec::new(); count];
    for (node, &layer) in layer_of.iter().enumerate() {
        layers[layer].push(Placed::Node(node));
    }
    for (number, edge) in topology.edges.iter().enumerate() {
        let (from, to) = (layer_of[edge.from], layer_of[edge.to]);
        let passed = layers.iter_mut().take(from.max(to)).skip(from.min(to) + 1);
        passed.for_each(|layer| layer.push(Placed::Edge(number)));
    }
    for round in 0..ROUNDS {
        if round % 2 == 0 {
            (1..count).for_each(|layer| order(topology, &mut layers, layer, layer - 1));
        } else {
            (0..count.saturating_sub(1))
                .rev()
                .for_each(|layer| order(topology, &mut layers, layer, layer + 1));
        }
    }
    let place = |layer: usize, wanted: Placed| {
        layers[layer].iter().position(|placed| *placed == wanted).map(|at| (layer, at))
    };
    let ways = topology.edges.iter().enumerate().map(|(number, edge)| {
        let (from, to) = (layer_of[edge.from], layer_of[edge.to]);
        let between: Vec<usize> = match from <= to {
            true => (from + 1..to).collect(),
            false => (to + 1..from).rev().collect(),
        };
        let mut way: Vec<(usize, usize)> =
            place(from, Placed::Node(edge.from)).into_iter().collect();
        way.extend(between.into_iter().filter_map(|layer| place(layer, Placed::Edge(number))));
        way.extend(place(to, Placed::Node(edge.to)));
        way
    });
    let ways = ways.collect();
    Layout { layers, ways }
}

/// By node, how many others lie before it on the longest way from a client; what closes a circle counts not.
fn layer_of(topology: &Topology) -> Vec<usize> {
    let count = topology.nodes.len();
    let mut layer = vec![0; count];
    let forward = forward_edges(topology);
    for _ in 0..count {
        let mut is_done = true;
        for &(from, to) in &forward {
            if layer[to] <= layer[from] {
                (layer[to], is_done) = (layer[from] + 1, false);
            }
        }
        if is_done {
            break;
        }
    }
    // Services that no client reaches, such as those that a clock wakes, stand beside the first services.
    for (node, at) in layer.iter_mut().enumerate() {
        let is_asked = forward.iter().any(|(_, to)| *to == node);
        if !is_asked && topology.nodes[node].kind != Kind::Client {
            *at = (*at).max(1);
        }
    }
    layer
}

/// The edges without those that lead back to a node on the way to them.
fn forward_edges(topology: &Topology) -> Vec<(usize, usize)> {
    let count = topology.nodes.len();
    let mut forward: Vec<(usize, usize)> = Vec::new();
    for edge in &topology.edges {
        // An edge is back if its end leads to its start by edges taken before.
        let mut reached = vec![false; count];
        let mut open = vec![edge.to];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut reached[node], true) {
                open.extend(forward.iter().filter(|(from, _)| *from == node).map(|(_, to)| *to));
            }
        }
        if !reached[edge.from] {
            forward.push((edge.from, edge.to));
        }
    }
    forward
}

/// Orders a layer by where its neighbours in another are; what has none stays where it is.
fn order(topology: &Topology, layers: &mut [Vec<Placed>], layer: usize, other: usize) {
    let neighbours = |placed: Placed| -> Vec<usize> {
        let meets = |there: &Placed| match (placed, *there) {
            (Placed::Edge(a), Placed::Edge(b)) => a == b,
            (Placed::Node(node), Placed::Edge(edge)) | (Placed::Edge(edge), Placed::Node(node)) => {
                let edge = &topology.edges[edge];
                edge.from == node || edge.to == node
            }
            (Placed::Node(a), Placed::Node(b)) => {
                topology.edges.iter().any(|e| (e.from, e.to) == (a, b) || (e.from, e.to) == (b, a))
            }
        };
        layers[other]
            .iter()
            .enumerate()
            .filter(|(_, there)| meets(there))
            .map(|(at, _)| at)
            .collect()
    };
    let (own, others) = (layers[layer].len() as f64, layers[other].len() as f64);
    let key = |(at, &placed): (usize, &Placed)| {
        let near = neighbours(placed);
        // Places of layers of different sizes, as shares.
        let mean = match near.len() {
            0 => (at as f64 + 0.5) / own,
            n => near.iter().map(|&at| at as f64 + 0.5).sum::<f64>() / n as f64 / others,
        };
        (mean, at, placed)
    };
    let mut keyed: Vec<(f64, usize, Placed)> = layers[layer].iter().enumerate().map(key).collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    layers[layer] = keyed.into_iter().map(|(.., placed)| placed).collect();
}
