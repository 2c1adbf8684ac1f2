//! `adf route`: what a text comes to, and why.
//!
//! Invariant: shows the same [`Route`] that is carried out; one line of stdin is
//! one line of output; of each line at most [`TEXT_BYTES_MAX`] bytes are kept,
//! and that is said in the answer.

use super::project::world_so_far;
use super::table::{moment, table};
use super::{FAILED, Format, OK, complain, load, put, say};
use crate::clock::Clock;
use crate::decide::health;
use crate::model::AgentName;
use crate::model::route::{Candidate, Decisive, Health, Healths, Link, Route, Side, Source};
use crate::model::settings::{Agent, Settings};
use crate::routing::{Ask, House, Router, TEXT_BYTES_MAX, shipped, source_words};
use std::io::{BufRead, Read};
use std::path::PathBuf;

const AFTER: &str = "\
With a config that has no [routing] an agent runs with its own provider and model, and that is what is shown. \
Without --config the shipped tiers planning (80), implementation (50) and review (40) decide. Among \
the tiers whose words are in the text the highest priority wins, then the most words, then the name. Of a text the first MiB is read.

Examples:
  adf route 'review code changes before committing and implement the fix'
  adf route 'plan the release' --config adf.toml --agent developer
  adf route --stdin < texts

Exit codes: 0 shown, also when no word matched · 1 not shown · 2 wrong usage · 78 the config has faults";

/// Show which tier, provider and model a text calls for, and why
#[derive(Debug, clap::Args)]
#[command(after_help = AFTER)]
pub struct RouteArgs {
    /// The text: what is asked
    #[arg(required_unless_present = "stdin", conflicts_with = "stdin")]
    text: Option<String>,
    /// Read texts from stdin, one a line, and write one JSON object a line
    #[arg(long)]
    stdin: bool,
    /// The title of the issue
    #[arg(long, default_value = "")]
    title: String,
    /// A label of the issue: read when text and title say nothing; may be repeated
    #[arg(long = "label", value_name = "LABEL")]
    labels: Vec<String>,
    /// The text of the issue: read when nothing else says anything (`adf run` goes by title, labels and request alone)
    #[arg(long, default_value = "")]
    body: String,
    /// The agent that a mention calls, one of the config
    #[arg(long, value_name = "NAME", requires = "config")]
    agent: Option<String>,
    /// The project's config
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// How to write it
    #[arg(long, value_enum, default_value_t, conflicts_with = "stdin")]
    format: Format,
}

/// Routes a text, or each line of stdin.
#[must_use]
pub fn run(args: &RouteArgs) -> u8 {
    let settings = match args.config.as_deref().map(load).transpose() {
        Ok(config) => config.map(|config| config.settings),
        Err(code) => return code,
    };
    let agent = match agent(args, settings.as_ref()) {
        Ok(agent) => agent,
        Err(code) => return code,
    };
    let scenarios = settings
        .as_ref()
        .map_or_else(shipped, |s| s.routing.scenarios.clone());
    let router = match Router::new(scenarios) {
        Ok(router) => router,
        Err(error) => {
            complain(&format!("the keywords make no automaton: {error}"));
            return FAILED;
        }
    };
    let healths = match settings.as_ref().map(healths).transpose() {
        Ok(healths) => healths.unwrap_or_default(),
        Err(code) => return code,
    };
    let house = House {
        providers: settings.as_ref().map(|s| &s.providers),
        default: settings.as_ref().and_then(|s| s.routing.default.as_ref()),
        health: Some(&healths),
        unrouted: settings.as_ref().is_some_and(|s| !s.routing.decides),
    };
    let route = |text: &str| {
        let ask = Ask {
            instruction: text,
            title: &args.title,
            labels: &args.labels,
            body: &args.body,
            agent,
            mention: agent.is_some(),
        };
        router.route(&ask, &house)
    };
    let Some(text) = &args.text else {
        return lines(&route);
    };
    let route = route(text);
    match args.format {
        Format::Json => super::say_json(&serde_json::json!(route)),
        Format::Human => {
            say(&as_text(&route, house.unrouted));
            if house.unrouted {
                say("\nThe config has no [routing]: agents run with their own provider and model.");
            }
        }
    }
    OK
}

/// How the providers of a project are, by its ledger; nothing is known before its first start.
fn healths(settings: &Settings) -> Result<Healths, u8> {
    let world = world_so_far(settings)?;
    Ok(health::known(&world, settings, Clock::System.now()))
}

