//! Sweeps, and what remains of them when their process is killed.

use super::{archsim, command, folder, write};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const VARY: [&str; 6] = [
    "--vary",
    "clients.users.rate=20/s..95/s:6",
    "--vary",
    "services.desk.cores=1,2",
    "--replications",
    "4",
];

/// What a study leaves behind when it is done, by name.
const FILES: [&str; 6] =
    ["points.csv", "numbers.csv", "points.jsonl", "sweep.json", "sweep.md", "trials.csv"];

fn sweep<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&["sweep", "queue.ron"], &VARY[..], more].concat()
}

fn files(dir: &Path) -> Vec<String> {
    FILES
        .map(|name| {
            std::fs::read_to_string(dir.join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
        })
        .to_vec()
}

/// M/M/1 on the grid: Kleinrock's knee is at half load, saturation by the utilisation law at 100/s, which is between the
/// last two points.
#[test]
fn a_sweep_finds_knee_and_saturation_of_a_queue() {
    let folder = folder();
    let args = [
        "sweep",
        "queue.ron",
        "--vary",
        "clients.users.rate=10/s..110/s:11",
        "--format",
        "csv",
        "--horizon",
        "400s",
    ];
    let told = archsim(&folder, &args);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    let lines: Vec<&str> = told.out.lines().filter(|line| !line.starts_with('#')).collect();
    let columns: Vec<&str> = lines[0].split(',').collect();
    let marks = columns.iter().position(|column| *column == "marks").expect("marks are told");
    let at = |mark: &str| {
        let fields = lines.iter().map(|line| line.split(',').collect::<Vec<_>>());
        let marked = fields.filter(|fields| fields[marks].split(' ').any(|word| word == mark));
        marked.map(|fields| fields[1].to_owned()).collect::<Vec<_>>()
    };
    assert!(["40/s", "50/s", "60/s"].contains(&&*at("knee")[0]), "{:?}", at("knee"));
    assert_eq!(at("saturation"), ["100/s"]);
    let origin: Vec<&str> = told.out.lines().take(2).collect();
    assert!(
        origin[0].contains(env!("CARGO_PKG_VERSION")) && origin[0].contains("seed"),
        "{origin:?}"
    );
    assert!(
        origin[1].contains("--vary clients.users.rate=10/s..110/s:11 --horizon 400s"),
        "{origin:?}"
    );
}

#[test]
fn every_format_says_where_it_comes_from() {
    let folder = folder();
    for format in ["text", "markdown", "json", "jsonl", "csv", "long-csv"] {
        let told = archsim(&folder, &sweep(&["--format", format]));
        assert_eq!(told.code, 0, "{}", told.err);
        let text = told.out.replace('\n', " ");
        for part in [
            env!("CARGO_PKG_VERSION"),
            "archsim sweep queue.ron",
            "--replications 4",
            "seed",
            "model",
        ] {
            assert!(text.contains(part), "{format} has no {part}: {}", told.out);
        }
        if format == "json" || format == "jsonl" {
            for line in if format == "json" { vec![&*told.out] } else { told.out.lines().collect() }
            {
                assert!(serde_json::from_str::<serde_json::Value>(line).is_ok());
            }
        }
    }
}

/// Two points that mean the same model draw the same numbers, and a point is what `archsim run` makes of it.
#[test]
fn points_see_the_same_traffic() {
    let folder = folder();
    let one = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(
            &archsim(&folder, &[args, &["--format", "json", "--replications", "3"]].concat()).out,
        )
        .expect("it is JSON")
    };
    let swept = one(&[
        "sweep",
        "queue.ron",
        "--vary",
        "services.desk.cores=1,2",
        "--vary",
        "clients.users.rate=40/s,60/s",
    ]);
    let run = one(&[
        "run",
        "queue.ron",
        "--set",
        "services.desk.cores=2",
        "--set",
        "clients.users.rate=40/s",
    ]);
    let point = &swept["points"][2];
    assert_eq!(point["settings"][0]["text"], "2");
    assert_eq!(point["design"]["fingerprint"], run["designs"][0]["fingerprint"]);
    assert_eq!(point["design"]["all"]["p99"], run["designs"][0]["all"]["p99"]);
}

