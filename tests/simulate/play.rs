//! One world from its first moment until it has come to rest.

use crate::daemon::Daemon;
use crate::model::{Model, SETTLE};
use crate::outside::lock;
use crate::people::{self, Asked, Expect};
use crate::planted::Planted;
use crate::{check, orders, runs};
use adf::mention::marker::MarkerKey;
use adf::model::Time;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Steps of the busy part of a world.
const STEPS: u32 = 900;
/// Steps within which a world must come to rest once nobody disturbs it.
const REST_STEPS: u32 = 30_000;
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

/// What a world is to be like.
#[derive(Clone, Debug)]
pub struct Script {
    pub seed: u64,
    /// One in so many requests goes wrong; 0: none.
    pub trouble: u32,
    /// Somebody does something at one in so many steps.
    pub people: u32,
    pub kill: Kill,
    /// The operator orders something at one in so many steps; 0: never.
    pub orders: u32,
    /// One in so many kills takes the ledger with it; 0: none.
    pub lose: u32,
    pub planted: Option<Planted>,
}

impl Script {
    pub fn random(seed: u64) -> Script {
        let mut rng = fastrand::Rng::with_seed(seed ^ 0x5eed);
        Script {
            seed,
            trouble: [0, 5, 10, 30][rng.usize(0..4)],
            people: [20, 60, 120][rng.usize(0..3)],
            kill: match rng.u8(0..4) {
                0 => Kill::Never,
                1 => Kill::OneIn(60),
                _ => Kill::OneIn(250),
            },
            lose: if rng.u8(0..4) == 0 { 2 } else { 0 },
            orders: [0, 0, 60, 200][rng.usize(0..4)],
            planted: None,
        }
        .without_lost_orders()
    }

    /// A lost ledger forgets orders, and with them how a task ended that was cancelled.
    fn without_lost_orders(mut self) -> Script {
        if self.lose > 0 {
            self.orders = 0;
        }
        self
    }

    pub fn quiet(kill: Kill, lose: u32) -> Script {
        Script {
            seed: 1,
            trouble: 0,
            people: 60,
            kill,
            lose,
            orders: 0,
            planted: None,
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
    let model = Arc::new(Mutex::new(model));
    let daemon = Daemon::start(&model, &key);
    let mut world = World {
        model,
        key,
        daemon,
        asked: Vec::new(),
        killed: false,
    };
    for _ in 0..STEPS {
        world.busy_step(script);
    }
    world.rest();
    let mut model = lock(&world.model);
    check::at_rest(&mut model, &world.key, &world.asked);
    End {
        faults: std::mem::take(&mut model.faults),
        story: std::mem::take(&mut model.story),
        points: model.points,
    }
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
            if model.one_in(script.orders) {
                orders::give(&mut model);
            }
        }
        let lose = if self.daemon.dead { 0 } else { script.lose };
        if self.daemon.dead || self.is_time(script.kill) {
            self.kill(lose);
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
    fn kill(&mut self, lose: u32) {
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
        let lost = model.one_in(lose);
        if lost {
            model.tell("the ledger is lost");
            model.ledger = crate::model::Ledger::default();
            for asked in &mut self.asked {
                if !check::is_accepted(&model, &self.key, &asked.task) {
                    asked.expect = Expect::Perhaps;
                }
            }
        }
        if lost {
            // `app::build` begins so on a ledger that is new when the factory is not.
            model.pass(SETTLE);
        }
        drop(model);
        self.daemon = Daemon::start(&self.model, &self.key);
    }

    /// To the next moment at which something is to do.
    fn leap(&mut self) {
        let mut model = lock(&self.model);
        let wire = model.wire.iter().map(|(at, _)| *at).min();
        let next = wire.map_or(self.daemon.next(), |at| at.min(self.daemon.next()));
        let span = next.since(model.now).max(Duration::from_millis(1));
        model.pass(span);
        runs::act(&mut model);
    }

    /// Nobody disturbs it any more: it must come to rest.
    fn rest(&mut self) {
        {
            let mut model = lock(&self.model);
            model.trouble = 0;
            model.forge.archived = false;
            model.tell("nobody disturbs it any more");
            orders::resume(&mut model);
        }
        if self.daemon.dead {
            self.kill(0);
        }
        self.daemon.idle_ticks = 0;
        for _ in 0..REST_STEPS {
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
