//! What a user of the language relies on: reading, errors, edits, both notations.

use super::*;
use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::json;

const SHOP: &str = include_str!("tests/shop.ron");

fn shop() -> Spec {
    Spec::parse("shop.ron", SHOP).unwrap_or_else(|errors| panic!("{errors}"))
}

fn errors(result: Result<Spec, Diagnostics>, expect: Expect) {
    expect.assert_eq(&result.expect_err("this is wrong").to_string());
}

#[test]
fn reads_every_form_of_the_language() {
    let shop = shop();
    let checkout = &shop.components["web"]["checkout"];
    let millis = |n: &str| Law::Constant(Quantity::Text(n.into()));
    assert_eq!(checkout[0], Step::Work(millis("5ms")));
    let Step::Parallel { branches, first: None } = &checkout[1] else { panic!() };
    assert_eq!(branches[0], [Step::Call("cart.load".into())]);
    assert_eq!(branches[1].len(), 2);
    let Step::Choose(ways) = &checkout[2] else { panic!() };
    assert_eq!(ways[0], Choice(0.9, vec![Step::Call("payment.pay".into())]));
    let Step::Repeat(Count::Drawn(Law::Geometric(Quantity::Number(2.0))), _) = &checkout[3] else {
        panic!()
    };
    let Step::Parallel { branches, first: Some(2) } = &shop.components["catalogue"]["list"][0]
    else {
        panic!()
    };
    assert_eq!(branches.len(), 3);
    let price = &shop.components["catalogue"]["price"];
    assert_eq!(price[1], Step::Repeat(Count::Times(3), vec![Step::Work(millis("10us"))]));
    assert_eq!(shop.services["back"].balancer, Balancer::PowerOf { d: 2, ties: Ties::Drawn });
    assert_eq!(shop.services["front"].discipline, Discipline::Fifo);
    assert_eq!(shop.services["back"].replicas, 1, "the default");
    assert_eq!(shop.clients["robots"].mix, Mix::Only("web.browse".into()));
    let Mix::Weighted(mix) = &shop.clients["shoppers"].mix else { panic!() };
    assert_eq!(mix["web.browse"], 8.0);
    assert_eq!(shop.run.seed, Some(42));
}

#[test]
fn a_bare_quantity_is_the_constant_law() {
    let read = |law: &str| {
        let text = format!("(components: {{ \"a\": {{ \"b\": [work({law})] }} }})");
        Spec::parse("m", &text).unwrap().components
    };
    assert_eq!(read("\"5ms\""), read("constant(\"5ms\")"));
    assert_eq!(read("5"), read("constant(5.0)"));
}

#[test]
fn json_is_the_same_model() {
    let json = serde_json::to_string_pretty(&shop().source().tree).unwrap();
    let read = Spec::parse("shop.json", &json).unwrap();
    assert_eq!(read.notation(), Notation::Json);
    assert_eq!(read, shop());
    assert_eq!(read.hash(), shop().hash());
    let typed = serde_json::to_string(&shop()).unwrap();
    assert_eq!(Spec::parse("shop.json", &typed).unwrap(), shop());
}

#[test]
fn written_back_it_is_equal() {
    for spec in [shop(), shop().design("split").unwrap(), Spec::parse("m", "()").unwrap()] {
        let written = spec.to_ron();
        let read = Spec::parse("again.ron", &written).unwrap_or_else(|e| panic!("{e}{written}"));
        assert_eq!(read, spec);
        assert_eq!(read.to_ron(), written);
    }
}

