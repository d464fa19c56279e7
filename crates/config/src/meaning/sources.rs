//! `sources = […]`: where the daemon sees what strangers send.

use std::path::Path;

use serde_spanned::Spanned;

use crate::{
    desk::Desk,
    remark::Remark,
    server::Server,
    source_choice::{Shows, SourceChoice, SourceError, WORDS},
    spelling::nearest,
    text::{List, ServerText},
};

/// Reads the sources; packet sockets where nothing is written.
pub(super) fn read(
    written: Option<&Spanned<List>>,
    folder: &Path,
    knock_port: Option<u16>,
    desk: &mut Desk,
) -> Option<Vec<SourceChoice>> {
    let Some(written) = written else {
        return Some(vec![SourceChoice::Packets]);
    };
    let before = desk.errors();
    let mut sources: Vec<Spanned<SourceChoice>> = Vec::new();
    for text in &written.get_ref().0 {
        match text.get_ref().parse::<SourceChoice>() {
            Ok(source) => {
                let source = Spanned::new(text.span(), source.below(folder));
                if let Some(remark) = objection(&source, &sources, knock_port) {
                    desk.add(remark);
                }
                sources.push(source);
            }
            Err(error) => desk.add(unknown(text, &error)),
        }
    }
    if written.get_ref().0.is_empty() {
        desk.add(
            Remark::error(written.span(), "there is no source, so nobody could knock")
                .advise("leave it out, or name one: [\"packets\"]"),
        );
    }
    (desk.errors() == before).then(|| sources.into_iter().map(Spanned::into_inner).collect())
}

fn unknown(text: &Spanned<String>, error: &SourceError) -> Remark {
    let near = match error {
        SourceError::Unknown(word) => nearest(word, WORDS),
        _ => None,
    };
    Remark::of(text.span(), error).suggest(near)
}

/// What is wrong with a source beside those before it.
fn objection(
    source: &Spanned<SourceChoice>,
    before: &[Spanned<SourceChoice>],
    knock_port: Option<u16>,
) -> Option<Remark> {
    let chosen = source.get_ref();
    if let Some(twin) = before.iter().find(|other| other.get_ref() == chosen) {
        return Some(
            Remark::error(source.span(), format!("{chosen} is a source already"))
                .also(twin.span(), "named here")
                .advise("name each source once"),
        );
    }
    let is_either = |one: &SourceChoice| matches!(one, SourceChoice::Packets | SourceChoice::Udp);
    let rival = before.iter().find(|other| is_either(other.get_ref()));
    if let Some(rival) = rival.filter(|_| is_either(chosen)) {
        return Some(
            Remark::error(source.span(), "each knock would come twice")
                .also(rival.span(), "knocks come in here")
                .advise("choose \"packets\", or \"udp\" where packets cannot be captured"),
        );
    }
    if matches!(chosen, SourceChoice::Pcap(_)) && !cfg!(feature = "libpcap") {
        return Some(
            Remark::error(source.span(), "this build has no libpcap")
                .advise("build it with: cargo build --release -p nightlatchd --features libpcap")
                .advise("or choose \"packets\", which hears every link that the kernel has"),
        );
    }
    (*chosen == SourceChoice::Udp && knock_port.is_none()).then(|| {
        Remark::error(
            source.span(),
            "nobody has a key, so nothing is sent to a UDP socket",
        )
        .advise("add clients and `key`, or choose another source for sequences: \"packets\"")
    })
}

/// What the file asks for and no source shows.
pub(super) fn warn_of_unseen(text: &ServerText, server: &Server, desk: &mut Desk) {
    let Some(written) = &text.sources else {
        return;
    };
    let shows = |what: Shows| {
        let mut shown = server.sources.iter().map(SourceChoice::shows);
        shown.any(|one| one == Shows::Everything || one == what)
    };
    let has_touches = !server.policy.sequences().is_empty() || server.span.is_some();
    if has_touches && !shows(Shows::Touches) {
        desk.add(
            Remark::warning(
                written.span(),
                "no source shows touches, so no sequence is seen",
            )
            .advise("add one that does: \"packets\", \"nflog:5\", \"log:/var/log/kern.log\""),
        );
    }
    if !server.roster.is_empty() && !shows(Shows::Knocks) {
        desk.add(
            Remark::warning(
                written.span(),
                "no source shows what packets carry, so no knock of one packet is heard",
            )
            .advise("add one that does: \"packets\", \"nflog:5\" or \"udp\"; or let clients use sequences"),
        );
    }
    if let Some(interfaces) = &text.interfaces
        && !server.sources.contains(&SourceChoice::Packets)
    {
        desk.add(
            Remark::warning(
                interfaces.span(),
                "`interfaces` is about the source \"packets\" alone",
            )
            .also(written.span(), "which is not among these")
            .advise("let the firewall choose where what is logged comes in"),
        );
    }
}
