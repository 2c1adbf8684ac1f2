//! Wishes → what each file holds. Pure.
//!
//! Invariant: the same wishes give the same bytes, and no file holds a secret.

use super::prompts::prompt;
use super::unit::unit;
use super::wishes::{COORDINATOR, Kind, Wishes};
use std::fmt::Write as _;
use std::path::PathBuf;

/// The routing files as they are shipped.
const ROUTING: [(&str, &str); 3] = [
    (
        "planning.md",
        include_str!("../../routing_scenarios/planning.md"),
    ),
    (
        "implementation.md",
        include_str!("../../routing_scenarios/implementation.md"),
    ),
    (
        "review.md",
        include_str!("../../routing_scenarios/review.md"),
    ),
];
/// What CLIs call the models of the routing files; an alias outlives a version.
const MODELS: [(Kind, &[(&str, &str)]); 2] = [
    (
        Kind::Opencode,
        &[("glm", OPENCODE), ("kimi", "moonshotai/kimi-k2")],
    ),
    (Kind::Codex, &[("gpt", "gpt-5.4"), ("mini", "gpt-5.4-mini")]),
];
/// The model of opencode's agents that nothing else gives one.
const OPENCODE: &str = "zai-coding-plan/glm-5";

/// Whom the factory's own coordinator chooses: the first of these that is there.
const DOERS: [&str; 2] = ["developer", "architect"];

/// One file to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Where it goes.
    pub path: PathBuf,
    /// What it holds.
    pub text: String,
    /// Its permission bits.
    pub mode: u32,
    /// Whether one that stands there stays, whatever it says: it holds a secret.
    pub is_kept: bool,
}

impl File {
    fn new(path: PathBuf, text: String, mode: u32) -> File {
        File {
            path,
            text,
            mode,
            is_kept: false,
        }
    }
}

/// The config's path.
#[must_use]
pub fn config_path(wishes: &Wishes) -> PathBuf {
    wishes.dir.join(format!("{}.toml", wishes.project))
}

/// The token's path.
#[must_use]
pub fn token_path(wishes: &Wishes) -> PathBuf {
    wishes.dir.join(format!("{}.token", wishes.project))
}

/// The path of what the project is for.
#[must_use]
pub fn vision_path(wishes: &Wishes) -> PathBuf {
    wishes.dir.join(&wishes.project).join("vision.md")
}

/// All files but the summary.
#[must_use]
pub fn all(wishes: &Wishes) -> Vec<File> {
    let own = wishes.dir.join(&wishes.project);
    let mut files = vec![File::new(config_path(wishes), config(wishes), 0o644)];
    let names = names(wishes);
    for agent in &names {
        let path = own.join("prompts").join(format!("{agent}.md"));
        files.push(File::new(path, prompt(wishes, agent, &names), 0o644));
    }
    if let Some(vision) = &wishes.vision {
        files.push(File::new(vision_path(wishes), vision.clone(), 0o644));
    }
    if routes(wishes.kind) {
        for (name, text) in ROUTING {
            let path = own.join("routing").join(name);
            files.push(File::new(path, routing(text, wishes.kind), 0o644));
        }
    }
    files.push(File::new(wishes.unit.clone(), unit(wishes), 0o644));
    files.push(File {
        is_kept: true,
        ..File::new(token_path(wishes), String::new(), 0o600)
    });
    files
}

fn names(wishes: &Wishes) -> Vec<String> {
    let coordinator = wishes.has_coordinator().then(|| COORDINATOR.to_owned());
    coordinator
        .into_iter()
        .chain(wishes.agents.clone())
        .collect()
}

/// Whether the routing files know this CLI.
fn routes(kind: Kind) -> bool {
    kind != Kind::Gemini
}

/// What a CLI calls the aliases.
fn models(kind: Kind) -> Option<&'static [(&'static str, &'static str)]> {
    let found = MODELS.iter().find(|(of, _)| *of == kind);
    found.map(|(_, models)| *models)
}

/// A routing file in whose chain this CLI stands: work must not wait for one that is not here.
fn routing(text: &str, kind: Kind) -> String {
    let word = kind.word();
    if text.contains(&format!("provider = \"{word}\"")) {
        return text.to_owned();
    }
    let alias = models(kind).and_then(|models| models.first());
    let alias = alias.map_or("sonnet", |(alias, _)| alias);
    let link = format!("  {{ provider = \"{word}\", model = \"{alias}\" }},\n]\n+++");
    text.replacen("]\n+++", &link, 1)
}