#[test]
fn what_cannot_be_swept_is_said() {
    let folder = folder();
    let cases: [(&[&str], i32, &str); 12] = [
        (&["--vary", "clients.users.rate=9/s..1/s:3"], 2, "inverted"),
        (&["--vary", "clients.users.rate=9/s..9/s:3"], 2, "is empty"),
        (&["--vary", "clients.users.rate=1/s..60/min:3"], 2, "mix units"),
        (
            &[
                "--vary",
                "services.desk.cores=1..1000",
                "--vary",
                "services.desk.replicas=1..1000000",
            ],
            2,
            "1000 × 1000000 = 1000000000 points",
        ),
        (
            &["--vary", "services.desk.cores=1..1000", "--vary", "services.desk.replicas=1..1000"],
            2,
            "1000 × 1000 = 1000000 points",
        ),
        (&["--vary", "components.desk=1..3"], 2, "and no number"),
        (&["--vary", "services.disk.cores=1..3"], 3, "did you mean services.desk.cores?"),
        (&["--vary", "services.desk.cores=1ms..3ms:2"], 3, "services.desk.cores"),
        (&["--vary", "services.desk.cores=1..3", "--sample", "lhs"], 2, "lhs:100"),
        (
            &[
                "--vary",
                "services.desk.cores=1..3",
                "--vary",
                "clients.users.rate=1/s,2/s",
                "--sample",
                "zip",
            ],
            2,
            "has 3 values and",
        ),
        (
            &["--vary", "services.desk.cores=1..3", "--shard", "4/3", "--dir", "d"],
            2,
            "numbered from 1/3 to 3/3",
        ),
        (&["--vary", "design=seven cores"], 3, "there is no design"),
    ];
    for (args, code, part) in cases {
        let told = archsim(&folder, &[&["sweep", "queue.ron"], args].concat());
        assert_eq!((told.code, told.out.as_str()), (code, ""), "{args:?}: {}", told.err);
        assert!(told.err.contains(part), "{args:?}: {}", told.err);
    }
}

#[test]
fn a_dry_run_counts() {
    let folder = folder();
    let told = archsim(&folder, &sweep(&["--dry-run", "--dir", "study"]));
    assert!(told.out.starts_with("12 points, 48 trials: about"), "{}{}", told.out, told.err);
    assert!(!folder.path().join("study").exists());
}

/// A row for each metric of each replication at each point, none left out at the end: their means are the points' means.
#[test]
fn every_trial_has_its_rows() {
    let folder = folder();
    archsim(&folder, &sweep(&["--dir", "study", "--warmup", "20s"]));
    let rows =
        std::fs::read_to_string(folder.path().join("study/trials.csv")).expect("it is there");
    let rates: Vec<(&str, f64)> = (rows.lines())
        .filter_map(|line| Some((line.split(',').next()?, line.split_once(",all,,,rate,1/s,")?.1)))
        .map(|(point, rate)| (point, rate.parse().expect("a rate is a number")))
        .collect();
    assert_eq!(rates.len(), 12 * 4);
    let last: Vec<f64> =
        rates.iter().filter(|(point, _)| *point == "11").map(|(_, rate)| *rate).collect();
    let json =
        std::fs::read_to_string(folder.path().join("study/sweep.json")).expect("it is there");
    let told: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    let mean = told["points"][11]["design"]["all"]["rate"]["mean"].as_f64().expect("a number");
    assert!((last.iter().sum::<f64>() / 4.0 - mean).abs() < 1e-9 * mean, "{last:?} {mean}");
}

