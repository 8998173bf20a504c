//! A synthetic survey: geology, image and geometry of one seed, computed section by section.

use super::SynthOptions;
use super::faults::Faults;
use super::frame::Frame;
use super::grid::survey_grid;
use super::imaging::{Earth, Imaging, Place, Scratch};
use super::layers::Layers;
use super::outline::irregular_outline;
use super::salt::Salt;
use crate::error::{Result, fail};
use crate::volume::{LiveMask, SurveyGrid};

/// A survey that exists as a function: any inline can be computed alone, in any order and on any
/// thread, with the same bits. Memory does not grow with the survey (except one flag per trace).
#[derive(Debug)]
pub struct SynthSurvey {
    options: SynthOptions,
    frame: Frame,
    grid: SurveyGrid,
    live: LiveMask,
    earth: Earth,
    imaging: Imaging,
}

impl SynthSurvey {
    /// Decides the geology; takes some tens of milliseconds, whatever the survey's size.
    ///
    /// # Errors
    /// `InvalidArgument` as [`SynthOptions::check`].
    pub fn new(options: SynthOptions) -> Result<Self> {
        options.check()?;
        let frame = Frame::new(&options);
        let grid = survey_grid(&options)?;
        let live = if options.irregular_outline {
            irregular_outline(&grid, options.seed)
        } else {
            LiveMask::full(&grid)
        };
        let layers = Layers::new(&frame);
        let salt = if options.salt { Salt::new(&frame, &layers) } else { Salt::none(&frame) };
        let earth = Earth { faults: Faults::new(&frame), salt, layers };
        let imaging = Imaging::new(&frame, options.noise as f32);
        Ok(Self { options, frame, grid, live, earth, imaging })
    }

    /// The options it was made from.
    pub fn options(&self) -> &SynthOptions {
        &self.options
    }

    /// Axes and map position.
    pub fn grid(&self) -> &SurveyGrid {
        &self.grid
    }

    /// Which trace positions are inside the outline.
    pub fn live(&self) -> &LiveMask {
        &self.live
    }

    /// Amplitudes and labels (1 salt, 0 not) of the inline with this index; crossline slowest, sample fastest.
    /// Traces outside the outline are 0 in both.
    ///
    /// # Errors
    /// `OutOfRange` when the survey has no such inline.
    pub fn inline(&self, index: usize) -> Result<(Vec<f32>, Vec<f32>)> {
        if index >= self.grid.inlines.count {
            fail!(OutOfRange, "inline index {index}: the survey has {} inlines", self.grid.inlines.count);
        }
        let len = self.grid.crosslines.count * self.grid.samples.count;
        let (mut seismic, mut label) = (vec![0.0; len], vec![0.0; len]);
        self.fill_inline(index, &mut Scratch::default(), &mut seismic, &mut label);
        Ok((seismic, label))
    }

    /// As [`SynthSurvey::inline`], into zeroed buffers of one inline's length.
    pub(super) fn fill_inline(
        &self,
        inline: usize,
        scratch: &mut Scratch,
        seismic: &mut [f32],
        label: &mut [f32],
    ) {
        let n = self.grid.samples.count;
        let traces = seismic.chunks_exact_mut(n).zip(label.chunks_exact_mut(n));
        for (crossline, (seismic, label)) in traces.enumerate() {
            if !self.live.is_live(inline, crossline) {
                continue;
            }
            let place = Place {
                x: inline as f32 * self.frame.spacing[0],
                y: crossline as f32 * self.frame.spacing[1],
                inline,
                bin: self.grid.bin(inline, crossline) as u64,
            };
            self.imaging.trace(&self.earth, place, scratch, seismic, label);
        }
    }
}
