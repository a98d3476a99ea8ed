//! The table of all values: printed case by case, and written to `target/truth.md`.

use crate::campaign::Measured;
use crate::judge::Verdict;
use crate::truth::Expected;
use sim_core::stats::Estimate;
use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

/// One value of one design.
pub(crate) struct Row {
    pub(crate) case: &'static str,
    pub(crate) design: String,
    pub(crate) measured: Measured,
}

/// What a case came to.
struct Done {
    case: &'static str,
    lines: String,
    passed: usize,
    failed: usize,
    later: usize,
    time: Duration,
}

/// Tests run side by side and end in any order.
static DONE: Mutex<Vec<Done>> = Mutex::new(Vec::new());

const HEAD: &str = "| case | design | value | expected | measured | ± 95 % | length | events | verdict |\n\
                    |---|---|---|---|---|---|---|---|---|\n";

/// Adds the rows of a case, prints them, and writes the table anew.
pub(crate) fn add(case: &'static str, rows: &[Row], later: &[Expected], time: Duration) {
    let mut lines: String = rows.iter().map(line).collect();
    lines.extend(later.iter().map(|expected| line_of_later(case, expected)));
    let passed = rows.iter().filter(|row| row.measured.verdict == Verdict::Passed).count();
    let failed = rows.len() - passed;
    let mut done = DONE.lock().expect("no test panics while it adds rows");
    done.push(Done { case, lines, passed, failed, later: later.len(), time });
    done.sort_by_key(|done| done.case);
    let total = total(&done);
    let own = done.iter().find(|done| done.case == case).expect("it was just added");
    println!(
        "\n{HEAD}{}{case}: {passed} passed, {failed} failed, {:.1} s",
        own.lines,
        time.as_secs_f64()
    );
    println!("so far {total}");
    write(&done, &total);
}

fn line(row: &Row) -> String {
    let Measured { expected, numbers, verdict, length, events, again } = &row.measured;
    let Estimate { mean, half_width, .. } = Estimate::of(numbers, 0.95);
    let again = if *again { " (second run)" } else { "" };
    format!(
        "| {} | {} | {} | {:.6} | {mean:.6} | {half_width:.6} | {length:.1} | {:.1} M | {verdict}{again} |\n",
        row.case,
        row.design,
        expected.name,
        expected.value,
        *events as f64 / 1e6
    )
}

fn line_of_later(case: &str, Expected { name, value, .. }: &Expected) -> String {
    format!("| {case} | | {name} | {value:.6} | | | | | long form: cargo xtask truth |\n")
}

fn total(done: &[Done]) -> String {
    let passed: usize = done.iter().map(|done| done.passed).sum();
    let failed: usize = done.iter().map(|done| done.failed).sum();
    let later: usize = done.iter().map(|done| done.later).sum();
    let cases = done.len();
    format!("{cases} cases: {passed} values passed, {failed} failed, {later} left to the long form")
}

fn write(done: &[Done], total: &str) {
    let mut text = format!("# Theory\n\n{total}\n\n{HEAD}");
    done.iter().for_each(|done| text.push_str(&done.lines));
    text.push_str("\n| case | seconds |\n|---|---|\n");
    for done in done {
        let _ = writeln!(text, "| {} | {:.1} |", done.case, done.time.as_secs_f64());
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let written = std::fs::create_dir_all(&folder)
        .and_then(|()| std::fs::write(folder.join("truth.md"), text));
    if let Err(error) = written {
        eprintln!("target/truth.md cannot be written: {error}");
    }
}
