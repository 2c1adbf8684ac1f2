//! The whole protocol against the embedded forge: an agent calls another, opens
//! an issue, asks, is answered, remembers, and delivers.

use adf::app::{self, Factory, Plain, Start};
use adf::clock::Clock;
use adf::mention::is_marked;
use adf::sandbox::demo_world::{self, DemoWorld};
use adf::sandbox::{Fault, FaultKind, Forge, ForgeOptions};
use secrecy::ExposeSecret;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const STEP_MAX: Duration = Duration::from_secs(60);

/// Asks at first; with the answer in its prompt it does the work.
const DEVELOPER: &str = r#"#!/bin/sh
set -e
if grep -q 'answer by `alice`' "$ADF_PROMPT"; then
    grep -q 'note .* build' "$ADF_PROMPT"
    grep -q 'take B, please' "$ADF_PROMPT"
    echo B > choice.txt
    "$ADF_BIN" agent report --status done --summary 'took B, thanks @bob'
    exit 0
fi
echo half > draft.txt
git add draft.txt
git commit -q -m 'Begin'
"$ADF_BIN" agent mention reviewer 'please check the draft'
"$ADF_BIN" agent issue 'Docs are thin' --body 'see README; @adf:reviewer write them'
"$ADF_BIN" agent remember build 'cargo test is enough'
"$ADF_BIN" agent ask 'A or B?' --default 'I take A' --deadline 4h
"#;

const REVIEWER: &str = r#"#!/bin/sh
grep -q 'instruction of the agent `developer`, for `alice`' "$ADF_PROMPT" || exit 3
grep -q 'caller/work' "$ADF_PROMPT" || exit 4
git show caller/work:draft.txt | grep -q half || exit 5
test ! -e draft.txt || exit 6
exec "$ADF_BIN" agent report --status rejected --summary 'nothing to change'
"#;

struct Chain {
    forge: Forge,
    world: DemoWorld,
}

impl Chain {
    /// Comments of the factory's own account on an issue.
    fn own(&self, issue: u64) -> Vec<String> {
        let comments = self.forge.comments(&self.world.repo, issue).into_iter();
        let own = comments.filter(|c| c.author == self.world.bot.login && is_marked(&c.body));
        own.map(|c| c.body).collect()
    }

    fn with<'a>(&self, bodies: &'a [String], words: &str) -> Vec<&'a String> {
        bodies.iter().filter(|body| body.contains(words)).collect()
    }

    /// Waits until the factory has said `words` on the issue.
    async fn said(&self, words: &str) {
        let issue = self.world.bug;
        let seen = async {
            let mut pace = tokio::time::interval(Duration::from_millis(50));
            while self.with(&self.own(issue), words).is_empty() {
                pace.tick().await;
            }
        };
        if tokio::time::timeout(STEP_MAX, seen).await.is_err() {
            panic!("nobody says {words:?}: {:#?}", self.own(issue));
        }
    }
}

fn script(dir: &Path, name: &str, text: &str) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path
}

fn config(dir: &Path, forge: &Forge, world: &DemoWorld) -> PathBuf {
    let token = dir.join("token");
    std::fs::write(&token, world.bot.token.expose_secret()).unwrap();
    std::fs::set_permissions(&token, PermissionsExt::from_mode(0o600)).unwrap();
    let bin = dir.join("bin");
    std::fs::create_dir(&bin).unwrap();
    let agents: String = [("developer", DEVELOPER), ("reviewer", REVIEWER)]
        .map(|(name, text)| {
            let command = script(&bin, name, text);
            format!(
                "[[agents]]\nname = \"{name}\"\nprovider = \"{name}\"\n\
                 [providers.{name}]\nkind = \"script\"\ncommand = [{command:?}]\n"
            )
        })
        .concat();
    let text = format!(
        "[project]\nname = \"demo\"\nstate_dir = \"state\"\n\
         [gitea]\nurl = \"{}\"\nrepo = \"{}\"\ntoken_file = \"token\"\nsettle = \"1s\"\n\
         [schedule]\ntick = \"1s\"\nmentions_every = 1\n\
         [walls]\nrequired = false\nread = [{bin:?}]\n{agents}",
        forge.url(),
        world.repo,
    );
    let path = dir.join("adf.toml");
    std::fs::write(&path, text).unwrap();
    path
}

