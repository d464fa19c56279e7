//! `webhook = "https://…"`: an address that is reached as it is written, and shows no secret.

/// How what is sent there travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Travels {
    /// Over TLS, or without leaving this host.
    Safely,
    /// Over the network, for everybody on the way to read.
    Openly,
}

/// Why an address is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UrlError {
    /// Neither of the two that we speak.
    #[error("this is no address on the web\n  write https://, the host, and a path")]
    Scheme,
    /// Who logs in there does it with the signature.
    #[error(
        "a user in a webhook's address would stand in logs\n  leave it out: the signature says who sends"
    )]
    User,
    /// What no address has, or has only written as %20.
    #[error(
        "{0:?} cannot stand in an address\n  write it as the receiver shows it, with % for what is special"
    )]
    Letter(char),
    /// No name and no address.
    #[error("the address names no host\n  write https://, the host, and a path")]
    Host,
    /// No number from 1 to 65535.
    #[error("there is no such port\n  ports go from 1 to 65535")]
    Port,
    /// More than anybody has.
    #[error("this address is too long\n  2048 letters are the most")]
    Length,
}

/// Judges an address, and says how what is sent there travels.
pub(super) fn judge(text: &str) -> Result<Travels, UrlError> {
    let (is_plain, rest) = match (text.strip_prefix("https://"), text.strip_prefix("http://")) {
        (Some(rest), _) => (false, rest),
        (None, Some(rest)) => (true, rest),
        (None, None) => return Err(UrlError::Scheme),
    };
    if text.len() > LONGEST {
        return Err(UrlError::Length);
    }
    if let Some(letter) = text.chars().find(|letter| !is_allowed(*letter)) {
        return Err(UrlError::Letter(letter));
    }
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    if authority.contains('@') {
        return Err(UrlError::User);
    }
    let host = host(authority)?;
    Ok(if is_plain && !is_here(host) {
        Travels::Openly
    } else {
        Travels::Safely
    })
}

/// What stands in addresses (RFC 3986 §2); a fragment is never sent.
fn is_allowed(letter: char) -> bool {
    letter.is_ascii_graphic()
        && !matches!(
            letter,
            '#' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}'
        )
}

fn host(authority: &str) -> Result<&str, UrlError> {
    let (host, port) = if let Some(rest) = authority.strip_prefix('[') {
        let (host, port) = rest.split_once(']').ok_or(UrlError::Host)?;
        host.parse::<std::net::Ipv6Addr>()
            .map_err(|_| UrlError::Host)?;
        (host, port)
    } else {
        authority.split_at(authority.find(':').unwrap_or(authority.len()))
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse::<u16>().map_err(|_| UrlError::Port)?,
        None if port.is_empty() => 443,
        None => return Err(UrlError::Host),
    };
    let is_name =
        |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '.' | '-' | '_' | ':');
    match (port, host) {
        (0, _) => Err(UrlError::Port),
        (_, host) if !host.is_empty() && host.chars().all(is_name) => Ok(host),
        _ => Err(UrlError::Host),
    }
}

fn is_here(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

const LONGEST: usize = 2048;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_here_or_goes_over_tls_travels_safely() {
        for safe in [
            "https://hooks.example.net/nightlatch",
            "https://hooks.example.net:8443/a?b=c%20d",
            "https://[2001:db8::7]:8443/",
            "https://192.0.2.7",
            "http://localhost:9000/x",
            "http://127.0.0.1/x",
            "http://[::1]:80/x",
        ] {
            assert_eq!(judge(safe), Ok(Travels::Safely), "{safe}");
        }
        for open in ["http://192.0.2.7/", "http://localhost.example.net/"] {
            assert_eq!(judge(open), Ok(Travels::Openly), "{open}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, error) in [
            ("ftp://a/", UrlError::Scheme),
            ("hooks.example.net", UrlError::Scheme),
            ("https://me:pw@a/", UrlError::User),
            ("https://a b/", UrlError::Letter(' ')),
            ("https://a/\r\nx: y", UrlError::Letter('\r')),
            ("https://ä/", UrlError::Letter('ä')),
            ("https://a/#b", UrlError::Letter('#')),
            ("https:///x", UrlError::Host),
            ("https://[::1/", UrlError::Host),
            ("https://[::1]x/", UrlError::Host),
            ("https://a:0/", UrlError::Port),
            ("https://a:65536/", UrlError::Port),
            ("https://a:/", UrlError::Port),
        ] {
            assert_eq!(judge(text), Err(error), "{text}");
        }
        let long = format!("https://a/{}", "x".repeat(LONGEST));
        assert_eq!(judge(&long), Err(UrlError::Length));
    }
}
