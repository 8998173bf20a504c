//! `diapir demo`: from nothing to a result, as a user would go: make surveys, predict one with the built-in
//! model, train on the others, predict it with that model, measure, draw.

use std::path::Path;
use std::time::Instant;

use super::demo_places::{Places, UNSEEN};
use super::demo_summary::{Outcome, Predicted};
use super::export::{self, Drawing};
use super::host::Host;
use super::{predict, synth, train};
use crate::abi::{diapir_predict_survey_output, diapir_survey_options, diapir_train_report};
use crate::args::DemoArgs;
use crate::failure::HostError;
use crate::outputs;
use crate::plugin::{LabelledSurvey, Options, Survey, TrainingData};
use crate::recipe;
use crate::report::{Report, figure};
use crate::values::{Direction, Size};

const RECIPE: &str = "demo";
/// The reference system that the synthetic coordinates are meant in; the maps carry it.
const CRS: &str = "EPSG:32631";

/// How large the demo is.
struct Plan {
    /// Surveys to train on.
    surveys: u64,
    /// Of each survey.
    size: Size,
    /// Changes to the recipe.
    changes: &'static [&'static str],
}

const WHOLE: Plan =
    Plan { surveys: 3, size: Size { inlines: 120, crosslines: 120, samples: 350 }, changes: &[] };
const QUICK: Plan = Plan {
    surveys: 1,
    size: Size { inlines: 112, crosslines: 112, samples: 224 },
    changes: &["stages.0.epochs=1", "stages.1.epochs=1", "tiles.line_step=8"],
};

pub(super) fn run(host: Host<'_>, args: &DemoArgs) -> Result<Report, HostError> {
    host.need_torch("the demo")?;
    let plan = if args.quick { QUICK } else { WHOLE };
    let places = Places::of(&args.output, host.plugin.has_gdal());
    let folders = outputs::NewFolders::create(&args.output)?;
    places.clear()?;
    let begin = Instant::now();
    let mut outcome = Outcome::new(args.seed, plan.size);

    say(host, "1 of 6: making synthetic surveys");
    let names = outcome.timed("synth", || make_surveys(host, args.seed, &plan, &places))?;
    let read = read(host)?;
    let open = |path: &Path| host.open(path, &read);
    let (seismic, label) = (open(&places.seismic(UNSEEN))?, open(&places.label(UNSEEN))?);
    let measure = |probability: &Survey, threshold: f64| {
        host.plugin.evaluate(probability, &label, threshold, &mut host.task())
    };
    say(host, "2 of 6: predicting one with the built-in model, which has learnt from no survey");
    let found = outcome.timed("built-in", || {
        let Predicted { threshold, .. } = predict(host, args, &seismic, None, &places.builtin)?;
        measure(&open(&places.builtin)?, threshold)
    })?;
    say(host, &format!("built-in model: voxel IoU {}", figure(found.voxel_iou)));
    outcome.builtin(&found);
    say(host, "3 of 6: training on the others");
    let report = outcome.timed("train", || fit(host, args, &plan, &places, &names))?;
    outcome.trained(&report);
    say(host, "4 of 6: predicting the survey that the training has not seen");
    let model = places.run.join(train::MODEL);
    let threshold = outcome.predict(|| predict(host, args, &seismic, Some(&model), &places.probability))?;
    say(host, "5 of 6: comparing with the truth");
    let probability = open(&places.probability)?;
    let found = outcome.timed("evaluate", || measure(&probability, threshold))?;
    outcome.evaluated(&found);
    say(host, "6 of 6: drawing");
    let drawing = Drawing {
        probability: &probability,
        seismic: Some(&seismic),
        label: Some(label),
        direction: Direction::Inline,
        threshold,
    };
    outcome.timed("export", || export::draw(host, &places.picture, &drawing))?;

    outcome.total(begin.elapsed());
    let report = outcome.report(&places, threshold);
    outputs::write(&places.summary, &format!("{:#}\n", report.json))?;
    drop(folders);
    Ok(report)
}

fn say(host: Host<'_>, text: &str) {
    host.terminal.note(text);
}

/// How the demo's files are read.
fn read(host: Host<'_>) -> Result<Options<'static, diapir_survey_options>, HostError> {
    let mut options: Options<'_, diapir_survey_options> = host.plugin.options()?;
    options.set_crs(CRS)?;
    Ok(options)
}

/// Makes the unseen survey and those to train on; gives the names of the latter.
fn make_surveys(host: Host<'_>, seed: u64, plan: &Plan, places: &Places) -> Result<Vec<String>, HostError> {
    let names: Vec<_> = (1..=plan.surveys).map(|number| format!("training-{number}")).collect();
    for (name, offset) in [UNSEEN].into_iter().chain(names.iter().map(String::as_str)).zip(0..) {
        let (seismic, label) = (places.seismic(name), places.label(name));
        let _folders = seismic.parent().map(outputs::NewFolders::create).transpose()?;
        let options = plan.size.options(host.plugin, seed.wrapping_add(offset))?;
        synth::write(host, &seismic, &label, &options)?;
    }
    Ok(names)
}

fn fit(
    host: Host<'_>,
    args: &DemoArgs,
    plan: &Plan,
    places: &Places,
    names: &[String],
) -> Result<diapir_train_report, HostError> {
    let changes: Vec<_> = plan.changes.iter().map(|change| (*change).to_owned()).collect();
    let recipe = recipe::text(host.plugin, RECIPE, &changes)?;
    let options = args.device.train_options(host.plugin, &recipe)?;
    let read = read(host)?;
    let open = |name: &String| -> Result<LabelledSurvey, HostError> {
        let (seismic, label) =
            (host.open(&places.seismic(name), &read)?, host.open(&places.label(name), &read)?);
        Ok(LabelledSurvey { seismic, label })
    };
    let training = names.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let data = TrainingData::Surveys { training, validation: Vec::new() };
    host.plugin.train(&data, &places.run, &options, &mut host.task())
}

fn predict(
    host: Host<'_>,
    args: &DemoArgs,
    survey: &Survey,
    model: Option<&Path>,
    output: &Path,
) -> Result<Predicted, HostError> {
    let model = host.plugin.load_model(model, &args.device.options(host.plugin, None)?)?;
    host.terminal.check()?;
    let files: Options<'_, diapir_predict_survey_output> = host.plugin.options()?;
    let how = host.plugin.options()?;
    let report = model.predict_survey(survey, output, &how, &files, &mut host.task())?;
    Ok(Predicted { report, threshold: predict::threshold(&model)? })
}
