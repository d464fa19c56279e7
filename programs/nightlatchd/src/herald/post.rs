//! One request to a webhook, from its signature to its answer, within its time.

use core::time::Duration;

use nightlatch_config::Webhook;
use thiserror::Error;
use ureq::Agent;
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};

use super::answer::Answer;
use super::letter::Letter;
use super::retry_after;
use super::signature::sign;

/// What sends letters to one webhook.
#[derive(Debug)]
pub(super) struct Post {
    webhook: Webhook,
    agent: Agent,
}

/// The certificates to believe are none.
#[derive(Debug, Error)]
pub(crate) enum CertificatesError {
    /// One of them cannot be read.
    #[error(
        "the certificates of notification {0:?} cannot be read\n  `ca` has to be PEM: -----BEGIN CERTIFICATE----- and base64"
    )]
    Unreadable(String),
    /// There are none.
    #[error(
        "there is no certificate for notification {0:?}\n  take `ca` out, to believe the public ones"
    )]
    None(String),
}

impl Post {
    /// Everything but the connection, which is made for each letter.
    pub(super) fn new(name: &str, webhook: Webhook) -> Result<Self, CertificatesError> {
        let roots = match &webhook.ca {
            Some(text) => RootCerts::new_with_certs(&certificates(name, text)?),
            None => RootCerts::WebPki,
        };
        let tls = TlsConfig::builder().root_certs(roots).build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .timeout_connect(Some(CONNECT_PATIENCE))
            .timeout_global(Some(PATIENCE))
            // What a receiver says is an answer, whatever it is; and nobody sends us elsewhere.
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            // A connection of yesterday is most likely none any more.
            .max_idle_connections(0)
            .max_response_header_size(LONGEST_HEAD)
            .user_agent(concat!("nightlatchd/", env!("CARGO_PKG_VERSION")))
            .build();
        Ok(Self {
            webhook,
            agent: config.new_agent(),
        })
    }

    /// Sends a letter, and waits for the answer as long as it has patience.
    pub(super) fn send(&self, letter: &Letter, unix_seconds: u64) -> Answer {
        let secret = &self.webhook.secret;
        let Some(signature) = sign(secret, &letter.id, unix_seconds, &letter.body) else {
            return Answer::Nothing("its secret does not sign".to_owned());
        };
        let answered = self
            .agent
            .post(&self.webhook.url)
            .header("content-type", "application/json")
            .header("webhook-id", &letter.id)
            .header("webhook-timestamp", unix_seconds.to_string())
            .header("webhook-signature", signature)
            .send(letter.body.as_bytes());
        match answered {
            Ok(mut response) => {
                // Read so that the receiver can end in peace; what it says is nothing to us.
                let body = response.body_mut().with_config().limit(LONGEST_BODY);
                let _ = body.read_to_vec();
                let field = |name| response.headers().get(name)?.to_str().ok();
                Answer::Status {
                    number: response.status().as_u16(),
                    pause: field("retry-after")
                        .and_then(|text| retry_after::pause(text, field("date"), unix_seconds)),
                }
            }
            Err(error) => Answer::Nothing(error.to_string()),
        }
    }
}

/// Each certificate of a PEM text.
fn certificates(name: &str, text: &str) -> Result<Vec<Certificate<'static>>, CertificatesError> {
    let mut found = Vec::new();
    for item in parse_pem(text.as_bytes()) {
        match item {
            Ok(PemItem::Certificate(certificate)) => found.push(certificate),
            Ok(_) => {}
            Err(_) => return Err(CertificatesError::Unreadable(name.to_owned())),
        }
    }
    if found.is_empty() {
        return Err(CertificatesError::None(name.to_owned()));
    }
    Ok(found)
}

