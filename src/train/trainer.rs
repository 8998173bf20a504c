//! The training loop, and nothing but the loop.

use std::path::Path;
use std::time::{Duration, Instant};

use rand::seq::SliceRandom;
use tch::{Device, Kind};

use super::batch::{Batch, Changes};
use super::checkpoint::{Identity, Position, State};
use super::events::EventFile;
use super::loader::{Reading, each_batch};
use super::mean_weights::RunningMean;
use super::random::{key, stream};
use super::schedule::{Moment, Turn};
use super::step::StepOptions;
use super::validate::{How, validate};
use super::{EpochRecord, Optimizer, RunFolder, Seconds, Stage, TileSource, TrainingSpec, history, step};
use crate::control::Control;
use crate::error::{ErrorKind, Result, fail};
use crate::metrics::{Figures, TileScores, scaled_threshold};
use crate::model::{ModelFile, Network, Pass, TrainingRecord, Weights};

/// A checkpoint is written within an epoch when this much time has gone since the last.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(600);

/// What a training needs besides its tiles.
#[derive(Debug, Clone)]
pub struct TrainingSetup<'a> {
    /// What to do.
    pub training: &'a TrainingSpec,
    /// What the training's report shows of it: the text of the recipe.
    pub recipe: &'a str,
    /// Where checkpoint, history and model go.
    pub folder: &'a RunFolder,
    /// Where the network runs.
    pub device: Device,
    /// The kind that the network computes in.
    pub kind: Kind,
    /// A model file whose weights a new training starts from.
    pub initial: Option<&'a Path>,
}

/// A training between two steps.
pub struct Trainer<'a> {
    pub(super) setup: TrainingSetup<'a>,
    pub(super) tiles: &'a dyn TileSource,
    pub(super) validation: &'a dyn TileSource,
    pub(super) identity: Identity,
    pub(super) state: State,
    pub(super) epochs: Vec<EpochRecord>,
    events: Option<EventFile>,
    saved: Instant,
}

impl<'a> Trainer<'a> {
    /// Prepares a new training, or takes up the one whose checkpoint is in the folder.
    ///
    /// # Errors
    /// `Dataset` when there is no tile; `InvalidArgument` when the checkpoint is of another recipe or other data; `Io`.
    pub fn new(
        setup: TrainingSetup<'a>,
        tiles: &'a dyn TileSource,
        validation: &'a dyn TileSource,
    ) -> Result<Self> {
        for (set, name) in [(tiles, "training"), (validation, "validation")] {
            if set.is_empty() {
                fail!(
                    Dataset,
                    "there is no {name} tile: the surveys are smaller than the recipe's guard or have no live trace"
                );
            }
        }
        let training = setup.training;
        let identity = Identity {
            training: training.clone(),
            contract: tiles.contract().clone(),
            data_hash: tiles.data_hash().to_owned(),
            validation_hash: validation.data_hash().to_owned(),
            kind: format!("{:?}", setup.kind),
        };
        let state = start(training, setup.device, setup.initial)?;
        let mut trainer = Self {
            setup,
            tiles,
            validation,
            identity,
            state,
            epochs: Vec::new(),
            events: None,
            saved: Instant::now(),
        };
        let checkpoint = trainer.setup.folder.checkpoint();
        if checkpoint.exists() {
            let optimizer = |stage| Optimizer::new(training.optimizer_of(stage).0.clone());
            trainer.state.restore(&checkpoint, &trainer.identity, optimizer)?;
            if trainer.state.position.epoch > 0 {
                trainer.epochs =
                    history::read(&trainer.setup.folder.history(), trainer.state.position.epoch)?;
            }
        } else {
            trainer.leave_finished_stages()?;
        }
        Ok(trainer)
    }

    /// Trains to the recipe's end. A cancelled training leaves a checkpoint to resume from.
    ///
    /// # Errors
    /// `Cancelled`, `Diverged` (the last good epoch's checkpoint stays), `OutOfMemory`, `Backend`, `Io`.
    pub fn run(mut self, control: &Control<'_>) -> Result<super::TrainingOutcome> {
        let training = self.setup.training;
        while let Some(stage) = training.stages.get(self.state.position.stage) {
            match self.epoch(stage, control) {
                Err(error) if error.kind() == ErrorKind::Cancelled => {
                    self.save()?;
                    return Err(error);
                }
                other => other?,
            }
        }
        self.finish(control)
    }

    fn save(&mut self) -> Result<()> {
        self.saved = Instant::now();
        self.state.save(&self.setup.folder.checkpoint(), &self.identity)
    }

