//! What can be written on the command line.

mod study;

pub(crate) use study::{
    CapacityArgs, GateArgs, MergeArgs, OptimizeArgs, SensitivityArgs, SensitivityMethod, StudyArgs,
    StudyFormat, StudyOutputArgs, SweepArgs,
};

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// The command line.
#[derive(Parser)]
#[command(
    name = "archsim",
    version,
    about = "Simulate software architectures and compare them",
    long_about = "Simulate software architectures and compare them: latency, errors and what breaks first, each \
                  with an honest interval, under the same traffic.",
    before_help = "Examples:
  archsim new shop.ron                       write a model to start from
  archsim check shop.ron                     say what is wrong, and what is busiest
  archsim run shop.ron --set services.shop.replicas=4
  archsim compare shop.ron                   every design side by side
  archsim sweep shop.ron --vary services.shop.replicas=1..8",
    after_help = EXIT_CODES,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "Exit codes:
  0  all is well                  4  an objective is missed (of several designs: by each)
  1  internal error, or I/O       5  an objective is undecided: its interval straddles the limit
  2  wrong usage                  130  interrupted
  3  the model is invalid";

const CHECK_EXAMPLES: &str = "Examples:
  archsim check shop.ron
  archsim check shop.ron --design microservices
  cat shop.ron | archsim check -";

const RUN_EXAMPLES: &str = "Examples:
  archsim run shop.ron
  archsim run shop.ron --design microservices --precision 2%
  archsim run shop.ron --set clients.customers.rate=600/s --horizon 1h
  archsim run shop.ron --format json --out result.json";

const COMPARE_EXAMPLES: &str = "Examples:
  archsim compare shop.ron
  archsim compare shop.ron --designs monolith,microservices
  archsim compare before.ron after.ron --replications 30";

const TRACE_EXAMPLES: &str = "Examples:
  archsim trace shop.ron                     a p99 request, and where its time went
  archsim trace shop.ron --of web.order --sample slowest --limit 3
  archsim trace shop.ron --sample head:1000 --format otlp --out traces.json
  archsim trace shop.ron --format perfetto --out timeline.json";

const SERIES_EXAMPLES: &str = "Examples:
  archsim series shop.ron
  archsim series shop.ron --window 1s --format csv --out series.csv
  archsim series shop.ron --window 15s --format openmetrics --epoch 1767225600";

const EVENTS_EXAMPLES: &str = "Examples:
  archsim events shop.ron
  archsim events shop.ron --kinds fault,level --horizon 1h";

const PLOT_EXAMPLES: &str = "Examples:
  archsim plot shop.ron                      in the terminal
  archsim plot shop.ron -o designs.svg
  archsim plot shop.ron --figure distribution --theme dark -o latency.png
  archsim plot shop.ron --figure timeline --design microservices -o run.svg";

const REPORT_EXAMPLES: &str = "Examples:
  archsim report shop.ron -o report.html
  archsim report shop.ron --designs monolith,microservices -o report.md
  archsim report study -o report.html          what archsim sweep --dir study kept";

const GRAPH_EXAMPLES: &str = "Examples:
  archsim graph shop.ron > shop.mmd
  archsim graph shop.ron --design microservices --format svg -o shop.svg
  archsim graph shop.ron --format dot | dot -Tpdf > shop.pdf";

const NEW_EXAMPLES: &str = "Examples:
  archsim new shop.ron
  archsim new --template queue queue.ron
  archsim new --template replay              print it";

