//! A switch: a bridge in a namespace of its own that joins several hosts.

use crate::error::LabError;
use crate::host::{Host, Plug};
use crate::kernel::Kernel;
use crate::links::{End, Wanted};
use crate::world::World;

/// Joins every host that is plugged in, as one wire does.
#[derive(Clone, Debug)]
pub struct Switch {
    world: World,
    host: Host,
    bridge: u32,
}

impl Switch {
    pub(crate) fn new(world: World, name: &str) -> Result<Self, LabError> {
        let host = world.host(name)?;
        let bridge = world.index();
        host.run(|| {
            let mut kernel = Kernel::open(host.name())?;
            kernel.add_bridge(&End {
                name: "bridge",
                index: bridge,
            })?;
            kernel.set_link(bridge, Wanted::Up)
        })??;
        Ok(Self {
            world,
            host,
            bridge,
        })
    }

    /// Plugs a host in; the cable can be used when this returns.
    pub fn plug(&self, plug: Plug<'_>) -> Result<(), LabError> {
        let port = format!("port{}", self.world.index());
        self.world.join(self.host.plug(&port, &[]), plug)?;
        let bridge = self.bridge;
        self.host
            .ask(&port, |kernel, index| kernel.enslave(index, bridge))
    }

    /// The switch itself, for recording what passes it.
    pub fn host(&self) -> &Host {
        &self.host
    }
}
