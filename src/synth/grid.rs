//! Line numbers and map position of a synthetic survey.

use rand::Rng;

use super::SynthOptions;
use super::random::{Feature, stream};
use crate::error::Result;
use crate::volume::{GeoReference, LineAxis, SampleAxis, SampleUnit, SurveyGrid};

/// WGS 84 / UTM zone 31N: the North Sea.
const CRS: &str = "EPSG:32631";

/// Inlines from 1001 step 1, crosslines from 2001 step 2, times from 0; a grid rotated by the seed, always right-handed.
pub(super) fn survey_grid(options: &SynthOptions) -> Result<SurveyGrid> {
    let mut rng = stream(options.seed, Feature::Grid, 0);
    let angle = f64::from(rng.random_range(0..3600_u32)) * 0.1_f64.to_radians();
    let (sin, cos) = angle.sin_cos();
    let [across_inlines, across_crosslines] = options.bin_size_m;
    let easting = 420_000.0 + f64::from(rng.random_range(0..60_000_u32));
    let northing = 6_100_000.0 + f64::from(rng.random_range(0..700_000_u32));
    Ok(SurveyGrid {
        inlines: LineAxis { first: 1001, step: 1, count: options.inlines },
        crosslines: LineAxis { first: 2001, step: 2, count: options.crosslines },
        samples: SampleAxis::new(0.0, options.sample_interval_ms, options.samples, SampleUnit::Milliseconds)?,
        georef: Some(GeoReference {
            origin: [easting, northing],
            inline_step: [across_inlines * cos, across_inlines * sin],
            crossline_step: [-across_crosslines * sin, across_crosslines * cos],
            crs: Some(CRS.to_owned()),
            residual: 0.0,
        }),
    })
}
