//! Repositories in many pieces become whole again, and lose nothing.

use super::support::{BRANCH, BUNDLE_MAX, World, commit_all};
use adf::{
    act::{deliver::Protected, git::tend::PACKS_MAX},
    model::RunId,
};
use std::{fs, path::Path};

/// Puts each of so many commits into the repository as a pack of its own.
async fn many_packs(world: &World, count: usize) -> Vec<RunId> {
    let workspace = world.workspace().await;
    let mut runs = Vec::new();
    for n in 0..count {
        fs::write(workspace.dir.join("src/lib.rs"), format!("// {n}\n")).unwrap();
        commit_all(&workspace.dir, "More");
        let bundle = world.bundle(&workspace.dir);
        let run = RunId(format!("abc123-{}", n + 1));
        let protected = Protected::default();
        let taken = world
            .deliver
            .take(&bundle, &run, &world.base, BUNDLE_MAX, &protected);
        taken.await.unwrap().unwrap();
        runs.push(run);
    }
    runs
}

fn packs(repository: &Path) -> usize {
    let all = fs::read_dir(repository.join("objects/pack")).unwrap();
    all.flatten()
        .filter(|e| e.path().extension().is_some_and(|end| end == "pack"))
        .count()
}

#[tokio::test]
async fn many_packs_become_one_and_every_commit_that_was_taken_stays() {
    let world = World::new().await;
    assert!(
        !world.deliver.tend().await.unwrap(),
        "there is nothing to do"
    );
    let runs = many_packs(&world, PACKS_MAX + 1).await;
    assert_eq!(packs(world.deliver.dir()), PACKS_MAX + 1);
    assert!(world.deliver.tend().await.unwrap());
    assert_eq!(packs(world.deliver.dir()), 1);
    for run in &runs {
        let head = world.deliver.taken(run).await.unwrap().unwrap();
        assert!(
            world
                .git
                .has_commit(world.deliver.dir(), &head)
                .await
                .unwrap()
        );
    }
    let last = world
        .deliver
        .taken(&runs[PACKS_MAX])
        .await
        .unwrap()
        .unwrap();
    let pushed = world.deliver.push(&world.remote, BRANCH, &last, None);
    pushed.await.unwrap();
}

#[tokio::test]
async fn a_head_is_let_go_only_once_the_mirror_holds_it_too() {
    let world = World::new().await;
    let run = many_packs(&world, 1).await.remove(0);
    let head = world.deliver.taken(&run).await.unwrap().unwrap();
    assert!(!world.deliver.let_go(&run).await.unwrap());
    let pushed = world.deliver.push(&world.remote, BRANCH, &head, None);
    pushed.await.unwrap();
    world.mirror.fetch().await.unwrap();
    assert!(world.deliver.let_go(&run).await.unwrap());
    assert_eq!(world.deliver.taken(&run).await.unwrap(), None);
    assert!(
        world
            .git
            .has_commit(world.deliver.dir(), &head)
            .await
            .unwrap()
    );
}