fn agent<'a>(args: &RouteArgs, settings: Option<&'a Settings>) -> Result<Option<&'a Agent>, u8> {
    let (Some(name), Some(settings)) = (&args.agent, settings) else {
        return Ok(None);
    };
    let agent = settings.agents.get(&AgentName::from(name.as_str()));
    agent.map(Some).ok_or_else(|| {
        let names: Vec<&str> = settings.agents.keys().map(AgentName::as_str).collect();
        complain(&format!(
            "no agent is called `{name}`; there are: {}",
            names.join(", ")
        ));
        FAILED
    })
}

/// One JSON object for each line of stdin, as it comes.
fn lines(route: &impl Fn(&str) -> Route) -> u8 {
    let mut stdin = std::io::stdin().lock();
    loop {
        let line = match line(&mut stdin) {
            Ok(Some(line)) => line,
            Ok(None) => return OK,
            Err(error) => {
                complain(&format!("stdin cannot be read: {error}"));
                return FAILED;
            }
        };
        let answer = serde_json::json!(route(&line));
        if !put(&format!("{answer}\n")) {
            return FAILED;
        }
    }
}

/// The next line, of which one byte more than what is read is kept.
fn line(input: &mut impl BufRead) -> std::io::Result<Option<String>> {
    let most = u64::try_from(TEXT_BYTES_MAX).unwrap_or(u64::MAX);
    let mut kept = Vec::new();
    if input.take(most + 1).read_until(b'\n', &mut kept)? == 0 {
        return Ok(None);
    }
    if kept.last() == Some(&b'\n') {
        kept.pop();
    } else if kept.len() > TEXT_BYTES_MAX {
        input.skip_until(b'\n')?;
    }
    Ok(Some(String::from_utf8_lossy(&kept).into_owned()))
}

fn as_text(route: &Route, unrouted: bool) -> String {
    let mut parts = vec![headline(route, unrouted)];
    let rows = route.candidates.iter().map(|candidate| {
        vec![
            candidate.scenario.clone(),
            candidate.tier.clone(),
            candidate.priority.to_string(),
            words(candidate),
            candidate.lost.clone().unwrap_or_else(|| "wins".to_owned()),
        ]
    });
    let head = ["SCENARIO", "TIER", "PRIORITY", "WORDS", ""];
    parts.push(table(&head, rows.collect()));
    if !route.chain.is_empty() {
        let rows = route.chain.iter().map(|link| {
            let chosen = route.choice.as_ref() == Some(&link.choice);
            vec![
                link.choice.to_string(),
                health(link),
                if chosen { "chosen" } else { "" }.to_owned(),
            ]
        });
        parts.push(table(&["PROVIDER/MODEL", "HEALTH", ""], rows.collect()));
    }
    let side = |side: &Side| format!("{} ({})", source_words(side.source), side.choice);
    let overrides = route
        .overrides
        .iter()
        .map(|o| format!("{} holds, not {}: {}", side(&o.kept), side(&o.lost), o.why));
    let overrides: Vec<String> = overrides.collect();
    if !overrides.is_empty() {
        parts.push(overrides.join("\n"));
    }
    parts.join("\n\n")
}

fn headline(route: &Route, unrouted: bool) -> String {
    let tier = route.tier.as_deref().unwrap_or("none");
    let by = match route.by {
        Decisive::Text => "by the words of the text",
        Decisive::Labels => "by the labels: the text says nothing",
        Decisive::Body => "by the issue's text: nothing else says anything",
        Decisive::Nothing if route.tier.is_some() => "the agent's own: no keyword is in it",
        Decisive::Nothing => "no keyword is in it",
        Decisive::Agent => "the agent's own: a mention cannot raise it to what the words call for",
    };
    let cut = if route.cut {
        format!("; only the first {TEXT_BYTES_MAX} bytes were read")
    } else {
        String::new()
    };
    let who = match (&route.choice, route.source) {
        (Some(choice), source) => format!("{choice}, {}", source_words(source)),
        (None, Source::Nobody) if unrouted => {
            "each agent's own, whatever the words: name one with --agent".to_owned()
        }
        (None, Source::Nobody) => "nobody: no provider is known".to_owned(),
        (None, source) => format!("waits: {} has nobody who is well", source_words(source)),
    };
    format!("tier      {tier} ({by}{cut})\nprovider  {who}")
}

fn words(candidate: &Candidate) -> String {
    candidate.words.join(", ")
}

fn health(link: &Link) -> String {
    match &link.health {
        Health::Unknown => "unknown".to_owned(),
        Health::Well => "well".to_owned(),
        Health::HalfOpen { reason } => format!("one run may try it again: {reason}"),
        Health::Unwell { reason, until } => match until {
            Some(until) => format!("unwell until {}: {reason}", moment(*until)),
            None => format!("unwell: {reason}"),
        },
        Health::Absent => "no such provider in the config".to_owned(),
    }
}
