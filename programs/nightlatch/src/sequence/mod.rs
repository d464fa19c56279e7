//! Sequences of ports: touching them, showing those of the hour, making new ones.
//!
//! ```text
//!  7000,8000:udp ───────────────┐
//!  secret + clock ─shape─► Set ─┼─touching─► touch::walk ─► told
//!                           └───┴─show─► ports on the screen or on paper
//!  randomness ─lines─► a list that is used up line by line
//! ```

mod calendar;
mod lines;
mod shape;
mod show;
mod span;
mod told;
mod touching;

pub(crate) use lines::{LinesError, lines, pasted, written};
pub(crate) use shape::{Shape, ShapeError};
pub(crate) use show::{Showing, json, show};
pub(crate) use span::PortSpan;
pub(crate) use told::Told;
pub(crate) use touching::{Telling, Touching, touch_host};
