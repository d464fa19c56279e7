//! The example files tell the truth: every option stands in them, with its true default, and each of them loads.

mod examples;
mod folder;
mod options;