#[derive(Subcommand)]
pub(crate) enum Verb {
    /// Say what is wrong with a model, and what each station is offered
    #[command(before_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Simulate one design
    #[command(before_help = RUN_EXAMPLES, after_help = EXIT_CODES)]
    Run(OneArgs),
    /// Simulate several designs under the same traffic, side by side
    #[command(before_help = COMPARE_EXAMPLES, after_help = EXIT_CODES)]
    Compare(CompareArgs),
    /// Simulate every point of some axes under the same traffic, and find where the curve bends
    #[command(before_help = study::SWEEP_EXAMPLES)]
    Sweep(SweepArgs),
    /// Find the highest load at which each design meets the objectives
    #[command(before_help = study::CAPACITY_EXAMPLES)]
    Capacity(CapacityArgs),
    /// Judge a model by its objectives, and against its baseline: for pull requests
    #[command(before_help = study::GATE_EXAMPLES, after_help = EXIT_CODES)]
    Gate(GateArgs),
    /// Tell which parameters matter, the most first
    #[command(before_help = study::SENSITIVITY_EXAMPLES)]
    Sensitivity(SensitivityArgs),
    /// Find the cheapest of many alternatives that meets the objectives, with stated confidence
    #[command(before_help = study::OPTIMIZE_EXAMPLES, after_help = EXIT_CODES)]
    Optimize(OptimizeArgs),
    /// Do what a study asks for that the model names, or list its studies
    #[command(before_help = study::STUDY_EXAMPLES, after_help = EXIT_CODES)]
    Study(StudyArgs),
    /// Put the shards of a sweep together
    #[command(before_help = study::MERGE_EXAMPLES)]
    Merge(MergeArgs),
    /// Follow single requests: a p99 one, the slowest, the failed, or one in a thousand
    #[command(before_help = TRACE_EXAMPLES)]
    Trace(TraceArgs),
    /// Tell rate, errors, durations, utilisation and levels over time
    #[command(before_help = SERIES_EXAMPLES)]
    Series(SeriesArgs),
    /// Log what happens in a run, as JSON lines
    #[command(before_help = EVENTS_EXAMPLES)]
    Events(EventsArgs),
    /// Write a report to pass around: one HTML file that opens offline, or Markdown
    #[command(before_help = REPORT_EXAMPLES, after_help = EXIT_CODES)]
    Report(ReportArgs),
    /// Draw a figure, as SVG or PNG
    #[command(before_help = PLOT_EXAMPLES)]
    Plot(PlotArgs),
    /// Draw what runs where and who asks whom, without simulating
    #[command(before_help = GRAPH_EXAMPLES)]
    Graph(GraphArgs),
    /// Write a commented model to start from
    #[command(before_help = NEW_EXAMPLES)]
    New(NewArgs),
    /// Say what can be written in a model, page by page
    Reference(ReferenceArgs),
    /// Print the JSON Schema of the model language, or of a record that archsim writes
    Schema(SchemaArgs),
    /// Print completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
    /// Print digests of what happens in a model's runs
    #[command(hide = true)]
    Fingerprint(FingerprintArgs),
}

/// Edits of a model.
#[derive(ClapArgs, Clone, Default)]
pub(crate) struct ModelArgs {
    /// Change the model: services.shop.replicas=4; may be given several times
    #[arg(long, value_name = "PATH=VALUE")]
    pub(crate) set: Vec<String>,
    /// Change it while it runs: 12s services.shop.replicas=4; may be given several times
    #[arg(long, num_args = 2, value_names = ["TIME", "PATH=VALUE"])]
    pub(crate) at: Vec<String>,
}

/// How much to simulate; what is not given is as the model says.
#[derive(ClapArgs, Default)]
pub(crate) struct RunArgs {
    /// Seed of every random draw
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Independent replications
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) replications: Option<u32>,
    /// Replicate until the intervals of mean and p99 are this narrow, such as 2%
    #[arg(long, value_name = "SHARE", conflicts_with = "replications")]
    pub(crate) precision: Option<String>,
    /// Simulated time of a replication, such as 10min
    #[arg(long, value_name = "TIME")]
    pub(crate) horizon: Option<String>,
    /// Simulated time at the start that is left out, such as 1min, or auto
    #[arg(long, value_name = "TIME")]
    pub(crate) warmup: Option<String>,
    /// Threads; never changes a result [default: one for each core]
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub(crate) jobs: Option<usize>,
}

impl RunArgs {
    /// Whether anything is asked for that changes a result.
    pub(crate) fn asks(&self) -> bool {
        let RunArgs { seed, replications, precision, horizon, warmup, jobs: _ } = self;
        let texts = [precision, horizon, warmup];
        seed.is_some() || replications.is_some() || texts.into_iter().any(Option::is_some)
    }
}

