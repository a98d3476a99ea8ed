//! Looking closely at one replication: `trace`, `series` and `events`.

use super::{archsim, folder};

#[test]
fn a_p99_request_is_shown_with_where_its_time_went() {
    let folder = folder();
    let told = archsim(&folder, &["trace", "queue.ron"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(
        told.out.contains("where the time went") && told.out.contains("median"),
        "{}",
        told.out
    );
    let again = archsim(&folder, &["trace", "queue.ron"]);
    assert_eq!(told.out, again.out, "a second look sees the same request");
    let path = archsim(&folder, &["run", "queue.ron", "--path", "--replications", "2"]);
    assert!(path.out.contains("The path of a p99 request"), "{}", path.out);
}

#[test]
fn every_format_is_written() {
    let folder = folder();
    for (args, start) in [
        (&["trace", "queue.ron", "--format", "otlp"][..], "{"),
        (&["trace", "queue.ron", "--format", "jaeger", "--sample", "slowest"], "{"),
        (&["trace", "queue.ron", "--format", "perfetto", "--sample", "head:10"], "{"),
        (&["series", "queue.ron"], ""),
        (&["series", "queue.ron", "--format", "csv"], "from,to,scope,name,part,metric,value"),
        (&["series", "queue.ron", "--format", "jsonl"], "{"),
        (&["series", "queue.ron", "--format", "openmetrics"], "# TYPE"),
        (&["events", "queue.ron", "--kinds", "arrival,answer", "--limit", "10"], "{"),
    ] {
        let told = archsim(&folder, args);
        assert_eq!(told.code, 0, "{args:?}: {}", told.err);
        assert!(told.out.starts_with(start) && told.out.len() > 100, "{args:?}: {}", told.out);
    }
}

#[test]
fn what_cannot_be_seen_is_said() {
    let folder = folder();
    for (args, says) in [
        (&["trace", "queue.ron", "--of", "desk.sreve"][..], "no client asks for desk.sreve"),
        (&["trace", "queue.ron", "--sample", "p100"], "between 0 and 100"),
        (&["trace", "queue.ron", "--sample", "head:0"], "head:1000"),
        (&["series", "queue.ron", "--window", "1ns"], "at least"),
        (&["series", "queue.ron", "--window", "0s"], "lasts longer"),
        (&["series", "queue.ron", "--window", "5 parsec"], "no duration"),
        (&["events", "queue.ron", "--kinds", "weather"], "weather"),
        (&["events", "queue.ron", "--limit", "0"], "from 1"),
    ] {
        let told = archsim(&folder, args);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{args:?}: {}", told.err);
        assert!(told.err.contains(says), "{args:?}: {}", told.err);
    }
    let none = archsim(&folder, &["trace", "queue.ron", "--sample", "errors"]);
    assert!(none.code == 1 && none.err.contains("no request ended badly"), "{}", none.err);
}
