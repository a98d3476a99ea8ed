//! `archsim sweep`: every point of some axes, under the same traffic.

use crate::args::{StudyFormat, StudyOutputArgs, SweepArgs};
use crate::failure::{Failure, Success};
use crate::model::Data;
use crate::pool::{Kept, Pool};
use crate::study::asked::Asked;
use crate::study::dir::{Manifest, StudyDir, write_whole};
use crate::study::trials::Trials;
use crate::{files, output, picture};
use sim_core::metrics::Trial;
#[cfg(feature = "parquet")]
use sim_core::report::columns;
use sim_core::report::figure::{self, svg};
use sim_core::report::{self, Style, SweepFormat};
use sim_core::study::{Alternative, Origin, Shard, Sweep, SweepSummary, Until};
use sim_core::time::Duration;
use std::path::Path;

pub(crate) fn run(args: &SweepArgs) -> Result<Success, Failure> {
    args.output.keeps(&args.model)?;
    picture::check(args.output.plot.as_deref())?;
    let asked = Asked::of(args);
    let text = files::read_model(&args.model)?;
    let data = Data::beside(&args.model);
    let (sweep, origin) = asked.sweep(text.clone(), &data)?;
    let shard = args.shard.unwrap_or(Shard::ALL);
    let mut sweep = sweep.shard(shard);
    if args.dry_run {
        output::print(&dry_run(&sweep, args.run.jobs)?)?;
        return Ok(Success::Fine);
    }
    let pool = Pool::new(args.run.jobs)?;
    let Some(path) = &args.dir else {
        pool.drive(&mut sweep);
        return answer(&sweep, origin, &args.output);
    };
    let manifest = Manifest::new(&asked, &origin, sweep.points().len(), shard, &data);
    let dir = StudyDir::begin(path, manifest, &text, &data)?;
    dir.outcomes.damage.iter().for_each(|damage| eprintln!("warning: {damage}"));
    let mut sweep = sweep.keeping_rows();
    let is_whole = shard == Shard::ALL;
    let trials = drive(&pool, &mut sweep, &dir.outcomes, is_whole.then(|| dir.path()), &origin)?;
    let summary = sweep.summary(origin.clone());
    if summary.interrupted {
        eprintln!(
            "{} outcomes are kept in {}; the same command goes on",
            dir.outcomes.count(),
            path.display()
        );
    } else if is_whole {
        write_files(path, &sweep, &origin, trials)?;
    } else {
        let (here, all) = (sweep.points_here(), sweep.points().len());
        let Shard { number, of } = shard;
        eprintln!(
            "shard {number}/{of}: {here} of {all} points are done; archsim merge puts all {of} together"
        );
        return Ok(Success::Fine);
    }
    answer(&sweep, origin, &args.output)
}

/// Runs what is not kept, and writes the rows of replications into a directory, if one is named.
pub(crate) fn drive(
    pool: &Pool,
    sweep: &mut Sweep,
    kept: &dyn Kept,
    into: Option<&Path>,
    origin: &Origin,
) -> Result<Option<Trials>, Failure> {
    let begin = |into: &Path| Trials::begin(into, &sweep.summary(origin.clone()));
    let mut trials = into.map(begin).transpose()?;
    pool.drive_kept(sweep, kept, |sweep| {
        for row in sweep.take_rows() {
            let settings = sweep.points().get(row.point);
            if let Some(trials) = &mut trials {
                trials.add(row, settings);
            }
        }
    });
    match kept.failure() {
        Some(failure) => Err(failure),
        None => Ok(trials),
    }
}

/// The files of a study that is done, each whole or not there.
pub(crate) fn write_files(
    into: &Path,
    sweep: &Sweep,
    origin: &Origin,
    trials: Option<Trials>,
) -> Result<(), Failure> {
    let summary = sweep.summary(origin.clone());
    let files = [
        ("points.csv", StudyFormat::Csv),
        ("numbers.csv", StudyFormat::LongCsv),
        ("points.jsonl", StudyFormat::Jsonl),
        ("sweep.json", StudyFormat::Json),
        ("sweep.md", StudyFormat::Markdown),
        #[cfg(feature = "parquet")]
        ("points.parquet", StudyFormat::Parquet),
        #[cfg(feature = "parquet")]
        ("numbers.parquet", StudyFormat::LongParquet),
    ];
    for (name, format) in files {
        write_whole(&into.join(name), &rendered(&summary, format, Style::default())?)?;
    }
    for figure in figure::sweep(&summary) {
        let name = format!("{}.svg", figure.name);
        write_whole(&into.join(name), svg::svg(&figure, svg::Look::default()).as_bytes())?;
    }
    trials.map_or(Ok(()), Trials::end)
}

