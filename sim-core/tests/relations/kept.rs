//! An outcome that was kept says what it said, whatever the model has.

use super::{files, simulate};
use sim_core::metrics::Outcome;
use sim_core::model::Model;
use sim_core::spec::Spec;
use sim_core::study::{Alternative, designs_of};

/// One of everything, as written and in every design, and the retry storm.
#[test]
fn outcomes_come_back_to_the_bit() {
    let everything = include_str!("../robust/everything.ron");
    let storm = include_str!("../../../models/blocks/retry_storm.ron");
    for text in [everything, storm] {
        let spec = Spec::parse("kept.ron", text).expect("it can be read");
        let spec = spec.with("run.horizon", "150s".into()).expect("it can be short");
        let spec = spec.with("run.warmup", "2s".into()).expect("it can be short");
        for design in designs_of(&spec) {
            // A design of the model with everything may take away what a fault is about.
            match Alternative::of(&spec, design, |_| Ok(files())) {
                Ok((design, _)) => comes_back(&design.model),
                Err(errors) => assert!(design.is_some(), "{errors}"),
            }
        }
    }
}

fn comes_back(model: &Model) {
    let outcome = simulate(model, 3);
    let bytes = outcome.to_bytes();
    let back = Outcome::from_bytes(model, &bytes).expect("these are its bytes");
    assert!(back.to_bytes() == bytes);
    assert_eq!(back.metrics.digest(), outcome.metrics.digest());
    assert_eq!(
        (back.course, back.backlog, back.fingerprint),
        (outcome.course, outcome.backlog, outcome.fingerprint)
    );
    for measure in &model.measures.reported {
        let numbers = [&back.metrics, &outcome.metrics].map(|m| m.measure(&measure.kind).to_bits());
        assert_eq!(numbers[0], numbers[1], "{} of {}", measure.name, measure.of);
    }
}
