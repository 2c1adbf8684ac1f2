//! `adf run`: the daemon.

use super::systemd::Systemd;
use super::{BUSY, CONFIG, ConfigArg, FAILED, FORGE, OK, complain, load, own_path, runtime};
use crate::app::{self, AppError, Factory, Start};
use crate::clock::Clock;
use crate::config::Config;
use crate::ipc::{operator, question};
use crate::model::Time;
use crate::reconcile::Ask;
use crate::redact::Redactor;
use crate::store::StoreError;
use crate::telemetry;
use futures_util::FutureExt;
use rustix::process::Signal;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, oneshot};

/// How long the loop may take to answer an operator.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Run the factory of a project
#[derive(Debug, clap::Args)]
pub struct Run {
    #[command(flatten)]
    config: ConfigArg,
    /// Where a new ledger begins to listen, as 2026-11-21T10:00:00Z; default: now
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    since: Option<Time>,
    /// How log events are written
    #[arg(long, value_enum, default_value_t)]
    log: telemetry::LogFormat,
    /// Stop when the process that started this one is gone
    #[arg(long, hide = true)]
    ends_with_parent: bool,
}

/// Parses a moment with its zone.
pub(super) fn parse_time(text: &str) -> Result<Time, String> {
    chrono::DateTime::parse_from_rfc3339(text)
        .map(|t| Time(t.timestamp_millis()))
        .map_err(|e| format!("{e}; write it as 2026-11-21T10:00:00Z"))
}

/// Runs the daemon until it is stopped.
#[must_use]
pub fn run(args: &Run) -> u8 {
    if args.ends_with_parent {
        // Where the system cannot, the demo's factory has to be stopped by hand.
        let _ = rustix::process::set_parent_process_death_signal(Some(Signal::TERM));
    }
    let config = match load(&args.config.path) {
        Ok(config) => config,
        Err(code) => return code,
    };
    crate::config::forget_schema();
    let secrets = app::token(&config).and_then(|token| {
        let mut secrets: Vec<_> = app::keys(&config)?.into_values().collect();
        secrets.push(token);
        let sinks = app::addresses(&config)?.into_values();
        secrets.extend(sinks.flat_map(|address| address.secrets()));
        Ok(secrets)
    });
    let secrets = match secrets {
        Ok(secrets) => secrets,
        Err(error) => {
            complain(&error.to_string());
            return CONFIG;
        }
    };
    let redactor = Redactor::new(&secrets);
    let redact = Arc::new(move |text: &str| redactor.clean(text).into_owned());
    if let Err(error) = telemetry::init(args.log, redact) {
        complain(&error.to_string());
        return CONFIG;
    }
    for warning in &config.warnings {
        tracing::warn!(target: "adf::config", key = warning.key, "{}", warning.message);
    }
    let (runtime, adf) = match (runtime(), own_path()) {
        (Ok(runtime), Ok(adf)) => (runtime, adf),
        (Err(code), _) | (_, Err(code)) => return code,
    };
    super::doctor::at_start(&config, adf.clone());
    let early = Systemd::new();
    let start = Start {
        since: args.since,
        clock: Clock::System,
        adf,
        waiting: Box::new(move |why| {
            tracing::warn!(target: "adf::start", "{why}");
            early.waits(why);
        }),
    };
    let result = runtime.block_on(daemon(&config, start));
    runtime.shutdown_timeout(Duration::from_secs(5));
    match result {
        Ok(()) => OK,
        Err(error) => {
            complain(&error.to_string());
            code(&error)
        }
    }
}

/// The exit code of a start that failed.
pub(super) fn code(error: &AppError) -> u8 {
    match error {
        AppError::Secret(_) | AppError::Schedule(_) | AppError::Webhook(_) | AppError::Walls(_) => {
            CONFIG
        }
        AppError::Store(StoreError::Locked { .. }) => BUSY,
        AppError::Store(StoreError::OtherProject { .. } | StoreError::OtherAccount { .. }) => {
            CONFIG
        }
        AppError::Forge(_) => FORGE,
        _ => FAILED,
    }
}

async fn daemon(config: &Config, start: Start) -> Result<(), AppError> {
    let io = |what: &str| {
        let what = what.to_owned();
        move |source| AppError::Io { what, source }
    };
    let mut term = signal(SignalKind::terminate()).map_err(io("SIGTERM"))?;
    let mut int = signal(SignalKind::interrupt()).map_err(io("SIGINT"))?;
    let mut hang_up = signal(SignalKind::hangup()).map_err(io("SIGHUP"))?;
    let built = tokio::select! {
        built = app::build(config, start) => built?,
        _ = term.recv() => return Ok(()),
        _ = int.recv() => return Ok(()),
    };
    let Factory {
        main,
        stop,
        ask,
        hup,
        webhook: _webhook,
    } = built;
    tokio::spawn(async move {
        let mut asked = "asked to stop: nothing new is started, agents are asked to end; ask again to kill them";
        loop {
            tokio::select! {
                _ = term.recv() => {}
                _ = int.recv() => {}
                // One that waits is as good as many: the config is read once more.
                _ = hang_up.recv() => { let _ = hup.try_send(()); continue }
            }
            tracing::info!(target: "adf::stop", "{asked}");
            asked = "asked to stop again: agents are killed";
            if stop.send(()).await.is_err() {
                return;
            }
        }
    });
    let _socket = serve_operators(&config.settings.state_dir, ask)
        .await
        .map_err(io("the operators' socket"))?;
    tracing::info!(target: "adf::start", project = config.settings.project, version = super::VERSION, "ready");
    let systemd = Systemd::new();
    systemd.ready();
    main.run(Box::new(systemd)).await;
    tracing::info!(target: "adf::start", project = config.settings.project, "stopped: nothing is left running");
    Ok(())
}

/// Answers operators' questions until the socket is dropped.
pub(super) async fn serve_operators(
    state_dir: &Path,
    ask: mpsc::Sender<Ask>,
) -> std::io::Result<operator::OperatorSocket> {
    let handler = move |question: String| {
        let ask = ask.clone();
        async move { answer(&question, &ask).await }.boxed()
    };
    operator::serve_operator(state_dir, handler).await
}

async fn answer(question: &str, ask: &mpsc::Sender<Ask>) -> Result<serde_json::Value, String> {
    let question = question::parse(question)?;
    let (reply, answer) = oneshot::channel();
    let asked = async {
        ask.send(Ask { question, reply }).await.ok()?;
        answer.await.ok()
    };
    match tokio::time::timeout(ANSWER_MAX, asked).await {
        Ok(Some(answer)) => answer,
        _ => Err("the loop does not answer".to_owned()),
    }
}
