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
    of_text(&SHOP.replace(", call(\"web.look\")", ""))
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
    let topology = of_text(&text);
    let size = |name: &str| topology.nodes.iter().find(|it| it.name == name).unwrap().size.clone();
    assert_eq!([size("cart"), size("web")], ["2 replicas", "3 × 4 cores"]);
}

/// Layers of every kind: in each of two clients' browsers, at the edge, in the one service that reads, in the database.
const LAYERS: &str = r#"(
    keys: {"goods": (count: 1000), "people": (count: 50)},
    components: {
        "web": {"view": [read(store: "shelf", key: "goods")], "order": [call("stock.take")]},
        "stock": {"take": [write(store: "shelf", key: "goods")]},
    },
    services: {"web": (components: ["web"], replicas: 3), "stock": (components: ["stock"])},
    caches: {
        "page": (of: "web.view", key: "goods", at: client(of: "people"), entries: 20),
        "cdn": (of: "web.view", key: "goods", at: edge(hop: "8ms"), bytes: "100MB"),
        "local": (of: "shelf", at: process, entries: 1),
        "rows": (of: "shelf", at: database, bytes: "1500kB"),
    },
    stores: {"shelf": database(servers: 4, read: "3ms", write: "5ms")},
    clients: {
        "visitors": (rate: "100/s", mix: "web.view"),
        "customers": (rate: "10/s", mix: {"web.view": 9, "web.order": 1}),
        "staff": (rate: "1/s", mix: "web.order"),
    },
    run: (horizon: "1s"),
)"#;

fn of_text(text: &str) -> Topology {
    let spec = Spec::parse("shop.ron", text).unwrap_or_else(|errors| panic!("{errors}"));
    let checked =
        Model::check(&spec, &Files::default()).unwrap_or_else(|errors| panic!("{errors}"));
    Topology::of("shop", &spec, &checked)
}

fn caches(topology: &Topology) -> Vec<String> {
    let own = topology.nodes.iter().filter(|node| node.kind == Kind::Cache);
    let own = own.map(|node| format!("{}: {}", node.name, node.size));
    let within = topology.nodes.iter().flat_map(|node| {
        let says =
            |it: &InnerCache| format!("{} in {}: {} {}", it.name, node.name, it.size, it.layer);
        node.caches.iter().map(says)
    });
    own.chain(within).collect()
}

/// A service that only writes has the memory for a cache, but looks nothing up; nor do those who only order.
#[test]
fn caches_are_told_of_what_they_lie_in_and_asks_them() {
    let topology = of_text(LAYERS);
    assert_eq!(
        caches(&topology),
        [
            "cdn: 100 MB at the edge",
            "page in visitors: 20 entries in each client",
            "page in customers: 20 entries in each client",
            "local in web: 1 entry in each process",
            "rows in shelf: 1.5 MB in the database",
        ]
    );
    let says = edges(&topology);
    for edge in ["visitors > cdn: look up", "customers > cdn: look up", "cdn > web: misses"] {
        assert!(says.iter().any(|it| it == edge), "{edge}: {says:?}");
    }
    for format in [GraphFormat::Mermaid, GraphFormat::Dot, GraphFormat::Structurizr] {
        let text = topology.write(format);
        assert_eq!(text.matches("cache page: 20 entries in each client").count(), 2, "{text}");
        assert_eq!(text.matches("cache rows: 1.5 MB in the database").count(), 1, "{text}");
    }
    let svg = crate::report::figure::svg::topology(&topology, Default::default());
    crate::report::figure::tests::assert_well_formed(&svg);
    assert!(svg.contains("cache local: 1 entry in each process"), "{svg}");
}

#[test]
fn a_cache_in_which_nothing_fits_is_asked_by_nobody_and_not_drawn() {
    let none = LAYERS
        .replace("entries: 20", "entries: 0")
        .replace("entries: 1)", "entries: 0)")
        .replace("100MB", "0B")
        .replace("1500kB", "0B");
    let topology = of_text(&none);
    assert_eq!(caches(&topology), [""; 0]);
    assert!(edges(&topology).contains(&"visitors > web: web.view".to_owned()));
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

/// Two regions with the shop, three with clients; orders have a primary in one and a replica in the other.
const REGIONS: &str = r#"(
    keys: {"orders": (count: 100)},
    components: {"web": {
        "look": [read(store: "orders", key: "orders")],
        "buy": [write(store: "orders", key: "orders")],
    }},
    regions: {"eu": (zones: ["a", "b"]), "us": (), "za": ()},
    services: {"web": (components: ["web"], regions: {"eu/a": 1, "eu/b": 2, "us": 2}, cores: 4)},
    stores: {"orders": database(
        servers: 4, read: "1ms", write: "1ms", regions: ["us", "eu"],
        replication: (replicas: 1, mode: asynchronous(lag: "10ms"), reads: nearest),
    )},
    network: (between: {"eu": {"us": "80ms", "za": "150ms"}, "us": {"za": "200ms"}}),
    clients: {"people": (rate: "100/s", regions: {"eu": 2, "us": 1, "za": 1}, mix: {"web.look": 1, "web.buy": 1})},
    run: (horizon: "1s"),
)"#;

#[test]
fn what_of_a_thing_is_in_which_region_and_whom_it_asks_there() {
    let topology = of_text(REGIONS);
    let sites = |name: &str| {
        let node = topology.nodes.iter().find(|it| it.name == name).unwrap();
        node.sites.iter().map(|it| (it.region, it.size.as_str())).collect::<Vec<_>>()
    };
    assert_eq!(sites("people"), [(0, "50.0/s"), (1, "25.0/s"), (2, "25.0/s")]);
    assert_eq!(sites("web"), [(0, "3 × 4 cores"), (1, "2 × 4 cores")]);
    assert_eq!(sites("orders"), [(0, "1 of 2 members"), (1, "1 of 2 members")]);
    let between = |from: &str, to: &str| {
        let is = |node: usize, name: &str| topology.nodes[node].name == name;
        let edge = topology.edges.iter().find(|it| is(it.from, from) && is(it.to, to)).unwrap();
        edge.between.iter().map(|[a, b]| (a.unwrap(), b.unwrap())).collect::<Vec<_>>()
    };
    // Those who are nowhere near go to the nearest.
    assert_eq!(between("people", "web"), [(0, 0), (1, 1), (2, 0)]);
    // Reads stay, writes go to the primary.
    assert_eq!(between("web", "orders"), [(0, 0), (0, 1), (1, 1)]);
}

#[test]
fn where_there_is_one_place_nothing_is_told_of_places() {
    let topology = topology();
    assert!(topology.nodes.iter().all(|node| node.sites.is_empty()));
    assert!(topology.edges.iter().all(|edge| edge.between.is_empty()));
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
            between: Vec::new(),
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
