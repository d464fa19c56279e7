//! Options in, exit code out.

use std::process::ExitCode;

fn main() -> ExitCode {
    nightlatchd::run(std::env::args_os()).into()
}
