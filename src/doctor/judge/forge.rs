//! The forge, the token, the repository, and whether work can be delivered.

use crate::config::{Config, SecretError, WebhookSettings};
use crate::doctor::observe::{forge::Seen, push::Tried};
use crate::doctor::{About, Check, How, Mend};
use crate::forge::{Branch, EVENTS, ForgeError, Hook, Scopes, Software};
use crate::model::{Person, Repository, Time};
use crate::store::{ACCOUNT_FILE, StoreError};
use secrecy::SecretString;

const ABOUT: About = About::Forge;
/// Seconds of difference between the clocks that are worth a word.
const SKEW_SECONDS: i64 = 10;
/// Seconds of difference that make times useless.
const SKEW_SECONDS_MAX: i64 = 300;

/// The token's place, judged.
#[must_use]
pub fn token(token: &Result<SecretString, SecretError>) -> Check {
    const NAME: &str = "token";
    let write = "write the token of the factory's account there, with mode 0600";
    let make = "make a token with write:repository, write:issue and read:user, and put it where [gitea] reads it";
    match token {
        Ok(_) => Check::ok(About::Config, NAME, "it can be read"),
        Err(error) => super::secret(NAME, error, write, make),
    }
}

/// Whose the token is, held against who has spoken for the factory so far.
fn owner(config: &Config, me: &Person, before: Option<&Person>) -> Check {
    const NAME: &str = "token.owner";
    let Some(before) = before.filter(|before| before.id != me.id) else {
        return Check::ok(ABOUT, NAME, format!("it is `{}`'s", me.login));
    };
    let other = StoreError::OtherAccount {
        path: config.settings.state_dir.join(ACCOUNT_FILE),
        found: before.login.clone(),
        wanted: me.login.clone(),
    };
    Check::said(About::Config, NAME, &other.to_string())
}

/// An error of the client says what and the remedy.
fn refused(name: &str, error: &ForgeError) -> Check {
    Check::said(ABOUT, name, &error.to_string())
}

/// What the forge answered, judged.
#[must_use]
pub fn checks(config: &Config, how: &How, seen: &Seen) -> Vec<Check> {
    let mut checks = version(config, seen);
    checks.extend(seen.times.map(|(theirs, ours)| skew(theirs, ours)));
    match &seen.me {
        Some(Ok(me)) => checks.push(owner(config, me, seen.account.as_ref())),
        Some(Err(error)) => checks.push(refused("token.owner", error)),
        None => {}
    }
    checks.extend(seen.scopes.as_ref().map(scopes));
    match &seen.repository {
        Some(Ok(found)) => {
            checks.push(repository(found));
            checks.extend(within(config, how, seen, found));
        }
        Some(Err(error)) => checks.push(refused("repository", error)),
        None => {
            let why = "not asked, because of what stands above";
            checks.push(Check::skipped(ABOUT, "repository", why));
        }
    }
    checks
}

fn version(config: &Config, seen: &Seen) -> Vec<Check> {
    const NAME: &str = "forge";
    match &seen.version {
        Some(Ok(version)) => vec![match version.supported() {
            Ok(()) => {
                let software = match version.software {
                    Software::Gitea => "gitea",
                    Software::Forgejo => "forgejo",
                };
                let found = format!(
                    "{} is {software} {}",
                    config.settings.forge.url, version.text
                );
                Check::ok(ABOUT, NAME, found)
            }
            Err(why) => Check::error(
                ABOUT,
                "forge.version",
                why,
                "gitea 1.20, forgejo 7, or later",
            ),
        }],
        // Servers refuse a wrong token everywhere, also where none is needed.
        Some(Err(error @ ForgeError::Unauthorized { .. })) => vec![refused("token.owner", error)],
        Some(Err(error)) => vec![refused(NAME, error)],
        None => Vec::new(),
    }
}

fn skew(theirs: Time, ours: Time) -> Check {
    const NAME: &str = "clock";
    let seconds = theirs.seconds() - ours.seconds();
    let found = format!("the forge's clock is {seconds} s from this machine's");
    let remedy = "let both follow a time server (timedatectl set-ntp true)";
    match seconds.abs() {
        0..=SKEW_SECONDS => Check::ok(ABOUT, NAME, found),
        s if s <= SKEW_SECONDS_MAX => Check::warning(ABOUT, NAME, found, remedy),
        _ => Check::error(ABOUT, NAME, found, remedy),
    }
}

