//! Plan → effects: what the factory does to the outside.

pub mod supervise;
