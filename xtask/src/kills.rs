//! Killing a study at random instants, again and again: whatever is left of it goes on to the same bytes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sim_core::random::mix;

use crate::shell::{self, Problem, command, target_dir};
use crate::test::Report;

/// The queue with one server, at 500 points.
const SWEEP: [&str; 6] = [
    "sweep",
    "models/theory/mm1.ron",
    "--vary",
    "clients.users.rate=10/s..90/s:250",
    "--vary",
    "services.server.cores=1,2",
];
/// Short, so that a hundred of them can be waited for.
const SHORT: [&str; 4] = ["--replications", "5", "--horizon", "60s"];

/// What a study writes when it is done.
const FILES: [&str; 6] =
    ["points.csv", "numbers.csv", "points.jsonl", "sweep.json", "sweep.md", "trials.csv"];

/// Kills so many studies, each once at an instant drawn anew, and compares what they come to.
pub(crate) fn step(kills: u32) -> Report {
    Report::of(all(kills))
}

fn all(kills: u32) -> Result<(), Problem> {
    shell::run(&mut command("cargo", ["build", "--release", "-p", "sim-cli"]))?;
    let archsim = target_dir().join("release").join("archsim");
    let folder = target_dir().join("kills");
    let fresh = |name: &str| -> Result<PathBuf, Problem> {
        let dir = folder.join(name);
        if dir.exists() {
            fs::remove_dir_all(&dir).map_err(|error| failed(&dir, &error))?;
        }
        Ok(dir)
    };
    let whole = fresh("whole")?;
    let began = Instant::now();
    shell::run(sweep(&archsim, &whole).stdout(Stdio::null()))?;
    let took = began.elapsed();
    let expected = contents(&whole)?;
    let (mut killed, mut equal) = (0, 0);
    for number in 0..kills {
        let dir = fresh("killed")?;
        let part = (mix(u64::from(number)) >> 11) as f64 / (1u64 << 53) as f64;
        let mut child = sweep(&archsim, &dir)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(&archsim, &error))?;
        std::thread::sleep(Duration::from_secs_f64(took.as_secs_f64() * part));
        let _ = child.kill();
        let ended = child.wait().map_err(|error| failed(&archsim, &error))?;
        killed += u32::from(ended.code().is_none());
        shell::run(sweep(&archsim, &dir).stdout(Stdio::null()))?;
        equal += u32::from(contents(&dir)? == expected);
    }
    let told =
        format!("{killed} of {kills} killed at work, {equal} of {kills} ended with the same bytes");
    println!("{told}; one whole study took {:.1} s", took.as_secs_f64());
    if equal == kills { Ok(()) } else { Err(Problem::Failed(told)) }
}

fn sweep(archsim: &Path, dir: &Path) -> Command {
    let mut sweep = Command::new(archsim);
    sweep.args(SWEEP).args(SHORT).arg("--dir").arg(dir).current_dir(shell::root());
    sweep
}

fn contents(dir: &Path) -> Result<Vec<Vec<u8>>, Problem> {
    let read =
        |name: &&str| fs::read(dir.join(name)).map_err(|error| failed(&dir.join(name), &error));
    FILES.iter().map(read).collect()
}

fn failed(path: &Path, error: &std::io::Error) -> Problem {
    Problem::Failed(format!("{}: {error}", path.display()))
}
