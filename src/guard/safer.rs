//! A safer command that answers the one that was denied, where its rule's own is for
//! another program.
//!
//! Invariant: each is allowed itself, and looks at what the denied one would have
//! changed; `tests/guard/told.rs` holds both.

/// Rule, programs, and what these are told instead of the rule's own.
const WAYS: &[(&str, &[&str], &str)] = &[
    (
        "data.destroy",
        &["redis-cli", "valkey-cli"],
        "redis-cli --scan --pattern 'test:*'",
    ),
    (
        "data.destroy",
        &["psql", "dropdb"],
        "psql -c 'SELECT count(*) FROM users'",
    ),
    (
        "data.destroy",
        &["mysql", "mariadb", "mysqladmin"],
        "mysql -e 'SHOW TABLES'",
    ),
    (
        "data.destroy",
        &["mongosh", "mongo"],
        "mongosh --eval 'db.getCollectionNames()'",
    ),
    ("disk.device", &["swapoff", "swapon", "mkswap"], "free -h"),
    ("disk.device", &["umount", "mount"], "findmnt"),
    (
        "disk.device",
        &["fdisk", "parted", "sfdisk", "sgdisk", "wipefs"],
        "lsblk",
    ),
    ("cloud.change", &["aws"], "aws s3 ls"),
    ("cloud.change", &["gcloud"], "gcloud projects list"),
    ("cloud.change", &["gsutil"], "gsutil ls"),
    ("cloud.change", &["az"], "az group list"),
    ("cloud.change", &["pulumi"], "pulumi preview"),
    ("container.remove", &["docker"], "docker ps -a"),
    ("container.remove", &["podman"], "podman ps -a"),
    (
        "publish.release",
        &["npm", "pnpm", "yarn", "bun"],
        "npm pack --dry-run",
    ),
    ("publish.release", &["twine"], "twine check dist/*"),
    ("kubernetes.change", &["helm"], "helm list"),
];

/// The safer command for what was denied, as it was understood.
pub(super) fn way(rule: &str, parsed: &str) -> Option<&'static str> {
    let word = parsed.split(' ').next().unwrap_or_default();
    let program = word.rsplit('/').next().unwrap_or_default();
    let fits =
        |(of, programs, _): &&(&str, &[&str], &str)| *of == rule && programs.contains(&program);
    WAYS.iter().find(fits).map(|(_, _, way)| *way)
}
