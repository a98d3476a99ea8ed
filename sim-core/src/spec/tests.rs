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
