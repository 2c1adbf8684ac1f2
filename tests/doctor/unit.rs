//! Worlds whose systemd unit is not as it should be.

use crate::world::{Row, World, play};

/// A unit for this world, with one line otherwise.
pub fn unit(world: &mut World, from: &str, to: &str) {
    let (adf, config) = (
        env!("CARGO_BIN_EXE_adf"),
        world.config.display().to_string(),
    );
    let text = format!(
        "[Unit]\nDescription=adf\n\n[Service]\nType=notify\nExecStart={adf} run \\\n  --config {config}\n\
         LoadCredential=gitea-token:{token}\nRestart=on-failure\nRestartPreventExitStatus=78\n",
        token = world.dir().join("token").display(),
    );
    assert!(text.contains(from), "{from}: {text}");
    let path = world.put("adf@.service", &text.replace(from, to), 0o644);
    world.args = vec!["--unit".to_owned(), path.to_str().unwrap().to_owned()];
    world.edit(
        "token_file = \"token\"",
        "token_credential = \"gitea-token\"",
    );
}

/// An adf of another day.
fn other_adf(world: &mut World) {
    let path = world.put(
        "adf-old",
        "#!/bin/sh\necho 'adf 0.0.1 (abc 2026-04-07)'\n",
        0o755,
    );
    unit(world, env!("CARGO_BIN_EXE_adf"), path.to_str().unwrap());
}

