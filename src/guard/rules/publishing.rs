//! Publishing: packages, releases, sites.
//!
//! Invariant: building, packing and dry runs are allowed; what puts a version,
//! a tag or a page where others fetch it is not.

use super::verbs::{Tool, Verb, judge as by_verb, unless, verb, with};
use crate::guard::args::Spec;
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};

pub(crate) static PUBLISH: Rule = Rule {
    id: "publish.release",
    what: "publishing packages, releases or sites",
    reason: "what is published is fetched by others and can hardly be taken back",
    instead: "build and check it; a person releases",
    safer: Some("cargo publish --dry-run"),
    deny: &[
        "cargo publish",
        "npm publish",
        "twine upload dist/*",
        "docker push x/y",
        "mkdocs gh-deploy",
        "gem push a.gem",
    ],
    allow: &[
        "cargo publish --dry-run",
        "npm pack --dry-run",
        "cargo package --list",
        "npm test -- publish",
        "docker build -t x .",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&PUBLISH];

const NODE: Spec = Spec {
    valued: "CF",
    longs: &[
        "registry",
        "prefix",
        "filter",
        "workspace",
        "tag",
        "access",
        "otp",
        "cwd",
        "dir",
    ],
};
const JAVA: Spec = Spec {
    valued: "PDfpbI",
    longs: &["file", "projects"],
};
const PLAIN: Spec = Spec {
    valued: "",
    longs: &[
        "version",
        "package",
        "repository",
        "registry",
        "token",
        "manifest-path",
        "index",
    ],
};

const fn tool(names: &'static [&'static str], verbs: &'static [Verb]) -> Tool {
    Tool {
        names,
        spec: PLAIN,
        rule: &PUBLISH,
        verbs,
    }
}

const ANY: &[Verb] = &[unless(&[], &["help", "h", "version", "dry-run", "n"])];

const TOOLS: &[Tool] = &[
    tool(
        &["cargo"],
        &[
            unless(&["publish"], &["dry-run", "n", "help", "h"]),
            verb(&["yank|owner|login|logout"]),
            verb(&["workspaces|ws", "publish"]),
            with(&["release|smart-release"], &["execute", "x"]),
        ],
    ),
    Tool {
        names: &["npm", "pnpm", "yarn", "bun"],
        spec: NODE,
        rule: &PUBLISH,
        verbs: &[
            verb(&["publish|unpublish|deprecate|adduser|login"]),
            verb(&["npm", "publish|tag|login"]),
            verb(&["dist-tag", "add|rm"]),
            verb(&["owner", "add|rm"]),
            verb(&["access", "*"]),
            verb(&["changeset|lerna", "publish"]),
            verb(&["team|org|profile|hook", "*"]),
        ],
    },
    tool(
        &[
            "lerna",
            "changeset",
            "jsr",
            "wasm-pack",
            "vsce",
            "ovsx",
            "deno",
            "uv",
            "poetry",
            "flit",
            "hatch",
            "maturin",
            "pdm",
            "rye",
        ],
        &[
            unless(&["publish"], &["dry-run", "help", "h"]),
            verb(&["unpublish"]),
        ],
    ),
    tool(
        &[
            "semantic-release",
            "np",
            "release-it",
            "gh-pages",
            "surge",
            "cpan-upload",
            "standard-version-publish",
            "auto",
        ],
        ANY,
    ),
    tool(
        &["twine", "anaconda", "snapcraft", "luarocks", "conda"],
        &[verb(&["upload|upload-*|push|release|promote"])],
    ),
    tool(
        &["cabal", "stack"],
        &[with(&["upload"], &["publish"]), verb(&["sdist-upload"])],
    ),
    tool(&["gem"], &[verb(&["push|yank|owner|signin"])]),
    tool(&["rake"], &[verb(&["release*|publish*|deploy*"])]),
    Tool {
        names: &["mvn", "mvnw", "mvnd"],
        spec: JAVA,
        rule: &PUBLISH,
        verbs: &[],
    },
    tool(&["dotnet"], &[verb(&["nuget", "push|delete"])]),
    tool(&["nuget"], &[verb(&["push|delete"])]),
    tool(&["mix"], &[verb(&["hex.publish|hex.retire|hex.owner"])]),
    tool(&["dart", "flutter"], &[verb(&["pub", "publish|lish"])]),
    tool(
        &["pod"],
        &[
            verb(&["trunk", "push|delete|add-owner|deprecate"]),
            verb(&["repo", "push"]),
        ],
    ),
    tool(
        &["helm"],
        &[verb(&["push|cm-push"]), verb(&["registry", "login"])],
    ),
    tool(
        &["oras", "crane", "buildah", "skopeo", "regctl"],
        &[
            verb(&["push|copy|cp|delete|append|mutate|rebase|tag|sync|attach"]),
            verb(&["tag|image|manifest", "delete|rm|push"]),
        ],
    ),
    tool(
        &["goreleaser"],
        &[unless(
            &["release|publish|announce|continue"],
            &["snapshot", "skip-publish", "help"],
        )],
    ),
    tool(&["mkdocs"], &[verb(&["gh-deploy"])]),
    tool(
        &["mike"],
        &[with(&["deploy"], &["push", "p"]), verb(&["delete"])],
    ),
    Tool {
        names: &["docker", "podman", "nerdctl", "docker-compose"],
        spec: super::containers::SPEC,
        rule: &PUBLISH,
        verbs: &[
            verb(&["push"]),
            verb(&["image|compose|manifest|plugin", "push"]),
            with(&["buildx|build|compose", "*"], &["push"]),
            with(&["build"], &["push"]),
            with(&["buildx", "bake"], &["push"]),
            verb(&["login|logout"]),
        ],
    },
];

pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    by_verb(TOOLS, command, walker)?;
    // Build tools take several goals, anywhere among their operands.
    let goals = command.args.iter().map(crate::guard::word::Value::text);
    let denied = match command.name {
        "mvn" | "mvnw" | "mvnd" => goals
            .into_iter()
            .any(|g| g == "deploy" || g == "release:perform" || g.contains(":deploy")),
        "gradle" | "gradlew" => goals.into_iter().any(|g| {
            let task = g.rsplit(':').next().unwrap_or(g);
            !g.starts_with('-')
                && (task == "publish"
                    || task == "publishPlugins"
                    || matches!(
                        task,
                        "publishToMavenCentral" | "publishAndReleaseToMavenCentral"
                    )
                    || task.starts_with("publish") && task.ends_with("Repository")
                    || task == "uploadArchives"
                    || task == "release")
        }),
        "sbt" => goals.into_iter().any(|g| {
            g.starts_with("publish")
                && !g.starts_with("publishLocal")
                && !g.starts_with("publishM2")
                || g.starts_with("release")
                || g.starts_with("sonatype")
        }),
        name if name.starts_with("python") || name == "setup.py" => {
            let words: Vec<&str> = goals.collect();
            words.windows(2).any(|w| w == ["-m", "twine"]) && words.contains(&"upload")
                || words.first().is_some_and(|w| w.ends_with("setup.py"))
                    && words.iter().any(|w| matches!(*w, "upload" | "register"))
        }
        "docker" | "podman" => command
            .args
            .iter()
            .any(|a| a.text() == "type=registry" || a.text().starts_with("--output=type=registry")),
        _ => false,
    };
    if denied {
        walker.deny(&PUBLISH, &command.shown())
    } else {
        Ok(())
    }
}
