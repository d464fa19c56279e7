//! The program `nightlatch`: options in, exit code out; everything else is the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    nightlatch::run(std::env::args_os())
}
