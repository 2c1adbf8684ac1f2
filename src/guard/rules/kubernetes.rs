//! Kubernetes and what is built on it.
//!
//! Invariant: what reads, renders or dry-runs is allowed; what changes a
//! cluster or shows its secrets is not.

use super::secrets;
use super::verbs::{Tool, Verb, judge as by_verb, verb};
use crate::guard::args::{self, Spec};
use crate::guard::verdict::Rule;
use crate::guard::walk::{Command, Found, Walker};
use crate::guard::word::Value;

pub(crate) static CHANGE: Rule = Rule {
    id: "kubernetes.change",
    what: "changing or deleting what runs in a cluster",
    reason: "a cluster is shared, and its state does not come back by itself",
    instead: "render or diff it; a person applies",
    safer: Some("kubectl apply --dry-run=client -f deploy/ -o yaml"),
    deny: &[
        "kubectl delete ns shop",
        "kubectl --context get delete pod web-0",
        "helm uninstall web",
        "kubectl drain node-3",
    ],
    allow: &[
        "kubectl get pods",
        "kubectl auth can-i delete pods",
        "kubectl diff -f x.yaml",
        "helm template web charts/web",
    ],
};

/// All of this domain.
pub(super) static ALL: &[&Rule] = &[&CHANGE];

const KUBECTL: Spec = Spec {
    valued: "nfloskcp",
    longs: &[
        "context",
        "namespace",
        "kubeconfig",
        "cluster",
        "user",
        "server",
        "filename",
        "selector",
        "output",
        "token",
        "as",
        "kustomize",
        "field-selector",
        "patch",
        "type",
        "replicas",
        "timeout",
        "grace-period",
    ],
};

const fn tool(names: &'static [&'static str], verbs: &'static [Verb]) -> Tool {
    Tool {
        names,
        spec: KUBECTL,
        rule: &CHANGE,
        verbs,
    }
}

const TOOLS: &[Tool] = &[
    tool(
        &["kubectl", "oc", "kubecolor"],
        &[
            verb(&[
                "delete|drain|cordon|uncordon|taint|scale|autoscale|replace|patch|edit|set|label|annotate|run|expose|debug|cp|attach|adm|new-app|apply",
            ]),
            verb(&["rollout", "undo|restart|pause|resume"]),
            verb(&["create"]),
            verb(&["config", "delete-*|set*|unset|use-context|rename-context"]),
            verb(&["certificate", "*"]),
        ],
    ),
    tool(
        &["helm"],
        &[
            verb(&["uninstall|delete|del|un|rollback|install|upgrade"]),
            verb(&["repo", "remove"]),
            verb(&["plugin", "install|uninstall|update"]),
        ],
    ),
    Tool {
        names: &["helmfile"],
        spec: Spec {
            valued: "eflnb",
            longs: &["environment", "file", "selector", "namespace"],
        },
        rule: &CHANGE,
        verbs: &[verb(&["destroy|delete|apply|sync"])],
    },
    tool(
        &["k3s", "microk8s", "minikube"],
        &[verb(&[
            "kubectl|ctr|crictl",
            "delete|drain|scale|patch|apply|replace",
        ])],
    ),
    tool(
        &["eksctl"],
        &[verb(&["delete|drain|scale|create|upgrade|update"])],
    ),
    tool(&["kubeadm"], &[verb(&["reset|init|join|upgrade"])]),
    tool(&["flux"], &[verb(&["uninstall|delete|suspend|bootstrap"])]),
    tool(
        &["argocd"],
        &[
            verb(&["app", "delete|sync|set|rollback|terminate-op|create|unset"]),
            verb(&["cluster|repo|proj", "rm|add|delete"]),
        ],
    ),
    tool(
        &["etcdctl"],
        &[
            verb(&["del|put|txn|defrag|compaction|move-leader|restore"]),
            verb(&[
                "member|user|role|auth|alarm|snapshot",
                "remove|delete|disable|disarm|restore|add",
            ]),
        ],
    ),
    tool(&["velero"], &[verb(&["*", "delete|create"])]),
    tool(
        &["istioctl", "linkerd", "cilium"],
        &[verb(&["uninstall|install|upgrade"])],
    ),
];

pub(super) fn judge(command: &Command<'_>, walker: &Walker<'_>) -> Found {
    if matches!(command.name, "kubectl" | "oc") {
        let parsed = args::parse(command.args, &KUBECTL);
        let output = parsed.value(&["o", "output"]).map(|v| v.text());
        let shows = output.is_some_and(|o| o != "name" && o != "wide");
        let secret = parsed.operand(1).is_some_and(|w| {
            w.split(',')
                .any(|w| matches!(w.split('/').next(), Some("secret" | "secrets")))
        });
        if matches!(parsed.operand(0), Some("get")) && secret && shows {
            return walker.deny(&secrets::SHOW, &command.shown());
        }
        if parsed.operand(0) == Some("config")
            && parsed.operand(1) == Some("view")
            && parsed.has("raw")
        {
            return walker.deny(&secrets::SHOW, &command.shown());
        }
    }
    if !is_own(command, walker) {
        by_verb(TOOLS, command, walker)?;
    }
    Ok(())
}

/// Whether a command names a cluster that this text made.
fn is_own(command: &Command<'_>, walker: &Walker<'_>) -> bool {
    if !matches!(command.name, "kubectl" | "oc" | "helm") {
        return false;
    }
    let spec = Spec {
        longs: &["context", "kube-context"],
        ..KUBECTL
    };
    let parsed = args::parse(command.args, &spec);
    let elsewhere = parsed.any(&["kubeconfig", "server", "cluster", "s"]);
    let named = parsed.value(&["context", "kube-context"]);
    let own = |context: &Value| walker.has_made(&format!("context:{}", context.text()));
    !elsewhere && named.is_some_and(own)
}
