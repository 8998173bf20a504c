//! `diapir rates`: a range test of the learning rate.

use serde_json::json;

use super::host::Host;
use super::learn;
use crate::args::RatesArgs;
use crate::failure::HostError;
use crate::outputs;
use crate::plugin::{RateRange, Rates};
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>, args: &RatesArgs) -> Result<Report, HostError> {
    host.need_torch("training")?;
    if args.learn.resume {
        return Err(HostError::usage("a range test cannot be resumed: leave --resume out"));
    }
    outputs::check(&args.output, &[])?;
    let options = args.learn.options(host.plugin)?;
    let data = learn::data(host, &args.learn, &[])?;
    let range = RateRange { from: args.from, to: args.to, steps: args.steps };
    let Rates { steepest, lowest } =
        host.plugin.test_rates(&data, &options, &range, &args.output, &mut host.task())?;
    let rate = |rate: f64| if rate > 0.0 { format!("{rate:.1e}") } else { "none: it never falls".to_owned() };
    let mut table = Table::default();
    table
        .row("Table", args.output.display().to_string())
        .row("Steepest fall of the loss", rate(steepest))
        .row("Lowest loss", rate(lowest));
    Ok(Report::new(table.text(), json!({"path": args.output, "steepest": steepest, "lowest": lowest})))
}