/// A sweep as it is written to a file or to stdout.
fn rendered(summary: &SweepSummary, format: StudyFormat, style: Style) -> Result<Vec<u8>, Failure> {
    let format = match format {
        StudyFormat::Text => SweepFormat::Text,
        StudyFormat::Markdown => SweepFormat::Markdown,
        StudyFormat::Json => SweepFormat::Json,
        StudyFormat::Jsonl => SweepFormat::JsonLines,
        StudyFormat::Csv => SweepFormat::Csv,
        StudyFormat::LongCsv => SweepFormat::LongCsv,
        #[cfg(feature = "parquet")]
        StudyFormat::Parquet => return parquet(&columns::wide(summary), summary),
        #[cfg(feature = "parquet")]
        StudyFormat::LongParquet => return parquet(&columns::long(summary), summary),
    };
    Ok(report::render_sweep(summary, format, style).into_bytes())
}

#[cfg(feature = "parquet")]
fn parquet(table: &[columns::Column], summary: &SweepSummary) -> Result<Vec<u8>, Failure> {
    let failed = |error| Failure::Io(format!("Parquet: {error}"));
    crate::parquet::table(table, &summary.origin).map_err(failed)
}

pub(crate) fn answer(
    sweep: &Sweep,
    origin: Origin,
    output: &StudyOutputArgs,
) -> Result<Success, Failure> {
    let summary = sweep.summary(origin);
    output.write(&rendered(&summary, output.format, output.style())?)?;
    if let Some(path) = &output.plot {
        match figure::sweep(&summary).first() {
            Some(figure) => picture::write(path, &svg::svg(figure, svg::Look::default()))?,
            None => eprintln!("warning: --plot: no axis of numbers has two points to draw"),
        }
    }
    let designs = summary.points.iter().filter_map(|point| point.design.as_ref());
    let broken = designs.clone().any(|design| !design.violations.is_empty());
    Ok(match (broken, summary.interrupted) {
        (true, _) => Success::Broken,
        (_, true) => Success::Interrupted,
        _ => Success::Fine,
    })
}

/// Points whose offered load is looked at for an estimate.
const LOOKED_AT: usize = 200;

/// How many trials, and about how long they take: a hundredth of three of them is run to know how fast this machine is.
fn dry_run(sweep: &Sweep, jobs: Option<usize>) -> Result<String, Failure> {
    let (points, here) = (sweep.points().len(), sweep.points_here());
    let step = points.div_ceil(LOOKED_AT).max(1);
    let designs: Vec<Alternative> =
        (0..points).step_by(step).filter_map(|p| sweep.design_at(p).ok()).collect();
    let (Some(first), Some(last)) = (designs.first(), designs.last()) else {
        return Ok("There is no point that is a model.\n".into());
    };
    let began = std::time::Instant::now();
    let (mut steps, mut seconds) = (0.0, 0.0);
    for design in [first, &designs[designs.len() / 2], last] {
        let plan = sweep.plan(design);
        let horizon = Duration(plan.horizon.0 / 100);
        let seed = sim_core::simulation::Seed { seed: plan.seed, replication: 0 };
        let trial =
            Trial { design: 0, seed, warmup: Duration::ZERO, horizon, events_max: 20_000_000 };
        let from = began.elapsed().as_secs_f64();
        sim_core::metrics::run(&design.model, trial);
        seconds += began.elapsed().as_secs_f64() - from;
        steps += steps_of(design) * horizon.as_secs();
    }
    let (mut trials, mut work, mut at_least) = (0.0, 0.0, "");
    for design in &designs {
        let plan = sweep.plan(design);
        let replications = match plan.until {
            Until::Replications(n) => f64::from(n),
            Until::Precision { .. } | Until::Decided { .. } => {
                at_least = "at least ";
                10.0
            }
        };
        trials += replications;
        work += replications * steps_of(design) * plan.horizon.as_secs();
    }
    let scale = here as f64 / designs.len() as f64;
    let threads =
        jobs.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let estimate = scale * work * seconds / steps.max(1.0) / threads as f64;
    let of = if here < points { format!(" of {points}") } else { String::new() };
    Ok(format!(
        "{here}{of} points, {at_least}{:.0} trials: {at_least}about {} on {threads} threads.\n",
        scale * trials,
        readable(estimate)
    ))
}

/// Instructions that a design runs in a second of its time.
fn steps_of(design: &Alternative) -> f64 {
    design.load.rates.iter().zip(&design.load.steps).map(|(rate, steps)| rate * (steps + 2.0)).sum()
}

fn readable(seconds: f64) -> String {
    match seconds {
        s if s < 1.0 => "a second".into(),
        s if s < 120.0 => format!("{s:.0} seconds"),
        s if s < 7200.0 => format!("{:.0} minutes", s / 60.0),
        s if s < 172_800.0 => format!("{:.0} hours", s / 3600.0),
        s => format!("{:.0} days", s / 86_400.0),
    }
}
