//! Data read from text: what is there, and what is said about what is not.

use super::*;
use proptest::prelude::*;

/// The contents of a file of the data that tests share, or `None`, said plainly, where that is not present.
fn shared(name: &str) -> Option<String> {
    let path = format!("{}/../../shared/data/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).ok();
    if text.is_none() {
        assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "no shared data: {name}");
        println!("SKIPPED: no shared data: {name}");
    }
    text
}

fn text_of<T: fmt::Debug>(result: Result<T, DataError>) -> String {
    result.unwrap_err().to_string()
}

#[test]
fn a_column_of_numbers_is_read() {
    let csv = "id,size,note\n1,2.5,a\n2,-3e2,b\n\n3,7,c";
    assert_eq!(column(csv, "size"), Ok(vec![2.5, -300.0, 7.0]));
    assert_eq!(column(csv, "id"), Ok(vec![1.0, 2.0, 3.0]));
}

#[test]
fn quotes_line_ends_and_byte_order_marks_are_understood() {
    let csv = "\u{feff}\"the \"\"size\"\"\",note\r\n1,\"a, b\r\nc\"\r\n\"2\",d\r\n";
    assert_eq!(column(csv, "the \"size\""), Ok(vec![1.0, 2.0]));
    // The quoted line end counts: the wrong number is on line 4.
    let wrong = csv.replace("\"2\"", "x");
    assert_eq!(
        text_of(column(&wrong, "the \"size\"")),
        "line 4: `x` in column `the \\\"size\\\"` is no number"
    );
}

#[test]
fn what_is_wrong_with_a_column_is_said() {
    for (csv, says) in [
        ("", "the file is empty"),
        ("\u{feff}\r\n\n", "the file is empty"),
        ("t\n", "the file has a header line and no records"),
        ("t\n1\nx\n", "line 3: `x` in column `t` is no number"),
        ("t\n1\ninf\n", "line 3: `inf` in column `t` is no number"),
        ("t,u\n1,2\n3,\n", "line 3: `` in column `u` is no number"),
        ("t,u\n1,2\n3", "line 3: 1 field where the header line has 2: cut off?"),
        ("t,u\n1,2,3\n3,4\n", "line 2: 3 fields where the header line has 2"),
        ("t,u\n1,\"2\n3,4\n", "line 2: a quote is opened and never closed: cut off?"),
        ("s,t\n1,2\n", "line 1: there is no column `u` (the columns are `s`, `t`)"),
    ] {
        let name = if csv.contains('u') || csv.contains('s') { "u" } else { "t" };
        assert_eq!(text_of(column(csv, name)), says, "{csv:?}");
    }
    assert_eq!(column("s,t\n1,2\n", "u").unwrap_err().candidates, ["s", "t"]);
    assert!(text_of(column(&",".repeat(20_000), "u")).contains("more than 10000 fields"));
}

#[test]
fn files_are_found_by_name() {
    let mut files = Files::default();
    files.insert("a.csv", "t\n1\n");
    assert_eq!(files.read("a.csv"), Ok("t\n1\n"));
    let missing = files.read("b.csv").unwrap_err();
    assert_eq!(missing.message, "there is no file `b.csv`");
    assert_eq!(missing.candidates, ["a.csv"]);
}

#[test]
fn times_count_from_the_first() {
    let csv = "t\n1700000000.25\n1700000000.250000001\n1700000002.0\n";
    assert_eq!(timestamps(csv, "t"), Ok(vec![0, 1, 1_750_000_000]));
    let csv = "t\n2024-02-28 23:59:59.5\n2024-03-01T00:00:00Z\n";
    assert_eq!(timestamps(csv, "t"), Ok(vec![0, 86_400_500_000_000]));
}

#[test]
fn whole_seconds_are_spread_evenly() {
    assert_eq!(
        timestamps("t\n5\n5\n5\n5\n7\n", "t"),
        Ok(vec![0, 250_000_000, 500_000_000, 750_000_000, 2_000_000_000])
    );
    // A fraction, even of zero, says that the clock was finer.
    assert_eq!(timestamps("t\n5.0\n5.0\n7.0\n", "t"), Ok(vec![0, 0, 2_000_000_000]));
}

#[test]
fn what_is_wrong_with_times_is_said() {
    let unsorted = "t\n2024-01-31 10:00:00\n2024-01-31 09:59:59\n";
    assert_eq!(
        text_of(timestamps(unsorted, "t")),
        "line 3: `2024-01-31 09:59:59` is earlier than the time before it (sort the file by this column)"
    );
    let cut = "t\n2024-01-31 10:00:00\n2024-01-31 10:0";
    assert!(
        text_of(timestamps(cut, "t"))
            .starts_with("line 3: `2024-01-31 10:0` in column `t` is no time")
    );
    let mixed = "t\n5\n2024-01-31 10:00:00\n";
    assert_eq!(
        text_of(timestamps(mixed, "t")),
        "line 3: numbers and dates are mixed in one column"
    );
    let long = "t\n0\n99999999999\n";
    assert!(text_of(timestamps(long, "t")).contains("more than 584 years"));
}

