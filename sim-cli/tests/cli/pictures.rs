//! Pictures and reports: `plot`, `graph` and `report`.

use super::{archsim, folder, write};

#[test]
fn every_figure_is_drawn() {
    let folder = folder();
    for figure in ["designs", "objectives", "distribution", "timeline", "waterfall"] {
        let told =
            archsim(&folder, &["plot", "queue.ron", "--figure", figure, "--replications", "2"]);
        assert_eq!(told.code, 0, "{figure}: {}", told.err);
        assert!(told.out.starts_with("<svg") && told.out.ends_with("</svg>\n"), "{figure}");
        assert!(told.out.contains(&format!("data-figure=\"{figure}\"")), "{figure}");
    }
}

/// A PNG has its size in bytes 16 to 24; the dots are not looked at.
#[test]
fn a_name_says_what_kind_of_picture_it_is() {
    let folder = folder();
    let args = ["plot", "queue.ron", "--replications", "2", "--theme", "dark", "--width", "400"];
    let told = archsim(&folder, &[&args[..], &["-o", "a.svg"]].concat());
    assert_eq!((told.code, told.out.as_str()), (0, ""), "{}", told.err);
    let told = archsim(&folder, &[&args[..], &["-o", "a.png"]].concat());
    assert_eq!((told.code, told.out.as_str()), (0, ""), "{}", told.err);
    let png = std::fs::read(folder.path().join("a.png")).expect("it was written");
    assert_eq!(&png[1..4], b"PNG");
    assert_eq!(
        u32::from_be_bytes([png[16], png[17], png[18], png[19]]),
        800,
        "two dots to a pixel"
    );
    let svg = std::fs::read_to_string(folder.path().join("a.svg")).expect("it was written");
    assert!(svg.contains("width=\"400\""));
}

#[test]
fn a_graph_is_written_in_every_language() {
    let folder = folder();
    for (format, start) in [
        ("mermaid", "flowchart LR\n"),
        ("dot", "digraph \"as written\" {\n"),
        ("structurizr", "workspace \"as written\" {\n"),
        ("svg", "<svg "),
    ] {
        let told = archsim(&folder, &["graph", "queue.ron", "--format", format]);
        assert_eq!(told.code, 0, "{format}: {}", told.err);
        assert!(told.out.starts_with(start) && told.out.contains("desk"), "{format}: {}", told.out);
    }
}

#[test]
fn a_report_is_written_and_is_the_same_again() {
    let folder = folder();
    let args = ["report", "queue.ron", "--replications", "2", "--horizon", "100s"];
    let html = archsim(&folder, &args);
    assert!(html.out.starts_with("<!doctype html>"), "{}", html.err);
    for part in [
        "id=\"answer\"",
        "What was assumed",
        "archsim report queue.ron",
        "data-figure=\"timeline\"",
    ] {
        assert!(html.out.contains(part), "{part}");
    }
    let jobs = archsim(&folder, &[&args[..], &["--jobs", "1"]].concat());
    let without_command = |text: &str| text.replace(" --jobs 1", "");
    assert_eq!(without_command(&jobs.out), html.out, "threads change nothing");
    let markdown = archsim(&folder, &[&args[..], &["--out", "report.md"]].concat());
    assert_eq!(markdown.code, html.code, "{}", markdown.err);
    let text = std::fs::read_to_string(folder.path().join("report.md")).expect("it was written");
    assert!(text.starts_with("## ") && text.contains("```mermaid"), "{text}");
}

#[test]
fn studies_are_drawn() {
    let folder = folder();
    let range = "clients.users.rate=10/s..40/s:4";
    let cores = "services.desk.cores=1,2";
    for (args, figure) in [
        (&["sweep", "queue.ron", "--vary", range, "--replications", "2"][..], "latency-against"),
        (
            &["sweep", "queue.ron", "--vary", range, "--vary", cores, "--replications", "2"],
            "heat-map",
        ),
        (
            &[
                "sensitivity",
                "queue.ron",
                "--on",
                "mean",
                "--trajectories",
                "3",
                "--replications",
                "2",
            ],
            "tornado",
        ),
    ] {
        let told = archsim(&folder, &[args, &["--horizon", "60s", "--plot", "a.svg"]].concat());
        assert_eq!(told.code, 0, "{args:?}: {}", told.err);
        let svg = std::fs::read_to_string(folder.path().join("a.svg")).unwrap_or_default();
        assert!(svg.contains(&format!("data-figure=\"{figure}\"")), "{args:?}: {}", told.err);
        std::fs::remove_file(folder.path().join("a.svg")).expect("it was written");
    }
    let told = archsim(&folder, &["sweep", "queue.ron", "--vary", range, "--plot", "a.gif"]);
    assert_eq!((told.code, told.out.as_str()), (2, ""), "{}", told.err);
}

#[test]
fn what_cannot_be_drawn_is_said() {
    let folder = folder();
    for (args, says) in [
        (&["plot", "queue.ron", "-o", "a.jpg"][..], "ends in .svg or .png"),
        (&["plot", "queue.ron", "-o", "queue.ron"], "ends in .svg or .png"),
        (&["plot", "queue.ron", "--figure", "pie"], "pie"),
        (&["plot", "queue.ron", "--figure", "waterfall", "--of", "desk.sreve"], "no client asks"),
        (&["plot", "queue.ron", "--width", "12"], "280"),
        (&["plot", "queue.ron", "--figure", "cost-latency", "--replications", "2"], "prices"),
        (&["graph", "queue.ron", "--format", "svg", "-o", "a.dot"], "ends in .svg or .png"),
        (&["graph", "queue.ron", "--format", "dot", "-o", "queue.ron"], "over the model"),
        (&["report", "queue.ron", "-o", "report.pdf"], "ends in .html or .md"),
    ] {
        let told = archsim(&folder, args);
        assert_eq!((told.code, told.out.as_str()), (2, ""), "{args:?}: {}", told.err);
        assert!(told.err.contains(says), "{args:?}: {}", told.err);
    }
}

/// A model can say what it likes; a report holds no tag of it.
#[test]
fn a_model_writes_no_markup_into_a_report() {
    let folder = folder();
    let text = std::fs::read_to_string(folder.path().join("queue.ron")).expect("it is there");
    let evil = text.replacen("question: \"", "question: \"</title><script>alert(1)</script> ", 1);
    assert_ne!(evil, text, "the template has a question");
    write(&folder, "evil.ron", &evil);
    let told = archsim(&folder, &["report", "evil.ron", "--replications", "2", "--horizon", "50s"]);
    assert_eq!(told.out.matches("<script").count(), 1, "{}", told.err);
    assert!(told.out.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
}
