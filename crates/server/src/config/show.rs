//! `castellan config show`: every effective value with its source, secrets masked.

use serde_json::Value;

use super::catalog::CATALOG;
use super::load::Loaded;
use super::values::Source;

/// One line for each key: the key, its value, its source. With `changed_only` the keys at their default are left out;
/// `filter` keeps the keys whose name contains it, in any case.
pub fn show(loaded: &Loaded, changed_only: bool, filter: Option<&str>) -> String {
    let filter = filter.unwrap_or_default().to_lowercase();
    let rows: Vec<(&str, String, String)> = CATALOG
        .keys
        .iter()
        .filter(|key| key.path.to_lowercase().contains(&filter))
        .filter_map(|key| {
            let default = (Value::String(key.default.to_owned()), Source::Default);
            let (value, source) = loaded.values.given(&key.path).unwrap_or(&default);
            if changed_only && *source == Source::Default {
                return None;
            }
            let shown = (key.check)(value).unwrap_or_default().replace('\n', "\\n");
            let shown = if shown.is_empty() { "-".to_owned() } else { shown };
            Some((key.path.as_str(), shown, source.to_string()))
        })
        .collect();
    let width = |column: fn(&(&str, String, String)) -> usize, most: usize| {
        rows.iter().map(column).max().unwrap_or(0).min(most)
    };
    let (key_width, value_width) = (width(|row| row.0.len(), 60), width(|row| row.1.chars().count(), 40));
    let mut text = String::new();
    for (key, value, source) in &rows {
        text.push_str(&format!("{key:key_width$}  {value:value_width$}  {source}\n"));
    }
    text
}
