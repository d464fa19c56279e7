//! Real sockets on the loopback: the knock, both families, and the whole tool.

#[cfg(test)]
mod exchange;
#[cfg(test)]
mod families;
#[cfg(test)]
mod home;
#[cfg(test)]
mod house;
#[cfg(test)]
mod letterbox;
#[cfg(test)]
mod ports;
#[cfg(test)]
mod sequences;
#[cfg(test)]
mod telling;
#[cfg(test)]
mod tool;
#[cfg(test)]
mod touching;
