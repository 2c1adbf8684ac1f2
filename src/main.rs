//! The `adf` command: parse, run, map the end to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    adf::cli::main()
}