    /// One epoch, or what is left of it.
    fn epoch(&mut self, stage: &Stage, control: &Control<'_>) -> Result<()> {
        let training = self.setup.training;
        let batch = stage.batch.unwrap_or(training.batch);
        let mut order: Vec<usize> = (0..self.tiles.len()).collect();
        let epoch = self.state.position.epoch;
        order.shuffle(&mut stream([training.seed, epoch as u64, u64::MAX, 0]));
        let steps = order.len().div_ceil(batch);
        let total = self.state.position.steps - self.state.position.step as u64
            + (steps * (training.epochs() - epoch.min(training.epochs()))) as u64;
        let scores = self.stage_scores();
        let rate_of = |stage_steps: u64| {
            let epochs = stage.epochs as f64;
            let moment = Moment { step: stage_steps, steps_per_epoch: steps as u64, epochs, scores: &scores };
            stage.rate_at(&moment)
        };
        let changes = Changes::Drawn { spec: &training.augment, seed: training.seed, epoch };
        let batches = order.chunks(batch).skip(self.state.position.step).collect();
        let mut last = Instant::now();
        each_batch(&Reading { source: self.tiles, batches, changes }, |_, batch, waited| {
            control.step("train", self.state.position.steps, total)?;
            if self.saved.elapsed() > CHECKPOINT_EVERY {
                self.save()?;
            }
            let rate = rate_of(self.state.position.stage_steps);
            self.step(stage, &batch, rate)?;
            self.state.seconds.training += last.elapsed().as_secs_f64();
            self.state.seconds.waiting += waited.as_secs_f64();
            last = Instant::now();
            Ok(())
        })?;
        control.step("train", self.state.position.steps, total)?;
        let rate = rate_of(self.state.position.stage_steps.saturating_sub(1));
        self.finish_epoch(stage, rate, steps, control)
    }

    fn step(&mut self, stage: &Stage, batch: &Batch, rate: f64) -> Result<()> {
        let TrainingSetup { training, device, kind, .. } = self.setup;
        let State { network, mean, optimizer, position, .. } = &mut self.state;
        let pass_tiles = training.pass_tiles.unwrap_or(usize::MAX);
        let how = StepOptions { loss: stage.loss, rate, kind, padding: training.input.padding, pass_tiles };
        // The same dropout whenever the training is resumed.
        let pass = |part: usize| {
            let step = position.step as u64 | (part as u64) << 32;
            Pass::train(key([training.seed, position.epoch as u64, step, 1]))
        };
        let loss = step::step(network, optimizer, &batch.to(device)?, &how, pass)?;
        position.step += 1;
        position.stage_steps += 1;
        position.steps += 1;
        position.loss_sum += loss;
        match mean {
            Some(mean) => mean.follow(network, position.steps),
            None => Ok(()),
        }
    }

    fn finish_epoch(&mut self, stage: &Stage, rate: f64, steps: usize, control: &Control<'_>) -> Result<()> {
        let started = Instant::now();
        let figures = self.validate(&[self.state.judged()], control)?.figures()?;
        let mut seconds = std::mem::take(&mut self.state.seconds);
        seconds.validation = started.elapsed().as_secs_f64();
        let score = [figures.score, figures.iou];
        let position = &mut self.state.position;
        let kept = position.best.is_none_or(|best| score >= best);
        position.epoch += 1;
        position.stage_epoch += 1;
        position.step = 0;
        let mut scores = self.stage_scores();
        scores.push(figures.score);
        let turn = stage.schedule.turn(scores.len() as f64 - stage.warmup, &scores);
        let position = &mut self.state.position;
        let record = EpochRecord {
            epoch: position.epoch,
            stage: position.stage + 1,
            steps: position.steps,
            rate,
            loss: std::mem::take(&mut position.loss_sum) / steps as f64,
            validation: figures,
            seconds,
            kept,
            snapshot: self.setup.training.snapshots && turn == Turn::CycleEnd,
        };
        if kept {
            position.best = Some(score);
        }
        self.keep(&record)?;
        control.info(&self.sentence(&record));
        self.epochs.push(record);
        if turn == Turn::BackToBest {
            self.back_to_best()?;
        }
        self.leave_finished_stages()?;
        self.write_history()?;
        self.save()?;
        self.forget_old_epochs();
        Ok(())
    }

    /// Goes to the first stage that has an epoch left.
    fn leave_finished_stages(&mut self) -> Result<()> {
        let training = self.setup.training;
        while let Some(stage) = training.stages.get(self.state.position.stage)
            && is_over(stage, self.state.position.stage_epoch, &self.stage_scores())
        {
            let position = &mut self.state.position;
            (position.stage, position.stage_epoch, position.stage_steps) = (position.stage + 1, 0, 0);
            let (spec, fresh) = training.optimizer_of(position.stage);
            if fresh && position.stage < training.stages.len() {
                self.state.optimizer = Optimizer::new(spec.clone());
            }
            let next = training.stages.get(self.state.position.stage);
            if next.is_some_and(|stage| stage.from_best) && self.state.position.best.is_some() {
                self.back_to_best()?;
            }
        }
        Ok(())
    }

    /// Takes the best weights so far, with an optimizer that remembers nothing.
    fn back_to_best(&mut self) -> Result<()> {
        let training = self.setup.training;
        let best = ModelFile::read_initial(&self.setup.folder.model(), &training.network)?.0;
        self.state.network.weights().copy_from(&best)?;
        if let Some(mean) = &self.state.mean {
            mean.network.weights().copy_from(&best)?;
        }
        let (spec, _) = training.optimizer_of(self.state.position.stage);
        self.state.optimizer = Optimizer::new(spec.clone());
        Ok(())
    }

