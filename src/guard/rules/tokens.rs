//! Tools that hand out or print credentials: password managers, clouds, forges,
//! registries.
//!
//! Invariant: a table of verbs; whoever is logged in may be asked, the token not.

use super::secrets::SHOW;
use super::verbs::{Tool, verb, with};
use crate::guard::args::Spec;

const fn tool(names: &'static [&'static str], verbs: &'static [super::verbs::Verb]) -> Tool {
    Tool {
        names,
        spec: Spec {
            valued: "",
            longs: &["profile", "region", "project", "account", "hostname"],
        },
        rule: &SHOW,
        verbs,
    }
}

pub(super) const TOOLS: &[Tool] = &[
    tool(
        &["gh"],
        &[
            verb(&["auth", "token|login|refresh|setup-git"]),
            with(&["auth", "status"], &["show-token", "t"]),
        ],
    ),
    tool(
        &["gpg", "gpg2"],
        &[with(&[], &["export-secret-keys", "export-secret-subkeys"])],
    ),
    tool(
        &["pass", "gopass"],
        // A name without a verb is shown.
        &[verb(&["*"])],
    ),
    tool(&["op"], &[verb(&["read|item|document|signin|inject"])]),
    tool(&["secret-tool"], &[verb(&["lookup|search|store|clear"])]),
    tool(&["keyring"], &[verb(&["get|set|del"])]),
    tool(&["kwallet-query"], &[with(&[], &["r", "read-password"])]),
    tool(
        &[
            "git-credential-libsecret",
            "git-credential-osxkeychain",
            "git-credential-manager",
            "git-credential-oauth",
        ],
        &[verb(&["get|store|erase"])],
    ),
    tool(&["bw"], &[verb(&["get|list|export|unlock|login"])]),
    tool(&["lpass"], &[verb(&["show|export|login|ls"])]),
    tool(&["doppler"], &[verb(&["secrets|configs"])]),
    tool(&["infisical"], &[verb(&["secrets|export|login"])]),
    tool(&["chamber"], &[verb(&["read|export|env|write"])]),
    tool(
        &["fly", "flyctl"],
        &[verb(&["auth", "token"]), verb(&["tokens", "create"])],
    ),
    tool(
        &["glab"],
        &[with(&["auth", "status"], &["show-token", "t"])],
    ),
    tool(&["keyctl"], &[verb(&["print|read|pipe"])]),
    tool(
        &["vault"],
        &[
            verb(&[
                "kv|read|token|login|operator|delete|write|policy|auth|secrets|lease",
                "*",
            ]),
            verb(&["read|token|login|write|delete"]),
        ],
    ),
    tool(
        &["aws"],
        &[
            verb(&["configure", "get|export-credentials|set"]),
            verb(&["secretsmanager", "get-secret-value|batch-get*"]),
            with(&["ssm", "get-parameter*"], &["with-decryption"]),
            verb(&["sts", "get-session-token|assume-role*|get-federation*"]),
            verb(&["ecr", "get-login-password|get-authorization-token"]),
            verb(&["eks", "get-token"]),
        ],
    ),
    tool(
        &["gcloud"],
        &[
            verb(&[
                "auth",
                "print-access-token|print-identity-token|login|activate*",
            ]),
            verb(&["auth", "application-default", "*"]),
            verb(&["secrets", "versions", "access"]),
            verb(&["config", "config-helper"]),
        ],
    ),
    tool(
        &["az"],
        &[
            verb(&["account", "get-access-token"]),
            verb(&["keyvault", "secret|key", "show|download|delete|set|purge"]),
        ],
    ),
    tool(
        &["security"],
        &[verb(&[
            "find-generic-password|find-internet-password|dump-keychain|export",
        ])],
    ),
    tool(&["heroku"], &[verb(&["config*"]), verb(&["auth*"])]),
    tool(
        &["npm"],
        &[verb(&["token", "*"]), verb(&["config", "get", "*_auth*"])],
    ),
];
