//! What a run leaves: a table on the terminal, JSON and a chart in a folder, and the difference to the last recorded run.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::chart;
use crate::clock;
use crate::fault::Fault;
use crate::figures::Figures;

/// A run with what it ran on.
#[derive(Debug, Serialize, Deserialize)]
pub struct Record {
    /// Day and time, UTC.
    pub at: String,
    /// Commit of the tree, with a `+` where it was changed.
    pub commit: String,
    pub machine: Machine,
    /// The command that repeats it.
    pub command: String,
    pub figures: Vec<Figures>,
    /// What is not a sign-in by the dozen: hostile scripts, for example.
    pub notes: Vec<String>,
}

/// A machine without its name.
#[derive(Debug, Serialize, Deserialize)]
pub struct Machine {
    pub processor: String,
    pub cores: usize,
    pub memory_gb: u64,
    pub kernel: String,
}

impl Machine {
    /// The one we run on.
    pub fn this() -> Self {
        let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let after = |text: &str, key: &str| {
            let line = text.lines().find(|line| line.starts_with(key)).unwrap_or_default();
            line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
        };
        let memory = after(&read("/proc/meminfo"), "MemTotal");
        let kib = memory.split_whitespace().next().and_then(|kib| kib.parse::<u64>().ok()).unwrap_or_default();
        let release = read("/proc/sys/kernel/osrelease");
        Self {
            processor: after(&read("/proc/cpuinfo"), "model name"),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            memory_gb: (kib + 524_288) / 1_048_576,
            // Major and minor version only: the rest names who built it.
            kernel: format!("Linux {}", release.split('.').take(2).collect::<Vec<_>>().join(".")),
        }
    }
}

impl Record {
    /// A run that just ended.
    pub fn new(command: String, figures: Vec<Figures>, notes: Vec<String>) -> Self {
        Self { at: clock::stamp(), commit: commit(), machine: Machine::this(), command, figures, notes }
    }

    /// Writes `login-load.json` and `login-load.svg`, and gives their paths.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>, Fault> {
        std::fs::create_dir_all(folder)?;
        let (json, svg) = (folder.join("login-load.json"), folder.join("login-load.svg"));
        std::fs::write(&json, self.json()?)?;
        std::fs::write(&svg, chart::svg(self))?;
        Ok(vec![json, svg])
    }

    /// Keeps the run among the recorded ones.
    pub fn keep(&self, results: &Path) -> Result<PathBuf, Fault> {
        std::fs::create_dir_all(results)?;
        let path = results.join(format!("{}-{}.json", self.at, self.commit.trim_end_matches('+')));
        std::fs::write(&path, self.json()?)?;
        std::fs::write(path.with_extension("svg"), chart::svg(self))?;
        Ok(path)
    }

    fn json(&self) -> Result<String, Fault> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The last recorded run, by name of its file; they begin with day and time.
pub fn last(results: &Path) -> Result<Option<Record>, Fault> {
    let files = std::fs::read_dir(results).into_iter().flatten().flatten().map(|entry| entry.path());
    let Some(path) = files.filter(|path| path.extension().is_some_and(|kind| kind == "json")).max() else {
        return Ok(None);
    };
    Ok(Some(serde_json::from_str(&std::fs::read_to_string(path)?)?))
}

fn commit() -> String {
    let git = |arguments: &[&str]| {
        let done = std::process::Command::new("git").args(arguments).output().ok().filter(|done| done.status.success());
        done.map(|done| String::from_utf8_lossy(&done.stdout).trim().to_owned())
    };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|text| !text.is_empty());
    let name = git(&["rev-parse", "--short=10", "HEAD"]).unwrap_or_else(|| "unknown".to_owned());
    if changed { format!("{name}+") } else { name }
}

/// The table, one line a measurement.
pub fn table(figures: &[Figures]) -> String {
    let head =
        ["", "done", "/s", "p50", "p95", "p99 ms", "CPU ms", "idle", "after MB", "reqs", "commits", "SQL", "ready ms"];
    let mut rows = vec![head.map(str::to_owned).to_vec()];
    rows.extend(figures.iter().map(row));
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..head.len()).map(|at| width(at).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in &rows {
        for (at, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let _ = if at == 0 { write!(text, "{cell:<width$}") } else { write!(text, "  {cell:>width$}") };
        }
        text.push('\n');
    }
    text
}

fn row(figures: &Figures) -> Vec<String> {
    let store = |part: fn(&crate::figures::PerSignIn) -> f64| {
        figures.store.as_ref().map_or_else(|| "-".to_owned(), |store| format!("{:.2}", part(store)))
    };
    vec![
        figures.title(),
        figures.sign_ins.to_string(),
        format!("{:.1}", figures.per_second),
        format!("{:.1}", figures.p50_ms),
        format!("{:.1}", figures.p95_ms),
        format!("{:.1}", figures.p99_ms),
        format!("{:.2}", figures.cpu_ms),
        format!("{:.0}", figures.idle_mb),
        format!("{:.0}", figures.after_mb),
        format!("{:.1}", figures.requests),
        store(|store| store.commits),
        store(|store| store.statements + store.in_progress_statements),
        format!("{:.0}", figures.ready_ms),
    ]
}

/// What changed since a recorded run, for the lines that both have.
pub fn difference(before: &Record, figures: &[Figures]) -> String {
    let mut text = format!("against the run of {} at {}:\n", before.at, before.commit);
    for now in figures {
        let Some(then) = before.figures.iter().find(|then| then.key() == now.key()) else { continue };
        let percent = |then: f64, now: f64| if then > 0.0 { (now / then - 1.0) * 100.0 } else { 0.0 };
        let (cpu, p95) = (percent(then.cpu_ms, now.cpu_ms), percent(then.p95_ms, now.p95_ms));
        let rate = percent(then.per_second, now.per_second);
        let _ = writeln!(text, "  {}: CPU {cpu:+.0} %, p95 {p95:+.0} %, sign-ins per second {rate:+.0} %", now.title());
    }
    text
}
