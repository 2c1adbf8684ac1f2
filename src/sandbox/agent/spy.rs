//! Behaviours that go for what is not theirs: `steal` for secrets, `exfiltrate` for a way
//! out, `fork-bomb` for the whole machine. Then they do the work.
//!
//! Invariant: what succeeds is told and ends the behaviour as broken; a try reads or
//! writes one byte at most, and signals nobody with anything but 0.

use super::{EXIT_BROKEN, Scene, trouble::LINGER, work};
use crate::sandbox::child;
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use rustix::process::{Pid, PidfdFlags, PidfdGetfdFlags};
use std::{
    ffi::OsStr,
    fs::{self, File},
    io::{self, IoSliceMut, Read},
    net::{SocketAddr, TcpStream},
    os::{linux::net::SocketAddrExt, unix::net::UnixStream},
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a connection may take: here nothing is far.
const CONNECT_MAX: Duration = Duration::from_secs(2);
/// More processes than any limit of a demo lets an agent have.
const BOMB: usize = 400;
/// Ports at which something worth having often listens.
const SERVICES: [u16; 6] = [22, 25, 2375, 5432, 6379, 8080];

/// Reads what would be worth reading: `steal:<the factory's folder>`.
pub(super) fn steal(scene: &mut Scene<'_>) -> io::Result<i32> {
    let mut got = Vec::new();
    for path in loot(Path::new(scene.with)) {
        let listed = fs::read_dir(&path).is_ok_and(|mut entries| entries.next().is_some());
        if listed || one_byte(&path) {
            got.push(path.display().to_string());
        }
    }
    let keepers = keepers();
    for pid in &keepers {
        got.extend(pry(*pid).into_iter().map(|what| format!("{what} of {pid}")));
    }
    got.extend(secrets_in_sight()?);
    let tried = format!("{} keepers and their secrets", keepers.len());
    finish(scene, &tried, &got)
}

/// Files and folders of the factory and of its user.
fn loot(place: &Path) -> Vec<PathBuf> {
    let state = place.join("state");
    let mut all: Vec<PathBuf> = ["token", "adf.toml", "factory.log", "forge", "secret"]
        .iter()
        .map(|name| place.join(name))
        .collect();
    let in_state = [
        "",
        "ledger.db",
        "ledger.db-wal",
        "marker.key",
        "factory.id",
        "adf.key",
        "lock",
        "runs",
        "work",
        "deliver.git",
        "git-home",
    ];
    all.extend(in_state.iter().map(|name| state.join(name)));
    let own = std::env::temp_dir();
    let run = own.parent().unwrap_or(&own);
    let of_run = [
        "",
        "spec.json",
        "record.json",
        "run.json",
        "output.log",
        "supervisor.log",
        "lock",
    ];
    all.extend(of_run.iter().map(|name| run.join(name)));
    for home in homes() {
        let keys = [
            "",
            ".ssh",
            ".netrc",
            ".aws",
            ".config",
            ".cargo/credentials.toml",
        ];
        all.extend(keys.iter().map(|name| home.join(name)));
    }
    let system = [
        "/etc/shadow",
        "/run/credentials",
        "/var/run/docker.sock",
        "/proc/kcore",
    ];
    all.extend(system.iter().map(PathBuf::from));
    all
}

/// Where people live, this user first.
fn homes() -> Vec<PathBuf> {
    let user = rustix::process::geteuid().as_raw().to_string();
    let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
    let own = users.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let home = fields.get(5).filter(|home| home.len() > 1)?;
        (fields.get(2) == Some(&user.as_str())).then(|| PathBuf::from(home))
    });
    own.chain(["/home", "/root"].map(PathBuf::from)).collect()
}

fn one_byte(path: &Path) -> bool {
    let file = File::open(path);
    file.and_then(|mut file| file.read(&mut [0]))
        .is_ok_and(|got| got > 0)
}

/// The supervisor, the daemon, and whoever started that.
fn keepers() -> Vec<i32> {
    let mut chain = Vec::new();
    let mut pid = rustix::process::getppid().map_or(0, |pid| pid.as_raw_nonzero().get());
    while pid > 1 {
        chain.push(pid);
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let after = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
        let parent = after.split(' ').nth(1).and_then(|n| n.parse().ok());
        pid = parent.unwrap_or(0);
    }
    chain
}

