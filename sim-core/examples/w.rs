use sim_core::{model::*, spec::Spec, simulation::*, metrics::*, time::*};
fn main() {
    let w1 = r#"{"components":{"c":{"o":[{"work":{"exponential":"10ms"}}]}},"services":{"s":{"components":["c"]}},"clients":{"u":{"rate":"80/s","mix":"c.o"}}}"#;
    let w3 = r#"{"components":{"web":{"get":[{"work":{"exponential":"5ms"}},{"wait":{"exponential":"0.5ms"}},{"choose":[[0.8,[]],[0.2,[{"read":"db"}]]]}]}},
      "services":{"web":{"components":["web"],"replicas":4,"cores":8}},"stores":{"db":{"database":{"servers":16,"read":{"lognormal":{"mean":"8ms","sigma":0.5}}}}},"clients":{"u":{"rate":"4480/s","mix":"web.get"}}}"#;
    let mut comps = String::new(); let mut svcs = String::new(); let mut calls = vec![];
    for i in 0..10 { comps += &format!(r#","c{i}":{{"o":[{{"work":{{"exponential":"1s"}}}}]}}"#); svcs += &format!(r#","s{i}":{{"components":["c{i}"]}}"#); calls.push(format!(r#"[{{"call":"c{i}.o"}}]"#)); }
    let w4 = format!(r#"{{"components":{{"f":{{"o":[{{"parallel":{{"branches":[{}]}}}}]}}{comps}}},"services":{{"f":{{"components":["f"]}}{svcs}}},"clients":{{"u":{{"rate":"0.6/s","mix":"f.o"}}}}}}"#, calls.join(","));
    let scale: f64 = std::env::args().nth(1).map_or(1.0, |s| s.parse().unwrap()); let only = std::env::args().nth(2); for (name, text, n, rate) in [("w1", w1.to_string(), 5e6*scale, 80.0), ("w3", w3.to_string(), 2e6*scale, 4480.0), ("w4", w4, 0.5e6*scale, 0.6)] {
        let spec: Spec = serde_json::from_str(&text).unwrap();
        let model = match Model::check(&spec, &Files::default()) { Ok(c) => c.model, Err(d) => { for x in d.iter() { println!("{} {}", x.path, x.message); } return; } };
        if only.as_ref().is_some_and(|o| o != name) { continue; } for round in 0..(if only.is_some() {1} else {3}) {
            let t = std::time::Instant::now();
            let horizon = n / rate;
            let o = run(&model, Trial { design: 0, seed: Seed { seed: round, replication: 0 }, warmup: Duration::from_secs(horizon*0.05), horizon: Duration::from_secs(horizon), events_max: u64::MAX });
            let e = t.elapsed().as_nanos() as f64;
            let j = &o.metrics.journeys[0];
            println!("{name} {:.1} ns/request {:.1} ns/event mean {:.6} p99 {:.6} {:?} {:?} {}", e / n, e / o.events as f64, j.response.mean()/1e9, j.response.quantile(0.99)/1e9, o.stopped, o.violations, o.fingerprint);
        }
    }
}
