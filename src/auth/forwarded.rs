//! The client certificate that a proxy reports in a header. The server trusts the header only from
//! the proxies that its settings name, and refuses it as a forgery from any other peer.

use super::Refused;
use super::certificate::{Certificate, Fingerprint};
use super::refused::{forged_certificate, malformed_certificate};
use actix_web::http::header::{HeaderMap, HeaderName};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use std::collections::BTreeSet;
use std::net::IpAddr;

/// Maximum length of the header. URL-encoded PEM is about 1.5 times as long as DER.
const MAX_LEN: usize = 24 * 1024;

/// A client certificate as the proxy reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PresentedCertificate {
    Whole(Certificate),
    Fingerprint(Fingerprint),
}

impl PresentedCertificate {
    pub const fn fingerprint(&self) -> Fingerprint {
        match self {
            Self::Whole(certificate) => certificate.fingerprint,
            Self::Fingerprint(fingerprint) => *fingerprint,
        }
    }
}

/// Reads the certificate that the proxy reports. `None` when its client showed none.
pub fn read(
    headers: &HeaderMap,
    name: &HeaderName,
    peer: Option<IpAddr>,
    proxies: &BTreeSet<IpAddr>,
) -> Result<Option<PresentedCertificate>, Refused> {
    let mut values = headers.get_all(name);
    let Some(value) = values.next() else { return Ok(None) };
    if peer.is_none_or(|peer| !proxies.contains(&peer.to_canonical())) {
        return Err(forged_certificate());
    }
    // If the header is repeated, one value may have come from the client through the proxy.
    if values.next().is_some() {
        return Err(forged_certificate());
    }
    let text = value.to_str().map_err(|_| malformed_certificate())?.trim();
    // Proxies write these values when there is no certificate.
    if text.is_empty() || text == "-" || text == "(null)" {
        return Ok(None);
    }
    if text.len() > MAX_LEN {
        return Err(malformed_certificate());
    }
    presented(text).map(Some).ok_or_else(malformed_certificate)
}

/// Parses a fingerprint in hexadecimal, a PEM with `%` escapes, or DER in base64 (RFC 9440 puts
/// colons around it).
fn presented(text: &str) -> Option<PresentedCertificate> {
    if let Some(fingerprint) = Fingerprint::read(text) {
        return Some(PresentedCertificate::Fingerprint(fingerprint));
    }
    let whole = match text.contains("BEGIN") {
        true => Certificate::from_pem(&decoded(text)?),
        false => {
            let bare = text.strip_prefix(':').and_then(|text| text.strip_suffix(':'));
            let der = BASE64_STANDARD.decode(bare.unwrap_or(text)).ok()?;
            Certificate::from_der(&der)
        }
    };
    whole.map(PresentedCertificate::Whole)
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

    fn ask(values: &[&str], peer: &str) -> Result<Option<PresentedCertificate>, u16> {
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
    fn a_proxy_may_send_the_certificate_in_three_forms() {
        let certificate = Certificate::from_pem(PEM.as_bytes()).unwrap();
        let print = certificate.fingerprint;
        let url = PEM.replace('\n', "%0A").replace(' ', "%20").replace('+', "%2B");
        let (_, der) = crate::auth::pem::decode(PEM.as_bytes()).unwrap();
        let base64 = BASE64_STANDARD.encode(der);
        let whole = Ok(Some(PresentedCertificate::Whole(certificate)));
        assert_eq!(ask(&[&url], "10.0.0.1"), whole);
        assert_eq!(ask(&[&base64], "10.0.0.1"), whole);
        assert_eq!(ask(&[&format!(":{base64}:")], "10.0.0.1"), whole);
        assert_eq!(ask(&[&url], "::ffff:10.0.0.1"), whole);
        assert_eq!(
            ask(&[&print.to_string()], "10.0.0.1"),
            Ok(Some(PresentedCertificate::Fingerprint(print)))
        );
        for none in [&[][..], &[""], &["-"], &["(null)"]] {
            assert_eq!(ask(none, "10.0.0.1"), Ok(None), "{none:?}");
        }
        for odd in ["x", "%", "BEGIN%2", "AAAA", &url[..300], &"A".repeat(MAX_LEN + 1)] {
            assert_eq!(ask(&[odd], "10.0.0.1"), Err(400), "{odd}");
        }
    }

    #[test]
    fn the_header_is_refused_from_any_other_peer() {
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