/// What is written, and where.
#[derive(ClapArgs)]
pub(crate) struct OutputArgs {
    /// How to write the answer
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    pub(crate) format: OutputFormat,
    /// Write to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    /// For people at a terminal
    Text,
    /// Everything
    Json,
    /// A line for each number
    Csv,
    /// For documents
    Markdown,
}

#[derive(ClapArgs)]
pub(crate) struct CheckArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    /// Check this design only [default: the model as written and every design]
    #[arg(long, value_name = "NAME")]
    pub(crate) design: Option<String>,
    /// Name the files that it refers to instead, a line each, from the model's folder
    #[arg(long)]
    pub(crate) files: bool,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
}

#[derive(ClapArgs)]
pub(crate) struct OneArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    /// Simulate this design of the model [default: the model as written]
    #[arg(long, value_name = "NAME")]
    pub(crate) design: Option<String>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Look once more at up to five replications: where p99 requests spend their time, against median ones
    #[arg(long)]
    pub(crate) path: bool,
    /// Again whenever the model, or a file that it refers to, is saved, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

/// One replication that is looked at closely.
#[derive(ClapArgs)]
pub(crate) struct LookArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    /// Look at this design of the model [default: the model as written]
    #[arg(long, value_name = "NAME")]
    pub(crate) design: Option<String>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    /// Seed of every random draw
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Which replication
    #[arg(long, value_name = "R", default_value_t = 0)]
    pub(crate) replication: u64,
    /// Simulated time, such as 10min
    #[arg(long, value_name = "TIME")]
    pub(crate) horizon: Option<String>,
    /// Simulated time at the start that is left out, such as 1min [default: as the model says, or none]
    #[arg(long, value_name = "TIME")]
    pub(crate) warmup: Option<String>,
    /// Seconds since 1970 at which the run is said to begin, where a format counts from there
    #[arg(long, value_name = "SECONDS", default_value_t = 0, value_parser = clap::value_parser!(u64).range(0..=8_000_000_000))]
    pub(crate) epoch: u64,
    /// Write to a file instead of stdout
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(ClapArgs)]
pub(crate) struct TraceArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Which requests: p99 (any percentile: the one that comes nearest to it), slowest, errors, or head:1000 (one in a
    /// thousand, by its identity alone)
    #[arg(long, value_name = "WHICH", default_value = "p99", value_parser = sampling)]
    pub(crate) sample: Sampling,
    /// Only requests for this operation, such as web.order
    #[arg(long, value_name = "OPERATION")]
    pub(crate) of: Option<String>,
    /// Traces at most, of slowest, errors and head
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = up_to_100_000)]
    pub(crate) limit: usize,
    /// How to write them
    #[arg(long, value_enum, default_value_t = TraceFormat::Text)]
    pub(crate) format: TraceFormat,
}

/// Which requests are shown.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Sampling {
    Head(u64),
    Slowest,
    Errors,
    Percentile(f64),
}

fn sampling(text: &str) -> Result<Sampling, String> {
    let wrong = || "write p99, slowest, errors or head:1000".to_owned();
    match text {
        "slowest" => Ok(Sampling::Slowest),
        "errors" => Ok(Sampling::Errors),
        _ => match (text.strip_prefix("head:"), text.strip_prefix('p')) {
            (Some(one_in), _) => match one_in.parse() {
                Ok(one_in @ 1..) => Ok(Sampling::Head(one_in)),
                _ => Err(wrong()),
            },
            (_, Some(percentile)) => match percentile.parse::<f64>() {
                Ok(p) if p > 0.0 && p < 100.0 => Ok(Sampling::Percentile(p / 100.0)),
                _ => Err("a percentile lies between 0 and 100, such as p99".into()),
            },
            _ => Err(wrong()),
        },
    }
}

