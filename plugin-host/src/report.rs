//! The result of a command, for a person and for a program.

use serde_json::{Map, Value};

/// What a command found or made.
pub(crate) struct Report {
    /// Lines for a person, each ended by a newline.
    pub(crate) text: String,
    /// The object for a program.
    pub(crate) json: Value,
    /// Whether a check that was asked for found something: the program then exits with 1.
    pub(crate) found_fault: bool,
}

impl Report {
    /// Of something that is done.
    pub(crate) fn new(text: String, json: Value) -> Self {
        Self { text, json, found_fault: false }
    }
}

/// Lines of a name and a value, aligned.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<(String, String)>);

impl Table {
    /// Adds a line.
    pub(crate) fn row(&mut self, name: &str, value: impl Into<String>) -> &mut Self {
        self.0.push((name.to_owned(), value.into()));
        self
    }

    /// Adds an empty line.
    pub(crate) fn gap(&mut self) -> &mut Self {
        self.row("", "")
    }

    /// Adds a line for each value of a JSON object, nested ones as `outer.inner`.
    pub(crate) fn object(&mut self, object: &Map<String, Value>) -> &mut Self {
        self.nested("", object);
        self
    }

    fn nested(&mut self, outer: &str, object: &Map<String, Value>) {
        for (name, value) in object {
            let name = format!("{outer}{name}");
            match value {
                Value::Object(inner) => self.nested(&format!("{name}."), inner),
                value => {
                    self.row(&name, plain(value));
                }
            }
        }
    }

    /// The lines.
    pub(crate) fn text(&self) -> String {
        let width = self.0.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let line = |(name, value): &(String, String)| {
            let line = format!("{name:width$}  {value}");
            format!("{}\n", line.trim_end())
        };
        self.0.iter().map(line).collect()
    }
}

/// A JSON value without quotes and brackets.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    }
}

/// A figure from 0 to 1, or the word for one that does not exist (nothing to measure it on).
pub(crate) fn figure(value: f64) -> String {
    if value.is_finite() { format!("{value:.4}") } else { "none".to_owned() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tables_align_and_flatten() {
        let mut table = Table::default();
        table.row("a", "1").gap();
        let object = json!({"outer": {"inner": [1, "two", null]}});
        table.object(object.as_object().unwrap());
        assert_eq!(table.text(), "a            1\n\nouter.inner  1, two, -\n");
    }
}
