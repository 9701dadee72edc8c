//! What a plugin may use. All of it can be set in `airgo.toml`.

use std::time::Duration;

/// As many modules as the limits of a check are for.
const MODULES: usize = 10_000;

/// Bounds on one plugin. Going beyond any of them refuses the bundle; where
/// nobody wrote a policy, it is a warning that the plugin did not judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// CPU time that the plugin may take in one call, its own code and the
    /// cheap host functions; reading files from the bundle has the byte budget
    /// instead.
    pub time: Duration,
    /// CPU time for the facts of one module, counted as `time` is; a tenth of
    /// it is added for each MiB of the module's zip.
    pub gather_time: Duration,
    /// CPU time for the facts of all modules together, the reading of files
    /// included.
    pub gather_total: Duration,
    /// Bytes of the facts of one module.
    pub fact_bytes: u64,
    /// Bytes of the facts of all modules together.
    pub facts_bytes: u64,
    /// Bytes of linear memory, over all its memories; half of it where facts
    /// are gathered, since several modules are gathered at once.
    pub memory: u64,
    /// Elements of tables, over all its tables.
    pub table_elements: u64,
    /// Calls into the host.
    pub host_calls: u64,
    /// Bytes that it may read from a small bundle; `read_bytes_per_zip_byte`
    /// is added for each byte of the bundle's zips.
    pub read_bytes: u64,
    /// See `read_bytes`. Source code shrinks to a fifth or so in a zip, so
    /// that 16 is enough for some three passes over everything.
    pub read_bytes_per_zip_byte: u64,
    /// Lines that it may log.
    pub log_lines: u64,
    /// Bytes in one log line.
    pub log_line_bytes: usize,
    /// Findings that it may return.
    pub findings: usize,
    /// Bytes in one string of a finding or of the description's short fields.
    pub text_bytes: usize,
    /// Bytes that may pass from the plugin to the host in one call; findings
    /// are one call.
    pub result_bytes: usize,
    /// Bytes of the component.
    pub component_bytes: u64,
    /// Bytes of code in the component.
    pub code_bytes: u64,
    /// What compiling it may cost; a unit is about a microsecond on a slow
    /// machine. Ordinary code costs one a byte and little more.
    pub compile_cost: u64,
    /// Bytes of the largest function; some passes of the compiler take time
    /// beyond proportion.
    pub function_bytes: u64,
    /// Functions in the component.
    pub functions: u64,
}

impl Limits {
    /// What it may use to evaluate so many modules. Time, calls, findings and what
    /// hands them over are in proportion where there are more than [`MODULES`]:
    /// a plugin that has a word to say of each is no worse for their number.
    pub(crate) fn of_check(&self, modules: usize) -> Limits {
        let share = modules.max(MODULES);
        let more = |limit: usize| limit.saturating_mul(share) / MODULES;
        let calls = usize::try_from(self.host_calls).unwrap_or(usize::MAX);
        Limits {
            time: self.time.saturating_mul(u32::try_from(share).unwrap_or(u32::MAX)) / MODULES as u32,
            host_calls: more(calls) as u64,
            findings: more(self.findings),
            result_bytes: more(self.result_bytes),
            ..self.clone()
        }
    }

    /// What it may use to gather the facts of a module whose zip is so large.
    pub(crate) fn of_gather(&self, zip_size: u64) -> Limits {
        let mib = u32::try_from(zip_size >> 20).unwrap_or(u32::MAX);
        let more = (self.gather_time / 10).saturating_mul(mib);
        Limits { time: self.gather_time.saturating_add(more), memory: self.memory / 2, ..self.clone() }
    }
}

impl Default for Limits {
    /// Enough for a plugin in a compiled language over some thousand modules;
    /// interpreted ones need more, and say so in their documentation.
    fn default() -> Self {
        Limits {
            time: Duration::from_millis(1500),
            gather_time: Duration::from_millis(500),
            gather_total: Duration::from_secs(120),
            fact_bytes: 256 << 10,
            facts_bytes: 64 << 20,
            memory: 64 << 20,
            table_elements: 100_000,
            host_calls: 1_000_000,
            read_bytes: 64 << 20,
            read_bytes_per_zip_byte: 16,
            log_lines: 1_000,
            log_line_bytes: 4 << 10,
            findings: 20_000,
            text_bytes: 4 << 10,
            result_bytes: 16 << 20,
            component_bytes: 8 << 20,
            code_bytes: 4 << 20,
            compile_cost: 3_000_000,
            function_bytes: 256 << 10,
            functions: 20_000,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_of_many_modules_may_say_more() {
        let limits = Limits::default();
        for few in [0, 1, MODULES] {
            assert_eq!(limits.of_check(few), limits);
        }
        let many = limits.of_check(2 * MODULES);
        assert_eq!((many.time, many.findings), (2 * limits.time, 2 * limits.findings));
        assert_eq!((many.host_calls, many.result_bytes), (2 * limits.host_calls, 2 * limits.result_bytes));
        assert_eq!((many.memory, many.text_bytes), (limits.memory, limits.text_bytes));
    }
}
