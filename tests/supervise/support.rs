//! A run directory, a workspace and ways to look at what runs.

use adf::{
    act::supervise::{Ended, Event, RunSpec, SpecLimits, Supervised, WallSpec, environment, start},
    model::{Exit, RunId},
    provider::Stream,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    future::Future,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::time::{interval, timeout};

/// No condition in these tests takes longer on a slow machine.
pub const BOUND: Duration = Duration::from_secs(120);

pub fn adf() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_adf"))
}

pub struct Room {
    pub dir: tempfile::TempDir,
    pub spec: RunSpec,
    /// A number of seconds nobody else sleeps: `sleep {mark}` is found by it.
    pub mark: String,
}

impl Room {
    /// A run of `sh -c script`; `MARK` in it becomes the room's mark.
    pub fn new(script: &str) -> Room {
        static ROOMS: AtomicU32 = AtomicU32::new(0);
        let number = ROOMS.fetch_add(1, Ordering::SeqCst);
        let mark = format!("9{:07}{number:04}", std::process::id());
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap();
        let (run_dir, workspace) = (root.join("run"), root.join("workspace"));
        fs::create_dir(&workspace).unwrap();
        let run = RunId(format!("{mark}-1"));
        let none = BTreeMap::new();
        let spec = RunSpec {
            env: environment(&run, &run_dir, adf(), &none, &none),
            secret: None,
            home: BTreeMap::new(),
            given: BTreeMap::new(),
            is_agent: true,
            run,
            run_dir,
            workspace,
            argv: ["/bin/sh", "-c", &script.replace("MARK", &mark)]
                .map(str::to_owned)
                .to_vec(),
            stdin: None,
            walls: WallSpec {
                required: true,
                ..WallSpec::default()
            },
            limits: SpecLimits {
                wall_ms: 3_600_000,
                grace_ms: 3_600_000,
                steps: 1000,
                output_bytes: 1 << 20,
                file_bytes: 1 << 30,
            },
            stream: Stream::Script,
        };
        Room { dir, spec, mark }
    }

    pub async fn start(&self) -> Supervised {
        start(adf(), &self.spec).await.unwrap()
    }

    pub async fn run(&self) -> Ended {
        end_of(&mut self.start().await).await
    }

    pub fn output(&self) -> String {
        let bytes = fs::read(self.spec.layout().output()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().canonicalize().unwrap().join(name)
    }

    /// Processes that sleep this room's time.
    pub fn sleepers(&self) -> Vec<i32> {
        sleepers(&self.mark)
    }

    pub async fn until_sleepers(&self, count: usize) {
        until("sleepers", || self.sleepers().len() >= count).await;
    }

    pub async fn until_gone(&self) {
        until("no sleepers", || self.sleepers().is_empty()).await;
    }
}

pub fn sleepers(mark: &str) -> Vec<i32> {
    let pids = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let name = entry.ok()?.file_name();
        name.to_str()?.parse::<i32>().ok()
    });
    pids.filter(|pid| {
        let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(|byte| *byte == 0).collect();
        words.first().is_some_and(|word| word.ends_with(b"sleep"))
            && words.get(1) == Some(&mark.as_bytes())
    })
    .collect()
}

/// Waits for a condition of the system that nothing announces.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    let wait = async {
        let mut ticks = interval(Duration::from_millis(10));
        while !condition() {
            ticks.tick().await;
        }
    };
    timeout(BOUND, wait)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"));
}

pub async fn bounded<T>(what: &str, future: impl Future<Output = T>) -> T {
    timeout(BOUND, future)
        .await
        .unwrap_or_else(|_| panic!("never: {what}"))
}

pub async fn end_of(run: &mut Supervised) -> Ended {
    loop {
        match bounded("an event", run.next()).await {
            Some(Event::Exited(ended)) => return ended,
            Some(_) => {}
            None => panic!("the supervisor was lost"),
        }
    }
}

pub async fn until_progress(run: &mut Supervised) {
    loop {
        match bounded("progress", run.next()).await {
            Some(Event::Progress) => return,
            Some(Event::Exited(ended)) => panic!("ended early: {ended:?}"),
            Some(_) => {}
            None => panic!("the supervisor was lost"),
        }
    }
}

/// Runs lines inside the walls; gives back those that succeeded.
pub async fn succeed(room: &mut Room, tries: &[(&str, String)]) -> BTreeSet<String> {
    let script: String = tries
        .iter()
        .map(|(name, line)| format!("if ({line}) >/dev/null 2>&1; then echo 'can {name}'; fi\n"))
        .collect();
    room.spec.argv = vec!["/bin/sh".into(), "-c".into(), script];
    let mut run = start(adf(), &room.spec).await.unwrap();
    let ended = end_of(&mut run).await;
    assert_eq!(ended.exit, Exit::Code(0), "{ended:?} {}", room.output());
    let output = room.output();
    let done = output.lines().filter_map(|line| line.strip_prefix("can "));
    done.map(str::to_owned).collect()
}

/// The system's python; the interpreter on the path may be installed where no agent reads.
#[expect(clippy::print_stderr, reason = "what is not tried is said")]
pub fn python() -> Option<&'static str> {
    let mut places = ["/usr/bin/python3", "/bin/python3"].into_iter();
    let found = places.find(|path| Path::new(path).exists());
    if found.is_none() {
        eprintln!("skipped: there is no python3 of the system to try it with");
    }
    found
}
