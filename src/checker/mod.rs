//! The pipeline from a bundle to a report, in one readable place.

mod blocks;
mod custom;
mod examples;
mod pipeline;
mod progress;
mod specs;

use rayon::prelude::*;

pub use crate::matcher::{Trial, Trials};
pub use examples::{ExampleSummary, check_examples, fires_on};
pub use progress::Progress;

use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

use crate::bundle::{Bundle, Container, Limits, Memory, OpenError};
use crate::catalog::Catalog;
use crate::diagnose::{Conclusion, Filter, Options, Tally, Written, Zone, conclude, timeline};
use crate::facts::Recogniser;
use crate::matcher::Matcher;
use crate::records::Recorder;
use crate::report::{BundleInfo, CatalogInfo, Report, SCHEMA_VERSION, Stats, Tool, Warning};
use crate::text::printable_str;

/// Checks bundles against a catalog. Make one and use it for all bundles.
///
/// ```
/// use bundlecheck::{Bundle, Catalog, Checker};
/// let log: &[u8] = b"psql: error: connection to server at \"192.0.2.2\", port 5433 failed: Connection refused\n";
/// let catalog = Catalog::builtin();
/// let checker = Checker::builder(&catalog).build()?;
/// let report = checker.check(&Bundle::from_reader("api.log", log))?;
/// assert_eq!(report.findings[0].id, "postgres-connect-refused");
/// assert_eq!(report.findings[0].evidence[0].line, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Checker<'c> {
    catalog: &'c Catalog,
    info: CatalogInfo,
    matcher: Matcher,
    recogniser: Recogniser,
    custom: custom::CustomFacts,
    settings: Settings,
    pool: rayon::ThreadPool,
}

/// Options of a [`Checker`].
#[derive(Debug)]
#[must_use]
pub struct CheckerBuilder<'c> {
    catalog: &'c Catalog,
    settings: Settings,
    jobs: usize,
}

#[derive(Clone, Debug)]
struct Settings {
    limits: Limits,
    conclude: Options,
    timed: bool,
    watched: bool,
    progress: Option<Arc<Progress>>,
}

/// What came of writing records.
#[derive(Clone, Debug)]
pub struct LogsWritten {
    /// How many records, and how many were left out.
    pub written: Written,
    /// Records that were left out because they have no level and one was asked for.
    pub without_level: u64,
    /// Files that look like logs.
    pub logs: u64,
    /// What was not read, or not wholly.
    pub not_checked: Vec<Warning>,
}

/// Why records could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogsError {
    /// The bundle cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The output or a temporary file cannot be written.
    #[error("cannot write the records")]
    Write(#[from] std::io::Error),
}

/// Why a checker could not be built.
#[derive(Debug, thiserror::Error)]
#[error("cannot start {jobs} threads")]
pub struct BuildError {
    /// How many were asked for.
    jobs: usize,
    /// Why the system refused.
    source: rayon::ThreadPoolBuildError,
}

