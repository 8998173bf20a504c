//! `diapir recipe`: what the library can train by.

use serde_json::json;

use super::host::Host;
use crate::args::{RecipeArgs, RecipeCommand};
use crate::failure::HostError;
use crate::recipe;
use crate::report::Report;

pub(super) fn run(host: Host<'_>, args: &RecipeArgs) -> Result<Report, HostError> {
    match &args.command {
        RecipeCommand::List => {
            let names = host.plugin.recipe_names()?;
            Ok(Report::new(names.iter().map(|name| format!("{name}\n")).collect(), json!({"recipes": names})))
        }
        RecipeCommand::Show { name, set } => {
            let text = recipe::text(host.plugin, name, set)?;
            let json = json!({"name": name, "text": text});
            Ok(Report::new(text, json))
        }
    }
}