const UNITS: &[Row] = &[
    Row {
        name: "well",
        spoil: |w| unit(w, "Type", "Type"),
        says: ("unit", "ok", &["adf@.service"]),
        exit: 0,
    },
    Row {
        name: "a token that the unit loads",
        spoil: |w| unit(w, "Type", "Type"),
        says: ("token.owner", "ok", &["`adf`"]),
        exit: 0,
    },
    Row {
        name: "a variable in braces",
        spoil: |w| {
            unit(
                w,
                "Type=notify",
                "Type=notify\nEnvironment=GITEA_TOKEN=${GITEA_TOKEN}",
            )
        },
        says: (
            "unit.variables",
            "error",
            &["does not expand", "LoadCredential", "EnvironmentFile"],
        ),
        exit: 1,
    },
    Row {
        name: "a variable without braces",
        spoil: |w| {
            unit(
                w,
                "Type=notify",
                "Type=notify\nEnvironment=\"GITEA_TOKEN=$GITEA_TOKEN\"",
            )
        },
        says: ("unit.variables", "error", &["does not expand"]),
        exit: 1,
    },
    Row {
        name: "a token in the unit",
        spoil: |w| {
            let hex = "01234567".repeat(5);
            let line = format!("Type=notify\nEnvironment=A=1 GITEA_TOKEN={hex}");
            unit(w, "Type=notify", &line);
        },
        says: (
            "unit.exposed",
            "warning",
            &["`GITEA_TOKEN`", "everybody", "LoadCredential="],
        ),
        exit: 0,
    },
    Row {
        name: "a password in the unit under a name of its own",
        spoil: |w| {
            let line = "Type=notify\nEnvironment=\"CHAT_PASSWORD=correct-horse-battery\"";
            unit(w, "Type=notify", line);
        },
        says: ("unit.exposed", "warning", &["`CHAT_PASSWORD`"]),
        exit: 0,
    },
    Row {
        name: "a credential in the unit",
        spoil: |w| {
            let line = "Type=notify\nSetCredential=chat:ghp_0123456789abcdef0123";
            unit(w, "Type=notify", line);
        },
        says: ("unit.exposed", "warning", &["`chat`", "LoadCredential="]),
        exit: 0,
    },
    Row {
        name: "variables that are no secrets",
        spoil: |w| {
            let line = "Type=notify\nEnvironment=RUST_LOG=info PATH=/usr/local/bin:/usr/bin";
            unit(w, "Type=notify", line);
        },
        says: ("unit", "ok", &["adf@.service"]),
        exit: 0,
    },
    Row {
        name: "no binary",
        spoil: |w| unit(w, env!("CARGO_BIN_EXE_adf"), "/opt/none/adf"),
        says: ("unit.binary", "error", &["/opt/none/adf", "ExecStart"]),
        exit: 1,
    },
    Row {
        name: "an old binary",
        spoil: other_adf,
        says: (
            "unit.binary",
            "warning",
            &["2026-04-07", "restart the service"],
        ),
        exit: 0,
    },
    Row {
        name: "another config",
        spoil: |w| {
            let path = w.config.display().to_string();
            unit(w, &path, "/etc/adf/other.toml");
        },
        says: (
            "unit.config",
            "error",
            &["/etc/adf/other.toml", "correct ExecStart"],
        ),
        exit: 1,
    },
    Row {
        name: "a crash loop",
        spoil: |w| unit(w, "RestartPreventExitStatus=78\n", ""),
        says: (
            "unit.restart",
            "warning",
            &["again and again", "RestartPreventExitStatus=78"],
        ),
        exit: 0,
    },
    Row {
        name: "another credential",
        spoil: |w| unit(w, "gitea-token:", "token:"),
        says: ("unit.token", "error", &["does not pass", "LoadCredential"]),
        exit: 78,
    },
    Row {
        name: "a credential that is not there",
        spoil: |w| unit(w, "etc/token", "etc/tokem"),
        says: ("unit.files", "error", &["tokem", "mode 0600"]),
        exit: 78,
    },
    Row {
        name: "a credential open to others",
        spoil: |w| {
            unit(w, "Type", "Type");
            w.put("token", "x", 0o640);
        },
        says: ("unit.files", "error", &["0640", "chmod 600"]),
        exit: 78,
    },
    Row {
        name: "a user that is not there",
        spoil: |w| unit(w, "Type=notify", "Type=notify\nUser=no-such-user"),
        says: ("unit.user", "error", &["no-such-user", "useradd"]),
        exit: 1,
    },
    Row {
        name: "a state in which it may not write",
        spoil: |w| {
            unit(
                w,
                "Type=notify",
                "Type=notify\nProtectSystem=strict\nStateDirectory=adf/%i",
            )
        },
        says: ("unit.state", "error", &["ReadWritePaths=", "state_dir"]),
        exit: 1,
    },
    Row {
        name: "a state in which it may write",
        spoil: |w| {
            let line = format!(
                "Type=notify\nProtectSystem=strict\nReadWritePaths={}",
                w.dir().parent().unwrap().display()
            );
            unit(w, "Type=notify", &line)
        },
        says: ("unit", "ok", &["adf@.service"]),
        exit: 0,
    },
    Row {
        name: "a state that a shell looks for elsewhere",
        spoil: |w| {
            unit(w, "Type=notify", "Type=notify\nStateDirectory=adf/%i");
            w.edit("state_dir = \"../state\"\n", "");
        },
        says: ("unit.state", "error", &["in a shell", "/var/lib/adf/shop"]),
        exit: 1,
    },
    Row {
        name: "a folder to write in that is not there",
        spoil: |w| {
            unit(
                w,
                "Type=notify",
                "Type=notify\nReadWritePaths=/nowhere/at/all",
            )
        },
        says: ("unit.state", "error", &["/nowhere/at/all", "install -d"]),
        exit: 1,
    },
    Row {
        name: "a config that it does not see",
        spoil: |w| unit(w, "Type=notify", "Type=notify\nPrivateTmp=yes"),
        says: ("unit.tmp", "error", &["PrivateTmp hides", "/etc"]),
        exit: 1,
    },
    Row {
        name: "a binary in a home",
        spoil: |w| {
            let adf = env!("CARGO_BIN_EXE_adf");
            unit(
                w,
                &format!("ExecStart={adf}"),
                &format!("ProtectHome=yes\nExecStart=/{}/me/adf", "home"),
            );
        },
        says: ("unit.home", "warning", &["ProtectHome", "/usr/local/bin"]),
        exit: 1,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_the_unit_is_said_with_its_remedy() {
    play(UNITS, &[]).await;
}
