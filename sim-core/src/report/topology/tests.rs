//! Graphs are whole, and laid out so that nobody is asked from behind.

use super::*;
use crate::model::{Files, Model};

const SHOP: &str = r#"(
    keys: {"goods": (count: 1000)},
    components: {
        "web": {"buy": [work("2ms"), call("cart.pay"), read(store: "shelf", key: "goods"), send("mails")]},
        "cart": {"pay": [work("1ms"), write("orders"), call("web.look")]},
        "mailer": {"post": [wait("5ms"), write("gate \"1\" <b>")]},
    },
    services: {
        "web": (components: ["web"], replicas: 3, cores: 4),
        "cart": (components: ["cart"]),
        "mailer": (components: ["mailer"], while_waiting: release),
    },
    caches: {"redis": (of: "shelf", entries: 100, at: shared(servers: 1, lookup: "0.2ms"))},
    queues: {"mails": (consumers: {"mailer.post": (concurrency: 4)})},
    stores: {
        "shelf": database(servers: 4, read: "3ms"),
        "orders": database(servers: 1, write: "8ms"),
        "gate \"1\" <b>": external(latency: "20ms"),
    },
    clients: {"people": (rate: "100/s", mix: "web.buy")},
    run: (horizon: "1s"),
)"#;

fn topology() -> Topology {
    let text = SHOP.replace(", call(\"web.look\")", "");
    let spec = Spec::parse("shop.ron", &text).unwrap_or_else(|errors| panic!("{errors}"));
    let checked =
        Model::check(&spec, &Files::default()).unwrap_or_else(|errors| panic!("{errors}"));
    Topology::of("shop", &spec, &checked)
}

fn edges(topology: &Topology) -> Vec<String> {
    let name = |node: usize| topology.nodes[node].name.clone();
    let one =
        |edge: &Edge| format!("{} > {}: {}", name(edge.from), name(edge.to), edge.says.join(", "));
    topology.edges.iter().map(one).collect()
}

#[test]
fn a_service_without_a_limit_of_cores_is_told_by_its_replicas() {
    let text = SHOP
        .replace(", call(\"web.look\")", "")
        .replace("components: [\"cart\"]", "components: [\"cart\"], cores: 0, replicas: 2");
    let spec = Spec::parse("shop.ron", &text).unwrap_or_else(|errors| panic!("{errors}"));
    let checked =
        Model::check(&spec, &Files::default()).unwrap_or_else(|errors| panic!("{errors}"));
    let topology = Topology::of("shop", &spec, &checked);
    let size = |name: &str| topology.nodes.iter().find(|it| it.name == name).unwrap().size.clone();
    assert_eq!([size("cart"), size("web")], ["2 replicas", "3 × 4 cores"]);
}

#[test]
fn who_asks_whom_is_what_was_written() {
    assert_eq!(
        edges(&topology()),
        [
            "people > web: web.buy",
            "web > cart: cart.pay",
            "web > shelf: read",
            "web > mails: send",
            "cart > orders: write",
            "mailer > gate \"1\" <b>: write",
            "mails > mailer: mailer.post",
            "web > redis: look up",
            "redis > shelf: misses",
        ]
    );
}

/// 100 requests a second of 8 ms at one server are 80 %; 2 ms at twelve cores are 1.7 %.
#[test]
fn how_busy_things_are_is_the_utilisation_law() {
    let topology = topology();
    let of = |name: &str| {
        topology.nodes.iter().find(|node| node.name == name).and_then(|node| node.utilisation)
    };
    let near = |name: &str, truth: f64| {
        let found = of(name).unwrap_or(f64::NAN);
        assert!((found - truth).abs() < 1e-6, "{name}: {found}");
    };
    near("orders", 0.8);
    near("web", 0.2 / 12.0);
    assert_eq!(of("people"), None);
}

#[test]
fn edges_lead_from_layer_to_layer_and_every_node_has_one_place() {
    let topology = topology();
    let layout = lay_out(&topology);
    let placed: Vec<Placed> = layout.layers.iter().flatten().copied().collect();
    for node in 0..topology.nodes.len() {
        assert_eq!(placed.iter().filter(|placed| **placed == Placed::Node(node)).count(), 1);
    }
    for (edge, way) in topology.edges.iter().zip(&layout.ways) {
        assert!(way.windows(2).all(|step| step[1].0 == step[0].0 + 1), "{edge:?} {way:?}");
        let at = |(layer, at): (usize, usize)| layout.layers[layer][at];
        assert_eq!(at(way[0]), Placed::Node(edge.from));
        assert_eq!(at(way[way.len() - 1]), Placed::Node(edge.to));
    }
}

/// Circles of calls cannot be laid out in one direction; they must not be laid out for ever either.
#[test]
fn circles_are_laid_out() {
    let mut topology = topology();
    for (from, to) in [(2, 1), (1, 1), (3, 1), (2, 3)] {
        topology.edges.push(Edge {
            from,
            to,
            says: vec!["back".into()],
            is_async: false,
            guards: Vec::new(),
        });
    }
    let layout = lay_out(&topology);
    assert!(layout.ways.iter().all(|way| way.len() >= 2 || way.len() == 1), "every edge has a way");
    let drawn = crate::report::figure::svg::topology(&topology, Default::default());
    crate::report::figure::tests::assert_well_formed(&drawn);
}

#[test]
fn names_are_only_names_in_every_language() {
    let topology = topology();
    let mermaid = topology.write(GraphFormat::Mermaid);
    assert!(mermaid.contains("gate #34;1#34; #60;b#62;"), "{mermaid}");
    let dot = topology.write(GraphFormat::Dot);
    assert!(dot.contains(r#"label="gate \"1\" <b>"#), "{dot}");
    let structurizr = topology.write(GraphFormat::Structurizr);
    assert!(structurizr.contains(r#"softwareSystem "gate \"1\" <b>""#), "{structurizr}");
    for text in [&mermaid, &dot, &structurizr] {
        let braces = text.matches('{').count();
        assert_eq!(braces, text.matches('}').count(), "{text}");
    }
    let svg = crate::report::figure::svg::topology(&topology, Default::default());
    crate::report::figure::tests::assert_well_formed(&svg);
    assert!(svg.contains("gate &quot;1&quot; &lt;b&gt;"), "{svg}");
}