/// Across the world and back, several times.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// From the name to the last byte.
const PATIENCE: Duration = Duration::from_secs(10);
const LONGEST_HEAD: usize = 16 << 10;
const LONGEST_BODY: u64 = 4 << 10;

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpListener};
    use std::sync::Arc;
    use std::thread;

    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    use rustls::pki_types::PrivateKeyDer;
    use rustls::{ServerConfig, ServerConnection, Stream};

    use super::*;
    use crate::herald::answer::Follows;

    /// Somebody with a certificate for 127.0.0.1, who answers every letter so; and the authority to believe.
    fn secured(answer: &'static str) -> (SocketAddr, String) {
        let authority_key = KeyPair::generate().unwrap();
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = authority.self_signed(&authority_key).unwrap().pem();
        let issuer = Issuer::new(authority, authority_key);
        let key = KeyPair::generate().unwrap();
        let leaf = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        let leaf = leaf.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], key)
            .unwrap();
        let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
        let at = listener.local_addr().unwrap();
        thread::spawn(move || {
            for mut tcp in listener.incoming().map_while(Result::ok) {
                let mut tls = ServerConnection::new(Arc::clone(&config)).unwrap();
                let mut stream = Stream::new(&mut tls, &mut tcp);
                // Who does not believe us goes away.
                let said = stream.read(&mut [0; 4096]);
                let _ = said.and_then(|_| stream.write_all(answer.as_bytes()));
                let _ = stream.flush();
            }
        });
        (at, pem)
    }

    fn answer(url: String, ca: Option<String>) -> Answer {
        let secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap();
        let letter = Letter {
            id: "msg_1".to_owned(),
            kind: "test".to_owned(),
            body: "{}".to_owned(),
        };
        let webhook = Webhook { url, secret, ca };
        Post::new("ops", webhook).unwrap().send(&letter, 1)
    }

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

    #[test]
    fn a_receiver_proves_who_it_is() {
        let (at, pem) = secured(OK);
        let url = format!("https://{at}/");
        assert_eq!(
            answer(url.clone(), Some(pem.clone())).follows(),
            Follows::Told
        );
        // Not by the authorities that everybody believes, nor by another of the same kind.
        let (_, other) = secured(OK);
        for ca in [None, Some(other)] {
            let answer = answer(url.clone(), ca);
            assert!(
                matches!(&answer, Answer::Nothing(why) if why.contains("certificate")),
                "{answer:?}"
            );
        }
        // Nor under another name.
        let named = format!("https://localhost:{}/", at.port());
        assert!(matches!(answer(named, Some(pem)), Answer::Nothing(_)));
    }

    #[test]
    fn what_a_receiver_says_is_bounded_and_never_leads_elsewhere() {
        let elsewhere =
            "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        let endless = "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nnever all of it";
        let later = "HTTP/1.1 503 No\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
        let dated = "HTTP/1.1 503 No\r\ndate: Fri, 31 Dec 1999 23:59:30 GMT\r\n\
            retry-after: Fri, 31 Dec 1999 23:59:59 GMT\r\ncontent-length: 0\r\n\r\n";
        for (said, number, pause) in [
            (elsewhere, 302, None),
            (endless, 200, None),
            (later, 503, Some(7)),
            (dated, 503, Some(29)),
        ] {
            let (at, pem) = secured(said);
            let answered = answer(format!("https://{at}/"), Some(pem));
            let pause = pause.map(Duration::from_secs);
            assert_eq!(answered, Answer::Status { number, pause });
        }
    }

    #[test]
    fn whatever_a_receiver_says_is_an_answer() {
        for said in [
            "",
            "\0\0\0\0",
            "HTTP/1.1",
            "HTTP/1.1 \r\n\r\n",
            "HTTP/1.1 000 No\r\n\r\n",
            "HTTP/1.1 1000 No\r\n\r\n",
            "HTTP/9.9 200 OK\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n",
            "HTTP/1.1 100 Continue\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 103 Early Hints\r\nlink: <x>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\nx",
            "HTTP/1.1 204 No Content\r\ncontent-length: 9\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 99999999999999999999999\r\n\r\n",
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nx",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n-1\r\nx\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nx\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\nx\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\nxyz\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\nx",
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx",
            "HTTP/1.1 302 Found\r\nlocation: http://[::1\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nlocation: \u{1}\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 307 Found\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 401 No\r\nwww-authenticate: basic\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 417 No\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 503 No\r\nretry-after: ä\r\ndate: \t\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nset-cookie: =;;=\r\ncontent-length: 0\r\n\r\n",
        ] {
            let (at, pem) = secured(said);
            // It is enough that there is one: a panic would end the process.
            let answered = answer(format!("https://{at}/"), Some(pem));
            assert!(!answered.in_words().is_empty(), "{said:?}");
        }
    }

    #[test]
    fn certificates_that_are_none_are_found_at_once() {
        let webhook = |ca: &str| Webhook {
            url: "https://hooks.example.net/".to_owned(),
            secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".parse().unwrap(),
            ca: Some(ca.to_owned()),
        };
        let bad = "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----\n";
        let error = Post::new("ops", webhook(bad)).unwrap_err();
        assert!(matches!(error, CertificatesError::Unreadable(_)), "{error}");
        let error = Post::new("ops", webhook("nothing")).unwrap_err();
        assert!(matches!(error, CertificatesError::None(_)), "{error}");
    }
}
