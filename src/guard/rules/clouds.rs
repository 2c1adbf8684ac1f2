//! Terraform and the clouds: infrastructure, buckets, deployments, backups.
//!
//! Invariant: plans, lists and descriptions are allowed; what creates, changes
//! or removes anything remote is not.

use super::verbs::{Tool, Verb, judge as by_verb, verb, with};
use super::{aws, net};
use crate::guard::args::{self, Parsed, Spec};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

pub(crate) static CHANGE: Rule = Rule {
    id: "cloud.change",
    what: "changing infrastructure, clouds and remote stores",
    reason: "it changes or destroys what runs elsewhere and is paid for",
    instead: "plan or preview it; a person applies",
    safer: Some("terraform plan -out=tfplan"),
    deny: &[
        "terraform destroy -auto-approve",
        "terraform -chdir=infra apply",
        "aws s3 rm s3://b --recursive",
        "gcloud projects delete p",
        "az group delete --name g",
        "pulumi up -y",
        "rclone purge b:x",
    ],
    allow: &[
        "terraform plan -destroy",
        "aws s3 ls s3://b",
        "gcloud compute instances list",
        "terraform fmt destroy.tf",
        "aws ec2 describe-instances",
        "pulumi preview",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&CHANGE];

const SPEC: Spec = Spec {
    valued: "pgnsarcmk",
    longs: &[
        "profile",
        "region",
        "project",
        "stack",
        "resource-group",
        "name",
        "zone",
        "app",
        "env",
        "subscription",
        "query",
        "filters",
        "output",
        "cwd",
        "endpoint-url",
        "config",
        "repo",
        "context",
    ],
};
const FLAT: Spec = Spec {
    valued: "",
    longs: &["stack", "config", "stage", "name"],
};
const WORDY: Spec = Spec {
    valued: "rpocP",
    longs: &["repo", "repository", "config"],
};

const fn tool(names: &'static [&'static str], spec: Spec, verbs: &'static [Verb]) -> Tool {
    Tool {
        names,
        spec,
        rule: &CHANGE,
        verbs,
    }
}

const CDK: &[Verb] = &[verb(&["destroy|deploy|bootstrap|rollback|import|gc|watch"])];

const TOOLS: &[Tool] = &[
    tool(
        &["terraform", "tofu"],
        FLAT,
        &[
            verb(&["destroy|apply|taint|untaint|import|force-unlock|refresh|login|push"]),
            verb(&["state", "rm|mv|push|replace-provider"]),
            verb(&["workspace", "delete"]),
        ],
    ),
    tool(
        &["terragrunt"],
        FLAT,
        &[
            verb(&["destroy|apply|taint|import|force-unlock"]),
            verb(&["run-all|run|stack|--all", "destroy|apply"]),
            verb(&["state", "rm|mv|push"]),
        ],
    ),
    tool(
        &["pulumi"],
        Spec {
            valued: "sC",
            ..SPEC
        },
        &[
            verb(&["destroy|up|update|refresh|import|cancel"]),
            verb(&["stack", "rm|import|rename"]),
            verb(&["state", "delete|unprotect|rename|move|edit"]),
        ],
    ),
    tool(&["cdk", "cdktf", "sst", "amplify"], FLAT, CDK),
    tool(
        &["gsutil"],
        Spec {
            valued: "ohu",
            longs: &[],
        },
        &[
            verb(&["rm|rb|mv|setmeta|rewrite|acl|iam|defacl|lifecycle|versioning|mb"]),
            with(&["rsync"], &["d"]),
        ],
    ),
    tool(
        &["bq"],
        SPEC,
        &[verb(&["rm|update|load|insert|cp|mk|truncate"])],
    ),
    tool(
        &[
            "doctl",
            "hcloud",
            "linode-cli",
            "scw",
            "oci",
            "ibmcloud",
            "vultr-cli",
            "exo",
        ],
        SPEC,
        &[
            verb(&[
                "*",
                "delete|create|rm|destroy|remove|reboot|rebuild|shutdown|poweroff|reset",
            ]),
            verb(&[
                "*",
                "*",
                "delete|create|rm|destroy|remove|rebuild|terminate",
            ]),
        ],
    ),
    tool(
        &["heroku"],
        SPEC,
        &[verb(&[
            "apps:destroy|apps:create|apps:rename|pg:reset|pg:push|pg:promote|pg:killall|addons:destroy|addons:create|config:set|config:unset|ps:scale|ps:stop|ps:restart|releases:rollback|domains:remove|run|destroy|rollback|pipelines:*|container:*",
        ])],
    ),
    tool(
        &["flyctl", "fly"],
        SPEC,
        &[
            verb(&[
                "apps|app|volumes|volume|postgres|machine|machines|secrets|ips|certs|scale",
                "destroy|delete|create|set|unset|release|remove|stop|restart|update|count",
            ]),
            verb(&["deploy|destroy|launch|restart|suspend"]),
        ],
    ),
    tool(
        &["wrangler"],
        FLAT,
        &[
            verb(&["delete|deploy|publish|rollback|login"]),
            verb(&["*", "delete|put|create|publish|deploy"]),
            verb(&["*", "*", "delete|put"]),
        ],
    ),
    tool(
        &["vercel", "now"],
        FLAT,
        &[verb(&[
            "remove|rm|deploy|promote|rollback|alias|domains|env|secrets",
        ])],
    ),
    tool(
        &["netlify", "ntl"],
        FLAT,
        &[verb(&[
            "deploy|sites:delete|sites:create|env:set|env:unset",
        ])],
    ),
    tool(
        &["firebase"],
        FLAT,
        &[verb(&[
            "deploy|firestore:delete|database:remove|database:set|hosting:disable|functions:delete|auth:import|projects:create",
        ])],
    ),
    tool(
        &["serverless", "sls"],
        FLAT,
        &[verb(&["deploy|remove|rollback"])],
    ),
    tool(
        &[
            "sam",
            "copilot",
            "eb",
            "chalice",
            "zappa",
            "railway",
            "render",
            "gigalixir",
            "dokku",
        ],
        FLAT,
        &[
            verb(&["deploy|delete|terminate|up|undeploy|down|apps:destroy"]),
            verb(&["*", "delete"]),
        ],
    ),
    tool(
        &["rclone"],
        WORDY,
        &[verb(&[
            "purge|sync|delete|deletefile|move|moveto|rmdir|rmdirs|cleanup|bisync|dedupe|serve|mount",
        ])],
    ),
    tool(
        &["mc", "mcli"],
        FLAT,
        &[verb(&["rb|rm|mv|mirror|mb|policy|admin|ilm|retention"])],
    ),
    tool(
        &["s3cmd", "s5cmd", "s4cmd"],
        Spec {
            valued: "c",
            longs: &["config"],
        },
        &[verb(&[
            "del|rb|rm|mv|sync|put|mb|setacl|setpolicy|delpolicy|expire|modify",
        ])],
    ),
    tool(
        &["restic"],
        WORDY,
        &[verb(&["forget|prune|unlock|rewrite|repair|key|migrate"])],
    ),
    tool(
        &["borg"],
        WORDY,
        &[verb(&[
            "delete|prune|recreate|compact|key|break-lock|rename",
        ])],
    ),
    tool(
        &["ansible"],
        Spec {
            valued: "imabuetf",
            longs: &["inventory"],
        },
        &[verb(&["*"])],
    ),
    tool(&["packer"], FLAT, &[verb(&["build"])]),
    tool(
        &["nixos-rebuild", "nixops", "colmena", "deploy-rs"],
        FLAT,
        &[verb(&["switch|boot|deploy|destroy|apply"])],
    ),
    tool(
        &["chef-client", "puppet", "salt", "cap"],
        FLAT,
        &[verb(&["*"])],
    ),
];