#[test]
fn the_hash_sees_content_only() {
    let spec = |text| Spec::parse("m", text).unwrap().hash();
    let run = spec("(run: (seed: 4, horizon: \"1s\"))");
    assert_eq!(run, spec("/* so */ (run: (horizon: \"1s\", seed: 4),)"));
    assert_eq!(run, spec(r#"{"run": {"horizon": "1s", "seed": 4.0}}"#));
    assert_ne!(run, spec("(run: (seed: 5, horizon: \"1s\"))"));
    assert_ne!(run, spec("(run: (seed: 4, warmup: \"1s\"))"));
}

/// Something wrong in every part of the language.
const MANY_ERRORS: &str = r#"(
    componets: {},
    components: {
        "web": {
            "browse": [work(exponentail("3ms")), cal("x.y"), work(lognormal(mean: 3, sigmaa: 1, cvv: 2))],
            "a.b": "no steps",
            "x": [work(), parallel("x"), choose([(1, 2, 3)]), repeat(1.5, []), fifo],
            "y": [repeat(3, [wait("1ms"), wait(fast)])],
        },
    },
    services: {
        "api": (components: "web", replcas: 4, cores: -1, discipline: fiof, queue: 2.5, pools: [1]),
        "": (replicas: 4294967296),
        "b": 5,
        "c": (balancer: power_of(d: 2, tie: first), components: [], while_waiting: hold(3)),
    },
    stores: { "db": databse(servers: 4), "db2": database(read: "1ms"), "db3": database },
    clients: { "u": (mix: { "a.b": "x" }, rate: NaN, priority: 300, arrivals: mmpp([(rate: "1/s")])) },
    designs: { "bad": { "services..x": 4 }, "list": [1] },
    objectives: [latency(percentile: 99, below: "1ms", of: 3), late(), 7],
    run: (horizon: [1], seed: 1e400, seed: 4),
)"#;

#[test]
fn many_errors_at_once() {
    errors(
        Spec::parse("bad.ron", MANY_ERRORS),
        expect![[r#"
            bad.ron:2:5: error at componets: unknown part of a model `componets`
              hint: did you mean `components`? there are: question, keys, components, services, stores, regions, queues, caches, guards, network, clients, faults, changes, availability, designs, prices, objectives, slos, run, studies, playground
            bad.ron:5:29: error at components.web.browse[0].work: `exponentail` is not known here
              hint: did you mean `exponential`? there are: constant, exponential, uniform, normal, lognormal, gamma, erlang, hyperexponential, weibull, pareto, bounded_pareto, geometric, mixture, quantiles, column
            bad.ron:5:50: error at components.web.browse[1].cal: unknown step `cal`
              hint: did you mean `call`? there are: work, wait, call, read, write, send, parallel, choose, repeat
            bad.ron:5:86: error at components.web.browse[2].work.lognormal.sigmaa: this has no field `sigmaa`
              hint: did you mean `sigma`? there are: mean, cv, sigma, median, p99
            bad.ron:5:97: error at components.web.browse[2].work.lognormal.cvv: this has no field `cvv`
              hint: did you mean `cv`? there are: mean, cv, sigma, median, p99
            bad.ron:6:13: error at components.web."a.b": this name cannot have a dot in it: dots stand between a component and its operation
            bad.ron:6:20: error at components.web."a.b": expected a list of steps, found the text "no steps"
              hint: write a list in brackets: [ …, … ]
            bad.ron:7:23: error at components.web.x[0].work: expected a law such as "5ms" or exponential("5ms"), found nothing
            bad.ron:7:36: error at components.web.x[1].parallel: expected a list of branches, or `first` and `of`, found the text "x"
            bad.ron:7:50: error at components.web.x[2].choose[0]: expected 2 values, found 3
            bad.ron:7:70: error at components.web.x[3].repeat[0]: 1.5 is not a number of times: expected a whole number, 0 or more
            bad.ron:7:80: error at components.web.x[4]: unknown step `fifo`
              hint: there are: work, wait, call, read, write, send, parallel, choose, repeat
            bad.ron:8:48: error at components.web.y[0].repeat[1][1].wait: `fast` is not known here
              hint: there are: constant, exponential, uniform, normal, lognormal, gamma, erlang, hyperexponential, weibull, pareto, bounded_pareto, geometric, mixture, quantiles, column
            bad.ron:12:29: error at services.api.components: expected a list, found the text "web"
            bad.ron:12:36: error at services.api.replcas: a service has no field `replcas`
              hint: did you mean `replicas`? there are: components, replicas, needs, regions, speeds, contention, routing, autoscaler, deployments, start_up, drain, cores, threads, while_waiting, discipline, queue, patience, patience_covers, shed, balancer, health, ejection, slow_start, zone_affinity, front, limit, limit_per, pools, function, instance, purchase, operations
            bad.ron:12:55: error at services.api.cores: expected a whole number, 0 or more, found the number -1
            bad.ron:12:59: error at services.api.discipline: unknown discipline `fiof`
              hint: did you mean `fifo`? there are: fifo, lifo, random, processor_sharing, priority, preemptive_priority
            bad.ron:12:84: error at services.api.queue: expected a whole number, 0 or more, found the number 2.5
            bad.ron:12:96: error at services.api.pools: expected names with values, found a list
            bad.ron:13:9: error at services."": a name cannot be empty
            bad.ron:13:24: error at services."".replicas: 4294967296 is too large: at most 4294967295
            bad.ron:14:14: error at services.b: expected the fields of a service, found the number 5
            bad.ron:15:40: error at services.c.balancer.power_of.tie: `power_of` has no field `tie`
              hint: did you mean `ties`? there are: d, ties
            bad.ron:15:89: error at services.c.while_waiting.hold: `hold` takes no value, found the number 3
            bad.ron:17:21: error at stores.db.databse: unknown store `databse`
              hint: did you mean `database`? there are: database, object_storage, search, external
            bad.ron:17:57: error at stores.db2.database: `servers` is missing
            bad.ron:17:79: error at stores.db3: `database` needs a value: database(…)
            bad.ron:18:36: error at clients.u.mix."a.b": expected a number, found the text "x"
            bad.ron:18:49: error at clients.u.rate: `NaN` is not a finite number
            bad.ron:18:64: error at clients.u.priority: 300 is too large: at most 255
            bad.ron:18:85: error at clients.u.arrivals.mmpp[0]: `lasts` is missing
            bad.ron:19:25: error at designs.bad."services..x": a name is missing in the path services..x
            bad.ron:19:53: error at designs.list: expected edits, path to value, found a list
              hint: write { "services.api.replicas": 4 }
            bad.ron:20:60: error at objectives[0].latency.of: expected text in quotes, found the number 3
            bad.ron:20:64: error at objectives[1].late: unknown objective `late`
              hint: did you mean `latency`? there are: latency, errors, throughput, cost
            bad.ron:20:72: error at objectives[2]: expected an objective, found the number 7
            bad.ron:21:20: error at run.horizon: expected a quantity such as "5ms", found a list
            bad.ron:21:38: error at run.seed: this is written twice
              hint: it was written before in line 21; keep one of them
        "#]],
    );
}

#[test]
fn whole_sections_of_the_wrong_kind() {
    let text = r#"(components: [1], services: 3, objectives: "none", designs: "x", question: 3, network: "fast")"#;
    errors(
        Spec::parse("bad.ron", text),
        expect![[r#"
        bad.ron:1:14: error at components: expected components by name, found a list
          hint: write { "name": …, }, or leave components away
        bad.ron:1:29: error at services: expected services by name, found the number 3
          hint: write { "name": …, }, or leave services away
        bad.ron:1:44: error at objectives: expected a list of objectives, found the text "none"
          hint: write a list in brackets: [ …, … ]
        bad.ron:1:61: error at designs: expected designs by name, found the text "x"
          hint: write { "name": …, }, or leave designs away
        bad.ron:1:76: error at question: expected text in quotes, found the number 3
        bad.ron:1:88: error at network: expected the fields of a network, found the text "fast"
    "#]],
    );
    errors(
        Spec::parse("bad.ron", "[1]"),
        expect![[r#"
        bad.ron:1:1: error: expected a model: `(components: …)`, found a list
    "#]],
    );
}

#[test]
fn syntax_errors_have_a_place() {
    let cases = [
        "",
        "// only a comment",
        "(",
        "(run: (seed: 4)",
        "(run: (horizon: 5ms))",
        "(run: (seed: 4) x)",
        "(question: \"open)",
        "{\"run\": {\"seed\": 4,}}",
        "{\"run\": }",
        "(run: {1: 2})",
        "b\"x\"",
    ];
    let all: Vec<String> =
        cases.iter().map(|text| Spec::parse("m", text).unwrap_err().to_string()).collect();
    expect![[r#"
        m:1:1: error: the model is empty
          hint: a model is one group in parentheses: (components: …, services: …)
        m:1:3: error: the model is empty
          hint: a model is one group in parentheses: (components: …, services: …)
        m:1:1: error: the text ends too early: a closing bracket or quote is missing
        m:1:15: error: expected a comma or a closing bracket
        m:1:18: error: expected a comma or a closing bracket
          hint: a number with a unit is written in quotes: "5ms"
        m:1:17: error: expected a comma or a closing bracket
        m:1:12: error: a closing quote is missing
        m:1:20: error: trailing comma
        m:1:9: error: expected value
        m:1:13: error: this is no value that a model can hold
        m:1:3: error: this is no value that a model can hold
          hint: a model is one group in parentheses: (components: …, services: …)
    "#]]
    .assert_eq(&all.concat());
    let deep =
        format!("(designs: {{\"a\": {{\"b\": {}1{}}}}})", "[".repeat(9999), "]".repeat(9999));
    errors(
        Spec::parse("m", &deep),
        expect![[r#"
        m:1:84: error: this is nested too deeply
    "#]],
    );
    let deep = format!("{{\"designs\": {}1{}}}", "[".repeat(9999), "]".repeat(9999));
    errors(
        Spec::parse("m", &deep),
        expect![[r#"
        m:1:139: error: recursion limit exceeded
    "#]],
    );
    let long = " ".repeat(TEXT_MAX + 1);
    errors(
        Spec::parse("m", &long),
        expect![[r#"
        m: error: a model has at most 16 MiB of text
    "#]],
    );
}

#[test]
fn duplicates_are_errors_in_both_notations() {
    let ron = "(services: {\n  \"a\": (components: [], cores: 1, cores: 2),\n  \"a\": (components: [])\n})";
    errors(
        Spec::parse("m.ron", ron),
        expect![[r#"
        m.ron:2:35: error at services.a.cores: this is written twice
          hint: it was written before in line 2; keep one of them
        m.ron:3:3: error at services.a: this is written twice
          hint: it was written before in line 2; keep one of them
    "#]],
    );
    let json = "{\"run\": {\"seed\": 1,\n \"se\\u0065d\": 2}}";
    errors(
        Spec::parse("m.json", json),
        expect![[r#"
        m.json:2:2: error at run.seed: this is written twice
          hint: it was written before in line 1; keep one of them
    "#]],
    );
}

#[test]
fn edits_by_path() {
    let shop = shop();
    let is = |path: &str, value: serde_json::Value, back: &str| {
        let edited = shop.with(path, value.clone()).unwrap_or_else(|e| panic!("{e}"));
        assert_eq!(edited.get(path), Some(&value), "{path}");
        assert_ne!(edited.hash(), shop.hash());
        assert!(edited.to_ron().contains(back), "{back} in {}", edited.to_ron());
        edited
    };
    assert_eq!(
        is("services.front.replicas", json!(9), "replicas: 9").services["front"].replicas,
        9
    );
    // A field that was left away, inside a thing that was left away or written in a shorter form.
    assert_eq!(is("services.front.queue", json!(7), "queue: 7").services["front"].queue, Some(7));
    assert_eq!(
        is("services.front.pools.orders", json!(3), "3").services["front"].pools["orders"],
        3
    );
    let law = is("components.web.browse[0].work.lognormal.mean", json!("7ms"), "7ms");
    assert_eq!(law.components["web"]["browse"].len(), 3);
    is("components.web.browse[0].work", json!("8ms"), "work(\"8ms\")");
    is("components.web.checkout[1].parallel[1][0].work.exponential", json!("6ms"), "6ms");
    is("components.catalogue.list[0].parallel.of[2].work", json!("6ms"), "6ms");
    is("clients.shoppers.mix.\"web.browse\"", json!(5), "\"web.browse\": 5");
    is("objectives[0].latency.below", json!("1s"), "1s");
    is("objectives[3]", json!({"errors": {"below": 0.5}}), "below: 0.5");
    is("stores.products.database.queries.list", json!("4ms"), "list");
    is("services.new", json!({"components": []}), "\"new\"");
    let ties = shop.with("services.back.balancer", json!("least_outstanding")).unwrap();
    let ties = ties.with("services.back.balancer.least_outstanding.ties", json!("drawn")).unwrap();
    assert_eq!(ties.services["back"].balancer, Balancer::LeastOutstanding { ties: Ties::Drawn });
    // An edit that says what was there changes nothing.
    assert_eq!(shop.with("services.front.replicas", json!(4)).unwrap(), shop);
    let gone = shop.with("services.front.threads", serde_json::Value::Null).unwrap();
    assert_eq!(gone.services["front"].threads, None);
    let empty = Spec::parse("m", "()").unwrap();
    assert_eq!(empty.with("run.seed", json!(4)).unwrap().run.seed, Some(4));
    assert!(empty.with("network.hop", json!("1ms")).unwrap().network.hop.is_some());
}

#[test]
fn an_edit_that_edits_nothing_is_an_error() {
    let shop = shop();
    let cases = [
        ("services.frnt.replicas", json!(4)),
        ("service.front.replicas", json!(4)),
        ("services.front.replcas", json!(4)),
        ("services.front.replicas.x", json!(4)),
        ("services.front.replicas", json!("many")),
        ("services.gone", json!(null)),
        ("objectives[9].latency.below", json!("1s")),
        ("objectives[9]", json!("1s")),
        ("objectives[0]", json!(null)),
        ("components.web.browse[0].work.exponential", json!("1s")),
        ("components.web.browse[0].work.lognormal.meen", json!("1s")),
        ("components.web.browse.x", json!("1s")),
        ("services.back.balancer.weighted", json!([1])),
        ("services.back.balancer.ties", json!("drawn")),
        ("services.back.balancer.d.x", json!(1)),
        ("clients.shoppers.mix.web.browse", json!(1)),
        ("components", json!(null)),
        ("services.front.components", json!(null)),
        ("a..b", json!(4)),
    ];
    let all: Vec<String> = cases
        .into_iter()
        .map(|(path, value)| match shop.with(path, value) {
            Ok(_) => format!("{path} is fine\n"),
            Err(errors) => errors.to_string(),
        })
        .collect();
    expect![[r#"
        shop.ron: error at services.frnt.replicas: there is no `frnt` in services
          hint: did you mean services.front.replicas?
        shop.ron: error at service.front.replicas: there is no `service` in the model
          hint: did you mean services.front.replicas?
        shop.ron: error at services.front.replcas: a service has no field `replcas` (set to 4)
          hint: did you mean `replicas`? there are: components, replicas, needs, regions, speeds, contention, routing, autoscaler, deployments, start_up, drain, cores, threads, while_waiting, discipline, queue, patience, patience_covers, shed, balancer, health, ejection, slow_start, zone_affinity, front, limit, limit_per, pools, function, instance, purchase, operations
        shop.ron: error at services.front.replicas.x: there is nothing inside services.front.replicas: it is the number 4
          hint: set services.front.replicas itself
        shop.ron: error at services.front.replicas: expected a whole number, 0 or more, found the text "many" (set to "many")
        shop.ron: error at services.gone: there is nothing here to take away
        shop.ron: error at objectives[9].latency.below: there is no [9] in objectives: it has 3 items
        shop.ron: error at objectives[9]: there is no [9] in objectives: it has 3 items
        shop.ron: error at objectives[0]: an item cannot be taken out of a list
          hint: set the whole list
        shop.ron:6:29: error at components.web.browse[0].work: expected one law, found `exponential` too
        shop.ron: error at components.web.browse[0].work.lognormal.meen: this has no field `meen` (set to "1s")
          hint: did you mean `mean`? there are: mean, cv, sigma, median, p99
        shop.ron: error at components.web.browse.x: there is nothing inside components.web.browse: it is a list
          hint: set components.web.browse itself
        shop.ron:29:23: error at services.back.balancer: expected one balancer, found power_of and weighted at once
          hint: write one of them only
        shop.ron:29:23: error at services.back.balancer: expected one balancer, found power_of and ties at once
          hint: a field of it is inside: power_of.ties
        shop.ron: error at services.back.balancer.d.x: there is no `d` in services.back.balancer
          hint: did you mean services.back.balancer.power_of.d.x?
        shop.ron: error at clients.shoppers.mix.web.browse: there is no `web` in clients.shoppers.mix
          hint: did you mean clients.shoppers.mix."web.browse"?
        components is fine
        shop.ron:25:18: error at services.front: `components` is missing
        shop.ron: error: a name is missing in the path a..b
    "#]].assert_eq(&all.concat());
}

#[test]
fn the_command_line_writes_text() {
    let shop = shop();
    let set = |path, text| shop.with_text(path, text).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(set("services.front.replicas", "6").services["front"].replicas, 6);
    let rate = set("clients.shoppers.rate", "300/s").clients["shoppers"].rate.clone();
    assert_eq!(rate, Some(Quantity::Text("300/s".into())));
    assert_eq!(
        set("services.front.discipline", "lifo").services["front"].discipline,
        Discipline::Lifo
    );
    let tied = set("services.front.balancer", "least_outstanding(ties: drawn)");
    assert_eq!(tied.services["front"].balancer, Balancer::LeastOutstanding { ties: Ties::Drawn });
    let bare = set("services.front.balancer", "least_outstanding");
    assert_eq!(bare.services["front"].balancer, Balancer::LeastOutstanding { ties: Ties::First });
    assert_eq!(
        set("services.front.components", "[\"web\", \"cart\"]").services["front"].components.len(),
        2
    );
    assert_eq!(set("question", "Why (oh why)?").question.as_deref(), Some("Why (oh why)?"));
    assert_eq!(set("question", "12").question.as_deref(), Some("12"));
    assert_eq!(set("services.front.queue", "None").services["front"].queue, None);
    let bad = [
        ("services.front.replicas", "many"),
        ("services.front.replicas", "-3"),
        ("services.front.threads", "inf"),
        ("services.back.balancer", "weighted([1, NaN])"),
        ("services.front.balancer", "power_of(d: 2"),
        ("services.front.balancer", "power_off(d: 2)"),
        ("components.web.browse[0].work", "normal(mean: 5ms)"),
    ];
    let all = bad.map(|(path, text)| shop.with_text(path, text).unwrap_err().to_string());
    expect![[r#"
        shop.ron: error at services.front.replicas: expected a whole number, 0 or more, found the text "many" (set to "many")
        shop.ron: error at services.front.replicas: expected a whole number, 0 or more, found the number -3 (set to -3)
        shop.ron: error at services.front.threads: expected a whole number, 0 or more, found the text "inf" (set to "inf")
        shop.ron: error at services.back.balancer: `weighted([1, NaN])` cannot be read: `NaN` is not a finite number
        shop.ron: error at services.front.balancer: `power_of(d: 2` cannot be read: expected a comma or a closing bracket
        shop.ron: error at services.front.balancer.power_off: unknown balancer `power_off` (set to {"power_off":{"d":2}})
          hint: did you mean `power_of`? there are: round_robin, random, weighted, least_outstanding, power_of, consistent_hash
        shop.ron: error at components.web.browse[0].work: `normal(mean: 5ms)` cannot be read: expected a comma or a closing bracket
          hint: a number with a unit is written in quotes: "5ms"
    "#]].assert_eq(&all.concat());
}

#[test]
fn designs_are_edits() {
    let shop = shop();
    let scaled = shop.design("scaled").unwrap();
    assert_eq!(scaled.services["front"].replicas, 8);
    let split = shop.design("split").unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(split.services["checkout"].pools["orders"], 5);
    assert_eq!(split.services["back"].components, ["catalogue"]);
    let merged = shop.design("merged").unwrap();
    assert_eq!(merged.services.keys().collect::<Vec<_>>(), ["front"]);
    errors(
        shop.design("scald"),
        expect![[r#"
        shop.ron: error: there is no design `scald`
          hint: did you mean `scaled`? there are: scaled, split, merged
    "#]],
    );
    let text = r#"(
    services: { "api": (components: []) },
    designs: { "bad": {
        "services.api.replicas": "four",
        "services.apy.cores": 2,
        "services.api": (components: [], replcas: 3),
        "services.db": None,
    }, "worse": {
        "services.api.balancer": power_of(d: many),
        "services.api": (components: [], replcas: 3),
    } },
)"#;
    let bad = Spec::parse("m.ron", text).unwrap();
    errors(
        bad.design("bad"),
        expect![[r#"
        m.ron:5:9: error at services.apy.cores: there is no `apy` in services
          hint: did you mean services.api.cores?
    "#]],
    );
    errors(
        bad.design("worse"),
        expect![[r#"
            m.ron:10:42: error at services.api.replcas: a service has no field `replcas` (set by design `worse`)
              hint: did you mean `replicas`? there are: components, replicas, needs, regions, speeds, contention, routing, autoscaler, deployments, start_up, drain, cores, threads, while_waiting, discipline, queue, patience, patience_covers, shed, balancer, health, ejection, slow_start, zone_affinity, front, limit, limit_per, pools, function, instance, purchase, operations
        "#]],
    );
}

#[test]
fn findings_are_placed() {
    let shop = shop();
    let place = |path: &str| {
        let span = shop.locate(&Path::parse(path).unwrap()).unwrap();
        (span.line, &SHOP[span.start..span.end])
    };
    assert_eq!(place("services.front.replicas"), (25, "4"));
    assert_eq!(place("components.web.browse[0].work.lognormal.cv"), (6, "1.5"));
    assert_eq!(place("components.web.checkout[1].parallel[0][0].call"), (9, "call(\"cart.load\")"));
    assert_eq!(place("stores.orders.database.discipline").1, "priority");
    assert_eq!(place("stores.orders.database.queue").0, 35, "the nearest there is");
    let split = shop.design("split").unwrap();
    let mut found = Diagnostics::default();
    found.warning(&Path::parse("services.front.replicas").unwrap(), "late");
    found.warning(&Path::parse("network.hop.lognormal.cv").unwrap(), "wide");
    found.error(&Path::parse("services.checkout.queue").unwrap(), "long");
    let split = split.with("run.seed", json!(3)).unwrap();
    found.error(&Path::parse("run.seed").unwrap(), "unlucky");
    split.point(&mut found);
    expect![[r#"
        shop.ron: error at run.seed: unlucky (set to 3)
        shop.ron:25:50: warning at services.front.replicas: late
        shop.ron:56:34: error at services.checkout.queue: long (set by design `split`)
        shop.ron:58:57: warning at network.hop.lognormal.cv: wide (set by design `split`)
    "#]]
    .assert_eq(&found.to_string());
}

#[test]
fn files_are_listed() {
    let files: Vec<String> =
        shop().files().iter().map(|(path, file)| format!("{path} {file}\n")).collect();
    expect![[r#"
        components.cart.load[1].work.column.file times.csv
        clients.recorded.arrivals.replay.file access.log
    "#]]
    .assert_eq(&files.concat());
}

#[test]
fn every_path_can_be_found_and_set() {
    let shop = shop();
    let paths = shop.paths();
    assert!(paths.iter().any(|p| p.to_string() == "services.back.balancer.power_of.ties"));
    for path in paths.iter().map(Path::to_string) {
        let value = shop.get(&path).unwrap_or_else(|| panic!("{path}")).clone();
        if value.is_null() {
            continue;
        }
        let same = shop.with(&path, value).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!(same, shop, "{path}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_text_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = Spec::parse("m", &String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn no_change_of_a_model_makes_it_panic(
        at in 0..SHOP.len(), length in 0usize..30, new in "[(){}\\[\\],:\"a-z0-9.#'/*-]{0,6}",
        json in any::<bool>(),
    ) {
        let json = json.then(|| serde_json::to_string(&shop()).unwrap());
        let text = json.as_deref().unwrap_or(SHOP).as_bytes();
        let at = at.min(text.len());
        let end = (at + length).min(text.len());
        let changed = [&text[..at], new.as_bytes(), &text[end..]].concat();
        let changed = String::from_utf8_lossy(&changed);
        match Spec::parse("m", &changed) {
            Ok(spec) => prop_assert_eq!(Spec::parse("m", &spec.to_ron()).unwrap(), spec),
            Err(errors) => {
                prop_assert!(errors.has_errors());
                for error in &errors {
                    let span = error.span.unwrap();
                    prop_assert!(span.start <= span.end && span.end <= changed.len());
                }
            }
        }
    }

    #[test]
    fn an_edit_in_place_is_refused_or_written_back(
        at in any::<proptest::sample::Index>(),
        more in "(\\.[a-z]{1,8}|\\[[0-9]\\])?",
        text in "[0-9]{1,3}(ms|/s)?|None|fifo|\\[\\]|\\(\\)|[a-z_]{1,9}\\((d: )?[0-9]\\)|\"x\"",
    ) {
        let shop = shop();
        let path = at.get(&shop.paths()).to_string() + &more;
        if let Ok(edited) = shop.with_text(&path, &text) {
            prop_assert_eq!(Spec::parse("m", &edited.to_ron()).unwrap(), edited);
        }
    }

    #[test]
    fn no_edit_makes_it_panic(path in "[a-z]{1,10}(\\.[a-z]{1,8}|\\[[0-9]\\]){0,4}", text in "\\PC{0,20}") {
        let _ = shop().with_text(&path, &text);
    }
}

#[test]
fn a_large_model_is_read_and_a_flood_of_errors_is_capped() {
    let text = |operations: usize| {
        let operation = |i| {
            format!(
                "\"op{i}\": [work(lognormal(mean: \"1ms\", cv: 2)), choose([(3, [work(\"1ms\")]), (1, call(\"a.op0\"))])],\n"
            )
        };
        let operations: String = (0..operations).map(operation).collect();
        format!("(components: {{ \"a\": {{ {operations} }} }})")
    };
    let spec = Spec::parse("m", &text(10_000)).unwrap();
    assert_eq!(spec.components["a"].len(), 10_000);
    // One key a hundred thousand times: what is reported is capped, and so is the work on it.
    let twice = format!("(run: ({}))", "seed: 1,".repeat(100_000));
    let errors = Spec::parse("m", &twice).unwrap_err();
    assert_eq!((errors.iter().count(), errors.dropped() > 0), (100, true));
}
