//! The report's page.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Contents;
use super::charts::Chart;
use super::gallery::Shown;
use crate::error::Result;

const STYLE: &str = "body{font:15px/1.45 system-ui,sans-serif;color:#282c34;max-width:1180px;margin:2em auto;padding:0 1em}\
h1{font-size:1.6em}h2{font-size:1.2em;margin-top:2em}table{border-collapse:collapse}\
td,th{padding:.25em .9em .25em 0;text-align:left;border-bottom:1px solid #ddd;font-variant-numeric:tabular-nums}\
figure{display:inline-block;margin:.5em .5em .5em 0;vertical-align:top}figcaption{font-size:.8em;max-width:210px}\
.tiles img{image-rendering:pixelated;width:202px}pre{background:#f4f4f6;padding:1em;overflow-x:auto;font-size:.85em}";

pub(super) fn page(contents: &Contents<'_>, charts: &[Chart], tiles: &[Vec<Shown>; 2]) -> Result<Markup> {
    let [worst, best] = tiles;
    Ok(html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Training " (contents.training.name) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Training " (contents.training.name) }
                (facts(contents))
                h2 { "What was compared on the validation tiles" }
                (candidates(contents))
                h2 { "Curves" }
                @for chart in charts {
                    figure { (PreEscaped(&chart.svg)) figcaption { (chart.title) } }
                }
                h2 { "Where the time went" }
                (times(contents))
                h2 { "Worst validation tiles" }
                p { "Green: label. Purple: probability above " (contents.training.threshold) ". Orange: probability." }
                (gallery(worst))
                h2 { "Best validation tiles with salt" }
                (gallery(best))
                h2 { "Recipe" }
                pre { (contents.recipe) }
            }
        }
    })
}

fn facts(contents: &Contents<'_>) -> Markup {
    let [training, validation] = contents.counts;
    html! {
        table {
            tr { th { "Library" } td { "diapir " (env!("CARGO_PKG_VERSION")) } }
            tr { th { "Network ran on" } td { (contents.device) } }
            tr { th { "Tiles" } td { (training) " to train, " (validation) " to validate" } }
            tr { th { "Training data (SHA-256)" } td { code { (contents.data_hash) } } }
            tr { th { "Seed" } td { (contents.training.seed) } }
            tr { th { "Epochs" } td { (contents.epochs.len()) } }
        }
    }
}

fn candidates(contents: &Contents<'_>) -> Markup {
    let figure = |value: f64| format!("{value:.4}");
    html! {
        table {
            tr {
                th { "Weights" } th { "Score" } th { "IoU" } th { "Cross-entropy" } th { "Best threshold" }
                th { "Score there" } th { "Calibration error" }
            }
            @for candidate in contents.candidates {
                tr {
                    td { (candidate.name) }
                    td { (figure(candidate.figures.score)) }
                    td { (figure(candidate.figures.iou)) }
                    td { (figure(candidate.figures.bce)) }
                    td { (format!("{:.3}", candidate.figures.best_threshold)) }
                    td { (figure(candidate.figures.best_score)) }
                    td { (figure(candidate.figures.calibration_error)) }
                }
            }
        }
        p {
            "The score is the mean precision over IoU 0.50, 0.55 .. 0.95, mean over the tiles, at the threshold "
            (contents.training.threshold) ". The best threshold is chosen on these same tiles: its score is a little too good."
        }
    }
}

fn times(contents: &Contents<'_>) -> Markup {
    let sum =
        |value: &dyn Fn(&crate::train::EpochRecord) -> f64| contents.epochs.iter().map(value).sum::<f64>();
    let training = sum(&|record| record.seconds.training);
    let waiting = sum(&|record| record.seconds.waiting);
    let validation = sum(&|record| record.seconds.validation);
    let all = (training + validation).max(1e-9);
    let row = |name: &str, seconds: f64| {
        html! { tr { td { (name) } td { (format!("{seconds:.1} s")) } td { (format!("{:.1} %", 100.0 * seconds / all)) } } }
    };
    html! {
        table {
            (row("Training steps", training - waiting))
            (row("Waiting for tiles", waiting))
            (row("Validation", validation))
        }
    }
}

fn gallery(tiles: &[Shown]) -> Markup {
    html! {
        div class="tiles" {
            @for tile in tiles {
                figure {
                    img src=(tile.url) alt=(tile.name);
                    figcaption { (tile.name) ": score " (format!("{:.1}", tile.figures[0])) ", IoU " (format!("{:.2}", tile.figures[1])) }
                }
            }
        }
    }
}