impl<'c> CheckerBuilder<'c> {
    /// Bounds on what a bundle may make the program do.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.settings.limits = limits;
        self
    }

    /// Restricts the findings to a time or to machines.
    pub fn filter(mut self, filter: Filter) -> Self {
        self.settings.conclude.filter = filter;
        self
    }

    /// Quoted lines of each finding; 3 unless told.
    pub fn max_evidence(mut self, count: usize) -> Self {
        self.settings.conclude.max_evidence = count;
        self
    }

    /// Whether the report lists all facts; it does not unless told.
    pub fn facts(mut self, facts: bool) -> Self {
        self.settings.conclude.facts = facts;
        self
    }

    /// Whether the report lists all logs, for which every line is looked at, and what times are known by; it does not
    /// unless told.
    pub fn logs(mut self, logs: bool) -> Self {
        self.settings.conclude.logs = logs;
        self
    }

    /// The zone of times of which nothing in the bundle tells it; UTC is assumed unless told.
    pub fn assume_zone(mut self, zone: Option<Zone>) -> Self {
        self.settings.conclude.assume_zone = zone;
        self
    }

    /// Threads; as many as the machine has processors unless told. The report is the same for any number.
    pub fn jobs(mut self, jobs: usize) -> Self {
        self.jobs = jobs;
        self
    }

    /// Whether the report says how long it took, which differs from run to run; it does not unless told.
    pub fn timed(mut self, timed: bool) -> Self {
        self.settings.timed = timed;
        self
    }

    /// Whether [`Checker::try_out`] counts how far records get with each pattern; it does not unless told.
    pub fn watched(mut self, watched: bool) -> Self {
        self.settings.watched = watched;
        self
    }

    /// Counters that are kept up to date while bundles are read.
    pub fn progress(mut self, progress: Arc<Progress>) -> Self {
        self.settings.progress = Some(progress);
        self
    }

    /// Compiles the catalog and starts the threads.
    pub fn build(self) -> Result<Checker<'c>, BuildError> {
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(self.jobs)
            .build();
        let pool = pool.map_err(|source| BuildError {
            jobs: self.jobs,
            source,
        })?;
        let mut sha256 = String::new();
        let matcher = rayon::in_place_scope(|scope| {
            // Where the processor has no instructions for it, it takes a tenth of the time.
            scope.spawn(|_| sha256 = self.catalog.sha256());
            Matcher::new(self.catalog).watched(self.settings.watched)
        });
        let info = CatalogInfo {
            patterns: self.catalog.known().count(),
            sha256,
        };
        Ok(Checker {
            catalog: self.catalog,
            info,
            matcher,
            recogniser: Recogniser::new(),
            custom: custom::CustomFacts::new(self.catalog),
            settings: self.settings,
            pool,
        })
    }
}

impl<'c> Checker<'c> {
    /// A builder with the default options.
    pub fn builder(catalog: &'c Catalog) -> CheckerBuilder<'c> {
        let settings = Settings {
            limits: Limits::default(),
            conclude: Options::default(),
            timed: false,
            watched: false,
            progress: None,
        };
        CheckerBuilder {
            catalog,
            settings,
            jobs: 0,
        }
    }

    /// Reads a bundle and says what is known of it. Damage inside of the bundle is in the report.
    pub fn check(&self, bundle: &Bundle) -> Result<Report, OpenError> {
        Ok(self.try_out(bundle)?.0)
    }

    /// Checks many bundles: one bundle a thread when there are enough of them.
    pub fn check_all(&self, bundles: &[Bundle]) -> Vec<Result<Report, OpenError>> {
        if bundles.len() < self.pool.current_num_threads() || bundles.len() == 1 {
            return bundles.iter().map(|bundle| self.check(bundle)).collect();
        }
        let memory = Arc::default();
        self.pool.install(|| {
            bundles
                .par_iter()
                .map(|bundle| self.tried(bundle, &memory, pipeline::Threads::None))
                .map(|tried| Ok(tried?.0))
                .collect()
        })
    }

    /// As [`Checker::check`], and how much work each pattern made, by its place in the catalog.
    pub fn try_out(&self, bundle: &Bundle) -> Result<(Report, Trials), OpenError> {
        let threads = pipeline::Threads::Pool(&self.pool);
        self.tried(bundle, &self.memory(), threads)
    }

    /// The memory for a bundle that is read by all threads.
    fn memory(&self) -> Arc<Memory> {
        Arc::new(Memory::of_one(self.pool.current_num_threads()))
    }

    fn tried(
        &self,
        bundle: &Bundle,
        memory: &Arc<Memory>,
        threads: pipeline::Threads<'_>,
    ) -> Result<(Report, Trials), OpenError> {
        let started = Instant::now();
        let (kind, mut tally) = self.read(bundle, memory, threads, None)?;
        let kind = kind.to_string();
        let links = tally.links.len() as u64;
        let trials = std::mem::take(&mut tally.trials);
        let plan = specs::Plan::new(self.catalog, &tally);
        let mut conclusion = conclude(self.catalog, tally, &self.settings.conclude);
        let mut results = Vec::new();
        if let Some(plan) = plan {
            let limits = &self.settings.limits;
            let collected_at = conclusion.collected_at.as_deref();
            let analysis = plan.run(bundle, limits, memory, collected_at);
            results = analysis.results;
            conclusion.add(analysis.findings, analysis.not_checked);
        }
        let elapsed = self
            .settings
            .timed
            .then(|| u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX));
        let mut report = self.report(bundle, kind, conclusion, links, elapsed);
        report.analysis = results;
        Ok((report, trials))
    }