#[tokio::test(flavor = "multi_thread")]
async fn agents_call_ask_remember_and_open_issues_through_a_running_factory() {
    let dir = tempfile::tempdir().unwrap();
    let forge = Forge::start(ForgeOptions::new(dir.path().join("forge")))
        .await
        .unwrap();
    let world = demo_world::build(&forge).unwrap();
    let config = adf::config::load(&config(dir.path(), &forge, &world)).expect("a whole config");
    let start = Start {
        since: None,
        clock: Clock::System,
        adf: PathBuf::from(env!("CARGO_BIN_EXE_adf")),
        waiting: Box::new(|_| {}),
    };
    let Factory { main, stop, .. } = app::build(&config, start).await.unwrap();
    let factory = tokio::spawn(main.run(Box::new(Plain)));
    let chain = Chain { forge, world };
    let (repo, bug) = (chain.world.repo.clone(), chain.world.bug);
    let issues = chain.forge.issues(&repo).len();
    let comment = |who: &str, text: &str| chain.forge.comment(&repo, bug, who, text).unwrap();

    // The answer to the new issue is lost on its way: it is looked for, not opened twice.
    let lost = Fault::new(
        format!("POST /api/v1/repos/{repo}/issues"),
        FaultKind::DropAfter,
    );
    chain.forge.push_fault(lost.times(1));
    comment("alice", "@adf:developer please choose");
    chain.said("`developer` asks").await;
    chain
        .said("`developer` has called `reviewer`, which has taken this up")
        .await;
    chain.said("nothing to change").await;
    comment("bob", "take A, please");
    comment("alice", "take B, please");
    chain.said("`developer` has delivered").await;

    delivered_once(&chain);
    opened_once(&chain, issues);
    let _ = stop.send(()).await;
    tokio::time::timeout(STEP_MAX, factory)
        .await
        .unwrap()
        .unwrap();
}

/// One comment of each, and the work that the answer led to.
fn delivered_once(chain: &Chain) {
    let (repo, bug) = (&chain.world.repo, chain.world.bug);
    let own = chain.own(bug);
    let once = [
        "asks:",
        "has called `reviewer`",
        "nothing to change",
        "has delivered",
    ];
    for words in once {
        assert_eq!(chain.with(&own, words).len(), 1, "{words}: {own:#?}");
    }
    let delivered = chain.with(&own, "has delivered")[0];
    assert!(
        delivered.contains("took B") && !delivered.contains("@bob"),
        "{delivered}"
    );
    let branches = chain.forge.branches(repo);
    let (branch, _) = branches
        .iter()
        .find(|(b, _)| b.contains("-developer-"))
        .unwrap();
    assert_eq!(
        chain.forge.file_at(repo, branch, "choice.txt").as_deref(),
        Some("B\n")
    );
}

/// One new issue, marked, that calls nobody.
fn opened_once(chain: &Chain, issues: usize) {
    let repo = &chain.world.repo;
    let opened = chain.forge.issues(repo);
    let new: Vec<_> = opened
        .iter()
        .filter(|i| i.title == "Docs are thin")
        .collect();
    assert_eq!(new.len(), 1);
    let log = chain.forge.request_log().into_iter();
    let posted = log.filter(|l| l.method == "POST" && l.path.ends_with("/tally/issues"));
    assert_eq!(
        posted.map(|l| l.status).collect::<Vec<_>>(),
        [0],
        "once, unanswered"
    );
    assert_eq!(opened.len(), issues + 2, "the issue and the pull request");
    assert!(is_marked(&new[0].body) && adf::mention::find(&new[0].body).is_empty());
    assert!(
        chain.own(new[0].number).is_empty(),
        "nobody is called there"
    );
}