fn up_to_100_000(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=100_000) => Ok(number),
        _ => Err("from 1 to 100000".into()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TraceFormat {
    /// A waterfall, and where the time went
    Text,
    /// OpenTelemetry's JSON
    Otlp,
    /// For Jaeger's user interface
    Jaeger,
    /// A timeline for Perfetto or Chrome's tracing
    Perfetto,
}

#[derive(ClapArgs)]
pub(crate) struct SeriesArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// How long a window is, such as 1s [default: a thirtieth of the run]
    #[arg(long, value_name = "TIME")]
    pub(crate) window: Option<String>,
    /// How to write it
    #[arg(long, value_enum, default_value_t = SeriesFormat::Text)]
    pub(crate) format: SeriesFormat,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SeriesFormat {
    /// What clients felt, for people at a terminal
    Text,
    /// A line for each number
    Csv,
    /// An object a line for each thing and window
    Jsonl,
    /// OpenMetrics text with simulated timestamps
    Openmetrics,
}

#[derive(ClapArgs)]
pub(crate) struct EventsArgs {
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// What is logged
    #[arg(
        long,
        value_enum,
        value_name = "A,B,C",
        value_delimiter = ',',
        default_value = "error,refusal,fault,drop,halt,level"
    )]
    pub(crate) kinds: Vec<LoggedKind>,
    /// Events at most
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = up_to_10_000_000)]
    pub(crate) limit: usize,
}

fn up_to_10_000_000(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=10_000_000) => Ok(number),
        _ => Err("from 1 to 10000000".into()),
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LoggedKind {
    /// A client has sent a request
    Arrival,
    /// A client has its answer
    Answer,
    /// A request ended badly for its client
    Error,
    /// A station was full and has turned a request away
    Refusal,
    /// A fault begins or is over
    Fault,
    /// A station has lost a request in it
    Drop,
    /// The servers of a station have stopped or work again
    Halt,
    /// A level has changed: replicas, limits, backlogs
    Level,
}

#[derive(ClapArgs)]
pub(crate) struct CompareArgs {
    /// The model, or several to compare as they are written; - reads stdin
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Designs to compare, the first is what the others are held against [default: all]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub(crate) designs: Vec<String>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// Again whenever the model, or a file that it refers to, is saved, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
}

