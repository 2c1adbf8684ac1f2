//! What an agent can reach, tried from inside, as the same user.
//!
//! Invariant: a try does no harm when the walls fail it: it aims at a file of its own
//! room, or opens without reading or writing. Nothing here writes to a path of the system.

use crate::support::{Room, adf, bounded, python, succeed, until_progress};
use adf::{
    act::supervise::{empty::kill_process, living, probe, prove_empty},
    ipc::{agent::serve_agent, request::Request},
    model::{Exit, Message, ReportStatus},
};
use std::{
    collections::BTreeSet,
    fs,
    sync::{Arc, Mutex},
    time::Duration,
};

#[tokio::test]
async fn an_agent_reads_and_writes_nothing_outside_its_places() {
    let mut room = Room::new("");
    let sibling = room.path("sibling");
    fs::create_dir(&sibling).unwrap();
    let secret = sibling.join("secret");
    fs::write(&secret, "s3cret").unwrap();
    fs::write(room.path("workspace/mine"), "x").unwrap();
    let (file, sibling) = (secret.display(), sibling.display());
    let tries = [
        ("read", format!("cat {file}")),
        ("list", format!("ls {sibling}")),
        ("create", format!("echo x > {sibling}/new")),
        ("append", format!("echo x >> {file}")),
        ("truncate", format!("truncate -s 0 {file}")),
        ("remove", format!("rm {file}")),
        ("move away", format!("mv {file} .")),
        ("move there", format!("mv mine {sibling}/mine")),
        ("link", format!("ln {file} linked && cat linked")),
        ("follow", format!("ln -s {file} sym && cat sym")),
        ("open the shadow file", ": < /etc/shadow".into()),
        ("list the home of root", "ls /root".into()),
    ];
    assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
    assert_eq!(fs::read_to_string(secret).unwrap(), "s3cret");
}

#[tokio::test]
async fn an_agent_cannot_look_into_its_keepers_or_touch_their_files() {
    let mut room = Room::new("");
    room.spec.layout().create().unwrap();
    fs::write(room.spec.layout().prompt(), "do it").unwrap();
    let run = room.spec.run_dir.display();
    let daemon = std::process::id();
    let tries = [
        ("daemon environ", format!("cat /proc/{daemon}/environ")),
        ("daemon output", format!("readlink /proc/{daemon}/fd/1")),
        ("daemon place", format!("readlink /proc/{daemon}/cwd")),
        ("daemon root", format!("ls /proc/{daemon}/root/")),
        ("daemon memory", format!(": < /proc/{daemon}/mem")),
        ("daemon signal", format!("kill -0 {daemon}")),
        ("supervisor environ", "cat /proc/$PPID/environ".into()),
        ("supervisor events", "echo x > /proc/$PPID/fd/1".into()),
        ("supervisor signal", "kill -0 $PPID".into()),
        ("read the spec", format!("cat {run}/spec.json")),
        ("read the record", format!("cat {run}/record.json")),
        ("write the record", format!("echo x > {run}/record.json")),
        ("move the lock", format!("mv {run}/lock {run}/tmp/lock")),
        ("remove the log", format!("rm {run}/output.log")),
        (
            "write the prompt",
            format!("echo x > {run}/agent/prompt.md"),
        ),
    ];
    assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
}

#[tokio::test]
async fn an_agent_that_runs_as_root_has_no_powers_of_root() {
    let mut room = Room::new("");
    let tries = [
        ("open kernel memory", ": < /proc/kcore"),
        ("open a sysctl", ": >> /proc/sys/vm/drop_caches"),
        ("open its oom score", ": >> /proc/self/oom_score_adj"),
        ("make a device", "mknod null c 1 3"),
        ("have its own mounts", "unshare --mount true"),
        ("give a file away", "touch mine && chown 1 mine"),
        ("raise its limits", "ulimit -c unlimited"),
        ("be somebody else", "setpriv --reuid 1 true"),
    ];
    let tries = tries.map(|(name, line)| (name, line.to_owned()));
    assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
}

