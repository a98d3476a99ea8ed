//! Path by path under common random numbers: a server more, a shorter service, the same components elsewhere.

use super::{felt, model, simulate};
use sim_core::model::{Model, StationId};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::time::{Duration, Time};
use std::collections::BTreeMap;

/// The wait of each request at the first station, by the instant at which it came.
#[derive(Default)]
struct Waits(BTreeMap<Time, Duration>);

impl Recorder for Waits {
    fn served(&mut self, now: Time, station: StationId, wait: Duration, service: Duration) {
        assert_eq!(station, StationId(0));
        let came = Time(now.0 - wait.0 - service.0);
        assert_eq!(self.0.insert(came, wait), None, "two came at once: they cannot be told apart");
    }
}

fn waits(servers: u32, work: &str) -> BTreeMap<Time, Duration> {
    let model = model(&format!(
        r#"(
        components: {{ "a": {{ "x": [work({work})] }} }},
        services: {{ "a": (components: ["a"], cores: {servers}) }},
        clients: {{ "c": (rate: "170/s", mix: "a.x") }},
        )"#
    ));
    let mut run = Simulation::new(&model, Seed { seed: 5, replication: 0 }, Waits::default());
    run.run_until(Time(200_000_000_000), u64::MAX);
    run.recorder.0
}

/// How many waits fell from one to the other; none may rise.
fn fallen(before: &BTreeMap<Time, Duration>, after: &BTreeMap<Time, Duration>) -> usize {
    let mut fallen = 0;
    let mut both = 0;
    for (came, wait) in before {
        // Who has not been served at the end is in one of the two only.
        let Some(now) = after.get(came) else { continue };
        assert!(now <= wait, "who came at {came} waited {wait}, and now {now}");
        both += 1;
        fallen += usize::from(now < wait);
    }
    assert!(both > 30_000, "{both} requests");
    fallen
}

#[test]
fn a_server_more_lets_nobody_wait_longer() {
    let work = r#"lognormal(mean: "10ms", cv: 1.2)"#;
    assert!(fallen(&waits(2, work), &waits(3, work)) > 10_000);
}

#[test]
fn a_shorter_service_lets_nobody_wait_longer() {
    let (long, short) = (r#"exponential("10ms")"#, r#"exponential("9ms")"#);
    assert!(fallen(&waits(2, long), &waits(2, short)) > 10_000);
}

fn shop(services: &str) -> Model {
    let text = include_str!("../../../models/shop.ron");
    let mut lines = String::new();
    let mut skipping = false;
    // What lies between the headings of services and stores is replaced, and so are the costs between services.
    for line in text.lines() {
        skipping = match line {
            "    services: {" => {
                lines.push_str(services);
                true
            }
            "    stores: {" => false,
            _ => skipping,
        };
        if !skipping && !line.starts_with("    network:") {
            lines.push_str(line);
            lines.push('\n');
        }
    }
    model(&lines)
}

#[test]
fn where_components_run_does_not_matter_where_nothing_is_scarce() {
    let together = shop(
        r#"    services: { "all": (
            components: ["web", "catalogue", "cart", "payment", "notifications", "reporting"],
            cores: 0,
        ) },
"#,
    );
    let names = ["web", "catalogue", "cart", "payment", "notifications", "reporting"];
    let each: Vec<String> = names
        .iter()
        .map(|name| format!("\"{name}\": (components: [\"{name}\"], cores: 0, replicas: 2)"))
        .collect();
    let apart = shop(&format!("    services: {{ {} }},\n", each.join(", ")));
    assert_eq!((together.services.len(), apart.services.len()), (1, 6));
    let (a, b) = (simulate(&together, 0), simulate(&apart, 0));
    assert_eq!(a.events, b.events);
    assert_eq!(felt(&together, &a.metrics), felt(&apart, &b.metrics));
}
