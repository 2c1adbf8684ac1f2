//! One world from its first moment until it has come to rest.

use crate::daemon::Daemon;
use crate::model::{Disk, Ledger, Model, SETTLE};
use crate::outside::lock;
use crate::people::{self, Asked, Expect};
use crate::planted::Planted;
use crate::{check, orders, runs};
use adf::decide::rejoin::rejoin;
use adf::mention::marker::MarkerKey;
use adf::model::Time;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Steps of the busy part of a world: some two tasks, or some ten.
const STEPS: u32 = 150;
const LONG_STEPS: u32 = 900;
/// Points of a short world at which it may be killed.
const POINTS: u64 = 220;
/// Steps within which a world must come to rest once nobody disturbs it: an idle poll of
/// labelled issues, which asks for each what it waits for, takes several times as many.
const REST_STEPS: u32 = 30_000;
const GROOMED_STEPS: u32 = 150_000;
/// A backup is made at one in so many steps.
const BACKUPS: u32 = 40;
/// Ticks without anything to do after which a world rests.
const IDLE_TICKS: u32 = 3;

/// When the daemon is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    Never,
    /// At a point of the world's story, counted from its start.
    At(u64),
    /// At one in so many steps.
    OneIn(u32),
}

/// What a kill may take with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    Nothing,
    Ledger,
    /// Ledger and disk; a backup made some time before is restored.
    Host,
}

/// What a world is to be like.
#[derive(Clone, Debug)]
pub struct Script {
    pub seed: u64,
    /// How long it is disturbed.
    pub steps: u32,
    /// One in so many requests goes wrong; 0: none.
    pub trouble: u32,
    /// Somebody does something at one in so many steps.
    pub people: u32,
    pub kill: Kill,
    /// The operator orders something at one in so many steps; 0: never.
    pub orders: u32,
    /// What one in two kills takes with it.
    pub lose: Loss,
    /// The clock of the factory's host is set at one in so many steps; 0: never.
    pub jumps: u32,
    /// The factory takes up issues by itself, and people groom them.
    pub groomed: bool,
    pub planted: Option<Planted>,
    /// Its story is wanted.
    pub told: bool,
}

impl Script {
    /// A short world, most of them with one kill at some point.
    pub fn random(seed: u64) -> Script {
        let mut script = Script::long(seed);
        let mut rng = fastrand::Rng::with_seed(seed ^ 0xc4a5);
        script.steps = STEPS;
        script.kill = match rng.u8(0..8) {
            0 => Kill::Never,
            1 => Kill::OneIn(40),
            _ => Kill::At(rng.u64(0..POINTS)),
        };
        script
    }

    /// A world with a history, and kills all through it.
    pub fn long(seed: u64) -> Script {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x5eed);
        Script {
            seed,
            steps: LONG_STEPS,
            trouble: [0, 5, 10, 30][rng.usize(0..4)],
            people: [20, 60, 120][rng.usize(0..3)],
            kill: match rng.u8(0..4) {
                0 => Kill::Never,
                1 => Kill::OneIn(60),
                _ => Kill::OneIn(250),
            },
            lose: [
                Loss::Ledger,
                Loss::Host,
                Loss::Nothing,
                Loss::Nothing,
                Loss::Nothing,
            ][rng.usize(0..5)],
            orders: [0, 0, 60, 200][rng.usize(0..4)],
            jumps: [0, 0, 0, 40, 200][fastrand::Rng::with_seed(seed ^ 0xc10c).usize(0..5)],
            groomed: false,
            planted: None,
            told: false,
        }
        .without_lost_orders()
    }

    /// A long world of labelled issues.
    pub fn groomed(seed: u64) -> Script {
        Script {
            groomed: true,
            ..Script::long(seed)
        }
    }

    /// A lost ledger forgets orders, and with them how a task ended that was cancelled.
    fn without_lost_orders(mut self) -> Script {
        if self.lose != Loss::Nothing {
            self.orders = 0;
        }
        self
    }

    pub fn quiet(kill: Kill, lose: Loss) -> Script {
        Script {
            seed: 1,
            steps: LONG_STEPS,
            trouble: 0,
            people: 60,
            kill,
            lose,
            orders: 0,
            jumps: 0,
            groomed: false,
            planted: None,
            told: false,
        }
    }
}

/// How a world ended.
pub struct End {
    pub faults: Vec<String>,
    pub story: Vec<String>,
    pub points: u64,
}

struct World {
    model: Arc<Mutex<Model>>,
    key: Arc<MarkerKey>,
    daemon: Daemon,
    asked: Vec<Asked>,
    killed: bool,
}

/// Plays a world to its end.
pub fn play(script: &Script) -> End {
    let key = MarkerKey::new(b"0123456789abcdef0123456789abcdef").expect("32 bytes are enough");
    let key = Arc::new(key);
    let mut model = Model::new(script.seed, script.trouble);
    model.planted = script.planted;
    model.told = script.told;
    model.coordinated = script.groomed;
    if script.groomed {
        crate::backlog::fill(&mut model);
    }
    let model = Arc::new(Mutex::new(model));
    let daemon = Daemon::start(&model, &key);
    let mut world = World {
        model,
        key,
        daemon,
        asked: Vec::new(),
        killed: false,
    };
    for _ in 0..script.steps {
        world.busy_step(script);
    }
    world.rest(if script.groomed {
        GROOMED_STEPS
    } else {
        REST_STEPS
    });
    let mut model = lock(&world.model);
    let last = &world.daemon.state.last_plan;
    check::at_rest(&mut model, &world.key, (&world.asked, last));
    End {
        faults: std::mem::take(&mut model.faults),
        story: std::mem::take(&mut model.story),
        points: model.points,
    }
}