const ENTRY: &str =
    "203.0.113.9 - ann [17/May/2015:10:05:03 +0000] \"GET / HTTP/1.1\" 200 23 \"-\" \"M \\\" 5\"";

#[test]
fn an_access_log_is_sorted_and_spread() {
    let at = |time: &str| ENTRY.replace("10:05:03", time);
    let log = [at("10:05:04"), at("10:05:03"), at("10:05:04"), at("10:05:09")].join("\r\n");
    assert_eq!(access_log(&log), Ok(vec![0, 1_000_000_000, 1_500_000_000, 6_000_000_000]));
}

#[test]
fn a_mangled_tail_is_forgiven_inside_a_log_and_not_at_its_end() {
    let mangled = ENTRY.strip_suffix('"').unwrap();
    assert_eq!(access_log(&[ENTRY, mangled, ENTRY].join("\n")).map(|times| times.len()), Ok(3));
    for (cut, says) in [
        (ENTRY.len() - 1, "a quote is opened and never closed: cut off?"),
        (ENTRY.find(" \"-").unwrap(), "7 fields where the first line has 9: cut off?"),
        (ENTRY.find(" 200").unwrap() - 1, "there is no request in quotes after the date: cut off?"),
        (
            ENTRY.find(" +0000").unwrap(),
            "the date `17/May/2015:10:05:03` is not closed by a bracket: cut off?",
        ),
        (ENTRY.find(" [").unwrap(), "`203.0.113.9 - ann` has no date in brackets"),
    ] {
        let error = access_log(&[ENTRY, ENTRY, &ENTRY[..cut]].join("\n")).unwrap_err();
        assert_eq!((error.line, error.message.as_str()), (Some(3), says));
    }
    let error = access_log(&ENTRY.replace("May", "Mai")).unwrap_err();
    assert_eq!(error.message, "`17/Mai/2015:10:05:03 +0000` is no date of an access log");
    assert_eq!(text_of(access_log("\n\n")), "the file is empty");
}

/// Figures by `awk` over the file: 19,366 lines after the header line, all in order.
#[test]
fn a_recorded_hour_of_requests_is_read() {
    let Some(text) = shared("arrivals/azure-llm-conv.csv") else { return };
    let times = timestamps(&text, "TIMESTAMP").unwrap();
    assert_eq!(times.len(), 19_366);
    // 18:15:46.6805900, 18:15:50.9951690 and, at the end, 19:14:08.4025270.
    assert_eq!((times[0], times[1]), (0, 4_314_579_000));
    assert_eq!(times.last(), Some(&3_501_721_937_000));
    assert_eq!(column(&text, "ContextTokens").unwrap()[..3], [374.0, 396.0, 879.0]);
    assert!(
        timestamps(&text, "Timestamp").unwrap_err().candidates.contains(&"TIMESTAMP".to_owned())
    );
    for cut in [9, 20, 30] {
        let cut = timestamps(&text[..text.len() - cut], "TIMESTAMP").unwrap_err();
        assert_eq!(cut.line, Some(19_367), "{cut}");
    }
}

/// The file runs from 17 May 2015, 10:05:00, to 20 May, 21:05:59, by `sort` over the dates.
#[test]
fn a_recorded_access_log_is_read() {
    let Some(text) = shared("logs/apache_combined.log") else { return };
    let times = access_log(&text).unwrap();
    assert_eq!(times.len(), 10_000);
    assert!(times.is_sorted());
    let seconds = times[9_999] / 1_000_000_000;
    assert_eq!(seconds, 3 * 86_400 + 11 * 3600 + 59);
    let cut = access_log(&text[..text.len() - 30]).unwrap_err();
    assert_eq!(cut.line, Some(10_000), "{cut}");
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in "\\PC{0,40}", lines in prop::collection::vec(
        "[\",\r\n\\[\\]\\\\ \\-+:.TZt0-9/May\u{feff}é]{0,30}", 0..6,
    )) {
        for text in [text, lines.concat(), format!("t,u\n{}", lines.join("\n"))] {
            for name in ["t", "u", ""] {
                let _ = column(&text, name);
                let _ = timestamps(&text, name);
            }
            let _ = access_log(&text);
            let _ = access_log(&format!("{ENTRY}\n{text}"));
        }
    }

    /// Whatever is quoted by the rules of RFC 4180 is read back.
    #[test]
    fn quoted_headers_are_read_back(names in prop::collection::vec("[a-c\",\r\n]{1,5}z", 1..4)) {
        let quote = |name: &String| format!("\"{}\"", name.replace('"', "\"\""));
        let header: Vec<String> = names.iter().map(quote).collect();
        let row: Vec<String> = (0..names.len()).map(|i| i.to_string()).collect();
        let csv = format!("{}\r\n{}\r\n", header.join(","), row.join(","));
        for name in &names {
            let first = names.iter().position(|n| n.trim() == name.trim()).unwrap();
            prop_assert_eq!(column(&csv, name.trim()), Ok(vec![first as f64]));
        }
    }
}
