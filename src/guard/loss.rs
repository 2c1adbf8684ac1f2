//! What is lost or harmed where a denial has no path, branch or host to name.
//!
//! Invariant: one line for each domain or rule whose target is a command, so that
//! nobody is told the command again in place of what it would do.

/// What a rule keeps from happening, said of the thing that is harmed.
pub(super) fn of(rule: &str) -> &'static str {
    match rule {
        "git.push" => {
            "what the remote has: branches and tags, and commits that a forced push drops there"
        }
        "git.protected-branch" => {
            "the base or the run's branch, and the commits that only it holds"
        }
        "git.other-repository" => "branches, history or files of a repository that others use",
        "forge.write" => "issues, pull requests and settings on the forge",
        "forge.operator" => "the factory's own work: its runs and its ledger",
        "cloud.change" => "machines, stores and their data in an account that others use",
        "kubernetes.change" => "what runs in the cluster, and the volumes that go with it",
        "container.remove" => {
            "containers, images or volumes with the data in them, those of others too"
        }
        "container.host" => "the host, outside the run's walls",
        "data.destroy" => "the data in that database, cache or queue",
        "publish.release" => "what others fetch under that name and version",
        "proc.kill" => "processes of other runs, of the factory or of the system",
        "proc.power" => "all work in progress on this machine",
        "proc.later" => "the end of the run: something stays behind it",
        "proc.fork-bomb" => "the machine's process table",
        "perm.raise" => "the border of the run's own rights",
        "perm.set-id" => "the rights of the program's owner",
        "perm.system" => "users, network or kernel of this machine",
        "secret.read" | "secret.show" => "keys and tokens, which would be known",
        "net.upload" => "what is sent: it cannot be taken back",
        "net.shell" => "this machine, to whoever is at the other end",
        "net.metadata" => "the keys of this machine's account, which would be known",
        "net.change" => "the state of a service that others use",
        "remote.script" => "whatever the code of that server reaches",
        "disk.read" => "files of others on that disk, and keys in them",
        "disk.device" => "all data on the device",
        "fs.fill" => "free space of the disk",
        "shell.too-complex"
        | "shell.unparseable"
        | "shell.characters"
        | "shell.ambiguous"
        | "shell.unknown-command"
        | "shell.unknown-code"
        | "patch.unreadable" => "nobody can say what, before it runs",
        _ if rule.starts_with("guard.") => "the guard's hold on what the agent runs",
        "project" => "what the project's own rule protects",
        _ => "a path that is not known before it runs",
    }
}
