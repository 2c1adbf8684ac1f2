//! Nudges, reloads and orders: what each event asks for, whatever the order.

use crate::scene;
use adf::model::settings::Settings;
use adf::model::*;
use adf::reconcile::{Do, Event, State};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

const NOW: Time = Time(1_700_000_000_000);

fn settings(tick: u64) -> Settings {
    let mut settings = scene::settings();
    settings.schedule.tick = Duration::from_secs(tick);
    settings
}

fn state() -> State {
    let factory = FactoryId::from("aaaaaaaaaaaa");
    State::new(World::default(), Arc::new(settings(60)), factory)
}

fn feed(state: &mut State, event: Event) -> Vec<Do> {
    state.handle(event, [], NOW)
}

fn batch(order: Order) -> Arc<Vec<Change>> {
    let by = "root".to_owned();
    let row = Ordered { order, by, at: NOW };
    Arc::new(vec![Change::Operator(row)])
}

fn order(order: Order) -> Event {
    Event::Committed(batch(order))
}

proptest! {
    /// However the loop comes to hear of them, one by one or several beside an event.
    #[test]
    fn batches_are_taken_in_the_order_in_which_they_were_written(
        orders in proptest::collection::vec(0_u8..3, 1..8),
        alone in proptest::bool::ANY,
    ) {
        let word = |n: &u8| [Order::Pause, Order::Stop, Order::Resume][usize::from(*n)].clone();
        let mut batches = orders.iter().map(|n| batch(word(n)));
        let event = if alone { Event::Tick } else { Event::Committed(batches.next().unwrap()) };
        let mut state = state();
        let todo = state.handle(event, batches, NOW);
        let last = word(orders.last().unwrap());
        let held = state.world.held.as_ref().map(|row| row.order.clone());
        prop_assert_eq!(held, Some(last).filter(|order| *order != Order::Resume));
        let told: Vec<Do> = todo
            .into_iter()
            .filter(|d| matches!(d, Do::StopRuns | Do::AllowRuns))
            .collect();
        let wanted = orders.iter().map(word).filter_map(|order| match order {
            Order::Stop => Some(Do::StopRuns),
            Order::Resume => Some(Do::AllowRuns),
            _ => None,
        });
        prop_assert_eq!(told, wanted.collect::<Vec<_>>());
    }
}

#[test]
fn a_nudge_reads_the_forge_at_once_and_one_that_comes_meanwhile_once_more() {
    let mut state = state();
    assert_eq!(feed(&mut state, Event::Nudge), [Do::Poll]);
    for _ in 0..3 {
        assert_eq!(feed(&mut state, Event::Nudge), []);
    }
    assert_eq!(feed(&mut state, Event::Polled(Ok(()))), [Do::Poll]);
    assert_eq!(feed(&mut state, Event::Polled(Ok(()))), []);
}

#[test]
fn a_nudge_during_a_read_that_fails_is_not_lost() {
    let mut state = state();
    feed(&mut state, Event::Nudge);
    feed(&mut state, Event::Nudge);
    let failed = Event::Polled(Err("down".to_owned()));
    assert_eq!(feed(&mut state, failed), [Do::Poll]);
}

#[test]
fn nothing_is_read_on_the_way_out() {
    let mut state = state();
    feed(&mut state, Event::Nudge);
    feed(&mut state, Event::Nudge);
    feed(&mut state, Event::Stop);
    let todo = feed(&mut state, Event::Polled(Ok(())));
    assert!(!todo.contains(&Do::Poll), "{todo:?}");
    assert!(!feed(&mut state, Event::Nudge).contains(&Do::Poll));
}

proptest! {
    #[test]
    fn one_reading_is_in_flight_and_every_nudge_is_followed_by_one(
        events in proptest::collection::vec(0_u8..4, 1..60)
    ) {
        let mut state = state();
        let (mut flying, mut owed) = (0, false);
        for event in events {
            let todo = match event {
                0 | 1 => {
                    owed = true;
                    feed(&mut state, Event::Nudge)
                }
                2 => feed(&mut state, Event::Tick),
                _ if flying == 1 => {
                    flying = 0;
                    feed(&mut state, Event::Polled(Ok(())))
                }
                _ => continue,
            };
            if todo.contains(&Do::Poll) {
                flying += 1;
                owed = false;
            }
            prop_assert!(flying <= 1);
            prop_assert!(!owed || flying == 1, "a nudge waits and nothing is read");
        }
    }
}

#[test]
fn a_good_config_is_adopted_and_a_bad_one_leaves_the_last_good_one() {
    let mut state = state();
    assert_eq!(feed(&mut state, Event::Reload), [Do::Reload]);
    let bad = Event::Reloaded(Err("line 3".to_owned()));
    let told = Do::ConfigAlert(Some("line 3".to_owned()));
    assert_eq!(feed(&mut state, bad), [told]);
    assert_eq!(state.settings.schedule.tick, Duration::from_secs(60));
    assert_eq!(state.config_trouble.as_deref(), Some("line 3"));
    feed(&mut state, Event::Reload);
    let good = Event::Reloaded(Ok(Arc::new(settings(5))));
    let todo = feed(&mut state, good);
    assert_eq!(todo, [Do::Adopt, Do::ConfigAlert(None)]);
    assert_eq!(state.settings.schedule.tick, Duration::from_secs(5));
    assert_eq!(state.config_trouble, None);
}

#[test]
fn a_hang_up_while_the_config_is_read_has_it_read_once_more() {
    let mut state = state();
    feed(&mut state, Event::Reload);
    for _ in 0..3 {
        assert_eq!(feed(&mut state, Event::Reload), []);
    }
    let todo = feed(&mut state, Event::Reloaded(Err("torn".to_owned())));
    assert_eq!(todo.last(), Some(&Do::Reload));
    let todo = feed(&mut state, Event::Reloaded(Ok(Arc::new(settings(5)))));
    assert!(!todo.contains(&Do::Reload), "{todo:?}");
}

#[test]
fn a_stop_ends_all_runs_and_a_resume_lets_them_start_but_not_on_the_way_out() {
    let mut state = state();
    assert!(feed(&mut state, order(Order::Stop)).contains(&Do::StopRuns));
    assert!(feed(&mut state, order(Order::Resume)).contains(&Do::AllowRuns));
    assert_eq!(feed(&mut state, order(Order::Pause)), []);
    feed(&mut state, Event::Stop);
    let todo = feed(&mut state, order(Order::Resume));
    assert!(!todo.contains(&Do::AllowRuns), "{todo:?}");
}
