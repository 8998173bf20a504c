//! The training loop, and nothing but the loop.

use std::path::{Path, PathBuf};
use std::time::Instant;

use tch::{Device, Kind};

use super::checkpoint::{Identity, Position};
use super::step::StepOptions;
use super::{Adam, EpochRecord, Recipe, TileSet, checkpoint, history, step, validate};
use crate::control::Control;
use crate::error::{ErrorKind, Result, fail};
use crate::model::{ModelFile, Network, TrainingRecord, Weights};
use crate::output::{OutputFile, create_folder};

/// What a training needs besides its tiles.
#[derive(Debug, Clone)]
pub struct TrainingSetup<'a> {
    /// What to do.
    pub recipe: &'a Recipe,
    /// Where checkpoint, history and model go.
    pub folder: &'a Path,
    /// Where the network runs.
    pub device: Device,
    /// The kind that the network computes in.
    pub kind: Kind,
    /// Go on from the folder's checkpoint instead of starting anew.
    pub resume: bool,
    /// A model file whose weights a new training starts from.
    pub initial: Option<&'a Path>,
}

impl TrainingSetup<'_> {
    /// Makes the folder, and refuses it when it cannot be written to or holds a training that this one is not to go on with.
    ///
    /// # Errors
    /// `InvalidArgument` for a folder with a training; `Io`.
    pub fn prepare(&self) -> Result<()> {
        create_folder(self.folder)?;
        let checkpoint = self.checkpoint_path();
        if !self.resume && checkpoint.exists() {
            fail!(
                InvalidArgument,
                "{} holds a training already: resume it, or choose another folder",
                self.folder.display()
            );
        }
        // Found out now, not after the first epoch.
        OutputFile::create(&checkpoint).map(drop)
    }

    fn checkpoint_path(&self) -> PathBuf {
        self.folder.join("checkpoint.safetensors")
    }

    fn history_path(&self) -> PathBuf {
        self.folder.join("history.jsonl")
    }

    fn model_path(&self) -> PathBuf {
        self.folder.join("model.safetensors")
    }
}

/// What a finished training gave.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingOutcome {
    /// Optimizer steps since the start, earlier runs included.
    pub steps: u64,
    /// All epochs.
    pub epochs: Vec<EpochRecord>,
    /// The model file with the best validation score.
    pub model: PathBuf,
}

/// A training between two steps.
pub struct Trainer<'a> {
    setup: TrainingSetup<'a>,
    tiles: &'a TileSet<'a>,
    validation: &'a TileSet<'a>,
    network: Network,
    adam: Adam,
    identity: Identity,
    position: Position,
    epochs: Vec<EpochRecord>,
}

impl<'a> Trainer<'a> {
    /// Prepares a new training, or takes up the one whose checkpoint is in the folder.
    ///
    /// # Errors
    /// `Dataset` when there is no tile; `InvalidArgument` when the checkpoint is of another recipe or other data,
    /// or when a new training would overwrite an old one; `Io`.
    pub fn new(
        setup: TrainingSetup<'a>,
        tiles: &'a TileSet<'a>,
        validation: &'a TileSet<'a>,
    ) -> Result<Self> {
        for (set, name) in [(tiles, "training"), (validation, "validation")] {
            if set.is_empty() {
                fail!(
                    Dataset,
                    "there is no {name} tile: the surveys are smaller than the recipe's guard or have no live trace"
                );
            }
        }
        setup.prepare()?;
        let recipe = setup.recipe;
        let identity = Identity {
            recipe: recipe.clone(),
            contract: tiles.contract().clone(),
            data_hash: tiles.data_hash().to_owned(),
            kind: format!("{:?}", setup.kind),
        };
        let weights = Weights::new(setup.device, recipe.seed);
        let mut network = Network::new(&recipe.network, recipe.input.channels.len(), weights)?;
        network.freeze(recipe.finetune.frozen_stages)?;
        let mut trainer = Self {
            adam: Adam::new(recipe.adam),
            setup,
            tiles,
            validation,
            network,
            identity,
            position: Position::default(),
            epochs: Vec::new(),
        };
        let checkpoint = trainer.setup.checkpoint_path();
        if checkpoint.exists() {
            trainer.restore(&checkpoint)?;
        } else if let Some(path) = trainer.setup.initial {
            let (tensors, digest) = ModelFile::read_initial(path, &recipe.network)?;
            trainer.network.weights().copy_from(&tensors).map_err(|error| error.at(path))?;
            trainer.position.initial = Some(digest);
        }
        Ok(trainer)
    }

    fn restore(&mut self, path: &Path) -> Result<()> {
        self.position = checkpoint::restore(path, &self.identity, self.network.weights(), &mut self.adam)?;
        if self.position.epoch > 0 {
            self.epochs = history::read(&self.setup.history_path(), self.position.epoch)?;
        }
        Ok(())
    }

