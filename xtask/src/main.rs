//! The project's own tasks: options in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    xtask::main()
}
