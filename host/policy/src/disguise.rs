//! Keeps a login out of sight that somebody wrote into the config of a plugin.
//!
//! A plugin reaches no network, so an address in its config is there to be
//! shown: a page about a rule. Its path stays. User, password and the values of
//! its query are taken out of all that the plugin says, since findings are
//! printed, and signed with the bundle.

use airgo_gomod::address::{HIDDEN, without_scheme};
use serde_json::Value;

use crate::PluginError;
use crate::plugin::Checked;

/// Shorter words are found in too much that is no secret.
const SHORTEST: usize = 5;

/// The words of a config that are not to be shown.
#[derive(Debug, Default)]
pub struct Disguise(Vec<String>);

impl Disguise {
    /// Of a plugin's config.
    pub fn of(config: &Value) -> Self {
        let mut words = Vec::new();
        collect(config, &mut words);
        words.sort_by_key(|word| std::cmp::Reverse(word.len()));
        words.dedup();
        Self(words)
    }

    /// A text without them.
    pub fn text(&self, text: &mut String) {
        for word in &self.0 {
            if text.contains(word.as_str()) {
                *text = text.replace(word.as_str(), HIDDEN);
            }
        }
    }

    /// What a plugin found and logged.
    pub fn checked(&self, mut checked: Checked) -> Checked {
        if self.0.is_empty() {
            return checked;
        }
        for finding in &mut checked.findings {
            self.text(&mut finding.message);
            finding.advice.iter_mut().chain(&mut finding.help_url).for_each(|text| self.text(text));
            finding.attributes.iter_mut().for_each(|(_, value)| self.text(value));
        }
        checked.logs.iter_mut().for_each(|line| self.text(&mut line.message));
        checked
    }

    /// What a plugin says of its failure.
    pub fn error(&self, mut err: PluginError) -> PluginError {
        match &mut err {
            PluginError::Config { message, .. } => self.text(message),
            PluginError::Data(text) | PluginError::Input(text) | PluginError::ContractViolation(text) => {
                self.text(text)
            }
            PluginError::Trap { last_log: Some(line), .. } => self.text(line),
            PluginError::Gather { source, .. } => **source = self.error((**source).clone()),
            _ => {}
        }
        err
    }
}

fn collect(value: &Value, words: &mut Vec<String>) {
    match value {
        Value::String(text) => secrets(text, words),
        Value::Array(values) => values.iter().for_each(|value| collect(value, words)),
        Value::Object(members) => members.iter().for_each(|(key, value)| {
            secrets(key, words);
            collect(value, words);
        }),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Login and query of the addresses in a text.
fn secrets(text: &str, words: &mut Vec<String>) {
    let mut rest = text;
    while let Some((start, at)) = without_scheme(rest) {
        let login = rest.get(start..at).unwrap_or_default();
        words.push(login.to_owned());
        words.extend(login.split_once(':').map(|(_, password)| password.to_owned()));
        let address = rest.get(at + 1..).unwrap_or_default();
        let address = address.split(char::is_whitespace).next().unwrap_or_default();
        words.extend(values(address.split_once('?').map_or("", |(_, query)| query)).map(str::to_owned));
        rest = rest.get(at + 1..).unwrap_or_default();
    }
    words.retain(|word| word.len() >= SHORTEST);
    for (_, rest) in text.match_indices("://").map(|(at, mark)| text.split_at(at + mark.len())) {
        let address = rest.split(char::is_whitespace).next().unwrap_or_default();
        let (before, query) = address.split_once('?').unwrap_or((address, ""));
        let host = before.split('/').next().unwrap_or_default();
        let login = host.rsplit_once('@').map_or("", |(login, _)| login);
        // A name alone is a token; beside a password it is only a name.
        let found = login.split_once(':').map_or(login, |(_, password)| password);
        let found = [login, found].into_iter().chain(values(query));
        words.extend(found.filter(|word| word.len() >= SHORTEST).map(str::to_owned));
    }
}

/// The values of an address's query.
fn values(query: &str) -> impl Iterator<Item = &str> {
    query.split(['&', '#']).map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_login_without_a_scheme_is_one() {
        let disguise = Disguise::of(
            &json!({"page": "alice:s3cr3t@wiki.example/rules/12?token=T0KEN", "m": "a.example/b@v1.0.0"}),
        );
        let mut text =
            "alice, see alice:s3cr3t@wiki.example/rules/12?token=T0KEN, s3cr3t, a.example/b@v1.0.0"
                .to_owned();
        disguise.text(&mut text);
        assert_eq!(text, "alice, see …@wiki.example/rules/12?token=…, …, a.example/b@v1.0.0");
    }

    #[test]
    fn logins_and_queries_are_hidden_and_paths_are_not() {
        let config = json!({"page": "https://alice:s3cr3t@wiki.example/rules/12?token=T0KEN",
            "list": [{"https://bob99@h": "plain"}]});
        let disguise = Disguise::of(&config);
        let mut text =
            "alice, see https://alice:s3cr3t@wiki.example/rules/12?token=T0KEN, s3cr3t and bob99".to_owned();
        disguise.text(&mut text);
        assert_eq!(text, "alice, see https://…@wiki.example/rules/12?token=…, … and …");
        let mut plain = "see https://wiki.example/rules/12".to_owned();
        Disguise::of(&json!({"page": plain.clone()})).text(&mut plain);
        assert_eq!(plain, "see https://wiki.example/rules/12");
    }
}
