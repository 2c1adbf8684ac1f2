//! Texts → tier, provider and model: the shipped files, every rule of
//! precedence, what is wrong with files, and `adf route`.

mod command;
mod files;
mod house;
mod precedence;
mod shipped;
