//! The loop's state machine, event by event, without a loop.

mod machine;
