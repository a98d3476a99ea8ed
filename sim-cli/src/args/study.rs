//! What can be written on the command line of studies.

use super::{ModelArgs, OutputArgs, RunArgs};
use clap::{Args as ClapArgs, ValueEnum};
use sim_core::study::{Allowance, Metric, Sampling, Shard, metric_of};
use std::path::PathBuf;

pub(super) const SWEEP_EXAMPLES: &str = "Examples:
  archsim sweep shop.ron --vary services.shop.replicas=1..8
  archsim sweep shop.ron --vary clients.customers.rate=100/s..1000/s:log:10 --precision 2%
  archsim sweep shop.ron --designs monolith,microservices --vary clients.customers.rate=50/s,100/s,200/s
  archsim sweep shop.ron --vary services.shop.cores=1..8 --vary services.shop.threads=8..256 --sample sobol:64
  archsim sweep shop.ron --vary services.shop.replicas=1..64 --dir study --shard 3/16";

pub(super) const CAPACITY_EXAMPLES: &str = "Examples:
  archsim capacity shop.ron --vary clients.customers.rate
  archsim capacity shop.ron --vary clients.customers.rate=100/s..1000/s --designs monolith --tolerance 1%";

pub(super) const GATE_EXAMPLES: &str = "Examples:
  archsim gate shop.ron --baseline main/shop.ron
  archsim gate shop.ron --baseline main/shop.ron --allow p99=5% --allow cost=2% --format markdown
  archsim new --template gate .github/workflows/gate.yml";

pub(super) const SENSITIVITY_EXAMPLES: &str = "Examples:
  archsim sensitivity shop.ron
  archsim sensitivity shop.ron --by 50% --on mean
  archsim sensitivity shop.ron --method sobol --vary clients.customers.rate=100/s..900/s --vary services.shop.cores=4..16
  archsim sensitivity shop.ron --vary services.shop.replicas=1..8 --vary stores.db.database.servers=4..32";

pub(super) const OPTIMIZE_EXAMPLES: &str = "Examples:
  archsim optimize shop.ron --vary services.shop.replicas=1..8 --vary services.shop.cores=2,4,8
  archsim optimize shop.ron --designs monolith,microservices --minimize p99 --confidence 99%";

pub(super) const STUDY_EXAMPLES: &str = "Examples:
  archsim study shop.ron                     list the studies that the model names
  archsim study shop.ron 'latency against load'
  archsim study shop.ron 'latency against load' --precision 1% --plot load.svg";

pub(super) const MERGE_EXAMPLES: &str = "Examples:
  archsim merge study-1 study-2 study-3
  archsim merge study-* --format csv --out points.csv";

/// What is varied, and how points are chosen.
#[derive(ClapArgs)]
pub(crate) struct VaryArgs {
    /// Vary a path: 1..16, 100/s..10000/s:log:20, 0.1..0.9:5 or a,b,c; may be given several times
    #[arg(long, alias = "over", value_name = "PATH=VALUES", required_unless_present = "designs")]
    pub(crate) vary: Vec<String>,
    /// Vary the design, first of all; the same as --vary design=A,B,C
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub(crate) designs: Vec<String>,
    /// Which points: grid, zip, lhs:N (Latin hypercube) or sobol:N
    #[arg(long, value_name = "HOW", default_value = "grid", value_parser = sampling)]
    pub(crate) sample: String,
}

fn sampling(text: &str) -> Result<String, String> {
    Sampling::parse(text).map(|_| text.to_owned())
}

#[derive(ClapArgs)]
pub(crate) struct SweepArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) vary: VaryArgs,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Keep every outcome in this directory: killed and run again, the study goes on where it was
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: Option<PathBuf>,
    /// Run a part of the points only, such as 3/16, to be put together by archsim merge
    #[arg(long, value_name = "K/N", requires = "dir", value_parser = Shard::parse)]
    pub(crate) shard: Option<Shard>,
    /// Say how many trials there are and about how long they take, and run none of them
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Again whenever the model, or a file that it refers to, is saved, until Ctrl-C
    #[arg(long, conflicts_with = "dir")]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) output: StudyOutputArgs,
}

/// How a study simulates that decides by itself how often.
#[derive(ClapArgs)]
pub(crate) struct SearchArgs {
    /// Seed of every random draw
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// Simulated time of a replication, such as 10min
    #[arg(long, value_name = "TIME")]
    horizon: Option<String>,
    /// Threads; never changes a result [default: one for each core]
    #[arg(long, value_name = "N", value_parser = super::jobs)]
    pub(crate) jobs: Option<usize>,
}

impl SearchArgs {
    /// The same as flags of a run.
    pub(crate) fn run(&self) -> RunArgs {
        let (seed, horizon) = (self.seed, self.horizon.clone());
        RunArgs { seed, horizon, jobs: self.jobs, ..RunArgs::default() }
    }
}

