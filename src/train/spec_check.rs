//! What a recipe may not say of a training: refused before anything is read or trained, naming the field.

use super::OptimizerSpec;
use super::spec::{AverageSpec, MeanWeights, Stage, TileSpec, TrainingSpec};
use crate::error::{Error, ErrorKind, Result, fail};
use crate::volume::SampleUnit;

impl TrainingSpec {
    /// Refuses values that cannot be trained with.
    ///
    /// # Errors
    /// `InvalidArgument`, naming the field.
    pub fn check(&self) -> Result<()> {
        let contract = self.input.contract([0.0, 1.0], SampleUnit::Milliseconds, None, None);
        contract
            .check()
            .map_err(|error| Error::new(ErrorKind::InvalidArgument, error.message().to_owned()))?;
        self.network.check(self.input.padded, self.input.channels.len())?;
        for (name, tiles) in [("batch", Some(self.batch)), ("pass_tiles", self.pass_tiles)] {
            if let Some(tiles) = tiles.filter(|tiles| !(1..=4096).contains(tiles)) {
                fail!(InvalidArgument, "recipe: {name} is {tiles}, expected 1..=4096");
            }
        }
        if !(0.0..=1.0).contains(&self.threshold) {
            fail!(InvalidArgument, "recipe: threshold is {}, expected 0..=1", self.threshold);
        }
        self.check_tiles()?;
        if let Some(sections) = &self.sections {
            sections.check()?;
        }
        self.augment.check(self.input.tile, self.input.padded, self.input.padding)?;
        self.optimizer.check()?;
        let stages = self.network.encoder_stages();
        if self.frozen_stages > stages {
            fail!(
                InvalidArgument,
                "recipe: frozen_stages is {}, the encoder has {stages}",
                self.frozen_stages
            );
        }
        if let Some(MeanWeights { decay }) = self.mean_weights
            && !(0.0..1.0).contains(&decay)
        {
            fail!(InvalidArgument, "recipe: mean_weights.decay is {decay}, expected 0 or more, below 1");
        }
        if let Some(AverageSpec { count, newest, .. }) = self.average
            && !((2..=100).contains(&count) && newest > 0.0 && newest <= 1.0)
        {
            fail!(
                InvalidArgument,
                "recipe: average has count {count} and newest {newest}, expected 2..=100 and above 0, at most 1"
            );
        }
        self.check_stages()
    }

    fn check_tiles(&self) -> Result<()> {
        let TileSpec { directions, line_step, overlap, validation_share, .. } = &self.tiles;
        if directions.is_empty() || *line_step == 0 || *overlap >= self.input.tile {
            fail!(
                InvalidArgument,
                "recipe: tiles need a direction, a line_step of at least 1 (found {line_step}) and an overlap below the tile's {} (found {overlap})",
                self.input.tile
            );
        }
        if !(0.0..0.5).contains(validation_share) {
            fail!(InvalidArgument, "recipe: tiles.validation_share is {validation_share}, expected 0..0.5");
        }
        Ok(())
    }

    fn check_stages(&self) -> Result<()> {
        if self.epochs() == 0 {
            fail!(InvalidArgument, "recipe: the stages have no epoch");
        }
        for stage in &self.stages {
            let Stage { rate, warmup, .. } = *stage;
            if !(rate.is_finite() && rate > 0.0) {
                fail!(InvalidArgument, "recipe: a stage's rate is {rate}, expected a positive number");
            }
            if !(0.0..=stage.epochs as f64).contains(&warmup) {
                fail!(
                    InvalidArgument,
                    "recipe: a stage's warmup is {warmup} epochs, expected no more than its {} epochs",
                    stage.epochs
                );
            }
            if !(1..=4096).contains(&stage.batch.unwrap_or(self.batch)) {
                fail!(InvalidArgument, "recipe: a stage's batch is {:?}, expected 1..=4096", stage.batch);
            }
            stage.schedule.check()?;
            stage.loss.check()?;
            stage.optimizer.iter().try_for_each(OptimizerSpec::check)?;
            let heads = &self.network.heads;
            if stage.loss.empty > 0.0 && heads.classifier.is_none() {
                fail!(InvalidArgument, "recipe: a loss weighs empty, network.heads has no classifier");
            }
            if stage.loss.deep > 0.0 && !heads.deep_supervision {
                fail!(InvalidArgument, "recipe: a loss weighs deep, network.heads has no deep_supervision");
            }
        }
        Ok(())
    }
}
