//! `adf doctor`: every assumption tried, each with a remedy.
//!
//! Invariant: the exit code says whose the worst error is; what `--fix` does is
//! shown before it is done, and what is reported is how things stand after.

use super::{
    CONFIG, ConfigArg, FAILED, FORGE, Format, OK, VERSION, complain, own_path, runtime, say,
    say_json, table::table,
};
use crate::clock::Clock;
use crate::config::{self, Config, Fault};
use crate::doctor::check::{blamed, count, worst};
use crate::doctor::judge::refused;
use crate::doctor::{About, Check, How, Mend, Severity, examine, glance, mend::mend};
use crate::model::{Time, counted};
use serde_json::json;
use std::collections::HashSet;
use std::path::PathBuf;

const AFTER: &str =
    "Exit codes: 0 no error · 1 an error of this machine (or, with --strict, a warning) · \
69 the forge refuses the factory · 78 the config or a secret it names has faults

Examples:
  adf doctor --config /etc/adf/shop.toml
  adf doctor --no-probes --format json
  adf doctor --fix --webhook-url https://factory.example.org/hook";

/// Try every assumption of a config: this machine, the agents, the unit, the forge
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct Doctor {
    #[command(flatten)]
    config: ConfigArg,
    /// How the report is written
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Mend what is safe to mend: labels, rights on files, a missing webhook
    #[arg(long)]
    fix: bool,
    /// Start no process and push nothing
    #[arg(long)]
    no_probes: bool,
    /// Count warnings as errors
    #[arg(long)]
    strict: bool,
    /// The systemd unit, where it is not in systemd's folders
    #[arg(long, value_name = "FILE")]
    unit: Option<PathBuf>,
    /// A checkout of adf's own source, to see whether this executable is older
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
    /// Where the forge reaches `[webhook] listen`
    #[arg(long, value_name = "URL", value_parser = address)]
    webhook_url: Option<String>,
}

/// An address that a forge can deliver to.
fn address(text: &str) -> Result<String, String> {
    let is_web = |url: &url::Url| matches!(url.scheme(), "http" | "https") && url.has_host();
    let parsed = url::Url::parse(text).ok().filter(is_web);
    parsed
        .map(|_| text.to_owned())
        .ok_or_else(|| "it is no address of the web; write it as https://HOST/PATH".to_owned())
}

/// Examines and reports.
#[must_use]
pub fn run(args: &Doctor) -> u8 {
    let begun = Clock::System.now();
    let config = match config::load(&args.config.path) {
        Ok(config) => config,
        Err(faults) => return unloaded(args, &faults, begun),
    };
    let (runtime, adf) = match (runtime(), own_path()) {
        (Ok(runtime), Ok(adf)) => (runtime, adf),
        (Err(code), _) | (_, Err(code)) => return code,
    };
    let how = How {
        probes: !args.no_probes,
        unit: args.unit.clone(),
        source: args.source.clone(),
        hook_url: args.webhook_url.clone(),
        ..how(adf)
    };
    let mut checks = runtime.block_on(examine(&config, &how));
    let mut mended = Vec::new();
    if args.fix {
        mended = runtime.block_on(fix(args, &config, &how, &checks));
        if mended.iter().any(|(_, done)| done.is_ok()) {
            checks = runtime.block_on(examine(&config, &how));
        }
    }
    let code = code(&checks, args.strict);
    let took = Clock::System.now().0 - begun.0;
    match args.format {
        Format::Json => say_json(&report(&checks, &mended, code, took)),
        Format::Human => show(&checks, took),
    }
    code
}

/// Reports a config that is refused: there is nothing else to look at.
fn unloaded(args: &Doctor, faults: &[Fault], begun: Time) -> u8 {
    super::complain_plainly(config::render(faults, false).trim_end());
    if args.format == Format::Json {
        let took = Clock::System.now().0 - begun.0;
        say_json(&report(&refused(faults), &[], CONFIG, took));
    }
    CONFIG
}

/// How a command of this executable looks.
pub(super) fn how(adf: PathBuf) -> How {
    How {
        adf,
        version: VERSION,
        clock: Clock::System,
        probes: true,
        unit: None,
        source: None,
        hook_url: None,
    }
}

/// The cheap half, into the log of a start.
pub(super) fn at_start(config: &Config, adf: PathBuf) {
    let checks = glance(config, &how(adf));
    for check in checks.iter().filter(|c| c.severity >= Severity::Warning) {
        let remedy = check.remedy.as_deref().unwrap_or_default();
        tracing::warn!(target: "adf::doctor", check = check.name, remedy, "{}", check.found);
    }
    let worst = worst(&checks).word();
    tracing::info!(target: "adf::doctor", looked_at = checks.len(), worst, "`adf doctor` looks at all of it");
}

async fn fix(
    args: &Doctor,
    config: &Config,
    how: &How,
    checks: &[Check],
) -> Vec<(Mend, Result<(), String>)> {
    let mut seen = HashSet::new();
    let wanted = checks.iter().filter_map(|check| check.mend.as_ref());
    let mut done = Vec::new();
    for wanted in wanted.filter(|wanted| seen.insert(*wanted)) {
        if args.format == Format::Human {
            say(&format!("fix: {wanted}"));
        }
        let result = mend(config, how, wanted).await;
        if let Err(why) = &result {
            complain(&format!("{wanted}: {why}"));
        }
        done.push((wanted.clone(), result));
    }
    done
}

fn code(checks: &[Check], strict: bool) -> u8 {
    match blamed(checks) {
        Some(About::Config) => CONFIG,
        Some(About::Forge) => FORGE,
        Some(About::Machine) => FAILED,
        None if strict && worst(checks) == Severity::Warning => FAILED,
        None => OK,
    }
}

fn report(
    checks: &[Check],
    mended: &[(Mend, Result<(), String>)],
    code: u8,
    took: i64,
) -> serde_json::Value {
    let mended = mended.iter().map(|(mend, done)| {
        json!({"what": mend.to_string(), "done": done.is_ok(), "why_not": done.as_ref().err()})
    });
    json!({
        "checks": checks,
        "worst": worst(checks),
        "mended": mended.collect::<Vec<_>>(),
        "took_ms": took,
        "exit": code,
    })
}

fn show(checks: &[Check], took: i64) {
    let row = |check: &Check| {
        let mut text = check.found.clone();
        if let Some(remedy) = &check.remedy {
            text.push_str("\n→ ");
            text.push_str(remedy);
        }
        vec![check.severity.word().to_owned(), check.name.clone(), text]
    };
    say(&table(
        &["", "CHECK", "FOUND"],
        checks.iter().map(row).collect(),
    ));
    let some = |severity, what| counted(count(checks, severity), what);
    say(&format!(
        "\n{} in {took} ms: {}, {}, {}, {} skipped",
        counted(checks.len(), "check"),
        some(Severity::Error, "error"),
        some(Severity::Warning, "warning"),
        some(Severity::Note, "note"),
        count(checks, Severity::Skipped),
    ));
    let mends = checks.iter().filter(|check| check.mend.is_some()).count();
    if mends > 0 {
        say(&format!("{mends} of these `adf doctor --fix` can mend."));
    }
}
