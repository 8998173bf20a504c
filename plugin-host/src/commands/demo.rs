//! `diapir demo`: from nothing to a result, as a user would go: make surveys, train, predict one that the
//! training has not seen, measure, draw.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::demo_summary::Outcome;
use super::export::{self, Drawing};
use super::{Host, predict, synth, train};
use crate::args::{DemoArgs, PictureArgs};
use crate::failure::HostError;
use crate::outputs;
use crate::plugin::{PredictChoice, Survey, SurveyChoice, SynthChoice, TrainChoice, TrainingData};
use crate::recipe;
use crate::report::Report;
use crate::values::Direction;

const RECIPE: &str = "demo";
const SAMPLE_INTERVAL_MS: f64 = 4.0;
/// The reference system that the synthetic coordinates are meant in; the maps carry it.
const CRS: &str = "EPSG:32631";

/// How large the demo is.
struct Plan {
    /// Surveys to train on.
    surveys: u64,
    /// Inlines, crosslines, samples of each survey.
    size: [i64; 3],
    /// Changes to the recipe.
    changes: &'static [&'static str],
}

const WHOLE: Plan = Plan { surveys: 3, size: [120, 120, 350], changes: &[] };
const QUICK: Plan = Plan {
    surveys: 1,
    size: [112, 112, 224],
    changes: &["stages.0.epochs=1", "stages.1.epochs=1", "tiles.line_step=8"],
};

/// Where everything goes.
pub(super) struct Places {
    folder: PathBuf,
    pub(super) run: PathBuf,
    pub(super) probability: PathBuf,
    pub(super) picture: PictureArgs,
    pub(super) summary: PathBuf,
}

impl Places {
    fn of(folder: &Path, maps: bool) -> Self {
        let at = |name: &str| folder.join(name);
        Self {
            folder: folder.to_owned(),
            run: at("run"),
            probability: at("salt-probability.sgy"),
            picture: PictureArgs {
                top: maps.then(|| at("top-of-salt.tif")),
                max: maps.then(|| at("largest-probability.tif")),
                png: Some(at("section.png")),
                line: None,
                label: None,
                title: None,
                min_thickness: None,
            },
            summary: at("summary.json"),
        }
    }

    /// Seismic and label of a survey.
    pub(super) fn survey(&self, name: &str) -> [PathBuf; 2] {
        let folder = self.folder.join(name);
        [folder.join("seismic.sgy"), folder.join("label.sgy")]
    }

    /// Results of an earlier demo must not pass for those of this one.
    fn clear(&self) -> Result<(), HostError> {
        let drawn = ["top-of-salt.tif", "largest-probability.tif", "section.png"];
        let drawn = drawn.map(|name| self.folder.join(name));
        for path in drawn.iter().chain([&self.probability, &self.summary]) {
            match fs::remove_file(path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(HostError::io(&error, "remove the earlier result", path));
                }
                _ => {}
            }
        }
        train::remove(&self.run)
    }
}

/// The survey that is predicted, and those that are trained on.
const UNSEEN: &str = "unseen";

pub(super) fn run(host: Host<'_>, args: &DemoArgs) -> Result<Report, HostError> {
    host.need_torch("the demo")?;
    let plan = if args.quick { QUICK } else { WHOLE };
    let places = Places::of(&args.output, host.plugin.has_gdal());
    let folders = outputs::NewFolders::create(&args.output)?;
    places.clear()?;
    let begin = Instant::now();
    let mut outcome = Outcome::new(args.seed, plan.size);

    say(host, "1 of 5: making synthetic surveys");
    let names = outcome.timed("synth", || make_surveys(host, args.seed, &plan, &places))?;
    say(host, "2 of 5: training");
    let report = outcome.timed("train", || fit(host, args, &plan, &places, &names))?;
    outcome.trained(&report);
    let open = |path: &Path| host.open(path, &read());
    let [seismic, label] = places.survey(UNSEEN);
    let (seismic, label) = (open(&seismic)?, open(&label)?);
    say(host, "3 of 5: predicting a survey that the training has not seen");
    let threshold = outcome.predict(|| predict(host, args, &seismic, &places))?;
    say(host, "4 of 5: comparing with the truth");
    let probability = open(&places.probability)?;
    let found = outcome.timed("evaluate", || {
        host.plugin.evaluate(&probability, &label, threshold, &mut host.terminal.task())
    })?;
    outcome.evaluated(&found);
    say(host, "5 of 5: drawing");
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
fn read() -> SurveyChoice {
    SurveyChoice { crs: Some(CRS.to_owned()), ..SurveyChoice::default() }
}

/// Makes the unseen survey and those to train on; gives the names of the latter.
fn make_surveys(host: Host<'_>, seed: u64, plan: &Plan, places: &Places) -> Result<Vec<String>, HostError> {
    let names: Vec<_> = (1..=plan.surveys).map(|number| format!("training-{number}")).collect();
    for (name, offset) in [UNSEEN].into_iter().chain(names.iter().map(String::as_str)).zip(0..) {
        let [seismic, label] = places.survey(name);
        let _folders = seismic.parent().map(outputs::NewFolders::create).transpose()?;
        let seed = seed.wrapping_add(offset);
        let choice = SynthChoice { seed, size: plan.size, sample_interval_ms: SAMPLE_INTERVAL_MS };
        synth::write(host, [&seismic, &label], &choice)?;
    }
    Ok(names)
}

fn fit(
    host: Host<'_>,
    args: &DemoArgs,
    plan: &Plan,
    places: &Places,
    names: &[String],
) -> Result<crate::abi::diapir_train_report, HostError> {
    let changes: Vec<_> = plan.changes.iter().map(|change| (*change).to_owned()).collect();
    let choice = TrainChoice {
        recipe: recipe::text(host.plugin, RECIPE, &changes)?,
        device: Some(args.device.device.clone()),
        precision: Some(args.device.precision.name().to_owned()),
        resume: false,
        initial: None,
        pseudo: None,
    };
    let open = |name: &String| -> Result<[Survey; 2], HostError> {
        let [seismic, label] = places.survey(name);
        Ok([host.open(&seismic, &read())?, host.open(&label, &read())?])
    };
    let training = names.iter().map(open).collect::<Result<Vec<_>, _>>()?;
    let data = TrainingData::Surveys { training, validation: Vec::new() };
    host.plugin.train(&data, &places.run, &choice, &mut host.terminal.task())
}

fn predict(
    host: Host<'_>,
    args: &DemoArgs,
    survey: &Survey,
    places: &Places,
) -> Result<(crate::abi::diapir_predict_report, f32), HostError> {
    let model = host.plugin.load_model(Some(&places.run.join(train::MODEL)), &args.device.choice(None))?;
    host.terminal.check()?;
    let choice = PredictChoice::PLAIN;
    let report = model.predict(survey, &places.probability, &choice, &mut host.terminal.task())?;
    Ok((report, predict::threshold(&model)?))
}