    /// Scores of the finished epochs of the stage under way.
    fn stage_scores(&self) -> Vec<f64> {
        let stage = self.state.position.stage + 1;
        let records = self.epochs.iter().filter(|record| record.stage == stage);
        records.map(|record| record.validation.score).collect()
    }

    /// Writes the epoch's weights wherever they are wanted.
    fn keep(&self, record: &EpochRecord) -> Result<()> {
        let folder = self.setup.folder;
        let network = self.state.judged();
        if record.kept {
            self.write_model(&folder.model(), network, record.epoch, &record.validation)?;
            if self.setup.training.average.is_some() {
                self.write_model(&folder.kept(record.epoch), network, record.epoch, &record.validation)?;
            }
        }
        if record.snapshot {
            self.write_model(&folder.snapshot(record.epoch), network, record.epoch, &record.validation)?;
        }
        Ok(())
    }

    fn write_history(&mut self) -> Result<()> {
        let folder = self.setup.folder;
        history::write(&folder.history(), &self.epochs)?;
        if self.events.is_none() {
            self.events = Some(EventFile::create(&folder.events())?);
        }
        match (&mut self.events, self.epochs.last()) {
            (Some(events), Some(record)) => events.add(record, &folder.events()),
            _ => Ok(()),
        }
    }

    /// Removes kept epochs that no average will ask for again; the checkpoint no longer leads back to them.
    fn forget_old_epochs(&self) {
        if let Some(average) = &self.setup.training.average {
            for epoch in self.kept_epochs().skip(average.count) {
                let _ = std::fs::remove_file(self.setup.folder.kept(epoch));
            }
        }
    }

    /// Epochs that were the best when they ended, newest first.
    pub(super) fn kept_epochs(&self) -> impl Iterator<Item = usize> {
        self.epochs.iter().rev().filter(|record| record.kept).map(|record| record.epoch)
    }

    pub(super) fn validate(&self, networks: &[&Network], control: &Control<'_>) -> Result<TileScores> {
        let how = How { training: self.setup.training, kind: self.setup.kind };
        validate(networks, self.validation, &how, control)
    }

    pub(super) fn write_model(
        &self,
        path: &Path,
        network: &Network,
        epochs: usize,
        figures: &Figures,
    ) -> Result<()> {
        let training = self.setup.training;
        if let Some(folder) = path.parent() {
            crate::output::create_folder(folder)?;
        }
        let model = ModelFile {
            network: training.network.clone(),
            contract: self.identity.contract.clone(),
            threshold: scaled_threshold(training.threshold, figures.temperature),
            temperature: figures.temperature as f32,
            training: TrainingRecord {
                recipe: training.name.clone(),
                seed: training.seed,
                library: env!("CARGO_PKG_VERSION").to_owned(),
                data_hash: self.identity.data_hash.clone(),
                initial: self.state.position.initial.clone(),
                tiles: self.tiles.len(),
                epochs,
                metrics: figures
                    .named()
                    .into_iter()
                    .map(|(name, value)| (format!("validation_{name}"), value))
                    .collect(),
            },
        };
        model.write(path, network.weights())
    }

    fn sentence(&self, record: &EpochRecord) -> String {
        let Seconds { training, validation, .. } = record.seconds;
        format!(
            "epoch {}/{}: loss {:.4}, validation IoU {:.3}, score {:.3}, {:.0} s{}{}",
            record.epoch,
            self.setup.training.epochs(),
            record.loss,
            record.validation.iou,
            record.validation.score,
            training + validation,
            if record.kept { ", kept" } else { "" },
            if record.snapshot { ", snapshot" } else { "" }
        )
    }
}

/// The state before the first step.
pub(super) fn start(training: &TrainingSpec, device: Device, initial: Option<&Path>) -> Result<State> {
    let weights = Weights::new(device, training.seed);
    let mut network = Network::new(&training.network, training.input.channels.len(), weights)?;
    network.freeze(training.frozen_stages)?;
    let mut position = Position::default();
    if let Some(path) = initial {
        let (tensors, digest) = ModelFile::read_initial(path, &training.network)?;
        network.weights().copy_from(&tensors).map_err(|error| error.at(path))?;
        position.initial = Some(digest);
    }
    let mean = training.mean_weights.map(|spec| RunningMean::new(&network, training, spec)).transpose()?;
    let optimizer = Optimizer::new(training.optimizer_of(0).0.clone());
    Ok(State { network, mean, optimizer, position, seconds: Seconds::default() })
}

/// Whether a stage has no epoch left.
fn is_over(stage: &Stage, finished: usize, scores: &[f64]) -> bool {
    let best = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let since = scores.iter().skip_while(|&&score| score < best).skip(1).count();
    finished >= stage.epochs || stage.patience.is_some_and(|patience| patience > 0 && since >= patience)
}
