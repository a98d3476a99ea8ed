//! Studies that a model names: whether they can be what they say.

use super::axis::Axis;
use super::capacity::load_axis;
use super::{AS_WRITTEN, Points, Refused, Sampling, metric_of};
use crate::model::quantity;
use crate::spec::{
    CapacityStudy, Diagnostics, OptimizeStudy, Path, Quantity, SensitivityMethod, SensitivityStudy,
    Severity, Spec, Study, SweepStudy, did_you_mean,
};
use std::ops::RangeInclusive;

/// Says what is wrong with the studies that a model names. The model itself is not judged, and neither are values that
/// only do not go together.
pub fn check_studies(spec: &Spec) -> Diagnostics {
    let mut findings = Diagnostics::new(spec.file());
    for (name, study) in &spec.studies {
        let at = Path::root().key("studies").key(name).key(study.verb());
        let mut check = Check { spec, at, findings: &mut findings };
        match study {
            Study::Sweep(sweep) => check.sweep(sweep),
            Study::Capacity(capacity) => check.capacity(capacity),
            Study::Optimize(optimize) => check.optimize(optimize),
            Study::Sensitivity(sensitivity) => check.sensitivity(sensitivity),
        }
    }
    spec.point(&mut findings);
    findings.sort();
    findings
}

/// One study that is looked at.
struct Check<'a> {
    spec: &'a Spec,
    /// Where it is written.
    at: Path,
    findings: &'a mut Diagnostics,
}

