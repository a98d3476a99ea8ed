//! The numbers of a summary in long form: a line for each, with design, scope and metric.

use crate::study::{DesignSummary, Metric, Scope, Status, Summary, Unit, Value};

const HEAD: &str = "design,scope,client,name,metric,unit,mean,half_width,status";

pub(super) fn render(summary: &Summary) -> String {
    let mut out = origin(summary) + HEAD + "\n";
    for design in &summary.designs {
        each(design, |scope, metric, unit, value| {
            let (kind, client, name) = columns(scope);
            let text = [design.name.as_str(), kind, client, &name, metric].map(quoted).join(",");
            let status = status(value.status);
            let (mean, half) = (number(value.mean), number(value.half_width));
            out += &format!("{text},{unit},{mean},{half},{status}\n");
        });
    }
    out
}

/// Where a file of some designs comes from, as comments that begin with `#`.
fn origin(summary: &Summary) -> String {
    let Summary { version, seed, designs, .. } = summary;
    let hashes: Vec<&str> = designs.iter().map(|design| design.model_hash.as_str()).collect();
    let command = summary.command.iter().map(|command| format!("# {command}\n"));
    format!("# archsim {version}, model {}, seed {seed}\n", hashes.join(" "))
        + &command.collect::<String>()
}

/// Each number of a design: of what, the metric, its unit and the number.
pub(super) fn each(
    design: &DesignSummary,
    mut tell: impl FnMut(&Scope, &str, &'static str, Value),
) {
    tell(&Scope::All, "in_flight", unit(Metric::InFlight.unit()), design.in_flight);
    let inside = design.operations.iter().chain(&design.services);
    for red in std::iter::once(&design.all).chain(&design.journeys).chain(inside) {
        for (metric, value) in red.values() {
            tell(&red.scope, metric.name(), unit(metric.unit()), value);
        }
    }
    for station in &design.stations {
        let scope = Scope::Station(station.name.clone());
        for (metric, value) in station.values() {
            tell(&scope, metric.name(), unit(metric.unit()), value);
        }
    }
    for block in &design.blocks {
        let scope = Scope::Block(block.path.clone());
        for measured in &block.measures {
            tell(&scope, measured.name, unit(measured.unit), measured.value);
        }
    }
    if let Some(bill) = &design.bill {
        let all = [
            (Metric::Cost, bill.month),
            (Metric::CostPerThousand, bill.per_thousand),
            (Metric::IdleCost, bill.idle),
        ];
        for (metric, value) in all {
            tell(&Scope::All, metric.name(), unit(metric.unit()), value);
        }
        for part in bill.charges.iter().chain(&bill.clients).chain(&bill.journeys) {
            tell(&part.scope, Metric::Cost.name(), unit(Unit::Dollars), part.month);
        }
    }
    for (index, objective) in design.objectives.iter().enumerate() {
        tell(&Scope::Objective(index), &objective.says, "", objective.value);
    }
}

/// Kind, client and name of a scope.
pub(super) fn columns(scope: &Scope) -> (&str, &str, String) {
    match scope {
        Scope::All => ("all", "", String::new()),
        Scope::Journey { client, operation } => ("journey", client, operation.clone()),
        Scope::Operation { service, operation } => {
            ("operation", "", format!("{service}/{operation}"))
        }
        Scope::Service(name) => ("service", "", name.clone()),
        Scope::Station(name) => ("station", "", name.clone()),
        Scope::Block(path) => ("block", "", path.clone()),
        Scope::Objective(index) => ("objective", "", index.to_string()),
        Scope::Charge { of, kind } => ("charge", "", format!("{of}/{kind}")),
        Scope::Client(name) => ("client", name, String::new()),
    }
}

/// Whether a number can be believed, in a word.
pub(super) fn status(status: Status) -> String {
    let word = serde_json::to_value(status).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

pub(super) fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Seconds => "s",
        Unit::PerSecond => "1/s",
        Unit::BytesPerSecond => "B/s",
        Unit::Share | Unit::Count => "1",
        Unit::Dollars => "$",
    }
}

/// The shortest text that reads back as the same number; empty where there is none.
pub(super) fn number(number: f64) -> String {
    if number.is_finite() { number.to_string() } else { String::new() }
}

/// A text as a field: in quotes where it has to be.
pub(super) fn quoted(text: &str) -> String {
    if text.contains([',', '"', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}
