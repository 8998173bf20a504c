//! What a person should look at before believing a prediction: one HTML file that needs nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::job::Prepared;
use super::journal::{Account, RunRecord};
use super::work::Work;
use crate::control::Control;
use crate::error::Result;
use crate::export::{SectionPngOptions, largest, section_png_bytes, value_map_png};
use crate::infer::PredictReport;
use crate::output::write_file;
use crate::segy::SegyVolume;
use crate::volume::{Block, Direction, SurveyMap, VolumeSource};

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;color:#282c34;max-width:1180px;margin:2em auto;padding:0 1em}\
h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em}table{border-collapse:collapse}\
td,th{padding:.25em .9em .25em 0;text-align:left;border-bottom:1px solid #ddd;font-variant-numeric:tabular-nums}\
figure{display:inline-block;margin:.5em .5em .5em 0;vertical-align:top}figcaption{font-size:.85em}img{max-width:100%}\
.bar{background:#7a1f8a;height:.8em;display:inline-block}";

/// The name of the report before the end.
pub(super) const REPORT: &str = "report.html";

/// Equal ranges of probability.
const STEPS: usize = 20;

/// Figures of all samples, gathered inline by inline.
struct Gathered {
    histogram: [u64; STEPS],
    largest: SurveyMap,
    share: SurveyMap,
    /// Mean uncertainty of each trace.
    doubt: Option<SurveyMap>,
}

impl Work<'_, '_> {
    /// Writes the report on volumes that are about to be finished.
    pub(super) fn write_report(
        &self,
        probability: &SegyVolume,
        uncertainty: Option<&SegyVolume>,
        account: &Account,
        totals: &PredictReport,
    ) -> Result<()> {
        let Self { survey, prepared, names, control } = *self;
        let Some(threshold) = prepared.job.report else { return Ok(()) };
        let gathered = gather(probability, uncertainty, threshold, control)?;
        let mut pictures = Vec::new();
        for (direction, lines) in
            [(Direction::Inline, survey.grid().inlines), (Direction::Crossline, survey.grid().crosslines)]
        {
            for quarter in 1..4 {
                let line = Some(lines.number(lines.count * quarter / 4));
                let options = SectionPngOptions { direction, line, threshold, title: None };
                pictures.push(url(&section_png_bytes(survey, [Some(probability), None], &options)?));
            }
        }
        let page = Page { prepared, account, totals, gathered: &gathered, pictures: &pictures };
        write_file(&names.work.join(REPORT), page.made()?.into_string().as_bytes())
    }
}

fn gather(
    probability: &SegyVolume,
    uncertainty: Option<&SegyVolume>,
    threshold: f32,
    control: &Control<'_>,
) -> Result<Gathered> {
    let grid = probability.grid();
    let map = |name: &str| SurveyMap::blank(grid, name, "");
    let mut found = Gathered {
        histogram: [0; STEPS],
        largest: map("Largest probability"),
        share: map("Share of samples above the threshold"),
        doubt: uncertainty.map(|_| map("Mean uncertainty")),
    };
    let samples = grid.samples.count;
    let mut data = Vec::new();
    let mut read = |volume: &SegyVolume, block: &Block| {
        data.resize(block.len(), 0.0);
        volume.read_block(block, &mut data).map(|()| data.clone())
    };
    for inline in 0..grid.inlines.count {
        control.step("report", inline as u64, grid.inlines.count as u64)?;
        let block = Block::section(grid, Direction::Inline, inline);
        let values = read(probability, &block)?;
        let doubts = uncertainty.map(|volume| read(volume, &block)).transpose()?;
        for crossline in (0..grid.crosslines.count).filter(|&x| probability.live().is_live(inline, x)) {
            let (bin, range) = (grid.bin(inline, crossline), crossline * samples..(crossline + 1) * samples);
            let trace = &values[range.clone()];
            for &value in trace {
                found.histogram[((value * STEPS as f32) as usize).min(STEPS - 1)] += 1;
            }
            let salt = trace.iter().filter(|&&value| value > threshold).count();
            found.largest.values[bin] = largest(trace);
            found.share.values[bin] = salt as f32 / samples.max(1) as f32;
            if let (Some(map), Some(doubts)) = (&mut found.doubt, &doubts) {
                map.values[bin] = doubts[range].iter().sum::<f32>() / samples.max(1) as f32;
            }
        }
    }
    control.step("report", grid.inlines.count as u64, grid.inlines.count as u64)?;
    Ok(found)
}

fn url(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}

/// What the page shows.
struct Page<'a> {
    prepared: &'a Prepared,
    account: &'a Account,
    totals: &'a PredictReport,
    gathered: &'a Gathered,
    pictures: &'a [String],
}

impl Page<'_> {
    fn made(&self) -> Result<Markup> {
        let Self { prepared, account, totals, gathered, pictures } = *self;
        let job = &prepared.job;
        let threshold = job.report.unwrap_or_default();
        let most =
            |map: &SurveyMap| map.values.iter().copied().filter(|value| !value.is_nan()).fold(1e-6, f32::max);
        let mut maps = vec![(&gathered.largest, 1.0), (&gathered.share, most(&gathered.share))];
        maps.extend(gathered.doubt.as_ref().map(|map| (map, most(map))));
        let maps: Vec<(&SurveyMap, f32, String)> = maps
            .into_iter()
            .map(|(map, top)| Ok((map, top, url(&value_map_png(map, [0.0, top])?))))
            .collect::<Result<_>>()?;
        Ok(html! {
            (DOCTYPE)
            html lang="en" {
                head { meta charset="utf-8"; title { "Salt probability of " (job.survey) } style { (PreEscaped(STYLE)) } }
                body {
                    h1 { "Salt probability of " (job.survey) }
                    (facts(prepared, totals))
                    h2 { "Sections" }
                    p { "Orange: probability. Purple: its outline at " (threshold) ". A quarter, half and three quarters of the way, inlines first." }
                    @for picture in pictures { figure { img src=(picture) alt="section"; } }
                    h2 { "Maps" }
                    p { "Inlines downwards, crosslines to the right; grey where there is no live trace." }
                    @for (map, top, picture) in &maps {
                        figure { img src=(picture) alt=(map.name); figcaption { (map.name) ", white 0, dark " (format!("{top:.3}")) } }
                    }
                    h2 { "How often each probability was given" }
                    (histogram(&gathered.histogram))
                    h2 { "Where the time went" }
                    (times(&account.runs))
                }
            }
        })
    }
}

