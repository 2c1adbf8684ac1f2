//! What is told of a denial: each target by name, what is lost, no character of our own.

use crate::corpus::usual;
use adf::guard::{Denial, Input, Policy, judge, rules};

fn denial(text: &str) -> Denial {
    let verdict = judge(Input::Shell(text), &usual(), &Policy::default());
    verdict.denial().expect("it is denied").clone()
}

#[test]
fn every_target_of_a_command_is_named() {
    assert_eq!(
        denial("rm -rf /etc /var x /srv/y").destroys,
        "/etc, /var, /srv/y"
    );
    assert_eq!(denial("touch /etc/a b /opt/c").destroys, "/etc/a, /opt/c");
}

#[test]
fn what_is_not_known_is_shown_as_such() {
    let is_own = |c: char| ('\u{F0000}'..='\u{FFFFF}').contains(&c);
    for text in [
        "git branch -D \"$b\"",
        "rm -rf /srv/$(cat x)",
        "cat names | xargs git push origin",
        "$TOOL x",
        "kill \"$(cat x)\"",
    ] {
        let told = denial(text);
        let all = format!("{}{}{}", told.destroys, told.parsed, told.told());
        assert!(!all.contains(is_own), "{text}: {told:?}");
        assert_ne!(told.destroys, "…", "{text}");
    }
}

#[test]
fn what_is_lost_is_said_and_not_the_command_again() {
    for rule in rules() {
        for text in rule.deny {
            let told = denial(text);
            assert!(!told.destroys.is_empty(), "{}: {text}", rule.id);
            assert_ne!(told.destroys, told.parsed, "{}: {text}", rule.id);
        }
    }
}

#[test]
fn no_rule_of_a_project_is_named_where_there_is_none() {
    for text in [
        "git status -s | cut -c4- | xargs rm -rf",
        "xargs rm -f < stale.txt",
    ] {
        let told = denial(text);
        assert_eq!(
            told.destroys, "a path that is not known before it runs",
            "{text}: {told:?}"
        );
    }
    for text in rules().flat_map(|rule| rule.deny) {
        let told = denial(text);
        assert!(!told.destroys.contains("project"), "{text}: {told:?}");
    }
}

#[test]
fn the_safer_command_is_told_to_the_agent() {
    let told = denial("rm -rf /srv/data");
    let safer = told.safer.clone().expect("there is one");
    assert!(told.told().contains(&safer), "{}", told.told());
}

#[test]
fn the_safer_command_answers_the_one_that_was_denied() {
    let cases = [
        ("redis-cli FLUSHALL", "redis-cli "),
        ("psql -h db.example.org -c 'DROP TABLE users'", "psql "),
        ("mysql -h db.example.org -e 'DROP TABLE users'", "mysql "),
        ("swapoff -a", "free "),
        ("wipefs -a /dev/sda", "lsblk"),
        ("aws s3 rm s3://bucket --recursive", "aws "),
        ("gcloud projects delete x", "gcloud "),
        ("az group delete -n x", "az "),
        ("docker volume rm x", "docker "),
        ("npm publish", "npm "),
        ("twine upload dist/*", "twine "),
        ("helm uninstall x", "helm "),
    ];
    for (text, wanted) in cases {
        let told = denial(text);
        let safer = told.safer.clone().unwrap_or_default();
        assert!(safer.starts_with(wanted), "{text}: {told:?}");
        let verdict = judge(Input::Shell(&safer), &usual(), &Policy::default());
        assert!(verdict.is_allow(), "{safer}");
    }
    for text in [
        "rm -rf 'x",
        "echo {1..99999}",
        "echo \u{FEFF}rm",
        "echo x > $(ls) y > {a,b}",
    ] {
        assert!(denial(text).safer.is_some(), "{text}");
    }
}

#[test]
fn a_path_that_a_code_does_not_tell_is_said_to_be_unknown() {
    let cases = [
        ("python3 -c 'import os; os.remove(x)'", "fs.delete-outside"),
        ("python3 -c 'open(x, \"w\")'", "fs.write-outside"),
        ("node -e 'fs.writeFileSync(p, 1)'", "fs.write-outside"),
        ("rm -rf \"$DIR\"", "fs.delete-outside"),
    ];
    for (text, rule) in cases {
        let told = denial(text);
        assert_eq!(told.rule, rule, "{text}");
        assert_eq!(
            told.destroys, "a path that is not known before it runs",
            "{text}"
        );
    }
}