#[tokio::test]
async fn an_agent_can_do_its_work() {
    let mut room = Room::new("");
    let cache = room.path("cache");
    let tools = room.path("tools");
    for folder in [&cache, &tools] {
        fs::create_dir(folder).unwrap();
    }
    fs::write(tools.join("notes"), "x").unwrap();
    room.spec.walls.write.push(cache.clone());
    room.spec.walls.read.push(tools.clone());
    room.spec.layout().create().unwrap();
    fs::write(room.spec.layout().prompt(), "do it").unwrap();
    let tries = [
        ("write the workspace", "mkdir -p a/b && echo x > a/b/c && mv a/b/c a/d && rm -r a".into()),
        ("run git", "git init -q r && cd r && echo x > f && git add f && git -c user.name=a -c user.email=a@b commit -qm x && git log".into()),
        ("write home", "echo x > $HOME/x && cat ~/x".into()),
        ("write tmp", "mktemp".into()),
        ("read the prompt", "grep -q 'do it' $ADF_PROMPT".into()),
        ("use null", "echo x > /dev/null".into()),
        ("use its own output by name", "echo x > /dev/stderr; echo x > /dev/stdout".into()),
        ("use random", "head -c 8 /dev/urandom".into()),
        ("write a named cache", format!("echo x > {}/x", cache.display())),
        ("read a named folder", format!("cat {}/notes", tools.display())),
        ("run what it built", "cp /bin/true ./built && ./built".into()),
        ("pipe and use here-documents", "cat <<E | grep -q x\nx\nE\n".into()),
        ("look at itself", "cat /proc/self/status && cat /proc/$$/environ".into()),
        ("signal its child", "sleep 60 & kill $!".into()),
        ("find adf", "adf --help".into()),
        ("resolve names", "getent hosts localhost".into()),
    ];
    let wanted: BTreeSet<String> = tries.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(succeed(&mut room, &tries).await, wanted);
}

#[tokio::test]
async fn an_agent_cannot_write_what_it_may_only_read() {
    let mut room = Room::new("");
    let tools = room.path("tools");
    fs::create_dir(&tools).unwrap();
    room.spec.walls.read.push(tools.clone());
    let tries = [("write", format!("echo x > {}/x", tools.display()))];
    assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
}

#[tokio::test]
async fn the_environment_is_exactly_the_one_in_the_spec_and_the_spec_does_not_stay() {
    let mut room = Room::new("");
    room.spec.argv = vec!["env".into()];
    room.spec.env.insert("PASSED".into(), "v4lue".into());
    room.run().await;
    let wanted: BTreeSet<String> = room
        .spec
        .env
        .iter()
        .map(|(n, v)| format!("{n}={v}"))
        .collect();
    let found: BTreeSet<String> = room.output().lines().map(str::to_owned).collect();
    assert_eq!(found, wanted);
    assert!(!room.spec.layout().spec().exists());
    assert!(!format!("{:?}", room.spec).contains("v4lue"));
}

#[tokio::test]
async fn an_agent_has_no_capabilities_no_core_files_and_no_files_that_leaked_down_to_it() {
    let room = Room::new(
        "grep -E 'CapEff|CapPrm|CapInh|NoNewPrivs' /proc/self/status; ulimit -c; ls /proc/self/fd | sort -n | tr '\\n' ' '",
    );
    fs::write(room.path("secret"), "x").unwrap();
    let leak = fs::File::open(room.path("secret")).unwrap();
    rustix::io::fcntl_setfd(&leak, rustix::io::FdFlags::empty()).unwrap();
    room.run().await;
    // 3 is the folder that `ls` itself reads.
    let wanted = "CapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n\
                  NoNewPrivs:\t1\n0\n0 1 2 3 ";
    assert_eq!(room.output(), wanted);
}

