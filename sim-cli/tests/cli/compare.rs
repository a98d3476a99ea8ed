//! Comparisons.

use super::{archsim, folder};

#[test]
fn designs_stand_side_by_side() {
    let folder = folder();
    let told = archsim(&folder, &["compare", "queue.ron"]);
    assert_eq!(told.code, 0, "{}", told.err);
    for name in ["as written", "two cores", "half the work"] {
        assert!(told.out.contains(name), "{}", told.out);
    }
    // Under the same traffic the number of requests is the same to the last.
    assert!(told.out.contains("Against as written, under the same traffic"), "{}", told.out);
    assert!(told.out.contains("two cores      p99 −"), "{}", told.out);
}

#[test]
fn the_first_design_named_is_the_base() {
    let folder = folder();
    let told = archsim(&folder, &["compare", "queue.ron", "--designs", "two cores,as written"]);
    assert!(told.out.contains("Against two cores"), "{}", told.out);
    assert!(told.out.contains("as written  p99 "), "{}", told.out);
}

#[test]
fn a_name_of_a_design_may_have_commas() {
    let folder = folder();
    let path = folder.path().join("queue.ron");
    let text = std::fs::read_to_string(&path).unwrap().replace("two cores", "two cores, no more");
    std::fs::write(&path, text).unwrap();
    let named = "half the work,two cores, no more,as written";
    let told = archsim(&folder, &["compare", "queue.ron", "--designs", named]);
    assert!(told.code == 0 && told.out.contains("Against half the work"), "{}", told.err);
    assert!(told.out.contains("two cores, no more  p99 "), "{}", told.out);
    let swept = ["sweep", "queue.ron", "--designs", named, "--horizon", "5s", "--warmup", "1s"];
    let told = archsim(&folder, &swept);
    assert!(told.code == 0 && told.out.contains("two cores, no more"), "{}", told.err);
    let one = archsim(&folder, &["run", "queue.ron", "--design", "as written"]);
    assert_eq!(one.code, 0, "{}", one.err);
}

#[test]
fn files_are_compared_as_written() {
    let folder = folder();
    std::fs::copy(folder.path().join("queue.ron"), folder.path().join("other.ron")).unwrap();
    let told = archsim(&folder, &["compare", "queue.ron", "other.ron"]);
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("other  p99 the same"), "{}", told.out);
}

#[test]
fn one_design_is_nothing_to_compare() {
    let folder = folder();
    let told = archsim(&folder, &["compare", "queue.ron", "--designs", "two cores"]);
    assert_eq!(told.code, 2);
}
