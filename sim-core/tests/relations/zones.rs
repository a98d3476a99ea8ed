//! Zone affinity: calls stay in their zone while somebody there may take them, and no others are touched.

use super::{felt, model, simulate};
use sim_core::model::{Load, Model, StationId};
use sim_core::simulation::{Recorder, Seed, Simulation};
use sim_core::time::{Duration, Time};

/// Callers and replicas in three zones, as many as `regions` says.
fn shop(web: &str, bank: &str, more: &str) -> Model {
    broken(web, bank, more, "")
}

/// The same, and something that breaks.
fn broken(web: &str, bank: &str, more: &str, faults: &str) -> Model {
    model(&format!(
        r#"(
        components: {{ "web": {{ "get": [call("bank.pay")] }}, "bank": {{ "pay": [work("1ms")] }} }},
        regions: {{"eu": (zones: ["a", "b", "c"])}},
        services: {{
            "bank": (components: ["bank"], cores: 0, regions: {{{bank}}}, {more}),
            "web": (components: ["web"], cores: 0, regions: {{{web}}}),
        }},
        network: (hop: "0.2ms", zones: "8ms"),
        clients: {{ "c": (rate: "600/s", mix: "web.get") }},
        faults: [{faults}],
        run: (horizon: "50s"),
        )"#
    ))
}

/// How many requests each replica of the bank has served.
struct Served([u64; 6]);

impl Recorder for Served {
    fn served(&mut self, _: Time, station: StationId, _: Duration, _: Duration) {
        // Services are numbered by name: the bank's replicas come first.
        self.0[station.0 as usize] += 1;
    }
}

fn served(model: &Model) -> [u64; 6] {
    let mut run = Simulation::new(model, Seed { seed: 1, replication: 0 }, Served([0; 6]));
    run.run_until(Time(50_000_000_000), u64::MAX);
    run.recorder.0
}

const BALANCERS: [&str; 5] = [
    "round_robin",
    "random",
    "weighted([1, 1, 1, 1, 1, 1])",
    "least_outstanding(ties: drawn)",
    "power_of(d: 2, ties: drawn)",
];

#[test]
fn calls_stay_in_their_zone_and_are_spread_inside_it() {
    for balancer in BALANCERS {
        let more = format!("balancer: {balancer}, zone_affinity: true");
        let model = shop(r#""eu": 3"#, r#""eu": 6"#, &more);
        // 1 ms of work and two hops inside the zone.
        assert!((Load::of(&model).unloaded[0] - 1.4e-3).abs() < 1e-12);
        let response = &simulate(&model, 0).metrics.journeys[0].response;
        assert_eq!(response.quantile(0.0), response.quantile(1.0), "{balancer}");
        assert!((response.mean() - 1.4e6).abs() < 1.0, "{balancer}: {}", response.mean());
        // Within five standard errors of a sixth of 30,000.
        for served in served(&model) {
            assert!(served.abs_diff(5_000) < 330, "{balancer}: {served}");
        }
    }
}

#[test]
fn who_finds_nobody_in_its_zone_goes_to_the_others() {
    for balancer in BALANCERS {
        // Nobody is in b, and those in c are found to be down: two of three callers ask all that are left.
        let ejection = r#"ejection: (errors: 1, for: "1h", at_most: "90%")"#;
        let more = format!("balancer: {balancer}, zone_affinity: true, {ejection}");
        let faults = r#"crash(of: "services.bank", replica: 4, at: "0s"),
            crash(of: "services.bank", replica: 5, at: "0s")"#;
        let model = broken(r#""eu": 3"#, r#""eu/a": 4, "eu/c": 2"#, &more, faults);
        let mut run = Simulation::new(&model, Seed { seed: 1, replication: 0 }, Served([0; 6]));
        run.run_until(Time(1_000_000_000), u64::MAX);
        run.recorder.0 = [0; 6];
        run.run_until(Time(51_000_000_000), u64::MAX);
        for served in &run.recorder.0[..4] {
            assert!(served.abs_diff(7_500) < 430, "{balancer}: {served}");
        }
        assert_eq!(run.recorder.0[4..], [0, 0], "{balancer}");
    }
}

#[test]
fn where_all_are_in_one_zone_affinity_changes_no_bit() {
    for balancer in BALANCERS {
        let of = |affinity: bool| {
            let more = format!("balancer: {balancer}, zone_affinity: {affinity}");
            let model = shop(r#""eu/b": 3"#, r#""eu/b": 6"#, &more);
            felt(&model, &simulate(&model, 1).metrics)
        };
        assert_eq!(of(true), of(false), "{balancer}");
    }
}

#[test]
fn an_uneven_zone_gets_what_its_callers_send() {
    let model = shop(r#""eu/a": 2, "eu/b": 1"#, r#""eu/a": 1, "eu/b": 5"#, "zone_affinity: true");
    let served = served(&model);
    let share = served[0] as f64 / served.iter().sum::<u64>() as f64;
    assert!((share - 2.0 / 3.0).abs() < 1e-3, "{share}");
}
