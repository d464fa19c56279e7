//! The project's own tasks: what a person or the CI machine runs to know that the house stands.
//!
//! ```text
//! cargo ci ──► fmt · clippy · floors · tests · docs · deny · examples · man · pages · demo · fuzz · clean tree
//! ```

mod bench;
mod ci;
mod command;
mod demo;
mod examples;
mod floors;
mod fuzz;
mod man;
mod options;
mod pages;
mod say;
mod secrets;
mod tree;

pub use options::main;
