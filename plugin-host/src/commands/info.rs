//! `diapir info`: the library, a model, or a recipe.

use std::path::Path;

use serde_json::{Value, json};

use super::Host;
use crate::args::InfoArgs;
use crate::failure::HostError;
use crate::plugin::ModelChoice;
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>, args: &InfoArgs) -> Result<Report, HostError> {
    match (&args.model, &args.recipe) {
        (Some(path), _) => model(host, path),
        (None, Some(name)) => recipe(host, name),
        (None, None) => library(host),
    }
}

fn library(host: Host<'_>) -> Result<Report, HostError> {
    let found = host.plugin.describe()?;
    let part = |version: &Option<String>| version.clone().unwrap_or_else(|| "not in this build".to_owned());
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let mut table = Table::default();
    table
        .row("Library", &*found.library)
        .row("Version", &*found.version)
        .row("ABI", format!("{} (this program: {})", found.abi, found.host_abi))
        .row("libtorch", part(&found.libtorch))
        .row("GDAL", part(&found.gdal))
        .row("Devices", list(&found.devices))
        .row("Recipes", list(&found.recipes));
    let json = json!({
        "library": found.library,
        "version": found.version,
        "abi": found.abi,
        "host_abi": found.host_abi,
        "features": {"torch": host.plugin.has_torch(), "gdal": host.plugin.has_gdal()},
        "libtorch": found.libtorch,
        "gdal": found.gdal,
        "devices": found.devices,
        "recipes": found.recipes,
    });
    Ok(Report::new(table.text(), json))
}

fn model(host: Host<'_>, path: &Path) -> Result<Report, HostError> {
    host.need_torch("reading a model")?;
    let choice = ModelChoice { device: Some("cpu".to_owned()), ..ModelChoice::default() };
    let info = host.plugin.load_model(path, &choice)?.info()?;
    let mut table = Table::default();
    table.row("model", path.display().to_string());
    if let Value::Object(object) = &info {
        table.object(object);
    }
    Ok(Report::new(table.text(), json!({"path": path, "model": info})))
}

fn recipe(host: Host<'_>, name: &str) -> Result<Report, HostError> {
    let text = host.plugin.recipe_text(name)?;
    Ok(Report::new(text.clone(), json!({"name": name, "text": text})))
}