fn scopes(scopes: &Result<Scopes, ForgeError>) -> Check {
    const NAME: &str = "token.scopes";
    match scopes {
        Ok(scopes) => match scopes.remedy() {
            None => Check::ok(ABOUT, NAME, "write:repository, write:issue and read:user"),
            Some(text) => Check::said(ABOUT, NAME, &text),
        },
        Err(error) => refused(NAME, error),
    }
}

fn repository(repository: &Repository) -> Check {
    const NAME: &str = "repository";
    match repository.blocker() {
        Some(why) => Check::said(ABOUT, NAME, &why),
        None => {
            let found = format!(
                "`{}` takes issues, pull requests and pushes",
                repository.full_name
            );
            Check::ok(ABOUT, NAME, found)
        }
    }
}

fn within(config: &Config, how: &How, seen: &Seen, repository: &Repository) -> Vec<Check> {
    let mut checks = Vec::new();
    if let Some((name, branch)) = &seen.base {
        checks.push(base(name, branch, repository));
    }
    checks.extend(labels(config, seen));
    match &seen.push {
        Some(tried) => checks.push(push(tried)),
        None if how.probes => {
            let why = "not tried, because of what stands above";
            checks.push(Check::skipped(ABOUT, "push", why));
        }
        None => checks.push(Check::skipped(ABOUT, "push", "not tried: --no-probes")),
    }
    checks.extend(seen.hooks.as_ref().map(|found| hooks(config, how, found)));
    checks.extend(super::sinks::issues(seen));
    for (agent, number, issue) in &seen.standing {
        checks.extend(standing(agent, *number, issue, repository));
    }
    checks
}

fn base(name: &str, branch: &Result<Option<Branch>, ForgeError>, repository: &Repository) -> Check {
    const NAME: &str = "branch.base";
    match branch {
        Err(error) => refused(NAME, error),
        Ok(None) => {
            let found = format!("branch `{name}`, to which the work is to go, does not exist");
            Check::error(ABOUT, NAME, found, "push it, or correct [delivery] base")
        }
        Ok(Some(branch)) if branch.protected && !branch.user_can_push => {
            let found = format!("branch `{name}` is protected from the factory's account");
            Check::ok(ABOUT, NAME, found)
        }
        // The forge says it of the branch alone, and of its account that it may push nothing.
        Ok(Some(_)) if !repository.may_push => {
            Check::ok(ABOUT, NAME, format!("branch `{name}` is there"))
        }
        Ok(Some(branch)) => {
            let found = format!(
                "branch `{}` can be pushed to by the factory's account",
                branch.name
            );
            Check::note(ABOUT, NAME, found).remedy(format!(
                "protect `{name}`, so that work goes in by reviewed pull requests only; the factory itself never pushes to it"
            ))
        }
    }
}

fn labels(config: &Config, seen: &Seen) -> Vec<Check> {
    const NAME: &str = "labels";
    let there = match &seen.labels {
        None => return Vec::new(),
        Some(Err(error)) => return vec![refused(NAME, error)],
        Some(Ok(there)) => there,
    };
    let settings = &config.settings;
    let wanted = settings
        .delivery
        .labels
        .iter()
        .chain([&settings.failures.label])
        .chain(Some(&settings.coordinator.label).filter(|_| settings.coordinator.builtin));
    let missing: Vec<Check> = wanted
        .filter(|name| !there.iter().any(|label| label.name == **name))
        .map(|name| {
            let found = format!("the repository has no label `{name}`");
            let remedy = "create it, by hand or with --fix";
            let mend = Mend::Label { name: name.clone() };
            Check::warning(ABOUT, NAME, found, remedy).mended_by(mend)
        })
        .collect();
    if missing.is_empty() {
        return vec![Check::ok(
            ABOUT,
            NAME,
            "all that the factory needs are there",
        )];
    }
    missing
}

