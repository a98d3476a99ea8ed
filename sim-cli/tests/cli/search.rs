//! What matters, and what is best.

use super::{archsim, folder};

/// Of one, two and three cores at 80/s of 10 ms: one core has the longest mean, three the shortest.
#[test]
fn the_best_of_three_is_told() {
    let folder = folder();
    let args = [
        "optimize",
        "queue.ron",
        "--vary",
        "services.desk.cores=1..3",
        "--minimize",
        "mean",
        "--set",
        "objectives[0].latency.below=10s",
    ];
    let told = archsim(&folder, &args);
    assert_eq!((told.code, told.err.as_str()), (0, ""), "{}", told.out);
    assert!(
        told.out.contains("3 has the lowest mean of those that meet all objectives"),
        "{}",
        told.out
    );
    let csv = archsim(&folder, &[&args[..], &["--format", "csv"]].concat()).out;
    assert!(csv.lines().any(|line| line.starts_with("3,best,true,")), "{csv}");
    let none = archsim(&folder, &[&args[..7], &["objectives[0].latency.below=1ms"]].concat());
    assert_eq!(none.code, 4, "{}{}", none.out, none.err);
    let costless =
        archsim(&folder, &["optimize", "queue.ron", "--vary", "services.desk.cores=1..3"]);
    assert_eq!(costless.code, 2);
    assert!(costless.err.contains("without prices no cost can be minimized"), "{}", costless.err);
}

#[test]
fn what_matters_most_comes_first() {
    let folder = folder();
    let args = [
        "sensitivity",
        "queue.ron",
        "--set",
        "clients.users.rate=20/s",
        "--on",
        "mean",
        "--replications",
        "3",
    ];
    let told = archsim(&folder, &args);
    assert_eq!((told.code, told.err.as_str()), (0, ""));
    let ranks: Vec<&str> = told
        .out
        .lines()
        .filter(|line| line.contains("ask[0]") || line.starts_with("clients."))
        .collect();
    // Around 20/s a fifth more work is a fifth more time, and a fifth more load a twentieth.
    assert!(
        ranks.iter().any(|line| line.starts_with("components.desk.ask[0].work")),
        "{}",
        told.out
    );
    assert!(told.out.contains("archsim sensitivity queue.ron --on mean"), "{}", told.out);
    let wrong = archsim(&folder, &["sensitivity", "queue.ron", "--on", "p98"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.err.contains("metrics are rate, errors"), "{}", wrong.err);
}
