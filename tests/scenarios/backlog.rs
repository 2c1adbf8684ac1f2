//! What the factory takes up by itself, and what comes of it.

use crate::stage::plays;

#[test]
fn a_backlog_is_worked_off_in_an_order_that_starts_nothing_blocked() {
    plays("backlog", 60, 120, &[None; 60]);
}

#[test]
fn what_waits_in_a_ring_is_left_alone_and_said_until_it_is_mended() {
    plays("cycle", 4, 9, &[None; 4]);
}

#[test]
fn a_label_that_is_taken_off_while_queued_ends_it_with_a_word() {
    plays("relabel", 0, 4, &[Some("TIMEOUT")]);
}

#[test]
fn of_two_factories_on_one_repository_exactly_one_works_on_each_issue() {
    for _ in 0..4 {
        plays("two-factories", 7, 14, &[None; 7]);
    }
}
