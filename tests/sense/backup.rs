//! The age of backups: said when it passes what is allowed, over when one is made.

use adf::model::{Alert, Change, Time};
use adf::sense::nightwatch::backup;
use adf::store::{BackupTrace, TRACE_FILE};
use std::collections::BTreeMap;
use std::time::Duration;

const HOUR: Duration = Duration::from_secs(3600);
const NOW: Time = Time(1_700_000_000_000);

fn made(hours: u32) -> BackupTrace {
    BackupTrace {
        made_at: NOW.minus(HOUR * hours),
        file: "/var/backups/shop.tar.gz".into(),
        bytes: 12,
    }
}

fn raised(change: Option<Change>) -> Option<String> {
    match change {
        Some(Change::Alert(alert)) if alert.cleared_at.is_none() => Some(alert.text),
        None => None,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_old_backup_or_none_is_an_alert_and_a_new_one_ends_it() {
    let none = BTreeMap::new();
    let began = Some(NOW.minus(HOUR * 40));
    let look = |max: Option<u32>, last: Option<&BackupTrace>| {
        raised(backup(&none, (max.map(|h| HOUR * h), began), last, NOW))
    };
    assert_eq!(look(Some(36), Some(&made(35))), None);
    let text = look(Some(36), Some(&made(37))).unwrap();
    for word in ["shop.tar.gz", "37 h", "36 h", "adf backup"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    let text = look(Some(36), None).unwrap();
    assert!(
        text.contains("no backup") && text.contains("40 h"),
        "{text}"
    );
    assert_eq!(look(Some(48), None), None, "the ledger is young");
    assert_eq!(look(None, None), None, "nobody watches");
    let alert = Alert::raised("backup", "old", NOW);
    let open = BTreeMap::from([("backup".to_owned(), alert)]);
    let over = backup(&open, (Some(HOUR * 36), began), Some(&made(0)), NOW);
    assert!(matches!(over, Some(Change::Alert(a)) if a.cleared_at == Some(NOW)));
}

#[test]
fn a_trace_is_read_as_it_was_left_and_a_damaged_one_is_none() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(BackupTrace::read(dir.path()), None);
    for hours in [9, 3] {
        made(hours).leave(dir.path()).unwrap();
        assert_eq!(BackupTrace::read(dir.path()), Some(made(hours)));
    }
    std::fs::write(dir.path().join(TRACE_FILE), "{\"made_at\":").unwrap();
    assert_eq!(BackupTrace::read(dir.path()), None);
}
