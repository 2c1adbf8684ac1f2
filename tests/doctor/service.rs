//! Worlds in which the service, as its unit starts it, gets less than who looks.
//!
//! The unit's user is `nobody`, whom every machine has; who looks is its owner or root.

use crate::unit::unit;
use crate::world::{Row, World, play};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

/// A unit of another user, to whom all is open but what a row closes.
fn nobody(w: &mut World) {
    let line = "Type=notify\nUser=nobody";
    unit(w, "Type=notify", line);
    mode(w.dir().parent().unwrap(), 0o755);
    mode(w.dir(), 0o755);
    mode(&w.config, 0o644);
    fs::create_dir(w.state()).unwrap();
    mode(&w.state(), 0o777);
}

/// The unit's token from this file, the shell's from another that is well.
fn loaded(w: &mut World, name: &str, text: &str) {
    let loaded = w.put(name, text, 0o600);
    let token = w.dir().join("token").display().to_string();
    unit(w, &token, loaded.to_str().unwrap());
    w.edit(
        "token_credential = \"gitea-token\"",
        "token_credential = \"gitea-token\"\ntoken_file = \"token\"",
    );
}

/// The token as a variable, from a file that the unit names.
fn variable(w: &mut World, text: &str) {
    let file = w.put("shop.env", text, 0o600);
    let line = format!("Type=notify\nEnvironmentFile={}", file.display());
    unit(w, "Type=notify", &line);
    w.edit(
        "token_credential = \"gitea-token\"",
        "token_env = \"SHOP_TOKEN\"",
    );
}

/// A provider whose key only its owner may read.
fn key(w: &mut World) {
    nobody(w);
    w.put("shop.key", "sk-1", 0o600);
    w.edit(
        "kind = \"script\"\ncommand = [\"/bin/sh\"]",
        "kind = \"claude\"\ncommand = [\"/bin/true\"]\nkey_file = \"shop.key\"",
    );
}

const SERVICES: &[Row] = &[
    Row {
        name: "a config that its user may not read",
        spoil: |w| {
            nobody(w);
            mode(&w.config, 0o600);
        },
        says: (
            "unit.access",
            "error",
            &["`nobody`", "read", "shop.toml", "chown nobody"],
        ),
        exit: 1,
    },
    Row {
        name: "a folder that its user may not go through",
        spoil: |w| {
            nobody(w);
            mode(w.dir(), 0o700);
        },
        says: (
            "unit.access",
            "error",
            &["go through", "shop.toml", "chmod g+x"],
        ),
        exit: 1,
    },
    Row {
        name: "a key that its user may not read",
        spoil: key,
        says: (
            "unit.access",
            "error",
            &["read", "shop.key", "chown nobody"],
        ),
        exit: 1,
    },
    Row {
        name: "a state that its user may not write",
        spoil: |w| {
            nobody(w);
            mode(&w.state(), 0o700);
        },
        says: (
            "unit.access",
            "error",
            &["write to", "state", "chown -R nobody"],
        ),
        exit: 1,
    },
    Row {
        name: "a state below a folder that its user may not go through",
        spoil: |w| {
            nobody(w);
            let above = w.dir().parent().unwrap().join("var");
            fs::create_dir_all(above.join("shop")).unwrap();
            mode(&above, 0o700);
            w.edit("\"../state\"", "\"../var/shop\"");
            let unit = w.dir().join("adf@.service");
            let text = fs::read_to_string(&unit).unwrap();
            let given = format!(
                "User=nobody\nStateDirectory={}",
                above.join("shop").display()
            );
            fs::write(&unit, text.replace("User=nobody", &given)).unwrap();
        },
        says: ("unit.access", "error", &["go through", "/var", "chmod g+x"]),
        exit: 1,
    },
    Row {
        name: "a prompt that its user may not read",
        spoil: |w| {
            nobody(w);
            w.put("developer.md", "Do it.", 0o640);
            w.edit(
                "provider = \"house\"\n",
                "provider = \"house\"\nprompt_file = \"developer.md\"\n",
            );
        },
        says: ("unit.access", "error", &["read", "developer.md", "g+r"]),
        exit: 1,
    },
    Row {
        name: "a token that the unit loads and a shell does not",
        spoil: |w| loaded(w, "cred", "${GITEA_TOKEN}"),
        says: (
            "unit.secret",
            "error",
            &["/cred", "literal", "write the value"],
        ),
        exit: 78,
    },
    Row {
        name: "a variable that a file of the unit holds",
        spoil: |w| {
            let token = fs::read_to_string(w.dir().join("token")).unwrap();
            variable(w, &format!("# the token\nSHOP_TOKEN=\"{token}\"\n"));
        },
        says: ("token.owner", "ok", &["`adf`"]),
        exit: 0,
    },
    Row {
        name: "a variable that no file of the unit holds",
        spoil: |w| variable(w, "OTHER=1\n"),
        says: ("unit.token", "error", &["SHOP_TOKEN", "EnvironmentFile"]),
        exit: 78,
    },
    Row {
        name: "a variable that holds a variable",
        spoil: |w| variable(w, "SHOP_TOKEN=${GITEA_TOKEN}\n"),
        says: ("token", "error", &["SHOP_TOKEN", "literal"]),
        exit: 78,
    },
    Row {
        name: "a unit that is not there",
        spoil: |w| w.args = vec!["--unit".to_owned(), "nonex.service".to_owned()],
        says: (
            "unit",
            "error",
            &["nonex.service", "No such file", "--unit"],
        ),
        exit: 1,
    },
    Row {
        name: "a unit that starts nothing",
        spoil: |w| {
            let path = w.put("empty.service", "", 0o644);
            w.args = vec!["--unit".to_owned(), path.to_str().unwrap().to_owned()];
        },
        says: ("unit", "error", &["empty.service", "no ExecStart"]),
        exit: 1,
    },
    Row {
        name: "a config with a blank, unquoted",
        spoil: |w| {
            let blank = w.dir().join("the shop.toml");
            fs::rename(&w.config, &blank).unwrap();
            w.config = blank;
            let path = w.config.display().to_string();
            unit(w, "Type", "Type");
            assert!(path.contains("the shop"));
        },
        says: (
            "unit.config",
            "error",
            &["it runs with", "--config \\\"/", "the shop.toml\\\""],
        ),
        exit: 1,
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_service_does_not_get_is_said_though_who_looks_gets_it() {
    play(SERVICES, &["--no-probes"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_to_whom_all_is_open_is_well() {
    let mut world = World::new().await;
    nobody(&mut world);
    mode(&world.state(), 0o777);
    let said = world.doctor(&["--no-probes", "--format", "json"]).await;
    // The test's own executable may lie where nobody else goes.
    let denied = said.checks("unit.access");
    let other = denied
        .iter()
        .find(|check| !check["found"].to_string().contains("target"));
    assert!(other.is_none(), "{other:?}");
}
