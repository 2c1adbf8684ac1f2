//! Inputs other than shell text, the project's own policy, links, and the rules'
//! own examples.

use crate::corpus::usual;
use adf::guard::{Input, Policy, Scene, Verdict, judge, rules};
use adf::model::guarding::{GuardAllow, GuardDeny};
use adf::model::{AgentName, Time};
use std::collections::BTreeSet;

fn rule(input: Input<'_>, policy: &Policy) -> String {
    match judge(input, &usual(), policy) {
        Verdict::Allow => "allow".to_owned(),
        Verdict::Deny(denial) => denial.rule,
    }
}

fn shell(text: &str, policy: &Policy) -> String {
    rule(Input::Shell(text), policy)
}

#[test]
fn each_rule_denies_and_allows_its_own_examples() {
    let policy = Policy::default();
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    for shipped in rules() {
        assert!(ids.insert(shipped.id), "{} is there twice", shipped.id);
        for text in shipped.deny {
            let found = shell(text, &policy);
            if found != shipped.id {
                wrong.push(format!("{}: {found} says no to: {text}", shipped.id));
            }
        }
        for text in shipped.allow.iter().chain(shipped.safer.iter()) {
            let found = shell(text, &policy);
            if found != "allow" {
                wrong.push(format!("{}: {found} denies: {text}", shipped.id));
            }
        }
    }
    assert!(ids.len() > 30, "{} rules", ids.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_written_by_tools_are_judged_by_their_place() {
    let policy = Policy::default();
    for (path, expected) in [
        ("src/lib.rs", "allow"),
        ("/srv/run/tmp/x", "allow"),
        ("../other/x", "fs.write-outside"),
        ("/etc/hosts", "fs.write-outside"),
        (".git/config", "fs.write-git"),
        (".git/hooks/pre-commit", "guard.tamper"),
        (".claude/settings.json", "guard.tamper"),
        ("/home/agent/.bashrc", "guard.tamper"),
    ] {
        assert_eq!(rule(Input::Write { path }, &policy), expected, "{path}");
    }
    assert_eq!(rule(Input::Read { path: "/etc/hosts" }, &policy), "allow");
    let key = Input::Read {
        path: "/home/agent/.ssh/id_rsa",
    };
    assert_eq!(rule(key, &policy), "secret.read");
}

#[test]
fn each_file_of_a_patch_is_judged_and_its_lines_are_not() {
    let policy = Policy::default();
    let patch = |text: &str| rule(Input::Patch { text }, &policy);
    let good = "*** Begin Patch\n*** Update File: src/a.rs\n@@\n-rm -rf /\n+rm -rf target\n*** End Patch\n";
    assert_eq!(patch(good), "allow");
    assert_eq!(
        patch("*** Add File: src/b.rs\n+x\n*** Delete File: ../../etc/c\n"),
        "fs.delete-outside"
    );
    assert_eq!(
        patch("*** Update File: a\n*** Move to: /home/agent/.ssh/authorized_keys\n"),
        "fs.write-outside"
    );
    let diff = "--- a/x.sh\n+++ b/x.sh\n@@ -1,1 +1,1 @@\n--- /etc/passwd\n+++ /etc/passwd\n";
    assert_eq!(patch(diff), "allow");
    assert_eq!(
        patch("--- a/.git/config\n+++ b/.git/config\n@@ -1 +1 @@\n-a\n+b\n"),
        "fs.write-git"
    );
    assert_eq!(patch("nothing here"), "patch.unreadable");
}

#[test]
fn a_project_adds_denials() {
    let policy = Policy {
        denials: vec![GuardDeny {
            rule: "project.no-release".to_owned(),
            command: vec!["make".to_owned(), "release".to_owned()],
            reason: "a person releases".to_owned(),
            instead: "make dist".to_owned(),
        }],
        ..Policy::default()
    };
    assert_eq!(shell("make -j2 release", &policy), "project.no-release");
    assert_eq!(
        shell("env X=1 sh -c 'make release'", &policy),
        "project.no-release"
    );
    for text in ["make -C . release", "make X=1 release", "make \"$X\""] {
        assert_eq!(shell(text, &policy), "project.no-release", "{text}");
    }
    assert_eq!(shell("make dist", &policy), "allow");
    assert_eq!(shell("make dist release-notes", &policy), "allow");
    let mut policy = policy;
    policy.denials[0].command = ["git", "clean", "-x"].map(str::to_owned).to_vec();
    assert_eq!(shell("git clean -d -x", &policy), "project.no-release");
    assert_eq!(shell("git clean -d", &policy), "allow");
}

#[test]
fn an_allowance_lifts_one_rule_for_its_targets_until_it_ends() {
    let allowance = |until| Policy {
        allowances: vec![GuardAllow {
            agent: AgentName("developer".to_owned()),
            rule: "fs.delete-outside".to_owned(),
            target: "/srv/cache/*".to_owned(),
            reason: "the cache is this project's".to_owned(),
            until: Time::from_seconds(until),
        }],
        now: Time::from_seconds(100),
        ..Policy::default()
    };
    assert_eq!(shell("rm -rf /srv/cache/x", &allowance(101)), "allow");
    assert_eq!(
        shell("rm -rf /srv/cache/x", &allowance(100)),
        "fs.delete-outside"
    );
    assert_eq!(
        shell("rm -rf /srv/cache/../data", &allowance(101)),
        "fs.delete-outside"
    );
    // What is not known may lie elsewhere.
    assert_eq!(
        shell("rm -rf /srv/cache/\"$X\"", &allowance(101)),
        "fs.delete-outside"
    );
    assert_eq!(
        shell("rm -rf /srv/cache/x /srv/y", &allowance(101)),
        "fs.delete-outside"
    );
    // The folder itself is none of what lies in it.
    assert_eq!(
        shell("find /srv/cache -mindepth 1 -delete", &allowance(101)),
        "allow"
    );
    assert_eq!(
        shell("find /srv/cache -delete", &allowance(101)),
        "fs.delete-outside"
    );
    assert_eq!(
        shell("echo x > /srv/cache/x", &allowance(101)),
        "fs.write-outside"
    );
}

#[test]
fn no_allowance_lifts_what_keeps_the_guard_on() {
    let lifted = |rule: &str| Policy {
        allowances: vec![GuardAllow {
            agent: AgentName("developer".to_owned()),
            rule: rule.to_owned(),
            target: "*".to_owned(),
            reason: "none".to_owned(),
            until: Time::NEVER,
        }],
        ..Policy::default()
    };
    let hook = "echo x > .git/hooks/pre-commit";
    assert_eq!(shell(hook, &lifted("guard.tamper")), "guard.tamper");
    let unknown = "\"$TOOL\" x";
    let rule = "shell.unknown-command";
    assert_eq!(shell(unknown, &lifted(rule)), rule);
}

#[test]
fn a_link_lies_where_it_leads() {
    let resolve = |path: &str| {
        path.strip_prefix("/srv/run/repo/link")
            .map(|rest| format!("/etc{rest}"))
    };
    let scene = Scene {
        resolve: Some(&resolve),
        ..usual()
    };
    let word = |text| judge(Input::Shell(text), &scene, &Policy::default()).word();
    assert_eq!(word("rm -rf link/x"), "deny");
    assert_eq!(word("echo x > link"), "deny");
    assert_eq!(word("rm link"), "allow");
    assert_eq!(word("cd link && rm -rf x"), "deny");
    assert_eq!(word("rm -rf other/x"), "allow");
}

#[test]
fn where_signals_stay_in_the_run_whatever_is_signalled_is_its_own() {
    let free = usual();
    let walled = Scene {
        signals_walled: true,
        ..usual()
    };
    let rule = |text, scene| {
        let verdict = judge(Input::Shell(text), scene, &Policy::default());
        verdict.denial().map(|d| d.rule.clone())
    };
    for text in [
        "kill $(cat server.pid)",
        "kill -9 $(lsof -ti:3000)",
        "pkill server",
        "killall -9 node",
        "fuser -k 8080/tcp",
    ] {
        assert_eq!(rule(text, &free).as_deref(), Some("proc.kill"), "{text}");
        assert_eq!(rule(text, &walled), None, "{text}");
    }
    for text in [
        "kill -9 -1",
        "tmux kill-server",
        "kill $(rm -rf /srv/data)",
        "pkill adf",
        "pkill -f guard",
        "pkill -f 'adf guard hook'",
        "killall -u agent",
        "pkill \"$x\"",
    ] {
        assert!(rule(text, &walled).is_some(), "{text}");
    }
}

#[test]
fn a_heredoc_whose_word_never_comes_is_judged_and_not_waited_for() {
    let endless = [
        "$(<< (\\",
        "$(cat <<\\",
        "x=$(<<- \\",
        "<(cat <<'' <<\\",
        "`<<\\",
    ];
    for text in endless {
        let verdict = judge(Input::Shell(text), &usual(), &Policy::default());
        let rule = verdict.denial().map(|d| d.rule.as_str());
        assert_eq!(rule, Some("shell.unparseable"), "{text}");
    }
    let verdict = judge(Input::Shell("cat <<''"), &usual(), &Policy::default());
    assert!(verdict.is_allow(), "an empty word ends at the end");
}

#[test]
fn a_denial_says_everything() {
    let verdict = judge(
        Input::Shell("FOO=1 /bin/rm -rf \"$HOME\"/x"),
        &usual(),
        &Policy::default(),
    );
    let denial = verdict.denial().expect("it is denied");
    assert_eq!(denial.rule, "fs.delete-outside");
    assert_eq!(denial.parsed, "/bin/rm -rf /home/agent/x");
    assert_eq!(denial.destroys, "/home/agent/x");
    assert!(!denial.reason.is_empty() && !denial.instead.is_empty());
}

#[test]
fn descriptors_are_those_of_the_command_and_not_of_the_guard() {
    let resolve = |path: &str| Some(path.replace("/dev/", "/proc/self/"));
    let scene = Scene {
        resolve: Some(&resolve),
        ..usual()
    };
    let verdict = judge(
        Input::Shell("bash < <(echo 'rm -rf /srv/data')"),
        &scene,
        &Policy::default(),
    );
    assert_eq!(
        verdict.denial().map(|d| d.rule.as_str()),
        Some("fs.delete-outside")
    );
    let verdict = judge(
        Input::Shell("echo oops > /dev/stderr"),
        &scene,
        &Policy::default(),
    );
    assert!(verdict.is_allow());
}
