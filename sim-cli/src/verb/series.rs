//! `archsim series`: rate, errors, durations, utilisation and levels over time.

use crate::args::{SeriesArgs, SeriesFormat};
use crate::failure::{Failure, Success};
use crate::look::{Look, duration, text_style};
use sim_core::report::telemetry::{openmetrics, series_csv, series_json_lines, series_text};
use sim_core::telemetry::Series;
use sim_core::time::Duration;

/// Windows where nobody says how long they are to be.
const WINDOWS: u64 = 30;

pub(crate) fn run(args: &SeriesArgs) -> Result<Success, Failure> {
    let look = Look::at(&args.look)?;
    let model = &look.design.model;
    let horizon = look.trial.horizon;
    let window = match &args.window {
        Some(text) => duration(text, "--window")?,
        None => Duration(horizon.0.div_ceil(WINDOWS).max(1)),
    };
    if window == Duration::ZERO {
        return Err(Failure::Usage("--window 0s: a window lasts longer than that".into()));
    }
    let most = Series::windows_max(model);
    let windows = horizon.0.div_ceil(window.0);
    if windows > most {
        let least = Duration(horizon.0.div_ceil(most));
        return Err(Failure::Usage(format!(
            "--window {window} makes {windows} windows of {horizon}; of this model {most} are kept at \
             most, so that a window lasts at least {least}"
        )));
    }
    let (series, now) = look.watch(Series::new(model, window));
    let series = series.close(now);
    let text = match args.format {
        SeriesFormat::Text => series_text(&series, model, text_style(args.look.out.is_some())),
        SeriesFormat::Csv => series_csv(&series, model),
        SeriesFormat::Jsonl => series_json_lines(&series, model),
        SeriesFormat::Openmetrics => openmetrics(&series, model, args.look.epoch),
    };
    look.write(&text)?;
    Ok(Success::Fine)
}
