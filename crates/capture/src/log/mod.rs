//! A log file that others write, followed line by line.
//!
//! ```text
//! folder, file ─► news (inotify): look again, read on
//! place in the folder ─► Followed: the file that is there, and how far it was read ─► Lines
//! ```

mod deafness;
mod followed;
mod follower;
mod lines;
mod losses;
mod news;
mod place;
mod stream;

pub use deafness::Deafness;
pub use follower::LogFollower;
pub use losses::LogLosses;
pub use place::FollowError;
pub use stream::LogStream;
