//! The host functions of plugins/wit/v1. Each charges its call first; nothing
//! here reaches anything but the [`crate::BundleView`] and the data sources.

use wasmtime::Result;

use crate::bindings::airgo::policy::{host, types};
use crate::limiter::OverBudget;
use crate::plugin::{LogLevel, LogLine};
use crate::state::{MAX_READ, State};
use crate::{BundleInfo, FileEntry, ModuleInfo, ReadError};

type Read<T> = Result<Result<T, types::ReadError>>;

impl types::Host for State {}

impl host::Host for State {
    fn log(&mut self, level: host::LogLevel, message: String) -> Result<()> {
        self.charge_call()?;
        if self.logs.len() as u64 >= self.limits.log_lines {
            return Err(OverBudget { what: "log lines", limit: self.limits.log_lines, asked: None }.into());
        }
        if message.len() > self.limits.log_line_bytes {
            let limit = self.limits.log_line_bytes as u64;
            return Err(OverBudget { what: "bytes in a log line", limit, asked: None }.into());
        }
        let level = match level {
            host::LogLevel::Debug => LogLevel::Debug,
            host::LogLevel::Info => LogLevel::Info,
            host::LogLevel::Warn => LogLevel::Warn,
        };
        self.logs.push(LogLine { level, message });
        Ok(())
    }

    fn judged_at(&mut self) -> Result<String> {
        self.charge_call()?;
        let judged_at = self.subject.as_ref().and_then(|s| s.judged_at);
        Ok(judged_at.map(|time| time.to_string()).unwrap_or_default())
    }

    fn bundle(&mut self) -> Result<types::BundleInfo> {
        self.charge_call()?;
        Ok(self.subject.as_ref().map(|s| s.view.info()).unwrap_or_default().into())
    }

    fn modules(&mut self) -> Result<Vec<types::ModuleInfo>> {
        self.charge_call()?;
        let Some(subject) = &self.subject else { return Ok(Vec::new()) };
        let modules = subject.view.modules();
        let sorted = subject.order.iter().filter_map(|&position| modules.get(position));
        Ok((0..).zip(sorted).map(module_info).collect())
    }

    fn baseline(&mut self) -> Result<Option<Vec<types::ModuleInfo>>> {
        self.charge_call()?;
        let baseline = self.subject.as_ref().and_then(|s| s.view.baseline());
        Ok(baseline.map(|modules| {
            let order = sorted(modules);
            let sorted = order.iter().filter_map(|&position| modules.get(position));
            (0..).zip(sorted).map(module_info).collect()
        }))
    }

    fn go_mod(&mut self, module: u32) -> Read<String> {
        self.charge_call()?;
        let Some((subject, clock)) = self.reading() else { return Ok(Err(types::ReadError::NotFound)) };
        let position = match subject.position(module) {
            Ok(position) => position,
            Err(err) => return Ok(Err(err.into())),
        };
        let bytes = clock.excluding(|| subject.view.go_mod(position));
        subject.charge_read(bytes.as_ref().map_or(0, |b| b.len() as u64))?;
        let text = bytes.map_err(types::ReadError::from).and_then(|bytes| {
            String::from_utf8(bytes).map_err(|_| types::ReadError::Corrupt("go.mod is not UTF-8".to_owned()))
        });
        Ok(text)
    }

    fn list_files(&mut self, module: u32) -> Read<Vec<types::FileEntry>> {
        self.charge_call()?;
        let Some((subject, clock)) = self.reading() else { return Ok(Err(types::ReadError::NotFound)) };
        let entries = subject.list_files(clock, module)?;
        Ok(entries.map(|entries| entries.into_iter().map(Into::into).collect()).map_err(Into::into))
    }

    fn gathered(&mut self, module: u32) -> Result<Option<Vec<u8>>> {
        self.charge_call()?;
        let Some(subject) = &mut self.subject else { return Ok(None) };
        let fact = subject.facts.as_ref().and_then(|facts| facts.get(module as usize)).cloned();
        subject.charge_read(fact.as_ref().map_or(0, |fact| fact.len() as u64))?;
        Ok(fact)
    }

    fn read(&mut self, module: u32, path: String, offset: u64, len: u32) -> Read<Vec<u8>> {
        self.charge_call()?;
        let Some((subject, clock)) = self.reading() else { return Ok(Err(types::ReadError::NotFound)) };
        Ok(subject.read(clock, module, &path, offset, len)?.map_err(Into::into))
    }

