//! Words: what became of a knock, as the log and `status` name it. Stable, since people search for them.

use nightlatch_core::{Refused, Verdict};
use nightlatch_ticket::Status;

/// The verdict's name; `is_done` says whether the kernel carried it out.
pub(super) const fn of_verdict(verdict: &Verdict, is_done: bool) -> &'static str {
    match verdict {
        Verdict::Grant(_) | Verdict::Close(_) if !is_done => of_answer(Status::Unavailable),
        Verdict::Grant(_) => of_answer(Status::Granted),
        Verdict::Close(_) => of_answer(Status::Closed),
        Verdict::Answer(status) => of_answer(*status),
        Verdict::Ignore(reason) => of_refusal(*reason),
    }
}

/// What an authentic knock is told.
pub(super) const fn of_answer(status: Status) -> &'static str {
    match status {
        Status::Granted => "granted",
        Status::Closed => "closed",
        Status::Seen => "address-asked",
        Status::InDoubt => "in-doubt",
        Status::Stale => "stale",
        Status::Elsewhere => "elsewhere",
        Status::Forbidden => "forbidden",
        Status::Recovered => "recovery",
        Status::Unavailable => "unavailable",
        Status::Full => "full",
    }
}

const fn of_refusal(reason: Refused) -> &'static str {
    match reason {
        Refused::UnknownClient => "unknown-client",
        Refused::Forged => "forged",
        Refused::Malformed => "malformed",
        Refused::Replayed => "replayed",
        Refused::Unserved => "unserved",
        Refused::RecoveryRepeated => "recovery-repeated",
        Refused::RecoveryTooSoon => "recovery-too-soon",
    }
}
