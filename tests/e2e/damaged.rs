//! Backups that are not what was made, and what is left of those that were interrupted.

use crate::backup::{backed_up, remade, text};
use crate::factory::{Factory, adf};
use crate::plant::Plant;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Bytes of a gzip header: its time and system are no part of what it holds.
const HEAD: usize = 10;

/// Restores bytes, which must be refused as damaged with nothing left.
async fn refused(plant: &Plant, name: &str, bytes: &[u8], why: &str) {
    let file = plant.path(&format!("{name}.tar.gz"));
    std::fs::write(&file, bytes).unwrap();
    let dir = plant.path(&format!("new-{name}"));
    let config = text(&dir.join("adf.toml"));
    let said = adf(&["restore", &text(&file), "--config", &config]).await;
    assert_eq!(said.code, Some(1), "{name}: {said:?}");
    assert!(said.err.contains("is no whole backup"), "{name}: {said:?}");
    assert!(said.err.contains(why), "{name}: {said:?}");
    assert!(!dir.exists(), "{name}: something is left");
}

#[tokio::test]
async fn a_backup_is_read_to_its_end_before_anything_is_put_in_place() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.run().await.stop().await;
    let whole = std::fs::read(backed_up(&plant, &factory).await).unwrap();
    for cut in 1..=12 {
        let bytes = &whole[..whole.len() - cut];
        refused(&plant, &format!("cut-{cut}"), bytes, "").await;
    }
    let more = [&whole[..], b"more"].concat();
    refused(&plant, "more", &more, "something follows its end").await;
    // The manifest comes first; the checksum of it all last.
    let places = (HEAD..HEAD + 60).step_by(3);
    for at in places.chain(whole.len() - 8..whole.len()) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 8);
        refused(&plant, &format!("flipped-{at}"), &flipped, "").await;
    }
    let other = remade(&whole, |manifest, _| manifest["project"] = "shop".into());
    refused(&plant, "other", &other, "its manifest is of project `shop`").await;
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_restored_state_can_be_reached_and_drafts_of_the_killed_are_swept() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    let state = plant.path("lib/adf/demo");
    factory.edit("state_dir = \"state\"", &format!("state_dir = {state:?}"));
    factory.run().await.stop().await;
    let backup = backed_up(&plant, &factory).await;
    std::fs::remove_dir_all(plant.path("lib")).unwrap();
    let dir = plant.path("etc");
    let left = dir.join(".adf-draft-killed");
    std::fs::create_dir_all(&left).unwrap();
    std::fs::write(left.join("ledger"), "of a restore that was killed").unwrap();
    let config = text(&dir.join("adf.toml"));
    let said = adf(&["restore", &text(&backup), "--config", &config]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(mode(&state), 0o700);
    assert_eq!(mode(&plant.path("lib/adf")), 0o755, "its user must pass it");
    assert_eq!(mode(&plant.path("lib")), 0o755);
    for file in ["ledger.db", "factory.id", "marker.key"] {
        assert_eq!(mode(&state.join(file)), 0o600, "{file}");
    }
    assert!(!left.exists());
}

#[tokio::test]
async fn of_backups_in_one_second_one_is_made_and_the_others_say_so() {
    let plant = Plant::new().await;
    let factory = Factory::scripted(&plant, "happy");
    factory.run().await.stop().await;
    let folder = plant.path("backups");
    std::fs::create_dir(&folder).unwrap();
    let config = adf::config::load(&factory.config).unwrap();
    let make = || adf::backup::make(&config, &folder, adf::model::Time(1_763_700_000_000));
    let made: Vec<_> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..4).map(|_| scope.spawn(make)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|one| one.is_ok()).count(), 1, "{made:?}");
    for error in made.iter().filter_map(|one| one.as_ref().err()) {
        assert!(error.to_string().contains("exists already"), "{error}");
    }
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
}