#[tokio::test]
async fn the_prompt_is_standard_input() {
    let mut room = Room::new("cat");
    room.spec.layout().create().unwrap();
    fs::write(room.spec.layout().prompt(), "the whole prompt").unwrap();
    room.spec.stdin = Some(room.spec.layout().prompt());
    room.run().await;
    assert_eq!(room.output(), "the whole prompt");
}

#[tokio::test]
async fn a_file_above_the_limit_ends_the_writer() {
    let mut room = Room::new("head -c 100000 /dev/zero > big; echo $?; wc -c < big");
    room.spec.limits.file_bytes = 50_000;
    room.run().await;
    assert!(room.output().contains("50000"), "{}", room.output());
}

#[tokio::test]
async fn processes_memory_and_open_files_are_bounded_for_all_that_a_run_starts() {
    let mut room = Room::new("bash -c 'bash -c \"ulimit -H -u -v -n\"'");
    room.spec.walls.processes = Some(321);
    room.spec.walls.memory = Some(1 << 30);
    room.run().await;
    let output = room.output();
    let values: Vec<&str> = output.split_ascii_whitespace().collect();
    for value in ["321", "1048576"] {
        assert!(values.contains(&value), "{value}: {output}");
    }
    assert!(!output.contains("unlimited"), "{output}");
}

#[tokio::test]
async fn an_agent_reports_through_its_socket_from_inside_the_walls() {
    let mut room = Room::new(
        "adf agent report --status done --summary 'all well' --evidence 'cargo test: ok'; adf agent report --status done --summary ''",
    );
    // Longer than a socket's address may be.
    room.spec.run_dir = room.path(&format!("{}/{}", "d".repeat(100), "e".repeat(100)));
    for (name, path) in [
        ("HOME", "home"),
        ("TMPDIR", "tmp"),
        ("ADF_AGENT_DIR", "agent"),
    ] {
        let path = room.spec.run_dir.join(path);
        room.spec
            .env
            .insert(name.into(), path.to_string_lossy().into_owned());
    }
    room.spec.layout().create().unwrap();
    let got: Arc<Mutex<Vec<Request>>> = Arc::default();
    let put = Arc::clone(&got);
    let socket = serve_agent(
        &room.spec.layout().agent(),
        room.spec.run.clone(),
        move |request| {
            put.lock().unwrap().push(request);
            Box::pin(async { Ok("accepted".into()) })
        },
    )
    .await
    .unwrap();
    let ended = room.run().await;
    assert_eq!(ended.exit, Exit::Code(1), "{}", room.output());
    assert!(room.output().starts_with("accepted\n"), "{}", room.output());
    assert!(room.output().contains("/summary"));
    let got = got.lock().unwrap().clone();
    let [Request::Say(Message::Report(report))] = got.as_slice() else {
        panic!("{got:?}")
    };
    assert_eq!(
        (report.status, report.summary.as_str()),
        (ReportStatus::Done, "all well")
    );
    drop(socket);
    assert!(!room.spec.layout().agent().join("agent.key").exists());
}

#[tokio::test]
async fn another_runs_socket_takes_nothing_from_this_run() {
    let other = Room::new("");
    other.spec.layout().create().unwrap();
    let dir = other.spec.layout().agent();
    let taken: Arc<Mutex<u32>> = Arc::default();
    let count = Arc::clone(&taken);
    let _socket = serve_agent(&dir, other.spec.run.clone(), move |_| {
        *count.lock().unwrap() += 1;
        Box::pin(async { Ok("taken".into()) })
    })
    .await
    .unwrap();
    let mut room = Room::new("");
    let tries = [
        (
            "report",
            format!(
                "ADF_AGENT_DIR={} adf agent report --status done --summary x",
                dir.display()
            ),
        ),
        ("read the key", format!("cat {}/agent.key", dir.display())),
    ];
    assert_eq!(succeed(&mut room, &tries).await, BTreeSet::new());
    assert_eq!(*taken.lock().unwrap(), 0);
}

