//! `archsim report`: a document to pass around.

use super::compare::designs_of;
use super::merge::Whole;
use super::sweep::drive;
use crate::args::{OutputArgs, OutputFormat, ReportArgs, ReportFormat};
use crate::failure::{Failure, Success};
use crate::findings::{Findings, timeline, waterfall};
use crate::model::{Written, plan};
use crate::pool::Pool;
use sim_core::report::document::{Chapter, Document, SweepDocument, conventions};
use sim_core::report::figure;
use sim_core::report::topology::Topology;
use sim_core::spec::Spec;
use sim_core::study::{AS_WRITTEN, Alternative, Study, look_at_paths};
use std::path::{Path, PathBuf};

pub(crate) fn run(args: &ReportArgs) -> Result<Success, Failure> {
    let output = OutputArgs { format: OutputFormat::Text, out: args.out.clone() };
    output.keeps(std::slice::from_ref(&args.model))?;
    let format = format(args)?;
    if Path::new(&args.model).is_dir() {
        let document = of_study(args)?;
        output.write(&match format {
            ReportFormat::Html => document.html(),
            ReportFormat::Markdown => document.markdown(),
        })?;
        return Ok(Success::Fine);
    }
    let mut written = Written::read(&args.model, &args.edits)?;
    written.plan(&args.run)?;
    let names = designs_of(&written, &args.designs);
    let designs: Vec<Alternative> =
        names.iter().map(|design| written.check(design.as_deref())).collect::<Result<_, _>>()?;
    let topologies: Vec<Topology> = names
        .iter()
        .map(|design| topology(&written, design.as_deref()))
        .collect::<Result<_, _>>()?;
    let plan = plan(&designs, &args.run)?;
    let pool = Pool::new(args.run.jobs)?;
    let mut found = Findings::of(designs, &args.run, &pool)?;
    look_at_slow_requests(&mut found, &pool);
    let chapters = topologies.into_iter().enumerate().map(|(number, topology)| {
        let model = found.study.model(number);
        let mut figures = vec![timeline(model, &plan)];
        // A design that answers nothing has no slow request to show.
        figures.extend(waterfall(model, &plan, None).ok());
        Chapter { topology, figures }
    });
    let chapters = if found.summary.interrupted { Vec::new() } else { chapters.collect() };
    let document = document(&found, chapters, &written, args);
    let text = match format {
        ReportFormat::Html => document.html(),
        ReportFormat::Markdown => document.markdown(),
    };
    output.write(&text)?;
    Ok(Success::of(&found.summary))
}

/// The report of a study that was kept in a directory, or in a folder with a directory for each shard.
fn of_study(args: &ReportArgs) -> Result<SweepDocument, Failure> {
    let asks = !args.designs.is_empty() || !args.edits.set.is_empty() || args.run.asks();
    if asks {
        let message =
            "a study is as it was asked for: of its report only --format and --out can be said";
        return Err(Failure::Usage(message.into()));
    }
    let mut whole = Whole::of(&dirs(Path::new(&args.model))?)?;
    let pool = Pool::new(args.run.jobs)?;
    drive(&pool, &mut whole.sweep, &whole.shards, None, &whole.origin)?;
    let sweep = whole.sweep.summary(whole.origin.clone());
    let spec = Spec::parse(whole.file(), &whole.text);
    Ok(SweepDocument {
        figures: figure::sweep(&sweep),
        conventions: spec.as_ref().map(conventions).unwrap_or_default(),
        file: name_of(whole.file()),
        source: whole.text,
        command: command(),
        sweep,
    })
}

/// The directories of a study: the one named, or those of its shards in it.
fn dirs(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let is_study = |path: &Path| path.join("manifest.json").exists();
    if is_study(path) {
        return Ok(vec![path.to_owned()]);
    }
    let inside = |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten();
    let below = inside(path.to_owned()).chain(inside(path.join("shards")));
    let mut shards: Vec<PathBuf> =
        below.map(|entry| entry.path()).filter(|path| is_study(path)).collect();
    shards.sort();
    match shards.is_empty() {
        false => Ok(shards),
        true => Err(Failure::Usage(format!(
            "{} is no study: neither it nor a folder in it has a manifest.json\n  = archsim sweep --dir {0} keeps one",
            path.display()
        ))),
    }
}

/// The last part of a path.
fn name_of(model: &str) -> String {
    let name = Path::new(model).file_name();
    name.map_or(model.to_owned(), |name| name.to_string_lossy().into_owned())
}

/// By the name of the file, unless it is said.
fn format(args: &ReportArgs) -> Result<ReportFormat, Failure> {
    let ending = args.out.as_ref().and_then(|out| out.extension());
    let ending = ending.map(|ending| ending.to_string_lossy().to_lowercase());
    match (args.format, ending.as_deref()) {
        (Some(format), _) => Ok(format),
        (None, Some("html" | "htm")) => Ok(ReportFormat::Html),
        (None, Some("md" | "markdown")) => Ok(ReportFormat::Markdown),
        (None, None) if args.out.is_none() => Ok(ReportFormat::Html),
        _ => {
            let message = "--out: a report's name ends in .html or .md, or say --format";
            Err(Failure::Usage(message.into()))
        }
    }
}

fn topology(written: &Written, design: Option<&str>) -> Result<Topology, Failure> {
    let (spec, checked) = written.checked(design)?;
    Ok(Topology::of(design.unwrap_or(AS_WRITTEN), &spec, &checked))
}

/// A second look at some replications of each design: where p99 requests spend their time.
fn look_at_slow_requests(found: &mut Findings, pool: &Pool) {
    for design in 0..found.summary.designs.len() {
        if found.study.is_interrupted() {
            return;
        }
        let (trials, bands) = found.study.paths_to_look_at(design);
        let model = found.study.model(design);
        let looks = pool.each(trials, |trial| look_at_paths(model, trial, bands.clone()));
        found.study.tell_paths(design, looks);
    }
    found.summary = found.study.summary();
}

fn document(
    found: &Findings,
    designs: Vec<Chapter>,
    written: &Written,
    args: &ReportArgs,
) -> Document {
    let summary = &found.summary;
    let mut figures = Vec::new();
    if summary.designs.len() > 1 {
        figures.push(figure::side_by_side(summary));
    }
    figures.extend(figure::objectives(summary));
    figures.extend(figure::cost_against_latency(summary));
    figures.push(figure::distribution(&found.measured()));
    Document {
        summary: summary.clone(),
        figures,
        designs,
        warnings: written.warnings(),
        conventions: conventions(&written.spec),
        file: name_of(&args.model),
        source: written.spec.text().to_owned(),
        command: command(),
    }
}

/// The command as it was typed, which writes the report again.
fn command() -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,%+@".contains(c);
    let quoted = |argument: String| match !argument.is_empty() && argument.chars().all(is_plain) {
        true => argument,
        false => format!("'{}'", argument.replace('\'', "'\\''")),
    };
    let arguments = std::env::args_os().skip(1);
    let arguments = arguments.map(|argument| quoted(argument.to_string_lossy().into_owned()));
    std::iter::once("archsim".to_owned()).chain(arguments).collect::<Vec<_>>().join(" ")
}
