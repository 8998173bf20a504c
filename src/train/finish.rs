//! The end of a training, once its last epoch is over.

use std::path::PathBuf;

use super::EpochRecord;
use super::mean_weights::{average, settle_statistics};
use super::outcome::{Candidate, TrainingOutcome};
use super::report::{self, Contents};
use super::trainer::Trainer;
use super::validate::How;
use crate::control::Control;
use crate::error::{Result, fail};
use crate::model::{ModelFile, Network};

impl Trainer<'_> {
    /// Averages, compares, reports. Everything here follows from files and history, so that it can be done again.
    pub(super) fn finish(self, control: &Control<'_>) -> Result<TrainingOutcome> {
        let Some(best) = self.epochs.iter().rfind(|record| record.kept).cloned() else {
            fail!(Internal, "a training ended without an epoch");
        };
        let mut candidates =
            vec![Candidate { name: format!("best epoch ({})", best.epoch), figures: best.validation }];
        candidates.extend(self.average(&best, control)?);
        candidates.extend(self.snapshots(control)?);
        let model = self.setup.folder.model();
        let (_, network) = ModelFile::read(&model, self.setup.device)?;
        let validation = self.validate(&[&network], control)?;
        let contents = Contents {
            training: self.setup.training,
            recipe: self.setup.recipe,
            device: format!("{:?}, {:?}", self.setup.device, self.setup.kind),
            data_hash: &self.identity.data_hash,
            counts: [self.tiles.len(), self.validation.len()],
            epochs: &self.epochs,
            candidates: &candidates,
            validation: &validation,
            network: &network,
            tiles: self.validation,
            how: How { training: self.setup.training, kind: self.setup.kind },
        };
        report::write(&self.setup.folder.report(), &contents)?;
        Ok(TrainingOutcome {
            steps: self.state.position.steps,
            model,
            epochs: self.epochs,
            validation,
            candidates,
        })
    }

    /// The mean of the best epochs, which becomes the model when it scores at least as well as the best of them.
    fn average(&self, best: &EpochRecord, control: &Control<'_>) -> Result<Option<Candidate>> {
        let training = self.setup.training;
        let Some(spec) = &training.average else {
            return Ok(None);
        };
        let folder = self.setup.folder;
        let files: Vec<PathBuf> =
            self.kept_epochs().take(spec.count).map(|epoch| folder.kept(epoch)).collect();
        if files.len() < 2 {
            return Ok(None);
        }
        let network = average(&files, spec, training, self.setup.device)?;
        settle_statistics(&network, spec, self.tiles, training, control)?;
        let figures = self.validate(&[&network], control)?.figures()?;
        self.write_model(&folder.average(), &network, best.epoch, &figures)?;
        if [figures.score, figures.iou] >= [best.validation.score, best.validation.iou] {
            self.write_model(&folder.model(), &network, best.epoch, &figures)?;
        }
        Ok(Some(Candidate { name: format!("mean of the {} best epochs", files.len()), figures }))
    }

    /// The snapshots' probabilities averaged.
    fn snapshots(&self, control: &Control<'_>) -> Result<Option<Candidate>> {
        let kept = self.epochs.iter().filter(|record| record.snapshot);
        let read = |record: &EpochRecord| {
            let path = self.setup.folder.snapshot(record.epoch);
            ModelFile::read(&path, self.setup.device).map(|(_, network)| network)
        };
        let networks = kept.map(read).collect::<Result<Vec<Network>>>()?;
        if networks.len() < 2 {
            return Ok(None);
        }
        let figures = self.validate(&networks.iter().collect::<Vec<_>>(), control)?.figures()?;
        Ok(Some(Candidate { name: format!("{} snapshots together", networks.len()), figures }))
    }
}