    /// Writes all records of a bundle that `recorder` selects, in the order of their times.
    pub fn write_logs(
        &self,
        bundle: &Bundle,
        recorder: &Recorder,
        out: &mut dyn Write,
    ) -> Result<LogsWritten, LogsError> {
        let threads = pipeline::Threads::Pool(&self.pool);
        let (_, tally) = self.read(bundle, &self.memory(), threads, Some(recorder))?;
        let mut not_checked = tally.not_checked.clone();
        not_checked.sort();
        not_checked.dedup();
        let logs = tally.entries.iter().filter(|entry| entry.is_log).count() as u64;
        let options = &self.settings.conclude;
        let zone = options.assume_zone.clone();
        let written = timeline(tally, recorder, options.filter.collected_at, zone, out)?;
        Ok(LogsWritten {
            written,
            without_level: recorder.without_level(),
            logs,
            not_checked,
        })
    }

    fn read(
        &self,
        bundle: &Bundle,
        memory: &Arc<Memory>,
        threads: pipeline::Threads<'_>,
        recorder: Option<&Recorder>,
    ) -> Result<(Container, Tally), OpenError> {
        let context = pipeline::Context {
            matcher: &self.matcher,
            recogniser: &self.recogniser,
            custom: &self.custom,
            keep: self.settings.conclude.max_evidence.max(1),
            progress: self.settings.progress.as_deref(),
            survey: self.settings.conclude.logs,
            recorder,
        };
        pipeline::read(bundle, &self.settings.limits, memory, &context, threads)
    }

    fn report(
        &self,
        bundle: &Bundle,
        kind: String,
        conclusion: Conclusion,
        links: u64,
        elapsed_ms: Option<u64>,
    ) -> Report {
        let (entries, logs, lines, bytes) = conclusion.totals;
        let (first_time, last_time) = conclusion.times.unzip();
        let bundle = BundleInfo {
            path: printable_str(bundle.name()).into_owned(),
            kind: conclusion.kind.map(|kind| kind.name),
            container: kind,
            size: bundle.size(),
            nodes: conclusion.nodes,
            entries,
            logs,
            facts: conclusion.fact_count,
            lines,
            bytes,
            first_time,
            last_time,
            collected_at: conclusion.collected_at,
            complete: !conclusion
                .not_checked
                .iter()
                .any(super::report::Warning::is_loss),
        };
        Report {
            schema_version: SCHEMA_VERSION,
            tool: Tool {
                name: env!("CARGO_PKG_NAME"),
                version: env!("CARGO_PKG_VERSION"),
            },
            catalog: self.info.clone(),
            command: Vec::new(),
            stats: Stats {
                entries,
                links,
                lines,
                bytes,
                matched_lines: conclusion
                    .findings
                    .iter()
                    .map(|finding| finding.lines)
                    .sum(),
                elapsed_ms,
            },
            bundle,
            diagnoses: conclusion.diagnoses,
            findings: conclusion.findings,
            analysis: Vec::new(),
            unexplained: conclusion.unexplained,
            facts: conclusion.facts,
            logs: conclusion.logs,
            clocks: conclusion.clocks,
            not_checked: conclusion.not_checked,
        }
    }
}