/// TOML's text of a string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn config(wishes: &Wishes) -> String {
    let mut text =
        String::from("# Made by `adf init`. Every key: `adf schema config`.\n\n[project]\n");
    // Writing to a String cannot fail.
    let _ = writeln!(text, "name = {}", quoted(&wishes.project));
    let state_dir = quoted(&wishes.state_dir.to_string_lossy());
    let _ = writeln!(text, "state_dir = {state_dir}");
    let _ = writeln!(
        text,
        "\n[gitea]\nurl = {}\nrepo = {}",
        quoted(&wishes.url),
        quoted(&wishes.repo)
    );
    let token = quoted(&format!("{}.token", wishes.project));
    let _ = writeln!(
        text,
        "token_credential = \"gitea-token\"  # LoadCredential= of the unit\ntoken_file = {token}  # the same, for commands in a shell"
    );
    if routes(wishes.kind) {
        let _ = writeln!(
            text,
            "\n[routing]\ndir = {}\nprovider = \"house\"",
            quoted(&format!("{}/routing", wishes.project))
        );
    }
    text.push_str(&coordinator(wishes));
    text.push_str(&status());
    for name in names(wishes) {
        text.push_str(&agent(wishes, &name));
    }
    text.push_str(&provider(wishes));
    text
}

/// Who takes up issues that nobody gave to an agent: an agent, or the factory by labels.
fn coordinator(wishes: &Wishes) -> String {
    if !wishes.has_coordinator() {
        let mut text = String::from(
            "\n# Takes up open issues that bear the label, by what waits for them: `adf rank`.\n[coordinator]\nmode = \"builtin\"\nlabel = \"adf:ready\"\n",
        );
        let doer = DOERS
            .iter()
            .find(|doer| wishes.agents.iter().any(|a| a == *doer));
        if let Some(doer) = doer {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "agents = [\"{doer}\"]");
        }
        return text;
    }
    let mut text = format!(
        "\n# An agent that is shown the open issues, by rank, and calls others for them.\n[coordinator]\nmode = \"agent\"\nagent = \"{COORDINATOR}\"\n"
    );
    if wishes.vision.is_some() {
        let path = quoted(&format!("{}/vision.md", wishes.project));
        let _ = writeln!(text, "vision = {path}");
    }
    let (line, issue) = &wishes.cron;
    let _ = writeln!(text, "cron = {}", quoted(line));
    match issue {
        Some(issue) => {
            let _ = writeln!(text, "cron_issue = {issue}");
        }
        None => text.push_str(
            "# cron_issue: the standing issue on which it reports; without one the factory opens it\n",
        ),
    }
    let asked = "Look at the open issues, choose what is most useful and ready, and call an agent for each.";
    let _ = writeln!(text, "cron_instruction = {}", quoted(asked));
    text
}

/// Where people see on an issue how its work stands: the labels by their names, because
/// people meet them in the forge before they meet the documentation.
fn status() -> String {
    let mut text = String::from(
        "\n# Each issue that was taken up wears one of these, and is assigned to the factory's account meanwhile.\n# Labels that are missing are made; what people change by hand stays so.\n[status]\n",
    );
    for (stage, label) in crate::config::status_labels() {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{stage} = {}", quoted(&label));
    }
    text
}

fn provider(wishes: &Wishes) -> String {
    let kind = wishes.kind.word();
    let mut text = format!("\n[providers.house]\nkind = \"{kind}\"\n");
    // Writing to a String cannot fail.
    if let Some(command) = &wishes.command {
        let _ = writeln!(text, "command = [{}]", quoted(&command.to_string_lossy()));
    }
    match &wishes.key_file {
        Some(file) => {
            let _ = writeln!(text, "key_file = {}", quoted(&file.to_string_lossy()));
        }
        None => text.push_str(
            "# key_credential, key_env or key_file: where its key is; `adf doctor` says what is missing\n",
        ),
    }
    if let Some(models) = models(wishes.kind) {
        let pair = |(alias, model): &(&str, &str)| format!("{alias} = {}", quoted(model));
        let models: Vec<String> = models.iter().map(pair).collect();
        let _ = writeln!(text, "models = {{ {} }}", models.join(", "));
    }
    text
}

fn agent(wishes: &Wishes, name: &str) -> String {
    let (role, tier, about) = match name {
        COORDINATOR => (
            "reviewer",
            "planning",
            "chooses the next issues and calls the agent for each",
        ),
        "architect" => (
            "architect",
            "planning",
            "writes designs and decisions under docs/",
        ),
        "reviewer" => (
            "reviewer",
            "review",
            "reads what others did and says what is wrong",
        ),
        "security" => ("security", "review", "looks for holes in what others did"),
        "qa" => ("qa", "review", "runs and tries what others did"),
        _ => (
            "developer",
            "implementation",
            "fixes bugs and builds small features",
        ),
    };
    let prompt = quoted(&format!("{}/prompts/{name}.md", wishes.project));
    let mut text = format!(
        "\n[[agents]]\nname = \"{name}\"\ndescription = \"{about}\"\nrole = \"{role}\"\nprompt_file = {prompt}\nprovider = \"house\"\n"
    );
    if routes(wishes.kind) {
        let _ = writeln!(text, "tier = \"{tier}\"");
    }
    let named = wishes
        .coordinator_model
        .as_ref()
        .filter(|_| name == COORDINATOR);
    if named.is_none() && wishes.kind == Kind::Opencode {
        let _ = writeln!(text, "model = {}", quoted(OPENCODE));
    }
    if let Some(model) = named {
        let _ = writeln!(text, "model = {}", quoted(model));
        if routes(wishes.kind) {
            let _ = writeln!(text, "pinned = true");
        }
    }
    text
}