#[derive(ClapArgs)]
pub(crate) struct CapacityArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    /// The load that is searched: a path such as clients.users.rate, or a range of it, PATH=100/s..1000/s
    #[arg(long, value_name = "PATH")]
    pub(crate) vary: String,
    /// Designs to search [default: all]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub(crate) designs: Vec<String>,
    /// How close the answer is to be, as a part of the load
    #[arg(long, value_name = "SHARE", default_value = "3%")]
    pub(crate) tolerance: String,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(ClapArgs)]
pub(crate) struct GateArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    /// The model whose place it is to take
    #[arg(long, value_name = "MODEL")]
    pub(crate) baseline: String,
    /// Judge this design of both [default: as written]
    #[arg(long, value_name = "NAME")]
    pub(crate) design: Option<String>,
    /// How much above the baseline a metric may be, such as p99=5% or cost=2%; may be given several times
    #[arg(long, value_name = "METRIC=SHARE", value_parser = Allowance::parse)]
    pub(crate) allow: Vec<Allowance>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// How is told what matters.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SensitivityMethod {
    /// By how much the metric changes along each range: elementary effects of M. D. Morris
    Morris,
    /// By which share of the metric's variance each brings: indices of I. M. Sobol'
    Sobol,
}

#[derive(ClapArgs)]
pub(crate) struct SensitivityArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    /// Vary a path over a range; may be given several times [default: every number of the model, by --by]
    #[arg(long, value_name = "PATH=VALUES")]
    pub(crate) vary: Vec<String>,
    /// By which share the numbers of the model are varied, up and down
    #[arg(long, value_name = "SHARE", default_value = "20%", conflicts_with = "vary")]
    pub(crate) by: String,
    /// What they are held against: p99, mean, errors, cost, …
    #[arg(long, value_name = "METRIC", default_value = "p99", value_parser = metric_of)]
    pub(crate) on: Metric,
    /// How: by elementary effects (morris), which takes few runs, or by shares of the variance (sobol)
    #[arg(long, value_enum, default_value_t = SensitivityMethod::Morris)]
    pub(crate) method: SensitivityMethod,
    /// Samples of the method sobol: each takes two points more than there are parameters [default: 100]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=50_000))]
    pub(crate) samples: Option<u32>,
    /// Trajectories of the method morris through the ranges: each takes a point more than there are parameters [default: 10]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub(crate) trajectories: Option<u32>,
    /// Simulate this design of the model [default: the model as written]
    #[arg(long, value_name = "NAME")]
    pub(crate) design: Option<String>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Draw it too, to a file whose name ends in .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(ClapArgs)]
pub(crate) struct OptimizeArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    #[command(flatten)]
    pub(crate) vary: VaryArgs,
    /// What is to be small: cost, p99, mean, errors, …
    #[arg(long, value_name = "METRIC", default_value = "cost", value_parser = metric_of)]
    pub(crate) minimize: Metric,
    /// How sure the choice is to be
    #[arg(long, value_name = "SHARE", default_value = "95%")]
    pub(crate) confidence: String,
    /// Differences smaller than this part do not matter
    #[arg(long, value_name = "SHARE", default_value = "1%")]
    pub(crate) indifference: String,
    /// Trials at most [default: 100 for each alternative]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub(crate) budget: Option<u64>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) search: SearchArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(ClapArgs)]
pub(crate) struct StudyArgs {
    /// The model
    pub(crate) model: String,
    /// Which of its studies [default: list them]
    pub(crate) name: Option<String>,
    /// More options, as the command of the study takes them; they go before what the model says
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "OPTIONS")]
    pub(crate) more: Vec<String>,
}

#[derive(ClapArgs)]
pub(crate) struct MergeArgs {
    /// The directories of all shards of one study, in any order
    #[arg(required = true, value_name = "DIR")]
    pub(crate) dirs: Vec<PathBuf>,
    /// Write the files of the whole study into this directory
    #[arg(long, value_name = "DIR")]
    pub(crate) into: Option<PathBuf>,
    /// Threads; never changes a result [default: one for each core]
    #[arg(long, value_name = "N", value_parser = super::jobs)]
    pub(crate) jobs: Option<usize>,
    #[command(flatten)]
    pub(crate) output: StudyOutputArgs,
}

/// What is written of a study, and where.
#[derive(ClapArgs)]
pub(crate) struct StudyOutputArgs {
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = StudyFormat::Text)]
    pub(crate) format: StudyFormat,
    /// Write to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Draw it too, to a file whose name ends in .svg or .png
    #[arg(long, value_name = "FILE")]
    pub(crate) plot: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum StudyFormat {
    /// For people at a terminal
    Text,
    /// For documents
    Markdown,
    /// Everything
    Json,
    /// An object for each point, a line each
    Jsonl,
    /// A line for each point
    Csv,
    /// A line for each number of each point
    LongCsv,
    /// A line for each point, by columns: for pandas, Polars or DuckDB
    #[cfg(feature = "parquet")]
    Parquet,
    /// A line for each number of each point, by columns
    #[cfg(feature = "parquet")]
    LongParquet,
}