fn facts(prepared: &Prepared, totals: &PredictReport) -> Markup {
    let job = &prepared.job;
    let seam = match totals.seam.is_finite() {
        true => format!("{:.3} (1: tile borders are not visible)", totals.seam),
        false => "none: tiles have no border to see".to_owned(),
    };
    html! {
        table {
            tr { th { "Library" } td { "diapir " (job.library) } }
            @for model in &job.models {
                tr { th { "Model" } td { (model.recipe) ", seed " (model.seed) ", " (model.precision) ", " code { (model.tensors) } } }
            }
            tr { th { "Sections" } td { (format!("{:?}", job.sections)) } }
            tr { th { "Options" } td { (format!("{:?}", job.predict)) } }
            @for amplitudes in &prepared.amplitudes {
                tr { th { "Amplitudes" } td { (amplitudes.low) " to " (amplitudes.high) " became -1 to 1" } }
            }
            tr { th { "Tiles" } td { (totals.tiles) ", " (totals.blank_tiles) " blank ones passed over" } }
            tr { th { "Samples" } td { (totals.samples) " on " (totals.live_traces) " live traces" } }
            tr { th { "Seams" } td { (seam) } }
        }
    }
}

fn histogram(counts: &[u64; STEPS]) -> Markup {
    let all = counts.iter().sum::<u64>().max(1) as f64;
    html! {
        table {
            @for (step, &count) in counts.iter().enumerate() {
                @let share = 100.0 * count as f64 / all;
                tr {
                    td { (format!("{:.2} to {:.2}", step as f64 / STEPS as f64, (step + 1) as f64 / STEPS as f64)) }
                    td { (format!("{share:.2} %")) }
                    td { span class="bar" style=(format!("width:{:.0}px", 6.0 * share)) {} }
                }
            }
        }
    }
}

fn times(runs: &[RunRecord]) -> Markup {
    html! {
        table {
            tr {
                th { "Part" } th { "Device" } th { "Lines" } th { "Read" } th { "Tile" } th { "Copy" } th { "Forward" } th { "Stitch" } th { "Write" }
                th { "From start to end" } th { "Peak memory" }
            }
            @for run in runs {
                @let seconds = run.seconds;
                tr {
                    td { (run.part.index) " of " (run.part.count) } td { (run.device) } td { (run.lines) }
                    @for stage in [seconds.read, seconds.tile, seconds.copy, seconds.forward, seconds.stitch, seconds.write, seconds.total] {
                        td { (format!("{stage:.1} s")) }
                    }
                    td { (run.memory_peak.map_or_else(|| "?".to_owned(), |bytes| format!("{} MiB", bytes >> 20))) }
                }
            }
        }
        p { "Stages run at the same time. Runs that were stopped are not listed; their lines are in the result." }
    }
}
