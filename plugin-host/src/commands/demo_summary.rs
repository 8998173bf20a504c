//! What a demo came to, in one table.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::demo_places::{Places, UNSEEN};
use super::{evaluate, export, predict, train};
use crate::abi::{diapir_evaluate_report, diapir_predict_report, diapir_train_report};
use crate::failure::HostError;
use crate::report::{Report, Table, figure};
use crate::values::Size;

/// What a prediction came to, and the model's threshold.
pub(super) struct Predicted {
    pub(super) report: diapir_predict_report,
    pub(super) threshold: f64,
}

/// Figures and times, as they come.
pub(super) struct Outcome {
    seed: u64,
    size: Size,
    seconds: Vec<(&'static str, f64)>,
    builtin: Option<diapir_evaluate_report>,
    train: Option<diapir_train_report>,
    predict: Option<diapir_predict_report>,
    evaluation: Option<diapir_evaluate_report>,
    total: f64,
}

impl Outcome {
    pub(super) fn new(seed: u64, size: Size) -> Self {
        Self {
            seed,
            size,
            seconds: Vec::new(),
            builtin: None,
            train: None,
            predict: None,
            evaluation: None,
            total: 0.0,
        }
    }

    /// Does a stage and keeps its time.
    pub(super) fn timed<T>(
        &mut self,
        stage: &'static str,
        work: impl FnOnce() -> Result<T, HostError>,
    ) -> Result<T, HostError> {
        let begin = Instant::now();
        let result = work()?;
        self.seconds.push((stage, begin.elapsed().as_secs_f64()));
        Ok(result)
    }

    /// Does the prediction, keeps its report and gives the threshold.
    pub(super) fn predict(
        &mut self,
        work: impl FnOnce() -> Result<Predicted, HostError>,
    ) -> Result<f64, HostError> {
        let Predicted { report, threshold } = self.timed("predict", work)?;
        self.predict = Some(report);
        Ok(threshold)
    }

    /// What the built-in model found.
    pub(super) fn builtin(&mut self, found: &diapir_evaluate_report) {
        self.builtin = Some(*found);
    }

    pub(super) fn trained(&mut self, report: &diapir_train_report) {
        self.train = Some(*report);
    }

    pub(super) fn evaluated(&mut self, found: &diapir_evaluate_report) {
        self.evaluation = Some(*found);
    }

    pub(super) fn total(&mut self, total: Duration) {
        self.total = total.as_secs_f64();
    }

    pub(super) fn report(&self, places: &Places, threshold: f64) -> Report {
        let mut table = Table::default();
        self.figures(&mut table, threshold);
        table.gap().row("Stage", "Seconds");
        self.times(&mut table);
        table.gap();
        table.row("Probability", places.probability.display().to_string());
        export::rows(&mut table, &places.picture);
        if places.picture.top.is_none() {
            table.row("Maps", "not drawn: this build of the library is without GDAL");
        }
        table.row("Model", places.run.join(train::MODEL).display().to_string());
        let (seismic, label) = (places.seismic(UNSEEN), places.label(UNSEEN));
        table.row("Survey", seismic.display().to_string());
        table.row("Truth", label.display().to_string());
        table.row("Summary", places.summary.display().to_string());
        Report::new(table.text(), self.json(places, threshold))
    }

    fn figures(&self, table: &mut Table, threshold: f64) {
        let Size { inlines, crosslines, samples } = self.size;
        table.row(
            "Unseen survey",
            format!("{inlines} x {crosslines} x {samples} samples, seed {}", self.seed),
        );
        if let Some(found) = &self.builtin {
            table.row("Built-in model's IoU", figure(found.voxel_iou));
        }
        if let Some(train) = &self.train {
            let tiles = format!("{} tiles, {} epochs", train.tiles, train.epochs);
            table.row("Trained on", tiles);
            table.row("Validation IoU", figure(train.validation_iou));
        }
        table.row("Threshold", threshold.to_string());
        if let Some(found) = &self.evaluation {
            evaluate::rows(table, found);
        }
        if let Some(report) = &self.predict {
            table.row("Seam", predict::seam(report.seam));
        }
    }

    fn times(&self, table: &mut Table) {
        for (stage, seconds) in &self.seconds {
            table.row(stage, format!("{seconds:.1}"));
            if let (&"predict", Some(report)) = (stage, &self.predict) {
                predict::stages(table, report);
            }
        }
        table.row("all", format!("{:.1}", self.total));
    }

    fn json(&self, places: &Places, threshold: f64) -> Value {
        let seconds: serde_json::Map<_, _> =
            self.seconds.iter().map(|(stage, seconds)| ((*stage).to_owned(), json!(seconds))).collect();
        let (seismic, label) = (places.seismic(UNSEEN), places.label(UNSEEN));
        json!({
            "seed": self.seed,
            "size": self.size,
            "threshold": threshold,
            "built_in": self.builtin,
            "train": self.train,
            "predict": self.predict,
            "evaluation": self.evaluation,
            "seconds": seconds,
            "seconds_total": self.total,
            "files": {
                "built_in": places.builtin,
                "probability": places.probability,
                "drawn": export::files(&places.picture),
                "model": places.run.join(train::MODEL),
                "seismic": seismic,
                "label": label,
                "summary": places.summary,
            },
        })
    }
}