#[tokio::test]
async fn requires_are_tried_inside_the_walls() {
    let room = Room::new("");
    let hidden = room.path("hidden");
    fs::copy("/bin/true", &hidden).unwrap();
    let hidden = hidden.to_string_lossy().into_owned();
    let names = ["git", "sh", "no-such-tool", &hidden].map(str::to_owned);
    let time = crate::support::BOUND;
    let missing = bounded("the probe", probe(adf(), &room.spec, &names, time))
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(missing[0].starts_with("no-such-tool: not found"));
    assert!(
        missing[1].starts_with(&hidden) && missing[1].contains("not executable inside the walls")
    );
    assert_eq!(
        probe(adf(), &room.spec, &names[..2], time).await.unwrap(),
        Ok(())
    );
}

#[tokio::test]
async fn a_probe_does_not_hang_on_a_tool_that_does() {
    let room = Room::new("");
    let tool = room.path("workspace/tool");
    fs::write(&tool, "#!/bin/sh\nexec sleep 100000\n").unwrap();
    fs::set_permissions(&tool, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let names = [tool.to_string_lossy().into_owned()];
    let answer = probe(adf(), &room.spec, &names, crate::support::BOUND)
        .await
        .unwrap();
    assert_eq!(answer, Ok(()));
}

#[tokio::test]
async fn the_mark_of_a_run_cannot_be_shed() {
    let Some(python) = python() else { return };
    // By `setrlimit`, by `prlimit64` by its own number and by 0, and by x32's numbers where those are.
    let code = r#"
import ctypes, os, platform, resource, struct
wanted = (777, 777)
own = resource.getrlimit(15)
def refused(how):
    try: how()
    except (ValueError, PermissionError): pass
refused(lambda: resource.setrlimit(15, wanted))
refused(lambda: resource.setrlimit(15, (1, own[1])))
refused(lambda: resource.prlimit(0, 15, wanted))
refused(lambda: resource.prlimit(os.getpid(), 15, wanted))
new = struct.pack("QQ", *wanted)
calls = {"x86_64": (160, 302, 0x400000A0, 0x4000012E), "aarch64": (164, 261)}[platform.machine()]
for call in calls:
    arguments = (15, new) if call & 0xFF in (160, 164) else (0, 15, new, None)
    ctypes.CDLL(None).syscall(call, *arguments)
assert resource.prlimit(0, 15) == own == resource.getrlimit(15), resource.getrlimit(15)
"#;
    let mut room = Room::new("");
    fs::write(room.path("workspace/shed.py"), code).unwrap();
    let ghost = "env -i /usr/bin/setsid /bin/bash -c 'ulimit -R 1000; exec sleep MARK' & ";
    let script = format!(
        "{python} shed.py && touch kept; ulimit -c 0 && ulimit -n 100 && prlimit --nofile=64 true && touch limited; \
         {ghost} echo '{{\"type\":\"progress\"}}'; sleep MARK"
    );
    room.spec.argv = ["/bin/bash", "-c", &script.replace("MARK", &room.mark)]
        .map(str::to_owned)
        .to_vec();
    let mut run = room.start().await;
    until_progress(&mut run).await;
    room.until_sleepers(2).await;
    for done in ["kept", "limited"] {
        let did = room.spec.workspace.join(done).exists();
        assert!(did, "not {done}: {}", room.output());
    }
    let own = room.sleepers().into_iter().map(limit_of_real_time);
    let own: BTreeSet<String> = own.collect();
    assert_eq!(own.len(), 1, "{own:?}");
    // Nobody watches any more: what is left is found by its mark alone.
    kill_process(run.process());
    let dir = room.spec.run_dir.clone();
    assert!(living(std::slice::from_ref(&dir)) >= 1);
    bounded("proof", prove_empty(&dir, Duration::ZERO))
        .await
        .unwrap();
    assert_eq!(room.sleepers(), Vec::<i32>::new());
}

fn limit_of_real_time(pid: i32) -> String {
    let limits = fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits
        .lines()
        .find(|line| line.contains("realtime timeout"));
    line.unwrap().to_owned()
}
