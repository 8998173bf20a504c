//! Which recipe to train by, and changes to it from the command line.

use std::path::Path;

use toml::{Table, Value};

use crate::failure::HostError;
use crate::plugin::Plugin;

/// The text of a built-in recipe or of a file, with changes of the form `key=value`.
///
/// # Errors When there is neither such a recipe nor such a file, for changes that cannot be made, and for
/// what is no recipe then.
pub(crate) fn text(plugin: Plugin, named: &str, changes: &[String]) -> Result<String, HostError> {
    let names = plugin.recipe_names()?;
    let path = Path::new(named);
    let text = if names.iter().any(|name| name == named) {
        plugin.recipe_text(named)?
    } else if path.exists() || path.extension().is_some_and(|extension| extension == "toml") {
        std::fs::read_to_string(path).map_err(|error| HostError::io(&error, "read the recipe", path))?
    } else {
        let names = names.join(", ");
        return Err(HostError::usage(format!(
            "recipe {named:?} is neither a file nor one of the library's: {names}"
        )));
    };
    let changed = changed(&text, changes)?;
    plugin.check_recipe(&changed).map_err(|error| match changes {
        [] => error.at(path),
        _ => error.at(path).advise("lines are those of the recipe with what --set changes in it; `diapir recipe show` prints the recipe alone"),
    })?;
    Ok(changed)
}

/// What a recipe says of predicted tiles.
pub(crate) struct Finishing {
    /// Its rules, as TOML.
    pub(crate) rules: String,
    pub(crate) threshold: Option<f64>,
}

/// What a recipe says of predicted tiles.
///
/// # Errors
/// When the text is not TOML.
pub(crate) fn finishing(text: &str) -> Result<Finishing, HostError> {
    let broken = |error: &dyn std::fmt::Display| HostError::usage(format!("the recipe is not TOML: {error}"));
    let table: Table = toml::from_str(text).map_err(|error| broken(&error))?;
    let rules = match table.get("rules") {
        Some(Value::Table(rules)) => toml::to_string(rules).map_err(|error| broken(&error))?,
        _ => String::new(),
    };
    let number = |value: &Value| value.as_float().or_else(|| Some(value.as_integer()? as f64));
    Ok(Finishing { rules, threshold: table.get("threshold").and_then(number) })
}

/// The recipe with each `key=value` set; keys are dotted, numbers count from 0 in lists.
fn changed(text: &str, changes: &[String]) -> Result<String, HostError> {
    if changes.is_empty() {
        return Ok(text.to_owned());
    }
    let table: Table = toml::from_str(text).map_err(|error| {
        HostError::usage(format!("the recipe is not TOML: {}", error.to_string().trim_end()))
    })?;
    let mut recipe = Value::Table(table);
    for change in changes {
        let Some((key, value)) = change.split_once('=') else {
            return Err(HostError::usage(format!("--set {change}: expected KEY=VALUE")));
        };
        set(&mut recipe, key.trim(), parsed(value.trim()))
            .map_err(|reason| HostError::usage(format!("--set {change}: {reason}")))?;
    }
    toml::to_string(&recipe).map_err(|error| HostError::usage(format!("cannot change the recipe: {error}")))
}

/// Sets one value. The library refuses names that it does not know.
fn set(recipe: &mut Value, key: &str, value: Value) -> Result<(), String> {
    let mut place = recipe;
    for part in key.split('.') {
        place = match place {
            Value::Table(table) => table.entry(part).or_insert_with(|| Value::Table(Table::new())),
            Value::Array(values) => {
                let count = values.len();
                part.parse::<usize>()
                    .ok()
                    .and_then(|index| values.get_mut(index))
                    .ok_or_else(|| format!("{part:?} is no place in a list of {count}, counted from 0"))?
            }
            found => return Err(format!("{part:?} is inside of {found}, which is a value")),
        };
    }
    *place = value;
    Ok(())
}

/// A TOML value, or else the text itself.
fn parsed(text: &str) -> Value {
    let table: Result<Table, _> = toml::from_str(&format!("value = {text}"));
    match table {
        Ok(mut table) if table.len() == 1 => {
            table.remove("value").unwrap_or_else(|| Value::String(text.to_owned()))
        }
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECIPE: &str =
        "batch = 16\nname = \"a\"\n[tiles]\noverlap = 3\n[[stages]]\nrate = 0.1\n[[stages]]\nrate = 0.2\n";

    fn with(changes: &[&str]) -> Result<Table, HostError> {
        let changes: Vec<_> = changes.iter().map(|change| (*change).to_owned()).collect();
        changed(RECIPE, &changes).map(|text| toml::from_str(&text).unwrap())
    }

    #[test]
    fn values_are_set_where_the_key_points() {
        let recipe =
            with(&["batch=8", "tiles.overlap = 5", "stages.1.rate=1e-3", "name=b", "adam.beta1=0.8"])
                .unwrap();
        let wanted = "batch = 8\nname = \"b\"\n[tiles]\noverlap = 5\n[adam]\nbeta1 = 0.8\n[[stages]]\nrate = 0.1\n[[stages]]\nrate = 1e-3\n";
        assert_eq!(recipe, toml::from_str::<Table>(wanted).unwrap());
    }

    #[test]
    fn changes_that_cannot_be_made_are_refused() {
        for wrong in ["batch", "batch.size=3", "stages.2.rate=1", "stages.first.rate=1"] {
            assert!(with(&[wrong]).is_err(), "{wrong}");
        }
    }
}