/// Verbs of gcloud and az that change something.
const VERBS: [&str; 40] = [
    "delete",
    "create",
    "update",
    "deploy",
    "rm",
    "mv",
    "start",
    "stop",
    "reset",
    "resize",
    "remove",
    "purge",
    "delete-batch",
    "deallocate",
    "restart",
    "set",
    "add-iam-policy-binding",
    "remove-iam-policy-binding",
    "set-iam-policy",
    "disable",
    "enable",
    "undelete",
    "import",
    "restore",
    "failover",
    "rsync",
    "submit",
    "add",
    "patch",
    "clear",
    "scale",
    "apply",
    "upload",
    "upload-batch",
    "ssh",
    "scp",
    "run",
    "up",
    "promote-replica",
    "revoke",
];

pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    let shown = command.shown();
    let parsed = args::parse(command.args, &SPEC);
    let words: Vec<&str> = parsed.operands.iter().map(|v| v.text()).collect();
    let asks = words.contains(&"help") || parsed.any(&["help", "dryrun", "dry-run"]);
    match command.name {
        "aws" if !asks && !is_emulated(command, &parsed) => aws::judge(&words, &shown, walker)?,
        "gcloud" | "az" if !asks => {
            let services = words.first().is_some_and(|w| {
                !matches!(
                    *w,
                    "config" | "bicep" | "components" | "version" | "init" | "topic" | "info"
                )
            });
            if services && words.iter().skip(1).take(4).any(|w| VERBS.contains(w)) {
                walker.deny(&CHANGE, &shown)?;
            }
        }
        "vercel"
            if command
                .args
                .iter()
                .any(|a| matches!(a.text(), "--prod" | "--production")) =>
        {
            walker.deny(&CHANGE, &shown)?;
        }
        "ansible-playbook" | "ansible-pull" => {
            let dry = [
                "syntax-check",
                "check",
                "C",
                "list-tasks",
                "list-hosts",
                "list-tags",
                "help",
                "version",
            ];
            if !parsed.any(&dry) {
                walker.deny(&CHANGE, &shown)?;
            }
        }
        _ => {}
    }
    by_verb(TOOLS, command, walker)
}

/// Whether a command is for an emulator on this machine.
fn is_emulated(command: &Command<'_>, parsed: &Parsed<'_>) -> bool {
    let set = |name: &&(String, Value)| name.0.starts_with("AWS_ENDPOINT_URL");
    let by_env = command.env.iter().find(set).map(|(_, value)| value);
    let endpoint = parsed.value(&["endpoint-url"]).or(by_env);
    endpoint
        .is_some_and(|at| at.text().contains("://") && !at.has_mark() && net::is_local(at.text()))
}

/// What the shell's environment adds to a command of Terraform.
pub(super) fn environment(name: &str, value: &Value, walker: &Walker<'_>) -> Found {
    if name.starts_with("TF_CLI_ARGS") && value.text().contains("auto-approve") {
        return walker.deny(&CHANGE, name);
    }
    Ok(())
}
