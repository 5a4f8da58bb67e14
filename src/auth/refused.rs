//! The refusals of calls that the server cannot authenticate, with their challenges.

use crate::error::{Error, Failure};
use crate::value::characters::CodePoint;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use std::borrow::Cow;

const BASIC: &str = r#"Basic realm="elos", charset="UTF-8""#;
const BEARER: &str = r#"Bearer realm="elos""#;
const INVALID_TOKEN: &str = r#"Bearer realm="elos", error="invalid_token""#;

/// The refusal of a call: its error, the challenge for `WWW-Authenticate` (RFC 6750, RFC 7617), and
/// the number of seconds after which a retry is useful.
#[derive(Debug, Clone)]
pub struct Refused {
    pub error: Error,
    challenge: Option<&'static str>,
    wait: Option<u32>,
}

impl Refused {
    pub fn set_challenge(&self, response: &mut HttpResponse) {
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        if let Some(seconds) = self.wait {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
    }

    /// A refusal without a challenge, for example because the server knows the caller's identity
    /// and another token would not help.
    pub(super) const fn known(error: Error) -> Self {
        Self { error, challenge: None, wait: None }
    }

    fn unauthenticated(message: impl Into<Cow<'static, str>>) -> Self {
        Self::known(Error::failure(Failure::NaoAutenticado, message))
    }

    fn challenged(challenge: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { challenge: Some(challenge), ..Self::unauthenticated(message) }
    }

    fn unavailable(message: &'static str) -> Self {
        Self::known(Error::failure(Failure::Indisponivel, message))
    }
}

pub(super) fn missing_token() -> Refused {
    let message = "falta o cabeçalho Authorization: Bearer <token>";
    Refused::challenged(BEARER, message)
}

/// The call has a client's id and secret where only a token is accepted.
pub(super) fn basic_elsewhere() -> Refused {
    let message = "Basic só vale nas rotas do Tramita: aqui, peça um token ao emissor (POST no endereço de \
                    tokens, grant_type=client_credentials) e mande Authorization: Bearer <token>";
    Refused::challenged(BEARER, message)
}

/// Like [`basic_elsewhere`], on a server that accepts Basic nowhere.
pub(super) fn basic_is_off() -> Refused {
    let message = "este servidor não aceita Basic (ELOS_TRAMITA_BASIC): peça um token ao emissor (POST no \
                    endereço de tokens, grant_type=client_credentials) e mande Authorization: Bearer <token>";
    Refused::challenged(BEARER, message)
}

/// The Basic credentials cannot be parsed. `reason` says why.
pub(super) fn malformed_basic(reason: &'static str) -> Refused {
    let message = format!("Authorization: Basic malformado: {reason}");
    Refused::challenged(BASIC, message)
}

/// The issuer does not know the client, or the secret is wrong. The issuer does not say which.
pub(super) fn wrong_secret() -> Refused {
    let message = "o emissor de tokens não reconhece este cliente com este segredo";
    Refused::challenged(BASIC, message)
}

/// The secret is right, but the token that the issuer returned is not valid for this server, or is
/// not a token of this client.
pub(super) fn useless_token() -> Refused {
    let message = "o emissor reconhece o cliente, mas dá-lhe um token que não serve neste servidor: \
                    quem o opera deve conferir ELOS_OIDC_AUDIENCE e ELOS_OIDC_CLIENTS";
    Refused::challenged(BASIC, message)
}

/// Too many wrong secrets came for this client from this address, or from this address for any
/// client.
pub(super) fn too_many_wrong_secrets(seconds: u32) -> Refused {
    let message = format!(
        "segredos errados demais deste cliente ou deste endereço; tente de novo em {seconds} s"
    );
    let error = Error::failure(Failure::LimiteDeRequisicoes, message);
    Refused { error, challenge: None, wait: Some(seconds) }
}

/// The certificate header does not come from a trusted proxy, or comes twice.
pub(super) fn forged_certificate() -> Refused {
    let message = "o cabeçalho do certificado de cliente só se aceita, e uma vez, do proxy que o confere (ELOS_PROXIES)";
    Refused::known(Error::failure(Failure::SemPermissao, message))
}

/// The value that the proxy sent is not a certificate.
pub(super) fn malformed_certificate() -> Refused {
    let message = "o cabeçalho do certificado de cliente não tem um certificado nem a sua impressão SHA-256: \
                    quem opera o proxy deve conferir como o escreve";
    Refused::known(Error::invalid(message))
}

/// No client is registered with this certificate.
pub(super) fn unknown_certificate() -> Refused {
    Refused::unauthenticated(
        "o certificado de cliente não está registrado: peça a quem opera o servidor que o registre",
    )
}

/// The certificate has expired, or is not valid yet.
pub(super) fn expired_certificate() -> Refused {
    Refused::unauthenticated(
        "o certificado de cliente está fora da validade: registre o novo com quem opera o servidor",
    )
}

pub(super) fn no_exchange() -> Refused {
    Refused::unavailable(
        "o emissor de tokens não responde, e sem ele não se confere o segredo do cliente; tente de novo em instantes",
    )
}

/// The token has a defect. The text is the same for every defect, because details would only help a
/// forger.
pub(super) fn invalid() -> Refused {
    let message = "o token é inválido; peça outro";
    Refused::challenged(INVALID_TOKEN, message)
}

/// The token was valid and has expired.
pub(super) fn expired() -> Refused {
    let message = "o token expirou; peça outro";
    Refused::challenged(INVALID_TOKEN, message)
}

/// The token will be valid later.
pub(super) fn not_yet_valid() -> Refused {
    let message = "o token ainda não vale: o relógio do emissor, ou o deste servidor, está errado";
    Refused::challenged(INVALID_TOKEN, message)
}

/// A claim that names somebody contains a character that a name may not have. The message shows the
/// character: the signature is valid, so the message reaches the owner of the name and not a
/// forger.
pub(super) fn unreadable_token(claim: &'static str, character: CodePoint) -> Refused {
    let message = format!(
        "o `{claim}` do token tem o caractere {character}: nele não há brancos, acentos soltos nem o que não se vê"
    );
    Refused::challenged(INVALID_TOKEN, message)
}

pub(super) fn no_credentials() -> Refused {
    Refused::unavailable("as credenciais não puderam ser lidas; tente de novo em instantes")
}

pub(super) fn no_issuer_keys() -> Refused {
    Refused::unavailable(
        "as chaves do emissor de tokens não puderam ser lidas; tente de novo em instantes",
    )
}
