//! Log events on their way out: people on a terminal, JSON lines elsewhere, the
//! journal under systemd.
//!
//! Invariant: nothing reaches an output that did not pass the redactor, and
//! every decision is one event with all of its fields, empty where absent.
//! [`decision`] is what `reconcile` calls; the journal's wire form is in [`journal`].

pub mod journal;

use crate::model::plan::Decision;
use journal::Journal;
use std::{
    io::{self, IsTerminal, Write},
    sync::Arc,
};
use tracing::{Subscriber, info};
use tracing_subscriber::{
    EnvFilter, Layer, Registry,
    fmt::{self, MakeWriter},
    layer::SubscriberExt,
};

/// What is logged where nothing is said: a directive of `ADF_LOG`.
pub const DEFAULT_FILTER: &str = "info";

/// The target of the events that [`decision`] writes.
pub const DECISION_TARGET: &str = "adf::decision";

/// What takes secrets out of a text, as `redact::Redactor` does.
pub type Redact = Arc<dyn Fn(&str) -> String + Send + Sync>;

/// How log events are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// The journal where stderr is its stream, people's on a terminal, JSON elsewhere.
    #[default]
    Auto,
    /// One line for people, coloured on a terminal.
    Human,
    /// One JSON object a line.
    Json,
    /// The journal's own protocol, with each field by its name.
    Journald,
}

/// Why logging could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter does not parse.
    #[error("ADF_LOG `{text}` is not a log filter ({reason}); try `info` or `adf=debug,info`")]
    Filter {
        /// What was found.
        text: String,
        /// What the parser said.
        reason: String,
    },
    /// The journal's socket does not answer.
    #[error(
        "no journal at {}; choose another log format: {source}",
        journal::SOCKET
    )]
    Journal {
        /// What the system said.
        source: io::Error,
    },
    /// A subscriber is installed already.
    #[error("logging is set up already in this process")]
    Twice,
}

/// Sends this process's events to stderr or the journal, redacted, filtered by `ADF_LOG`.
///
/// # Errors
/// When `ADF_LOG` does not parse, the journal was asked for and is not there,
/// or logging was set up before.
pub fn init(format: LogFormat, redact: Redact) -> Result<(), TelemetryError> {
    let filter = filter(environment("ADF_LOG").as_deref())?;
    let stream = environment("JOURNAL_STREAM");
    let terminal = io::stderr().is_terminal();
    let chosen = choose(format, stream.as_deref(), stderr_file(), terminal);
    let subscriber = match chosen {
        LogFormat::Journald => {
            let journal = Journal::connect(redact)
                .map_err(|source| TelemetryError::Journal { source })?
                .with_filter(filter);
            Box::new(Registry::default().with(journal))
        }
        LogFormat::Human => lines(
            Style::Human { colour: terminal },
            filter,
            io::stderr,
            redact,
        ),
        LogFormat::Json | LogFormat::Auto => lines(Style::Json, filter, io::stderr, redact),
    };
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Twice)
}

/// How a line looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// For people.
    Human {
        /// With colours.
        colour: bool,
    },
    /// For machines.
    Json,
}

/// A subscriber that writes redacted lines to any writer.
pub fn lines<W>(
    style: Style,
    filter: EnvFilter,
    writer: W,
    redact: Redact,
) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let writer = Clean { writer, redact };
    match style {
        Style::Human { colour } => {
            let layer = fmt::layer()
                .with_ansi(colour)
                .with_target(false)
                .with_writer(writer);
            Box::new(Registry::default().with(layer.with_filter(filter)))
        }
        Style::Json => {
            let layer = fmt::layer()
                .json()
                .flatten_event(true)
                .with_span_list(false)
                .with_writer(writer);
            Box::new(Registry::default().with(layer.with_filter(filter)))
        }
    }
}

/// The filter that a text asks for; [`DEFAULT_FILTER`] where none is given.
///
/// # Errors
/// When the text does not parse.
pub fn filter(text: Option<&str>) -> Result<EnvFilter, TelemetryError> {
    let text = text.map(str::trim).filter(|t| !t.is_empty());
    let text = text.unwrap_or(DEFAULT_FILTER);
    EnvFilter::try_new(text).map_err(|e| TelemetryError::Filter {
        text: text.to_owned(),
        reason: e.to_string(),
    })
}

/// Logs one decision of the planner, each of its fields present.
pub fn decision(project: &str, d: &Decision) {
    info!(
        target: DECISION_TARGET,
        project,
        issue = d.issue,
        task = d.task.as_deref().unwrap_or_default(),
        run = d.run.as_deref().unwrap_or_default(),
        agent = d.agent.as_deref().unwrap_or_default(),
        reason = d.reason.as_str(),
        source = d.source.as_str(),
        overrode = d.overrode.as_deref().unwrap_or_default(),
        "{}",
        d.what
    );
}

/// The format that is meant, once the surroundings are known.
fn choose(
    asked: LogFormat,
    stream: Option<&str>,
    stderr: Option<(u64, u64)>,
    terminal: bool,
) -> LogFormat {
    if asked != LogFormat::Auto {
        return asked;
    }
    let journal = stream
        .and_then(|s| s.split_once(':'))
        .and_then(|(device, inode)| Some((device.parse().ok()?, inode.parse().ok()?)));
    if journal.is_some() && journal == stderr {
        LogFormat::Journald
    } else if terminal {
        LogFormat::Human
    } else {
        LogFormat::Json
    }
}

/// Device and inode of stderr.
fn stderr_file() -> Option<(u64, u64)> {
    let stat = rustix::fs::fstat(io::stderr()).ok()?;
    Some((stat.st_dev, stat.st_ino))
}

#[expect(
    clippy::disallowed_methods,
    reason = "logging starts before any config is read: its two variables are its own"
)]
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// A writer whose every event is redacted: the formatter hands each event over whole.
struct Clean<W> {
    writer: W,
    redact: Redact,
}

impl<'a, W: MakeWriter<'a>> MakeWriter<'a> for Clean<W> {
    type Writer = CleanWriter<W::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        CleanWriter {
            writer: self.writer.make_writer(),
            redact: Arc::clone(&self.redact),
        }
    }
}

/// The redacting end of [`Clean`].
struct CleanWriter<W> {
    writer: W,
    redact: Redact,
}

impl<W: Write> Write for CleanWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        self.writer.write_all((self.redact)(&text).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_journal_is_chosen_only_when_stderr_is_its_stream() {
        let auto = LogFormat::Auto;
        let here = Some((8, 42));
        assert_eq!(choose(auto, Some("8:42"), here, false), LogFormat::Journald);
        assert_eq!(choose(auto, Some("8:43"), here, false), LogFormat::Json);
        assert_eq!(choose(auto, Some("junk"), None, false), LogFormat::Json);
        assert_eq!(choose(auto, None, here, true), LogFormat::Human);
        assert_eq!(
            choose(LogFormat::Json, Some("8:42"), here, true),
            LogFormat::Json
        );
    }

    #[test]
    fn a_filter_that_does_not_parse_is_said_with_a_remedy() {
        let error = filter(Some("adf=shout")).expect_err("not a level");
        assert!(error.to_string().contains("adf=shout"), "{error}");
        assert!(error.to_string().contains("adf=debug"), "{error}");
        assert!(filter(Some("  ")).is_ok());
        assert!(filter(None).is_ok());
    }
}
