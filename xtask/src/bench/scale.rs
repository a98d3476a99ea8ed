//! Memory over long runs and of a lot of state, replications on two cores, and the same in WebAssembly.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;

use super::workload::{WORKLOADS, Workload};
use super::{Options, median, nanos, require};
use crate::shell::{self, Problem};
use crate::test::Report;
use crate::{toolchain, wasm};
use sim_core::metrics::{EVENTS_MAX, Trial, run};
use sim_core::model::{Files, Model};
use sim_core::simulation::Seed;
use sim_core::spec::Spec;
use sim_core::time::Duration;

/// The workload of all measurements but that of state.
const MM1: &Workload = &WORKLOADS[0];
/// The most memory that a run may hold, in KiB.
const MEMORY_MAX_KIB: u64 = 64 * 1024;
/// The most memory that a lot of state may take, in KiB.
const STATE_MAX_KIB: u64 = 2 * 1024 * 1024;
/// What the allocator may take more or less from one run to the next, in KiB.
const MEMORY_NOISE_KIB: u64 = 512;
/// How much faster two cores have to be than one.
const SPEEDUP_MIN: f64 = 1.9;
/// How many times longer WebAssembly may take.
const WASM_MAX: f64 = 2.0;

/// Prints and compares all of them.
pub(super) fn step(options: Options) -> Report {
    println!();
    let mut report = Report::default();
    for measure in [memory, state, threads, in_wasm] {
        report.add(measure(options).unwrap_or_else(|problem| Report::of(Err(problem))));
    }
    report
}

/// Runs requests of W1 and prints how much memory this process has held at most.
pub(super) fn print_memory_of(requests: u64) -> Result<(), Problem> {
    MM1.run(&MM1.model(), requests as f64, 0);
    print_peak()
}

/// Runs a model with a lot of state and prints the same.
pub(super) fn print_memory_of_state() -> Result<(), Problem> {
    let checked = Spec::parse("large_state.ron", include_str!("large_state.ron"))
        .and_then(|spec| Model::check(&spec, &Files::default()))
        .map_err(|findings| Problem::Failed(findings.to_string()))?;
    let trial = Trial {
        design: 0,
        seed: Seed { seed: 1, replication: 0 },
        warmup: Duration::ZERO,
        horizon: checked.model.run.horizon,
        events_max: EVENTS_MAX,
    };
    run(&checked.model, trial);
    print_peak()
}

/// Prints how much memory this process has held at most.
fn print_peak() -> Result<(), Problem> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.split_whitespace().next());
    println!(
        "{}",
        peak.ok_or(Problem::Missing("this system does not tell peak memory".to_string()))?
    );
    Ok(())
}

/// The most memory that another process of this program has held, in KiB.
fn kib_of(args: &[&str]) -> Result<u64, Problem> {
    let this = env::current_exe().map_err(|error| Problem::Failed(error.to_string()))?;
    let mut child = Command::new(this);
    let text = shell::read(child.arg("bench").args(args))?;
    let line = text.lines().next().unwrap_or_default();
    line.parse::<u64>().map_err(|_| Problem::Missing(line.to_string()))
}

/// The memory of a cache of ten million entries and a thousand shards.
fn state(_: Options) -> Result<Report, Problem> {
    let kib = kib_of(&["--memory-of-state"])?;
    println!(
        "peak memory: {kib} KiB with a cache of 10,000,000 entries and 1,000 shards of 3 copies"
    );
    Ok(require(kib < STATE_MAX_KIB, "at most 2 GiB".to_string()))
}

/// The memory of a run, and of one ten times as long.
fn memory(options: Options) -> Result<Report, Problem> {
    let short = (1e7 * options.scale()) as u64;
    let kib = |requests: u64| kib_of(&["--memory-of", &requests.to_string()]);
    let (few, many) = (kib(short)?, kib(10 * short)?);
    println!(
        "peak memory: {few} KiB after {short} requests of W1, {many} KiB after ten times as many"
    );
    let holds = many < MEMORY_MAX_KIB && many <= few + MEMORY_NOISE_KIB;
    Ok(require(holds, "at most 64 MiB, and no more for a longer run".to_string()))
}

/// Replications on one thread and on two.
fn threads(options: Options) -> Result<Report, Problem> {
    if thread::available_parallelism().is_ok_and(|cores| cores.get() < 2) {
        return Err(Problem::Missing("there is one core only".to_string()));
    }
    let model = MM1.model();
    let requests = MM1.requests * options.scale();
    let replicate = |replications: std::ops::Range<u64>| {
        for replication in replications {
            std::hint::black_box(MM1.run(&model, requests, replication));
        }
    };
    let speedup = |_| {
        let one = nanos(|| replicate(0..4));
        let two = nanos(|| {
            thread::scope(|scope| {
                scope.spawn(|| replicate(0..2));
                scope.spawn(|| replicate(2..4));
            });
        });
        one / two
    };
    let speedup = median((0..options.rounds()).map(speedup).collect());
    println!("two cores: {speedup:.2} times as fast as one");
    Ok(require(speedup >= SPEEDUP_MIN, format!("two cores {SPEEDUP_MIN} times as fast as one")))
}

/// W1 under Node and natively, in turn.
fn in_wasm(options: Options) -> Result<Report, Problem> {
    toolchain::node()?;
    let module = wasm::build()?;
    let model = MM1.model();
    let requests = MM1.requests * options.scale();
    let horizon = MM1.time_of(requests).as_secs().to_string();
    let mut ratios = Vec::new();
    for _ in 0..options.rounds() {
        let native = nanos(|| MM1.run(&model, requests, 0));
        let mut node = wasm::node("bench.cjs", &module);
        let text = shell::read(node.args(["xtask/src/bench/w1.ron", &horizon]))?;
        let wasm: f64 = text
            .trim()
            .parse()
            .map_err(|_| Problem::Failed(format!("bench.cjs printed `{text}`")))?;
        ratios.push(wasm / native);
    }
    let ratio = median(ratios);
    println!("WebAssembly under Node: {ratio:.2} times the native time");
    Ok(require(ratio <= WASM_MAX, format!("WebAssembly within {WASM_MAX} times the native time")))
}
