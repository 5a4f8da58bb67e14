//! A client's certificate, as the proxy in front says it: by a header that is believed of that
//! proxy alone. From anybody else it is a forgery, and is refused.

use super::Recusado;
use super::certificate::{Certificate, Fingerprint};
use super::refused::{forged_certificate, malformed_certificate};
use actix_web::http::header::{HeaderMap, HeaderName};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// URL-encoded PEM takes half as much again as DER.
const AT_MOST: usize = 24 * 1024;

/// What is known of a certificate that was shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shown {
    Whole(Certificate),
    Print(Fingerprint),
}

impl Shown {
    pub const fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Whole(certificate) => certificate.fingerprint,
            Self::Print(fingerprint) => *fingerprint,
        }
    }
}

/// The certificate that the proxy says the client showed to it, if it showed one.
pub fn read(
    headers: &HeaderMap,
    name: &HeaderName,
    peer: Option<IpAddr>,
    proxies: &BTreeSet<IpAddr>,
) -> Result<Option<Shown>, Recusado> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    if peer.is_none_or(|peer| !proxies.contains(&peer.to_canonical())) {
        return Err(forged_certificate());
    }
    // Said twice: one of them came through the proxy from its client.
    if values.next().is_some() {
        return Err(forged_certificate());
    }
    let text = value.to_str().map_err(|_| malformed_certificate())?.trim();
    // How proxies say that there is none.
    if text.is_empty() || text == "-" || text == "(null)" {
        return Ok(None);
    }
    if text.len() > AT_MOST {
        return Err(malformed_certificate());
    }
    shown(text).map(Some).ok_or_else(malformed_certificate)
}

/// A fingerprint in hexadecimal, a PEM with `%` for what a header cannot have, or DER in base64
/// (RFC 9440 puts colons around it).
fn shown(text: &str) -> Option<Shown> {
    if let Some(fingerprint) = Fingerprint::read(text) {
        return Some(Shown::Print(fingerprint));
    }
    let whole = match text.contains("BEGIN") {
        true => Certificate::from_pem(&decoded(text)?),
        false => {
            let bare = text.strip_prefix(':').and_then(|text| text.strip_suffix(':'));
            let der = BASE64_STANDARD.decode(bare.unwrap_or(text)).ok()?;
            Certificate::from_der(&der)
        }
    };
    whole.map(Shown::Whole)
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if *byte != b'%' {
            bytes.push(*byte);
            continue;
        }
        let (pair, after) = rest.split_at_checked(2)?;
        rest = after;
        bytes.push(u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::http::header::HeaderValue;

    const PEM: &str = include_str!("../catalogo/testdata/certificate.pem");

    fn ask(values: &[&str], peer: &str) -> Result<Option<Shown>, u16> {
        let name = HeaderName::from_static("x-client-cert");
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name.clone(), HeaderValue::from_str(value).unwrap());
        }
        let proxies = BTreeSet::from(["10.0.0.1".parse().unwrap()]);
        let peer = peer.parse().ok();
        read(&headers, &name, peer, &proxies).map_err(|refused| refused.error.status())
    }

    #[test]
    fn a_proxy_says_it_in_any_of_three_ways() {
        let certificate = Certificate::from_pem(PEM.as_bytes()).unwrap();
        let print = certificate.fingerprint;
        let url = PEM.replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B");
        let (_, der) = crate::auth::pem::decode(PEM.as_bytes()).unwrap();
        let base64 = BASE64_STANDARD.encode(der);
        let whole = Ok(Some(Shown::Whole(certificate)));
        assert_eq!(ask(&[&url], "10.0.0.1"), whole);
        assert_eq!(ask(&[&base64], "10.0.0.1"), whole);
        assert_eq!(ask(&[&format!(":{base64}:")], "10.0.0.1"), whole);
        assert_eq!(ask(&[&url], "::ffff:10.0.0.1"), whole);
        assert_eq!(ask(&[&print.to_string()], "10.0.0.1"), Ok(Some(Shown::Print(print))));
        for none in [&[][..], &[""], &["-"], &["(null)"]] {
            assert_eq!(ask(none, "10.0.0.1"), Ok(None), "{none:?}");
        }
        for odd in ["x", "%", "BEGIN%2", "AAAA", &url[..300], &"A".repeat(AT_MOST + 1)] {
            assert_eq!(ask(&[odd], "10.0.0.1"), Err(400), "{odd}");
        }
    }

    #[test]
    fn nobody_else_is_believed() {
        let print = Certificate::from_pem(PEM.as_bytes()).unwrap().fingerprint.to_string();
        for peer in ["10.0.0.2", "127.0.0.1", "::1", "nobody"] {
            for value in [print.as_str(), "", "x"] {
                assert_eq!(ask(&[value], peer), Err(403), "{peer} {value}");
            }
            assert_eq!(ask(&[], peer), Ok(None), "{peer}");
        }
        assert_eq!(ask(&[&print, &print], "10.0.0.1"), Err(403));
        assert_eq!(ask(&["", &print], "10.0.0.1"), Err(403));
    }
}
