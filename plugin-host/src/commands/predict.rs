//! `diapir predict`.

use super::{Outcome, open, report};
use crate::args::{Headers, Predict};
use crate::plugin::{Plugin, Result};
use crate::terminal::Terminal;

/// Probability from which salt is mapped and outlined.
const THRESHOLD: f32 = 0.5;

pub(super) fn predict(plugin: Plugin, job: &Predict, terminal: &Terminal) -> Result<Outcome> {
    let model = plugin.load_model(&job.model, &job.place.device, &job.place.precision, job.batch)?;
    let survey = open(plugin, &job.survey, &job.headers, terminal)?;
    let fill = |options: &mut crate::abi::PredictOptions| {
        options.direction = job.direction as i32;
        options.overlap = job.overlap;
        options.flip = job.flip.into();
        options.sample_format = job.format;
    };
    let (json, mut lines) = report::predict(&model.predict(&survey, &job.output, fill, terminal)?);
    let mut written = vec![&job.output];
    if job.top.is_some() || job.max.is_some() || job.png.is_some() {
        let probability = open(plugin, &job.output, &job.headers, terminal)?;
        if job.top.is_some() || job.max.is_some() {
            probability.maps(job.top.as_deref(), job.max.as_deref(), THRESHOLD, terminal)?;
        }
        if let Some(png) = &job.png {
            let label = job
                .label
                .as_ref()
                .map(|path| open(plugin, path, &Headers::default(), terminal))
                .transpose()?;
            survey.picture(
                [Some(&probability), label.as_ref()],
                png,
                job.direction as i32,
                job.line,
                THRESHOLD,
            )?;
        }
        written.extend([&job.top, &job.max, &job.png].into_iter().flatten());
    }
    lines.extend(written.iter().map(|path| format!("wrote {}", path.display())));
    Ok(Outcome { json, lines })
}
