//! Studies that a model names.

use super::{archsim, folder};
use std::path::Path;

/// The queue with two studies in it.
fn with_studies() -> tempfile::TempDir {
    let folder = folder();
    let path = folder.path().join("queue.ron");
    let text = std::fs::read_to_string(&path).expect("the template is there");
    let (before, after) = text.rsplit_once(')').expect("a model ends with a parenthesis");
    let studies = r#"    studies: {
        "load": sweep(vary: ["clients.users.rate=20/s,40/s"], replications: 2, horizon: "60s"),
        "headroom": capacity(vary: "clients.users.rate", horizon: "60s"),
    },
"#;
    std::fs::write(&path, format!("{before}{studies}){after}")).expect("it can be changed");
    folder
}

/// A study by name is the command that it stands for, to the byte; what follows its name goes before what it says.
#[test]
fn a_study_is_its_command() {
    let folder = with_studies();
    let vary = ["--vary", "clients.users.rate=20/s,40/s", "--horizon", "60s"];
    for replications in ["2", "3"] {
        let typed = ["sweep", "queue.ron", "--format", "json", "--replications", replications];
        let named = ["study", "queue.ron", "load", "--format", "json"];
        let more: &[&str] = if replications == "2" { &[] } else { &["--replications=3"] };
        let typed = archsim(&folder, &[&typed[..], &vary[..]].concat());
        let named = archsim(&folder, &[&named[..], more].concat());
        assert_eq!((named.code, named.err.as_str()), (0, ""));
        assert_eq!(named.out, typed.out);
    }
    let precise = archsim(&folder, &["study", "queue.ron", "load", "--precision", "20%"]);
    assert_eq!(precise.code, 0, "{}", precise.err);
}

#[test]
fn studies_are_listed() {
    let folder = with_studies();
    let listed = archsim(&folder, &["study", "queue.ron"]);
    let command = "archsim capacity queue.ron --vary clients.users.rate --horizon 60s";
    assert!(listed.code == 0 && listed.out.contains(command), "{}{}", listed.out, listed.err);
    let checked = archsim(&folder, &["check", "queue.ron"]);
    assert!(checked.out.contains(&listed.out), "{}", checked.out);
    let near = archsim(&folder, &["study", "queue.ron", "laod"]);
    assert!(near.code == 2 && near.err.contains("did you mean `load`?"), "{}", near.err);
    let wrong = archsim(&folder, &["study", "queue.ron", "load", "--trajectories", "3"]);
    assert!(wrong.code == 2 && wrong.err.contains("--trajectories"), "{}", wrong.err);
}

#[test]
fn what_is_wrong_with_a_study_has_its_place() {
    let folder = with_studies();
    let path = folder.path().join("queue.ron");
    let text = std::fs::read_to_string(&path).expect("the model is there");
    std::fs::write(&path, text.replace("clients.users.rate=20/s", "clients.user.rate=20/s"))
        .unwrap();
    for args in [["check", "queue.ron"], ["study", "queue.ron"]] {
        let told = archsim(&folder, &args);
        let is_there =
            told.err.contains("studies.load.sweep.vary[0]") || told.err.contains("queue.ron:");
        assert!(told.code == 3 && is_there && told.err.contains("did you mean"), "{}", told.err);
    }
    // The model itself is fine, whatever its objectives say.
    let run = archsim(&folder, &["run", "queue.ron", "--horizon", "20s", "--replications", "2"]);
    assert!([0, 4, 5].contains(&run.code), "{}", run.err);
}

/// The studies of the models that come with the simulator make sense.
#[test]
fn shipped_studies_make_sense() {
    let folder = folder();
    for (name, studies) in [("shop", 3), ("grown_shop", 2), ("enterprise", 1)] {
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../models/{name}.ron"));
        let told = archsim(&folder, &["study", model.to_str().expect("a path")]);
        assert_eq!(told.code, 0, "{}", told.err);
        assert_eq!(told.out.lines().filter(|line| line.starts_with("  archsim ")).count(), studies);
    }
}