    fn steps_per_epoch(&self) -> usize {
        self.tiles.len().div_ceil(self.setup.recipe.batch)
    }

    /// Trains to the recipe's end. A cancelled training leaves a checkpoint to resume from.
    ///
    /// # Errors
    /// `Cancelled`, `Diverged` (the last good epoch's checkpoint stays), `OutOfMemory`, `Backend`, `Io`.
    pub fn run(mut self, control: &Control<'_>) -> Result<TrainingOutcome> {
        while self.position.epoch < self.setup.recipe.epochs() {
            match self.epoch(control) {
                Err(error) if error.kind() == ErrorKind::Cancelled => {
                    self.save()?;
                    return Err(error);
                }
                other => other?,
            }
        }
        Ok(TrainingOutcome {
            steps: self.position.steps,
            model: self.setup.model_path(),
            epochs: self.epochs,
        })
    }

    fn save(&self) -> Result<()> {
        checkpoint::save(
            &self.setup.checkpoint_path(),
            &self.identity,
            &self.position,
            &self.network,
            &self.adam,
        )
    }

    /// One epoch, or what is left of it.
    fn epoch(&mut self, control: &Control<'_>) -> Result<()> {
        let started = Instant::now();
        let recipe = self.setup.recipe;
        let epoch = self.position.epoch;
        let Some((stage, stage_epoch)) = recipe.stage(epoch) else {
            fail!(Internal, "the recipe has no epoch {epoch}");
        };
        let steps = self.steps_per_epoch();
        let order = step::order(recipe.seed, epoch, self.tiles.len());
        let total = (steps * recipe.epochs()) as u64;
        let rate_at = |step: usize| {
            let at = (stage_epoch * steps + step) as u64;
            stage.rate * stage.schedule.share(at, (stage.epochs * steps) as u64)
        };
        for indices in order.chunks(recipe.batch).skip(self.position.step) {
            control.step("train", self.position.steps, total)?;
            let batch = step::training_batch(self.tiles, indices, &self.network, recipe, epoch)?;
            let rate = rate_at(self.position.step);
            let pass = step::pass(recipe.seed, epoch, self.position.step);
            let encoder_rate = recipe.finetune.encoder_rate;
            let how = StepOptions { loss: stage.loss, rate, encoder_rate, kind: self.setup.kind };
            let loss = step::step(&self.network, &mut self.adam, &batch, &how, &pass)?;
            self.position.step += 1;
            self.position.steps += 1;
            self.position.loss_sum += loss;
        }
        control.step("train", self.position.steps, total)?;
        self.finish_epoch(rate_at(steps - 1), started, control)
    }

    fn finish_epoch(&mut self, rate: f64, started: Instant, control: &Control<'_>) -> Result<()> {
        let figures =
            validate::validate(&self.network, self.validation, self.setup.recipe, self.setup.kind, control)?;
        let score = [figures.score, figures.iou];
        let kept = self.position.best.is_none_or(|best| score >= best);
        let record = EpochRecord {
            epoch: self.position.epoch + 1,
            steps: self.position.steps,
            rate,
            loss: self.position.loss_sum / self.steps_per_epoch() as f64,
            validation_bce: figures.bce,
            validation_iou: figures.iou,
            validation_score: figures.score,
            seconds: started.elapsed().as_secs_f64(),
            kept,
        };
        if kept {
            self.position.best = Some(score);
            self.keep_model(&record)?;
        }
        control.info(&format!(
            "epoch {}/{}: loss {:.4}, validation IoU {:.3}, score {:.3}, {:.0} s{}",
            record.epoch,
            self.setup.recipe.epochs(),
            record.loss,
            record.validation_iou,
            record.validation_score,
            record.seconds,
            if kept { ", kept" } else { "" }
        ));
        self.epochs.push(record);
        self.position =
            Position { epoch: self.position.epoch + 1, step: 0, loss_sum: 0.0, ..self.position.clone() };
        history::write(&self.setup.history_path(), &self.epochs)?;
        self.save()
    }

    fn keep_model(&self, record: &EpochRecord) -> Result<()> {
        let recipe = self.setup.recipe;
        let model = ModelFile {
            network: recipe.network.clone(),
            contract: self.identity.contract.clone(),
            threshold: recipe.threshold,
            training: TrainingRecord {
                recipe: recipe.name.clone(),
                seed: recipe.seed,
                library: env!("CARGO_PKG_VERSION").to_owned(),
                data_hash: self.identity.data_hash.clone(),
                initial: self.position.initial.clone(),
                tiles: self.tiles.len(),
                epochs: record.epoch,
                metrics: record.metrics(),
            },
        };
        model.write(&self.setup.model_path(), self.network.weights())
    }
}
