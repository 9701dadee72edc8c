//! The config of a plugin: TOML as JSON, with the place of each value.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::PolicyFileError;
use super::tables::Source;

/// Values within values.
const MAX_DEPTH: u32 = 32;

/// Turns a table into JSON, and remembers where each value stands by its JSON
/// Pointer.
pub struct Reader<'a> {
    pub source: &'a Source<'a>,
    pub places: BTreeMap<String, (u32, u32)>,
}

impl Reader<'_> {
    pub fn table(
        &mut self,
        table: &DeTable<'_>,
        pointer: &str,
        depth: u32,
    ) -> Result<Value, PolicyFileError> {
        let mut object = Map::new();
        for (key, value) in table {
            let name = key.get_ref().to_string();
            let at = format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"));
            // The key, which is where a reader looks for what is unknown.
            self.places.insert(at.clone(), self.source.place(key.span().start));
            let value = self.value(value, &at, depth + 1)?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }

    fn value(
        &mut self,
        value: &Spanned<DeValue<'_>>,
        pointer: &str,
        depth: u32,
    ) -> Result<Value, PolicyFileError> {
        let wrong = |message: &str| self.source.error(value.span(), message);
        if depth > MAX_DEPTH {
            return Err(wrong("the config is nested too deeply"));
        }
        Ok(match value.get_ref() {
            DeValue::String(text) => Value::String(text.to_string()),
            DeValue::Boolean(flag) => Value::Bool(*flag),
            DeValue::Datetime(datetime) => Value::String(datetime.to_string()),
            DeValue::Integer(number) => {
                let parsed = i64::from_str_radix(number.as_str(), number.radix());
                Value::from(parsed.map_err(|_| wrong("the number is too large"))?)
            }
            DeValue::Float(number) => {
                let parsed = number.as_str().parse::<f64>().ok().and_then(Number::from_f64);
                Value::Number(parsed.ok_or_else(|| wrong("inf and nan are no values of a config"))?)
            }
            DeValue::Table(table) => self.table(table, pointer, depth)?,
            DeValue::Array(array) => {
                let mut values = Vec::new();
                for (index, value) in array.iter().enumerate() {
                    let at = format!("{pointer}/{index}");
                    self.places.insert(at.clone(), self.source.place(value.span().start));
                    values.push(self.value(value, &at, depth + 1)?);
                }
                Value::Array(values)
            }
        })
    }
}
