//! The ledger, from outside: what it promises, each promise a test.

mod commit;
mod crash;
mod identity;
mod lock;
mod migrate;
mod reader;
mod sample;
mod support;
mod world;