    fn data_stat(&mut self, name: String) -> Read<types::DataInfo> {
        self.charge_call()?;
        let Some(subject) = &self.subject else { return Ok(Err(types::ReadError::NotFound)) };
        let stat = subject.data.stat(&name);
        Ok(stat.map_err(Into::into).map(|(sha256, date)| types::DataInfo {
            sha256: sha256.to_owned(),
            date: date.map(|date| date.to_string()),
        }))
    }

    fn data_list(&mut self, name: String) -> Read<Vec<types::FileEntry>> {
        self.charge_call()?;
        let Some((subject, _)) = self.reading() else { return Ok(Err(types::ReadError::NotFound)) };
        let entries = subject.data.list(&name);
        let bytes = entries.as_ref().map_or(0, |list| list.iter().map(|e| e.path.len() as u64 + 64).sum());
        subject.charge_read(bytes)?;
        Ok(entries.map(|entries| entries.into_iter().map(Into::into).collect()).map_err(Into::into))
    }

    fn data_get(&mut self, name: String, path: String) -> Read<Vec<u8>> {
        self.data_read(name, path, 0, MAX_READ).map(|read| match read {
            Ok(bytes) if bytes.len() >= MAX_READ as usize => {
                Err(types::ReadError::TooLarge(u64::from(MAX_READ)))
            }
            other => other,
        })
    }

    fn data_read(&mut self, name: String, path: String, offset: u64, len: u32) -> Read<Vec<u8>> {
        self.charge_call()?;
        let Some((subject, clock)) = self.reading() else { return Ok(Err(types::ReadError::NotFound)) };
        if len > MAX_READ {
            return Ok(Err(types::ReadError::TooLarge(u64::from(MAX_READ))));
        }
        let read = clock.excluding(|| subject.data.read(&name, &path, offset, len));
        // What is read from a compressed record is inflated from its start.
        subject.charge_read(read.as_ref().map_or(0, |b| offset.saturating_add(b.len() as u64)))?;
        Ok(read.map_err(Into::into))
    }
}

/// The positions of modules, sorted by path and version.
pub fn sorted(modules: &[ModuleInfo]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..modules.len()).collect();
    let key = |&position: &usize| modules.get(position).map(|m| (&m.path, &m.version));
    order.sort_by(|a, b| key(a).cmp(&key(b)));
    order
}

pub fn module_info((index, module): (u32, &ModuleInfo)) -> types::ModuleInfo {
    types::ModuleInfo {
        index,
        path: module.path.clone(),
        version: module.version.clone(),
        replaced_by: module
            .replaced_by
            .as_ref()
            .map(|r| types::ModuleRef { path: r.path.clone(), version: r.version.clone() }),
        sum: module.sum.clone(),
        go_mod_sum: module.go_mod_sum.clone(),
        zip_size: module.zip_size,
        time: module.time.clone(),
        direct: module.direct,
        attributes: {
            let part = (!module.part.is_empty()).then(|| ("files".to_owned(), "part".to_owned()));
            module.attributes.iter().cloned().chain(part).collect()
        },
    }
}

impl From<BundleInfo> for types::BundleInfo {
    fn from(info: BundleInfo) -> Self {
        let main_module = |main: crate::MainModule| types::MainModule {
            path: main.path,
            go_version: main.go_version,
            imports: main.imports,
            attributes: main.attributes,
        };
        types::BundleInfo {
            content_id: info.content_id,
            main_modules: info.main_modules.into_iter().map(main_module).collect(),
            platforms: info.platforms,
            attributes: info.attributes,
        }
    }
}

impl From<FileEntry> for types::FileEntry {
    fn from(entry: FileEntry) -> Self {
        types::FileEntry { path: entry.path, size: entry.size }
    }
}

impl From<ReadError> for types::ReadError {
    fn from(err: ReadError) -> Self {
        match err {
            ReadError::NotFound => types::ReadError::NotFound,
            ReadError::OutOfRange => types::ReadError::OutOfRange,
            ReadError::TooLarge(limit) => types::ReadError::TooLarge(limit),
            ReadError::Corrupt(what) => types::ReadError::Corrupt(what),
        }
    }
}