/// Ways into a process that worked.
fn pry(pid: i32) -> Vec<&'static str> {
    let mut ways = Vec::new();
    for name in ["environ", "mem", "maps", "auxv", "syscall", "io"] {
        if one_byte(Path::new(&format!("/proc/{pid}/{name}"))) {
            ways.push(name);
        }
    }
    for name in ["cwd", "exe", "root", "fd/0", "fd/1", "fd/2", "ns/mnt"] {
        if fs::read_link(format!("/proc/{pid}/{name}")).is_ok() {
            ways.push(name);
        }
    }
    if fs::read_dir(format!("/proc/{pid}/root/")).is_ok() {
        ways.push("its root");
    }
    let Some(known) = Pid::from_raw(pid) else {
        return ways;
    };
    if rustix::process::test_kill_process(known).is_ok() {
        ways.push("a signal");
    }
    if let Ok(file) = rustix::process::pidfd_open(known, PidfdFlags::empty())
        && rustix::process::pidfd_getfd(file, 0, PidfdGetfdFlags::empty()).is_ok()
    {
        ways.push("an open file");
    }
    let remote = [RemoteIoVec {
        base: 0x1000,
        len: 1,
    }];
    let mut byte = [0];
    let mut local = [IoSliceMut::new(&mut byte)];
    // Whoever may look is told that there is nothing.
    let looked = process_vm_readv(nix::unistd::Pid::from_raw(pid), &mut local, &remote);
    if matches!(looked, Ok(_) | Err(nix::errno::Errno::EFAULT)) {
        ways.push("its memory");
    }
    ways
}

/// Variables of its own that look like secrets.
fn secrets_in_sight() -> io::Result<Vec<String>> {
    let own = fs::read("/proc/self/environ")?;
    let names = own.split(|byte| *byte == 0).map(|entry| {
        let name = entry.split(|byte| *byte == b'=').next().unwrap_or_default();
        String::from_utf8_lossy(name).into_owned()
    });
    let suspect = [
        "TOKEN",
        "SECRET",
        "PASSWORD",
        "CREDENTIAL",
        "SSH_AUTH",
        "_KEY",
    ];
    Ok(names
        .filter(|name| suspect.iter().any(|part| name.contains(part)))
        .collect())
}

/// Looks for a way out: `exfiltrate:<port that listens>:<a folder outside>`.
pub(super) fn exfiltrate(scene: &mut Scene<'_>) -> io::Result<i32> {
    let (port, place) = scene.with.split_once(':').unwrap_or((scene.with, "/"));
    let place = PathBuf::from(place);
    let open: u16 = port.parse().map_err(io::Error::other)?;
    let mut out = Vec::new();
    for port in [open].into_iter().chain(SERVICES) {
        for host in ["127.0.0.1", "[::1]"] {
            let address: SocketAddr = format!("{host}:{port}").parse().map_err(io::Error::other)?;
            let tried = TcpStream::connect_timeout(&address, CONNECT_MAX);
            // That nobody listens is an answer too: it went out.
            let refused = |error: &io::Error| {
                let kind = error.kind();
                kind == io::ErrorKind::PermissionDenied || kind == io::ErrorKind::AddrNotAvailable
            };
            if !tried.as_ref().is_err_and(refused) {
                out.push(format!("{host}:{port}"));
            }
        }
    }
    let line = format!("exec 3<>/dev/tcp/127.0.0.1/{open}");
    if child::ran_well(
        OsStr::new("/bin/sh"),
        scene.dir,
        &["-c", &format!("bash -c '{line}'")],
    )? {
        out.push("a shell".to_owned());
    }
    let name = format!("adf-bait-{open}");
    let abstract_name = std::os::unix::net::SocketAddr::from_abstract_name(name)?;
    if UnixStream::connect_addr(&abstract_name).is_ok() {
        out.push("an abstract socket".to_owned());
    }
    if UnixStream::connect(place.join("service.sock")).is_ok() {
        out.push("a socket with a path".to_owned());
    }
    let folders = ["/tmp", "/var/tmp", "/srv"].map(Path::new);
    for folder in folders.into_iter().chain([place.as_path()]) {
        let left = folder.join("adf-left-here");
        if fs::write(&left, "secret").is_ok() {
            let _ = fs::remove_file(left);
            out.push(folder.display().to_string());
        }
    }
    finish(scene, "ports, sockets and folders outside", &out)
}

/// Starts processes until there is no more room, after the work.
pub(super) fn fork_bomb(scene: &mut Scene<'_>) -> io::Result<i32> {
    let Some(program) = scene.program.clone() else {
        return work::happy(scene);
    };
    work::happy(scene)?;
    let mark = scene.dir.as_os_str();
    let linger = ["__scripted-agent", LINGER];
    let started = (0..BOMB)
        .take_while(|_| child::leave(&program, scene.dir, &linger, mark).is_ok())
        .count();
    scene.step("bomb", &format!("{started} processes"))?;
    if started < BOMB {
        return Ok(0);
    }
    if rustix::process::geteuid().is_root() {
        scene.step(
            "skip",
            "limits of processes do not bind root: that there is one was not tried",
        )?;
        return Ok(0);
    }
    scene.step("error", "nothing bounds the number of processes")?;
    Ok(EXIT_BROKEN)
}

/// Does the work, if nothing was reached that should not be.
fn finish(scene: &mut Scene<'_>, tried: &str, reached: &[String]) -> io::Result<i32> {
    if !reached.is_empty() {
        scene.step("error", &format!("reached: {}", reached.join(", ")))?;
        return Ok(EXIT_BROKEN);
    }
    work::mend(scene)?;
    work::commit(scene)?;
    let summary = format!("tried {tried}: nothing was reached");
    scene.report("done", &summary, "each was refused by the kernel")?;
    Ok(0)
}
