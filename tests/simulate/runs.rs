//! Runs: agents that work while nobody looks, and the follower of each.

use crate::commit::commit;
use crate::model::Model;
use crate::outside::{Hands, lock};
use crate::turn::turn;
use adf::model::*;
use std::sync::{Arc, Mutex};

/// Lets one living agent do something: a commit, or its end.
pub fn act(model: &mut Model) {
    let living = |p: &&crate::model::Process| p.alive && p.exit.is_none();
    let names: Vec<String> = model
        .disk
        .processes
        .iter()
        .filter(|(_, p)| living(p))
        .map(|(n, _)| n.clone())
        .collect();
    let Some(name) = model.rng.choice(&names).cloned() else {
        return;
    };
    if model.one_in(16)
        && let Some(process) = model.disk.processes.get(&name)
    {
        let run = process.run.clone();
        return crate::voices::say(model, &run);
    }
    let choice = model.rng.u8(0..10);
    let head = model.sha();
    let Some(process) = model.disk.processes.get_mut(&name) else {
        return;
    };
    let task = process.run.task.clone();
    match choice {
        0..=4 => {
            let work = model.disk.work.entry(task).or_insert((head.clone(), 0));
            *work = (head, work.1 + 1);
        }
        5..=7 => process.exit = Some(Exit::Code(0)),
        8 => process.exit = Some(Exit::Code(1)),
        _ => process.exit = Some(Exit::WallTime),
    }
}

/// Whether an agent is at work.
pub fn busy(model: &Model) -> bool {
    let mut processes = model.disk.processes.values();
    processes.any(|p| p.alive && p.exit.is_none())
}

/// What a run came to, by its exit and its workspace.
pub fn establish(model: &Mutex<Model>, run: &Run, exit: Exit) -> Outcome {
    let model = lock(model);
    let work = model.disk.work.get(&run.task);
    let mut outcome = Outcome::without_work(exit.clone(), format!("{exit:?}"));
    outcome.class = match (&exit, work) {
        (Exit::Code(0), Some(_)) | (Exit::Interrupted, _) => None,
        (Exit::Code(0), None) => Some(FailureClass::Logic),
        (Exit::WallTime, _) => Some(FailureClass::Timeout),
        _ => Some(FailureClass::Unknown),
    };
    // Every second attempt fails like the one before it, so that the same comes twice.
    outcome.failure = outcome.class.map(|class| Failure {
        rule: "modelled".to_owned(),
        line: format!("{exit:?}"),
        fingerprint: format!("{}-{}", class.word(), run.attempt / 2),
    });
    if exit != Exit::Interrupted {
        outcome.work = work.map(|(head, commits)| Work {
            base: Sha("0".repeat(40)),
            head: head.clone(),
            commits: *commits,
            paths: vec!["src/lib.rs".to_owned()],
            paths_total: 1,
            lines: (1, 1),
            uncommitted: false,
            protected: Vec::new(),
        });
    }
    outcome
}

/// Follows a run to its end and writes that down.
pub async fn follow(hands: Arc<Hands>, task: Task, run: Run) {
    let now = lock(&hands.model).here();
    let working = RunState::Working {
        since: now,
        progress_at: now,
        steps: 0,
    };
    // Progress may be lost; the end may not.
    let _ = commit(&hands.model, vec![state(&run, working)]).await;
    let exit = loop {
        turn(&hands.model).await;
        let mut model = lock(&hands.model);
        let Some(process) = model.disk.processes.get_mut(run.id.as_str()) else {
            break Exit::Interrupted;
        };
        if let Some(exit) = process.exit.clone() {
            break exit;
        }
        if process.stopped || !process.alive {
            break Exit::Interrupted;
        }
    };
    if let Some(process) = lock(&hands.model).disk.processes.get_mut(run.id.as_str()) {
        process.alive = false;
    }
    turn(&hands.model).await;
    let outcome = establish(&hands.model, &run, exit);
    let at = lock(&hands.model).here();
    let over = RunState::Ended { at, outcome };
    let memory = adf::act::memory::Memory {
        task,
        run: Run {
            base: Some(Sha("0".repeat(40))),
            state: over.clone(),
            ..run.clone()
        },
    };
    lock(&hands.model)
        .disk
        .runs
        .insert(run.id.to_string(), memory);
    while commit(&hands.model, vec![state(&run, over.clone())])
        .await
        .is_err()
    {
        turn(&hands.model).await;
    }
    *lock(&hands.over) += 1;
}

fn state(run: &Run, state: RunState) -> Change {
    Change::RunState {
        id: run.id.clone(),
        base: Some(Sha("0".repeat(40))),
        process: None,
        state,
    }
}
