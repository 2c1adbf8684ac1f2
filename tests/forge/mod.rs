//! Faults: what the client makes of answers that are late, cut, huge, wrong or missing.

mod answers;
mod breaker;
mod fake;
mod pages;
mod retry;
mod table;
mod wire;