impl Check<'_> {
    fn sweep(&mut self, study: &SweepStudy) {
        self.points(&study.vary, &study.designs, study.sample.as_deref(), study.seed);
        self.replications(study.replications, study.precision.as_ref());
        self.times(study.horizon.as_ref(), study.warmup.as_ref());
    }

    fn capacity(&mut self, study: &CapacityStudy) {
        let at = self.at.key("vary");
        if self.designs(&study.designs, &self.at.key("designs"))
            && let Err(refused) = load_axis(&study.vary, &self.base(&study.designs))
        {
            self.refused(&at, refused);
        }
        self.part("tolerance", study.tolerance.as_ref(), 1e-4..=0.5);
        self.times(study.horizon.as_ref(), None);
    }

    fn optimize(&mut self, study: &OptimizeStudy) {
        self.points(&study.vary, &study.designs, study.sample.as_deref(), study.seed);
        self.metric("minimize", study.minimize.as_deref());
        self.part("confidence", study.confidence.as_ref(), A_PART);
        self.part("indifference", study.indifference.as_ref(), A_PART);
        self.count("budget", study.budget, 1..=100_000_000);
        self.times(study.horizon.as_ref(), None);
    }

    fn sensitivity(&mut self, study: &SensitivityStudy) {
        let design = study.design.as_slice();
        if !study.vary.is_empty() {
            self.axes(&study.vary, design, &self.at.key("design"));
        } else {
            self.designs(design, &self.at.key("design"));
        }
        if let Some(by) = study.by.as_ref().filter(|_| !study.vary.is_empty()) {
            let message = "what is varied has its own ranges here";
            let hint = format!("leave `by: {by}` away, or `vary`");
            self.findings.error(&self.at.key("by"), message).hint(hint);
        }
        self.part("by", study.by.as_ref(), A_PART);
        self.metric("on", study.on.as_deref());
        let (other, is_there) = match study.method {
            SensitivityMethod::Morris => ("samples", study.samples.is_some()),
            SensitivityMethod::Sobol => ("trajectories", study.trajectories.is_some()),
        };
        if is_there {
            let message = format!("`{other}` is of the other method");
            let hint = "`samples` is of `method: sobol`, `trajectories` of `method: morris`";
            self.findings.error(&self.at.key(other), message).hint(hint);
        }
        self.count("trajectories", study.trajectories.map(u64::from), 2..=10_000);
        self.count("samples", study.samples.map(u64::from), 2..=50_000);
        self.replications(study.replications, study.precision.as_ref());
        self.times(study.horizon.as_ref(), study.warmup.as_ref());
    }

    /// The points of axes, of which there must not be too many.
    fn points(
        &mut self,
        vary: &[String],
        designs: &[String],
        sample: Option<&str>,
        seed: Option<u64>,
    ) {
        let at = self.at.key("sample");
        let sampling = match sample.map_or(Ok(Sampling::Grid), Sampling::parse) {
            Ok(sampling) => Some(sampling),
            Err(hint) => {
                let sample = sample.unwrap_or_default();
                self.findings
                    .error(&at, format!("`{sample}` is no way to choose points"))
                    .hint(hint);
                None
            }
        };
        let Some(mut axes) = self.axes(vary, designs, &self.at.key("designs")) else { return };
        if !designs.is_empty() {
            axes.insert(0, Axis::designs(designs.iter().cloned()));
        }
        if let Some(sampling) = sampling
            && let Err(error) = Points::new(axes, sampling, seed.unwrap_or(1))
        {
            self.refused(&self.at.clone(), error.into());
        }
    }

    /// The axes that are varied; `None` where one of them makes no sense.
    fn axes(&mut self, vary: &[String], designs: &[String], named_at: &Path) -> Option<Vec<Axis>> {
        if !self.designs(designs, named_at) {
            return None;
        }
        let base = self.base(designs);
        let mut axes = Vec::new();
        for (index, text) in vary.iter().enumerate() {
            match axis(text, &base) {
                Ok(axis) => axes.push(axis),
                Err(refused) => self.refused(&self.at.key("vary").index(index), refused),
            }
        }
        (axes.len() == vary.len()).then_some(axes)
    }

    /// Whether the model has these designs.
    fn designs(&mut self, designs: &[String], at: &Path) -> bool {
        let mut known = true;
        for (index, name) in designs.iter().enumerate() {
            if name == AS_WRITTEN || self.spec.designs.contains_key(name) {
                continue;
            }
            known = false;
            let at = if at.to_string().ends_with(".designs") { &at.index(index) } else { at };
            let names: Vec<&str> =
                self.spec.designs.keys().map(String::as_str).chain([AS_WRITTEN]).collect();
            let error = self.findings.error(at, format!("there is no design `{name}`"));
            error.hint(match did_you_mean(name, names.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("designs are: {}", names.join(", ")),
            });
        }
        known
    }

    /// The model as its first design has it: a path may be there in designs only.
    fn base(&self, designs: &[String]) -> Spec {
        let design = designs.first().and_then(|name| self.spec.design(name).ok());
        design.unwrap_or_else(|| self.spec.clone())
    }

    fn refused(&mut self, at: &Path, refused: Refused) {
        match refused {
            Refused::Axis(error) => {
                self.findings.error(at, error.message).hint = error.hint.map(as_written);
            }
            Refused::Model(findings) => {
                let wrong = findings.iter().find(|finding| finding.severity == Severity::Error);
                let Some(wrong) = wrong else { return };
                self.findings.error(at, wrong.message.clone()).hint = wrong.hint.clone();
            }
        }
    }

    fn replications(&mut self, replications: Option<u32>, precision: Option<&Quantity>) {
        self.count("replications", replications.map(u64::from), 1..=1_000_000);
        self.part("precision", precision, A_PART);
        if let (Some(replications), Some(precision)) = (replications, precision) {
            let message =
                "how many replications there are, and how precise they are, cannot both be said";
            let hint =
                format!("keep `precision: \"{precision}\"` or `replications: {replications}`");
            self.findings.error(&self.at.key("precision"), message).hint(hint);
        }
    }

    fn times(&mut self, horizon: Option<&Quantity>, warmup: Option<&Quantity>) {
        let is_auto = |warmup: &&Quantity| matches!(warmup, Quantity::Text(text) if text == "auto");
        let warmup = warmup.filter(|warmup| !is_auto(warmup));
        for (field, written) in [("horizon", horizon), ("warmup", warmup)] {
            if let Some(Err(error)) = written.map(quantity::duration) {
                self.findings.error(&self.at.key(field), error.message).hint = error.hint;
            }
        }
    }

    fn metric(&mut self, field: &str, written: Option<&str>) {
        if let Some(Err(known)) = written.map(metric_of) {
            let message = format!("there is no metric `{}`", written.unwrap_or_default());
            self.findings.error(&self.at.key(field), message).hint(known);
        }
    }

    fn part(&mut self, field: &str, written: Option<&Quantity>, within: RangeInclusive<f64>) {
        let Some(written) = written else { return };
        let at = self.at.key(field);
        match quantity::share(written) {
            Ok(share) if within.contains(&share) && share < 1.0 => {}
            Ok(_) => {
                let (least, most) = (100.0 * within.start(), 100.0 * within.end());
                let hint = match *within.start() < 1e-6 {
                    true => "write a share between 0% and 100%, such as \"5%\"".to_owned(),
                    false => format!("write a share from {least} % to {most} %"),
                };
                let message = format!("`{written}` is too little or too much for `{field}`");
                self.findings.error(&at, message).hint(hint);
            }
            Err(error) => self.findings.error(&at, error.message).hint = error.hint,
        }
    }

    fn count(&mut self, field: &str, written: Option<u64>, within: RangeInclusive<u64>) {
        if let Some(number) = written.filter(|number| !within.contains(number)) {
            let (least, most) = within.into_inner();
            let message = format!("`{field}` cannot be {number}");
            let hint = format!("from {least} to {most} are possible");
            self.findings.error(&self.at.key(field), message).hint(hint);
        }
    }
}

/// A hint for the command line as it is for a model: `--vary PATH=VALUES` is `vary: ["PATH=VALUES"]` there.
fn as_written(hint: String) -> String {
    for (option, open, close) in
        [("--vary ", "vary: [\"", "\"]"), ("--sample ", "sample: \"", "\"")]
    {
        if let Some((before, value)) = hint.split_once(option) {
            return format!("{before}{open}{value}{close}");
        }
    }
    hint
}

/// More than nothing, less than all.
const A_PART: RangeInclusive<f64> = f64::MIN_POSITIVE..=1.0;

/// An axis whose ends the model can take.
fn axis(text: &str, base: &Spec) -> Result<Axis, Refused> {
    let axis = Axis::parse(text)?;
    axis.check(base)?;
    for end in [0.0, 1.0] {
        axis.put(base, &axis.at(end))?;
    }
    Ok(axis)
}
