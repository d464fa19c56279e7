//! The whole text, block after block.

use super::{
    action_block,
    block::{self, Block, Paragraph},
    candidate, names, sequence_block, server_block, service_block,
    services::Services,
};
use crate::{
    knockd::{
        Commands,
        reading::{Door, File, Line, Lines},
    },
    remark::Remark,
};

/// Our text for a file of knockd's, and what there is to warn of.
pub(crate) fn write(file: &File, lines: &Lines, commands: Commands) -> (String, Vec<Remark>) {
    let mut candidates = candidate::all(file, lines);
    let services = Services::of(&mut candidates, commands, lines);
    let mut server = server_block::block(file, &services, commands, lines);
    if !file.comments.is_empty() {
        server.above.push(Paragraph::about(&file.comments));
    }
    let mut blocks = vec![server];
    let mut names = names::Names::default();
    for (number, candidate) in candidates.iter_mut().enumerate() {
        let door = candidate.door;
        let mut of_door: Vec<Block> = Vec::new();
        if let Some(left) = sequence_block::left_out(candidate) {
            of_door.push(left);
        } else {
            if let Some(service) = services.written_under(number) {
                let closer = service.closer.and_then(|closer| file.doors.get(closer));
                of_door.push(service_block::block(candidate, service, closer, lines));
                of_door.extend(action_block::block(candidate, service, closer));
            }
            let name = names.unique(&door.name);
            of_door.extend(sequence_block::block(
                number, &name, candidate, &services, lines,
            ));
        }
        if let Some(first) = of_door.first_mut() {
            first.above.push(header(door));
        }
        blocks.append(&mut of_door);
    }
    block::write(PREFACE, &blocks, lines)
}

/// The line that begins a door, and the comments that belong to it.
fn header(door: &Door) -> Paragraph {
    let mut quoted: Vec<&Line> = door.comments.iter().collect();
    quoted.push(&door.header);
    quoted.sort_by_key(|line| line.span.start);
    Paragraph::about(quoted)
}

const PREFACE: &str = "\
# Made from knockd's configuration by `nightlatchd import`. A line that begins with #> is the original's, with its
# number; what became of it stands below, and why. Look for WARNING. Check it with: nightlatchd --check --config FILE
#
# A knock that is right opens here as it did there. What differs: a packet that comes twice spoils nothing; a touch
# of any other closed port begins the knock anew, so that a scan of one port after the other opens no door of several
# ports (one of direct neighbours it would: such a door is left out); people at different addresses do not disturb
# each other; the time for a knock counts in milliseconds.
";