fn push(tried: &Tried) -> Check {
    const NAME: &str = "push";
    match tried {
        Tried::Done { branch } => Check::ok(
            ABOUT,
            NAME,
            format!("`{branch}` was pushed and deleted again"),
        ),
        Tried::NotPushed { branch, why } => {
            let found = format!("`{branch}` could not be pushed: {why}");
            let remedy = "let the factory's account push to `adf/*`; git must reach the forge by [gitea] url too";
            Check::error(ABOUT, NAME, found, remedy)
        }
        Tried::NotSeen { branch } => {
            let found = format!("`{branch}` was pushed, and the forge did not show it");
            let remedy =
                "look whether the forge's hooks run (in gitea: `gitea admin regenerate hooks`)";
            Check::warning(ABOUT, NAME, found, remedy)
        }
        Tried::NotDeleted { branch, why } => {
            let found = format!("`{branch}` was pushed, and could not be deleted: {why}");
            Check::warning(ABOUT, NAME, found, format!("delete `{branch}` by hand"))
        }
    }
}

fn hooks(config: &Config, how: &How, hooks: &Result<Vec<Hook>, ForgeError>) -> Check {
    const NAME: &str = "webhook";
    let hooks = match hooks {
        Ok(hooks) => hooks,
        Err(ForgeError::Forbidden { .. }) => {
            if let (Some(url), Some(hook)) = (&how.hook_url, &config.webhook) {
                return by_hand(url, hook);
            }
            let why = "the factory's account may not see webhooks, which is as it should be; look at the repository's settings";
            return Check::skipped(ABOUT, NAME, why);
        }
        Err(error) => return refused(NAME, error),
    };
    let listen = config
        .webhook
        .as_ref()
        .map_or("", |hook| hook.listen.as_str());
    let host = url::Url::parse(&config.settings.forge.url).ok();
    let host = host
        .as_ref()
        .and_then(url::Url::host_str)
        .unwrap_or_default();
    let is_near = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let address = how.hook_url.clone();
    let address = address.or_else(|| is_near.then(|| format!("http://{listen}/")));
    let wanted = |hook: &&Hook| how.hook_url.as_ref().is_none_or(|url| hook.url() == url);
    let mut fitting = hooks
        .iter()
        .filter(|hook| hook.tells_of_comments())
        .filter(wanted);
    let found = match (fitting.clone().find(|hook| hook.active), fitting.next()) {
        (Some(hook), _) => {
            return Check::ok(ABOUT, NAME, format!("the forge delivers to {}", hook.url()));
        }
        (None, Some(hook)) => {
            let found = format!("the webhook to {} is switched off", hook.url());
            return Check::warning(
                ABOUT,
                NAME,
                found,
                "switch it on in the repository's settings",
            );
        }
        (None, None) => format!(
            "[webhook] listens on {listen}, and the repository has no webhook that tells of comments"
        ),
    };
    let remedy = "add one of type Gitea for issues, comments and pull requests, or run --fix with --webhook-url URL as the forge reaches it";
    let check = Check::warning(ABOUT, NAME, found, remedy);
    match address {
        Some(url) => check.mended_by(Mend::Webhook { url }),
        None => check,
    }
}

/// A webhook that was asked for, and that only an admin of the repository can make.
fn by_hand(url: &str, hook: &WebhookSettings) -> Check {
    let found = format!(
        "the factory's account may neither see nor make webhooks, so none was made for {url}"
    );
    let remedy = format!(
        "unless it is there: have an admin of the repository add a webhook of type Gitea, target URL {url}, method POST, application/json, the secret that stands in {}, and the events {}",
        hook.secret,
        EVENTS.join(", ")
    );
    Check::warning(ABOUT, "webhook", found, remedy)
}

fn standing(
    agent: &str,
    number: u64,
    issue: &Result<Option<crate::forge::IssueItem>, ForgeError>,
    repository: &Repository,
) -> Option<Check> {
    const NAME: &str = "agent.cron-issue";
    let what = match issue {
        Err(error) => return Some(refused(NAME, error)),
        Ok(Some(item)) if item.issue.open => return None,
        Ok(Some(_)) => "is closed",
        Ok(None) => "does not exist",
    };
    let found = format!(
        "agent `{agent}` reports on #{number}, which {what} in `{}`",
        repository.full_name
    );
    let remedy = "open a standing issue and write its number into cron_issue";
    Some(Check::error(ABOUT, NAME, found, remedy))
}
