//! Memory over long runs, replications on two cores, and the same in WebAssembly.

use std::env;
use std::fs;
use std::process::Command;
use std::thread;

use super::workload::{WORKLOADS, Workload};
use super::{Options, median, nanos, require};
use crate::shell::{self, Problem};
use crate::test::Report;
use crate::{toolchain, wasm};

/// The workload of all three measurements.
const MM1: &Workload = &WORKLOADS[0];
/// The most memory that a run may hold, in KiB.
const MEMORY_MAX_KIB: u64 = 64 * 1024;
/// What the allocator may take more or less from one run to the next, in KiB.
const MEMORY_NOISE_KIB: u64 = 512;
/// How much faster two cores have to be than one.
const SPEEDUP_MIN: f64 = 1.9;
/// How many times longer WebAssembly may take.
const WASM_MAX: f64 = 2.0;

/// Prints and compares all three.
pub(super) fn step(options: Options) -> Report {
    println!();
    let mut report = Report::default();
    for measure in [memory, threads, in_wasm] {
        report.add(measure(options).unwrap_or_else(|problem| Report::of(Err(problem))));
    }
    report
}

/// Runs requests of W1 and prints how much memory this process has held at most.
pub(super) fn print_memory_of(requests: u64) -> Result<(), Problem> {
    MM1.run(&MM1.model(), requests as f64, 0);
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.split_whitespace().next());
    println!(
        "{}",
        peak.ok_or(Problem::Missing("this system does not tell peak memory".to_string()))?
    );
    Ok(())
}

/// The memory of a run, and of one ten times as long.
fn memory(options: Options) -> Result<Report, Problem> {
    let short = (1e7 * options.scale()) as u64;
    let kib = |requests: u64| {
        let this = env::current_exe().map_err(|error| Problem::Failed(error.to_string()))?;
        let mut child = Command::new(this);
        let text = shell::read(child.args(["bench", "--memory-of", &requests.to_string()]))?;
        let line = text.lines().next().unwrap_or_default();
        line.parse::<u64>().map_err(|_| Problem::Missing(line.to_string()))
    };
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
