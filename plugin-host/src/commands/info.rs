//! `diapir info`: the library.

use serde_json::json;

use super::host::Host;
use crate::failure::HostError;
use crate::report::{Report, Table};

pub(super) fn run(host: Host<'_>) -> Result<Report, HostError> {
    let found = host.plugin.describe()?;
    let part = |version: &Option<String>| version.clone().unwrap_or_else(|| "not in this build".to_owned());
    let list = |names: &[String]| if names.is_empty() { "none".to_owned() } else { names.join(", ") };
    let devices: Vec<String> = found
        .devices
        .iter()
        .map(|device| format!("{} ({})", device.name, device.precisions.join(", ")))
        .collect();
    let mut table = Table::default();
    table
        .row("Library", &*found.library)
        .row("Version", &*found.version)
        .row("ABI", format!("{} (this program: {})", found.abi, found.host_abi))
        .row("libtorch", part(&found.libtorch))
        .row("GDAL", part(&found.gdal))
        .row("Devices", list(&devices))
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