fn lose_ledger(model: &mut Model, key: &MarkerKey, asked: &mut [Asked]) {
    model.tell("the ledger is lost");
    model.ledger = Ledger::default();
    for asked in asked {
        if !check::is_accepted(model, key, &asked.task) {
            asked.expect = Expect::Perhaps;
        }
    }
    // `app::build` begins so on a ledger that is new when the factory is not.
    model.pass(SETTLE);
}

/// The host is gone; another takes its place with the last backup, if there is one.
fn restore(model: &mut Model) {
    if model.backup.world.cursors.is_empty() {
        return;
    }
    model.tell("the host is lost, and the last backup restored");
    let now = model.here();
    model.ledger = model.backup.clone();
    model.ledger.committed.clear();
    let changes = rejoin(&model.ledger.world, now);
    model.ledger.write(changes);
    model.ledger.committed.clear();
    model.disk = Disk::default();
    model.forge.groomed.restored();
    model.pass(SETTLE);
}

impl World {
    /// A little time passes for everybody.
    fn pass(&mut self) {
        let mut model = lock(&self.model);
        let span = model.rng.u64(0..80);
        model.pass(Duration::from_millis(span));
        if model.one_in(8) {
            runs::act(&mut model);
        }
    }

    fn busy_step(&mut self, script: &Script) {
        self.pass();
        {
            let mut model = lock(&self.model);
            let listening = model.ledger.world.cursors.contains_key("listen_from");
            if model.one_in(script.people) {
                let before = self.asked.len();
                people::act(&mut model, &mut self.asked);
                // What waits for a resume is judged then, by what holds then.
                if script.orders > 0 {
                    let new = self.asked.iter_mut().skip(before);
                    let new = new.filter(|a| matches!(a.expect, Expect::Work));
                    new.for_each(|a| a.expect = Expect::Either);
                }
                if !listening {
                    let new = self.asked.iter_mut().skip(before);
                    new.for_each(|a| a.expect = Expect::Perhaps);
                }
            }
        }
        {
            let mut model = lock(&self.model);
            if script.groomed && model.one_in(script.people / 2) {
                crate::backlog::groom(&mut model, &mut self.asked);
            }
            if model.one_in(script.jumps) {
                model.jump();
            }
            if model.one_in(script.orders) {
                orders::give(&mut model);
            }
            // What was asked before the factory listened is nothing to restore.
            let listening = model.ledger.world.cursors.contains_key("listen_from");
            if script.lose == Loss::Host && listening && model.one_in(BACKUPS) {
                model.tell("a backup is made");
                model.backup = model.ledger.clone();
            }
        }
        if self.daemon.dead || self.is_time(script.kill) {
            let often = matches!(script.kill, Kill::OneIn(_));
            let spared = self.daemon.dead || (often && lock(&self.model).rng.bool());
            self.kill(if spared { Loss::Nothing } else { script.lose });
        }
        if !self.daemon.step() {
            self.leap();
        }
    }

    fn is_time(&mut self, kill: Kill) -> bool {
        let mut model = lock(&self.model);
        match kill {
            Kill::Never => false,
            Kill::At(point) => {
                !std::mem::replace(&mut self.killed, model.points >= point) && model.points >= point
            }
            Kill::OneIn(n) => model.one_in(n),
        }
    }

    /// SIGKILL: what is in flight is lost, agents may outlive it for a while.
    fn kill(&mut self, lose: Loss) {
        self.daemon.tasks_are_lost();
        let mut model = lock(&self.model);
        model.tell("the factory is killed");
        let names: Vec<String> = model.disk.processes.keys().cloned().collect();
        for name in names {
            let dies = model.rng.bool();
            if let Some(process) = model.disk.processes.get_mut(&name) {
                process.alive &= !dies;
            }
        }
        match lose {
            Loss::Nothing => {}
            Loss::Ledger => lose_ledger(&mut model, &self.key, &mut self.asked),
            Loss::Host => restore(&mut model),
        }
        drop(model);
        self.daemon = Daemon::start(&self.model, &self.key);
    }

    /// To the next moment at which something is to do.
    fn leap(&mut self) {
        let idle = self.daemon.idle();
        let mut model = lock(&self.model);
        let wire = model.wire.iter().map(|(at, _)| at.since(model.now)).min();
        let span = wire.map_or(idle, |wire| wire.min(idle));
        model.pass(span.max(Duration::from_millis(1)));
        runs::act(&mut model);
    }

    /// Nobody disturbs it any more: it must come to rest.
    fn rest(&mut self, steps: u32) {
        {
            let mut model = lock(&self.model);
            model.trouble = 0;
            model.forge.archived = false;
            model.tell("nobody disturbs it any more");
            orders::resume(&mut model);
        }
        if self.daemon.dead {
            self.kill(Loss::Nothing);
        }
        self.daemon.idle_ticks = 0;
        for _ in 0..steps {
            self.pass();
            if !self.daemon.step() {
                let busy = {
                    let model = lock(&self.model);
                    runs::busy(&model) || !model.wire.is_empty()
                };
                let waits = self.daemon.state.wake_at.is_some_and(|at| at < Time::NEVER);
                if !busy && !waits && self.daemon.idle_ticks >= IDLE_TICKS {
                    return;
                }
                self.leap();
            }
        }
        let state = &self.daemon.state;
        let why = format!("it does not come to rest: {:?}", state.last_plan.skips);
        lock(&self.model).fault(why);
    }
}
