//! Imports of the core run one way, from what knows more to what knows less.

use super::{Complaint, File, at, core_code, scan};

/// The rooms of `sim-core/src`, lowest first; those on one line may know each other.
const LAYERS: &[&[&str]] = &[
    &["time", "math"],
    &["random", "stats"],
    &["spec"],
    &["model"],
    &["engine"],
    &["component", "workload", "control"],
    &["simulation"],
    &["metrics"],
    &["cost", "telemetry"],
    &["study"],
    &["report"],
];

/// Every import that points up, and every room that has no place in the order.
pub(super) fn check(files: &[File]) -> Vec<Complaint> {
    core_code(files).flat_map(|(path, code)| check_file(path, &code)).collect()
}

fn check_file(path: &str, code: &str) -> Vec<Complaint> {
    let room = room(path);
    if room == "lib" {
        return Vec::new();
    }
    let Some(own) = layer(room) else {
        let message = format!("`{room}` has no place in the order of xtask/src/tidy/layers.rs");
        return vec![at(path, 1, &message)];
    };
    let upward = |name: &str| layer(name).is_some_and(|other| other > own);
    scan::names_below(code, "crate")
        .into_iter()
        .filter(|(_, name)| upward(name))
        .map(|(place, name)| {
            let message = format!("`{room}` imports `{name}`, which lies above it");
            at(path, scan::line_of(code, place), &message)
        })
        .collect()
}

/// `engine` for both `sim-core/src/engine/queue.rs` and `sim-core/src/engine.rs`.
fn room(path: &str) -> &str {
    let inner = path.trim_start_matches("sim-core/src/");
    inner.split(['/', '.']).next().unwrap_or(inner)
}

fn layer(room: &str) -> Option<usize> {
    LAYERS.iter().position(|rooms| rooms.contains(&room))
}

#[cfg(test)]
mod tests {
    use super::check_file;

    const ENGINE: &str = "sim-core/src/engine/queue.rs";

    #[test]
    fn imports_that_point_down_or_sideways_are_fine() {
        assert!(check_file(ENGINE, "use crate::{time, engine::clock, model};").is_empty());
        assert!(check_file("sim-core/src/time.rs", "crate::math::ln(2.0)").is_empty());
        assert!(check_file("sim-core/src/lib.rs", "pub use crate::report::table;").is_empty());
    }

    #[test]
    fn imports_that_point_up_are_named_with_their_line() {
        assert_eq!(
            check_file(ENGINE, "\nuse crate::{time,\n study};\nlet x = crate::report::y();"),
            [
                "sim-core/src/engine/queue.rs:3: `engine` imports `study`, which lies above it",
                "sim-core/src/engine/queue.rs:4: `engine` imports `report`, which lies above it",
            ]
        );
    }

    #[test]
    fn a_new_room_must_be_given_a_place() {
        assert_eq!(check_file("sim-core/src/attic.rs", "").len(), 1);
    }
}
