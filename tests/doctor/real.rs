//! The same of a stock Gitea, whose binary `ADF_TEST_GITEA` names; without it the test
//! says that it was skipped.

#[path = "../contract/gitea.rs"]
mod gitea;
#[expect(dead_code, reason = "the contract asks more of a host")]
#[path = "../contract/world.rs"]
mod world;

use crate::world::{Said, adf};
use gitea::Gitea;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use world::{Host, Who};

/// A fault on the server, who is to see it, and what must be said.
struct Case {
    name: &'static str,
    who: Who,
    spoil: Spoil,
    says: (&'static str, &'static str, &'static [&'static str]),
    exit: i32,
}

enum Spoil {
    Nothing,
    Archive,
    Protect(&'static str),
    Owner(&'static str),
}

const CASES: &[Case] = &[
    Case {
        name: "archived",
        who: Who::Bot,
        spoil: Spoil::Archive,
        says: ("repository", "error", &["archived"]),
        exit: 69,
    },
    Case {
        name: "scopeless",
        who: Who::BotReading,
        spoil: Spoil::Nothing,
        says: (
            "token.scopes",
            "error",
            &["write:repository", "write:issue"],
        ),
        exit: 69,
    },
    Case {
        name: "stranger",
        who: Who::Stranger,
        spoil: Spoil::Nothing,
        says: ("repository", "error", &["write access"]),
        exit: 69,
    },
    Case {
        name: "misplaced",
        who: Who::Bot,
        spoil: Spoil::Owner("nobody"),
        says: ("repository", "error", &["nobody/misplaced"]),
        exit: 69,
    },
    Case {
        name: "guarded",
        who: Who::Bot,
        spoil: Spoil::Protect("main"),
        says: (
            "branch.base",
            "ok",
            &["protected from the factory's account"],
        ),
        exit: 0,
    },
    Case {
        name: "walled",
        who: Who::Bot,
        spoil: Spoil::Protect("adf/**"),
        says: ("push", "error", &["could not be pushed", "`adf/*`"]),
        exit: 69,
    },
];

fn put(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o600)).unwrap();
}

/// Tries the whole cycle with an agent that is a script, asked by somebody who may write.
async fn smoke(gitea: &Gitea, dir: &Path, repo: &str) -> Said {
    std::fs::create_dir_all(dir).unwrap();
    put(&dir.join("token"), &gitea.account(Who::Bot).token);
    put(&dir.join("person"), &gitea.account(Who::Writer).token);
    let command = ["/bin/sh", "-c", "echo more >> README.md"];
    let text = format!(
        "[project]\nname = \"shop\"\nstate_dir = \"state\"\n\
         [gitea]\nurl = \"{url}\"\nrepo = \"{repo}\"\ntoken_file = \"token\"\nsettle = \"1s\"\n\
         [schedule]\ntick = \"1s\"\nmentions_every = 1\n\
         [[agents]]\nname = \"developer\"\n[agents.limits]\nattempts = 1\n\
         [providers.house]\nkind = \"script\"\ncommand = {command:?}\n",
        url = gitea.url(),
    );
    put(&dir.join("shop.toml"), &text);
    let (config, person) = (dir.join("shop.toml"), dir.join("person"));
    let (config, person) = (config.to_str().unwrap(), person.to_str().unwrap());
    let how = ["--as-token-file", person, "--timeout", "90s"];
    adf(&[&["smoke", "--config", config], &how[..]].concat()).await
}

/// Examines a repository with somebody's token.
async fn doctor(gitea: &Gitea, dir: &Path, who: Who, repo: &str, more: &[&str]) -> Said {
    std::fs::create_dir_all(dir).unwrap();
    let config = dir.join("shop.toml");
    let text = format!(
        "[project]\nname = \"shop\"\nstate_dir = \"state\"\n\n\
         [gitea]\nurl = \"{url}\"\nrepo = \"{repo}\"\ntoken_file = \"token\"\n\n\
         [limits]\ndisk_free_bytes = 67108864\n\n\
         [[agents]]\nname = \"developer\"\nprovider = \"house\"\n\n\
         [providers.house]\nkind = \"script\"\ncommand = [\"/bin/sh\"]\n",
        url = gitea.url(),
    );
    std::fs::write(&config, text).unwrap();
    put(&dir.join("token"), &gitea.account(who).token);
    let config = config.to_str().unwrap();
    adf(&[&["doctor", "--config", config, "--format", "json"], more].concat()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stock_gitea_that_is_well_passes_doctor_and_smoke_and_each_fault_is_found() {
    let Some(gitea) = Gitea::start().await else {
        println!(
            "SKIPPED a_stock_gitea_that_is_well_passes_doctor_and_smoke_…: ADF_TEST_GITEA names no binary"
        );
        return;
    };
    let home = tempfile::tempdir().unwrap();
    let owner = gitea.account(Who::Owner).login;
    gitea.new_repo("sound").await;
    let sound = format!("{owner}/sound");
    let fixed = doctor(
        &gitea,
        &home.path().join("sound"),
        Who::Bot,
        &sound,
        &["--fix"],
    )
    .await;
    assert_eq!(fixed.code, Some(0), "{fixed:?}");
    let said = doctor(&gitea, &home.path().join("sound"), Who::Bot, &sound, &[]).await;
    assert_eq!(said.code, Some(0), "{}", said.out);
    for name in [
        "forge",
        "token.owner",
        "token.scopes",
        "repository",
        "labels",
        "push",
    ] {
        let checks = said.checks(name);
        assert!(
            !checks.is_empty() && checks.iter().all(|check| check["severity"] == "ok"),
            "{name}: {checks:?}"
        );
    }

    let smoked = smoke(&gitea, &home.path().join("smoke"), &sound).await;
    assert_eq!(smoked.code, Some(0), "{smoked:?}");
    for step in ["branch adf/", "pull request #", "tells the result"] {
        assert!(smoked.out.contains(step), "{step}: {}", smoked.out);
    }

    let mut faults = Vec::new();
    for case in CASES {
        gitea.new_repo(case.name).await;
        let mut of = owner.clone();
        match case.spoil {
            Spoil::Nothing => {}
            Spoil::Archive => gitea.archive(case.name).await,
            Spoil::Protect(branch) => gitea.protect(case.name, branch).await,
            Spoil::Owner(other) => of = other.to_owned(),
        }
        let repo = format!("{of}/{}", case.name);
        let said = doctor(&gitea, &home.path().join(case.name), case.who, &repo, &[]).await;
        let (name, severity, words) = case.says;
        let fits = said.checks(name).iter().any(|check| {
            let text = format!("{} {}", check["found"], check["remedy"]);
            check["severity"] == severity && words.iter().all(|word| text.contains(word))
        });
        if !fits || said.code != Some(case.exit) {
            faults.push(format!("{}: exit {:?}: {}", case.name, said.code, said.out));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