#[derive(ClapArgs)]
pub(crate) struct PlotArgs {
    /// The model, or several to compare as they are written; - reads stdin
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// What to draw [default: designs side by side, or the distribution where there is only one]
    #[arg(long, value_enum, value_name = "NAME")]
    pub(crate) figure: Option<FigureName>,
    /// Designs to show [default: all]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',', alias = "design")]
    pub(crate) designs: Vec<String>,
    /// Draw with characters [default: on a terminal, without --out]
    #[arg(long, conflicts_with = "out")]
    pub(crate) text: bool,
    /// Of waterfall: the operation, such as web.order [default: what is asked for most]
    #[arg(long, value_name = "OPERATION")]
    pub(crate) of: Option<String>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

/// How a picture is to look, and where it goes.
#[derive(ClapArgs)]
pub(crate) struct PictureArgs {
    /// Its colours
    #[arg(long, value_enum, default_value_t = ThemeName::Light)]
    pub(crate) theme: ThemeName,
    /// Its width in pixels; of a PNG there are twice as many dots
    #[arg(long, value_name = "PIXELS", default_value_t = 720, value_parser = clap::value_parser!(u32).range(280..=4000))]
    pub(crate) width: u32,
    /// Write to a file whose name ends in .svg or .png, instead of SVG to stdout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(ClapArgs)]
pub(crate) struct ReportArgs {
    /// The model, or the directory of a study; - reads stdin
    pub(crate) model: String,
    /// Designs to compare, the first is what the others are held against [default: all]
    #[arg(long, value_name = "A,B,C", value_delimiter = ',')]
    pub(crate) designs: Vec<String>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    /// How to write it [default: by the file's name, or html]
    #[arg(long, value_enum)]
    pub(crate) format: Option<ReportFormat>,
    /// Write to a file instead of stdout
    #[arg(short, long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ReportFormat {
    /// One file with everything in it
    Html,
    /// For pull requests
    Markdown,
}

#[derive(ClapArgs)]
pub(crate) struct GraphArgs {
    /// The model; - reads stdin
    pub(crate) model: String,
    /// Draw this design of the model [default: the model as written]
    #[arg(long, value_name = "NAME")]
    pub(crate) design: Option<String>,
    #[command(flatten)]
    pub(crate) edits: ModelArgs,
    /// In which language [default: svg for a picture's name, or else mermaid]
    #[arg(long, value_enum)]
    pub(crate) format: Option<GraphFormatName>,
    #[command(flatten)]
    pub(crate) picture: PictureArgs,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GraphFormatName {
    /// A flow chart of Mermaid, which many sites draw in Markdown
    Mermaid,
    /// Graphviz
    Dot,
    /// Structurizr's DSL, a container view of C4
    Structurizr,
    /// A picture, coloured by how busy things are
    Svg,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ThemeName {
    /// Dark on white
    Light,
    /// Light on near black
    Dark,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum FigureName {
    /// Latency, errors and cost of each design, with intervals
    Designs,
    /// Each objective with its limit, and how the designs keep to it
    Objectives,
    /// Cost against latency, and which designs no other beats in both
    CostLatency,
    /// How latencies are distributed: a histogram, and how many take longer
    Distribution,
    /// One run over time: rate, latency, utilisation, levels, faults
    Timeline,
    /// One request near the 99th percentile, span by span
    Waterfall,
}

#[derive(ClapArgs)]
pub(crate) struct NewArgs {
    /// Where to write it [default: stdout]
    pub(crate) file: Option<PathBuf>,
    /// What kind of model
    #[arg(long, value_enum, default_value_t = Template::ShopSmall)]
    pub(crate) template: Template,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Template {
    /// A shop with a database, and the same shop as two services
    ShopSmall,
    /// One queue and its servers
    Queue,
    /// A service fed with recorded arrivals
    Replay,
    /// No model: a workflow for GitHub Actions that runs archsim gate
    Gate,
}

#[derive(ClapArgs)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

#[derive(ClapArgs)]
pub(crate) struct SchemaArgs {
    /// Of what archsim writes, in place of what it reads
    #[arg(long, value_enum)]
    pub(crate) record: Option<RecordName>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum RecordName {
    /// The JSON of archsim run and archsim compare
    Run,
    /// The JSON of archsim sweep: sweep.json
    Sweep,
    /// A line of points.jsonl after the first
    Point,
    /// The first line of points.jsonl
    Head,
    /// A line of points.csv and points.parquet
    Wide,
    /// A line of numbers.csv and numbers.parquet
    Number,
    /// A line of trials.csv and trials.parquet
    Trial,
    /// The JSON of archsim capacity
    Capacity,
    /// The JSON of archsim optimize
    Optimize,
    /// The JSON of archsim sensitivity
    Sensitivity,
    /// The JSON of archsim sensitivity --method sobol
    SobolIndices,
    /// The JSON of archsim gate
    Gate,
}

#[derive(ClapArgs)]
pub(crate) struct ReferenceArgs {
    /// A page: caches; without it, what pages there are
    pub(crate) page: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct FingerprintArgs {
    /// The models
    #[arg(required = true, value_name = "MODEL")]
    pub(crate) models: Vec<String>,
    /// Threads
    #[arg(long, value_name = "N", value_parser = jobs)]
    pub(crate) jobs: Option<usize>,
    /// This design only
    #[arg(long, value_name = "NAME")]
    pub(crate) design: Option<String>,
    /// With --event: of which replication
    #[arg(long, value_name = "R", default_value_t = 0)]
    pub(crate) replication: u64,
    /// Describe the N-th event, counted from 1, and print the digest up to it
    #[arg(long, value_name = "N")]
    pub(crate) event: Option<u64>,
}

fn jobs(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(jobs @ 1..=1024) => Ok(jobs),
        _ => Err("from 1 to 1024 threads can be started".into()),
    }
}