/// Killed at instants that are spread over its run, a study goes on and ends with the same bytes.
#[cfg(unix)]
#[test]
fn a_killed_study_goes_on_to_the_same_bytes() {
    let folder = folder();
    let began = Instant::now();
    let whole = archsim(&folder, &sweep(&["--dir", "whole"]));
    assert_eq!(whole.code, 0, "{}", whole.err);
    let took = began.elapsed();
    let expected = files(&folder.path().join("whole"));
    let mut kills = 0;
    for part in 1..=8u32 {
        let mut child = command(&folder, &sweep(&["--dir", "killed", "--jobs", "2"]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("archsim starts");
        std::thread::sleep(took.mul_f64(0.11 * f64::from(part)).max(Duration::from_millis(5)));
        // SIGKILL: nothing can be tidied up.
        child.kill().expect("it can be killed");
        kills += u32::from(child.wait().expect("it ends").code().is_none());
    }
    assert!(kills > 0, "it was too quick to be killed");
    let resumed = archsim(&folder, &sweep(&["--dir", "killed", "--jobs", "1"]));
    assert_eq!((resumed.code, resumed.out), (0, whole.out), "{}", resumed.err);
    assert!(expected == files(&folder.path().join("killed")), "the files differ");
}

#[test]
fn shards_merge_to_the_bytes_of_the_whole() {
    let folder = folder();
    let whole = archsim(&folder, &sweep(&["--dir", "whole"]));
    for shard in ["1/3", "2/3", "3/3"] {
        let dir = shard.replace('/', "-of-");
        let told = archsim(&folder, &sweep(&["--dir", &dir, "--shard", shard]));
        assert_eq!((told.code, told.out.as_str()), (0, ""), "{}", told.err);
        assert!(
            told.err.contains(&format!("shard {shard}: 4 of 12 points are done")),
            "{}",
            told.err
        );
    }
    // The model is kept with the study: that it is gone or another by now changes nothing.
    write(&folder, "queue.ron", "()");
    let merged = archsim(&folder, &["merge", "3-of-3", "1-of-3", "2-of-3", "--into", "merged"]);
    assert_eq!((merged.code, merged.err.as_str()), (0, ""));
    assert_eq!(merged.out, whole.out);
    assert!(
        files(&folder.path().join("whole")) == files(&folder.path().join("merged")),
        "the files differ"
    );
    let merge = |dirs: &[&str]| {
        let told = archsim(&folder, &[&["merge"], dirs].concat());
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{}", told.err);
        told.err
    };
    assert!(merge(&["1-of-3", "3-of-3"]).contains("shards are missing: 2/3"));
    assert!(merge(&["1-of-3", "1-of-3", "2-of-3", "3-of-3"]).contains("shard 1/3 is there twice"));
    assert!(merge(&["1-of-3", "absent"]).contains("absent is no study"));
}

#[test]
fn a_shard_that_is_not_done_is_named() {
    let folder = folder();
    for shard in ["1/2", "2/2"] {
        archsim(&folder, &sweep(&["--dir", &shard[..1], "--shard", shard]));
    }
    let outcomes = folder.path().join("2/outcomes");
    let bytes = std::fs::read(&outcomes).expect("outcomes are kept");
    std::fs::write(&outcomes, &bytes[..bytes.len() / 2]).expect("they can be cut");
    let told = archsim(&folder, &["merge", "1", "2"]);
    assert_eq!(told.code, 2);
    assert!(told.err.contains("2 is not done") && told.err.contains("--shard 2/2"), "{}", told.err);
    let again = archsim(&folder, &sweep(&["--dir", "2", "--shard", "2/2"]));
    assert!(again.err.contains("no whole record and were moved to"), "{}", again.err);
    assert_eq!(archsim(&folder, &["merge", "1", "2"]).code, 0);
}

#[test]
fn a_directory_of_another_study_is_left_alone() {
    let folder = folder();
    let dir = folder.path().join("study");
    archsim(&folder, &sweep(&["--dir", "study"]));
    let before = std::fs::read(dir.join("outcomes")).expect("outcomes are kept");
    let refused = |args: &[&str], part: &str| {
        let told = archsim(&folder, args);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{}", told.err);
        assert!(told.err.contains(part), "{}", told.err);
        assert!(std::fs::read(dir.join("outcomes")).expect("they are still there") == before);
    };
    refused(&sweep(&["--dir", "study", "--seed", "9"]), "of another study");
    refused(&sweep(&["--dir", "study", "--shard", "1/2"]), "study has shard 1/1, and not 1/2");
    let model = std::fs::read_to_string(folder.path().join("queue.ron")).expect("there is a model");
    write(&folder, "queue.ron", &model.replace("10ms", "11ms"));
    refused(&sweep(&["--dir", "study"]), "the model, by its hash,");
    write(&folder, "queue.ron", &model);
    let manifest = std::fs::read_to_string(dir.join("manifest.json")).expect("there is a manifest");
    let version = format!("\"archsim\": \"{}\"", env!("CARGO_PKG_VERSION"));
    write(
        &folder,
        "study/manifest.json",
        &manifest.replace(&version, "\"archsim\": \"0.0.7\", \"more\": 1"),
    );
    refused(&sweep(&["--dir", "study"]), "was made by archsim 0.0.7");
    refused(&["merge", "study"], "was made by archsim 0.0.7");
    std::fs::create_dir(folder.path().join("letters")).expect("a folder can be made");
    write(&folder, "letters/to-mother.txt", "Dear mother");
    refused(
        &sweep(&["--dir", "letters"]),
        "letters is not empty and no study: it has to-mother.txt",
    );
}

/// The disk is full from the first outcome on.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_loses_nothing() {
    let folder = folder();
    archsim(&folder, &sweep(&["--dir", "study"]));
    let expected = files(&folder.path().join("study"));
    let outcomes = folder.path().join("study/outcomes");
    let aside = folder.path().join("aside");
    std::fs::rename(&outcomes, &aside).expect("it can be moved");
    std::os::unix::fs::symlink("/dev/full", &outcomes).expect("a link can be made");
    let told = archsim(&folder, &sweep(&["--dir", "study"]));
    assert_eq!((told.code, told.out.as_str()), (1, ""), "{}", told.err);
    assert!(told.err.contains("No space left on device"), "{}", told.err);
    std::fs::remove_file(&outcomes).expect("the link can be taken away");
    std::fs::rename(&aside, &outcomes).expect("it can be moved back");
    assert_eq!(archsim(&folder, &sweep(&["--dir", "study"])).code, 0);
    assert!(files(&folder.path().join("study")) == expected);
}

/// The directory of a study is reported as it is, and so are its shards together.
#[test]
fn a_kept_study_has_a_report() {
    let folder = folder();
    assert_eq!(archsim(&folder, &sweep(&["--dir", "whole"])).code, 0);
    for shard in ["1/2", "2/2"] {
        let dir = format!("parts/{}", &shard[..1]);
        assert_eq!(archsim(&folder, &sweep(&["--dir", &dir, "--shard", shard])).code, 0);
    }
    let told = archsim(&folder, &["report", "whole", "--format", "markdown"]);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    assert!(told.out.contains("archsim sweep queue.ron --vary"), "{}", told.out);
    assert!(
        told.out.contains("services.desk.cores=2: all objectives are met up to"),
        "{}",
        told.out
    );
    let parts = archsim(&folder, &["report", "parts", "--format", "markdown"]);
    assert_eq!((parts.code, parts.out), (0, told.out));
    let html = archsim(&folder, &["report", "whole", "--out", "report.html"]);
    assert_eq!((html.code, html.out.as_str(), html.err.as_str()), (0, "", ""));
    let html = std::fs::read_to_string(folder.path().join("report.html")).expect("it is there");
    assert!(html.contains("data-figure=\"latency-against\"") && html.ends_with("</html>\n"));

    std::fs::create_dir(folder.path().join("nothing")).expect("it can be made");
    let none = archsim(&folder, &["report", "nothing", "--format", "markdown"]);
    assert!(none.code == 2 && none.err.contains("has a manifest.json"), "{}", none.err);
    let part = archsim(&folder, &["report", "parts/1", "--format", "markdown"]);
    assert!(part.code == 2 && part.err.contains("shards are missing: 2/2"), "{}", part.err);
    let flags = archsim(&folder, &["report", "whole", "--seed", "2", "--format", "markdown"]);
    assert!(flags.code == 2 && flags.err.contains("as it was asked for"), "{}", flags.err);
}

/// Parquet is written where CSV is, and every format of a table is the same one.
#[cfg(feature = "parquet")]
#[test]
fn parquet_does_not_depend_on_shards() {
    let folder = folder();
    assert_eq!(archsim(&folder, &sweep(&["--dir", "whole"])).code, 0);
    for shard in ["1/2", "2/2"] {
        assert_eq!(archsim(&folder, &sweep(&["--dir", &shard[..1], "--shard", shard])).code, 0);
    }
    assert_eq!(archsim(&folder, &["merge", "2", "1", "--into", "merged"]).code, 0);
    for name in ["points.parquet", "numbers.parquet", "trials.parquet"] {
        let of =
            |dir: &str| std::fs::read(folder.path().join(dir).join(name)).expect("it is there");
        let whole = of("whole");
        assert!(whole.starts_with(b"PAR1") && whole.ends_with(b"PAR1"), "{name}");
        assert!(whole == of("merged"), "{name}");
    }
}
