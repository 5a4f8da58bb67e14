//! Why a call was not let in.

use crate::error::{Error, Falha};
use crate::value::characters::CodePoint;
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};

const BASIC: &str = r#"Basic realm="elos", charset="UTF-8""#;

/// Why a call was not let in, the challenge that goes with it (RFC 6750, RFC 7617), and in how
/// many seconds it is worth trying again.
#[derive(Debug, Clone)]
pub struct Recusado {
    pub error: Error,
    desafio: Option<&'static str>,
    wait: Option<u32>,
}

impl Recusado {
    pub fn desafiar(&self, resposta: &mut HttpResponse) {
        let headers = resposta.headers_mut();
        if let Some(desafio) = self.desafio {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(desafio));
        }
        if let Some(seconds) = self.wait {
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
    }

    /// Of a caller whose identity is known: another token would not help.
    pub(super) const fn known(error: Error) -> Self {
        Self { error, desafio: None, wait: None }
    }

    fn unauthenticated(mensagem: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::known(Error::falha(Falha::NaoAutenticado, mensagem))
    }

    fn unavailable(mensagem: &'static str) -> Self {
        Self::known(Error::falha(Falha::Indisponivel, mensagem))
    }
}

pub(super) fn ausente() -> Recusado {
    let mensagem = "falta o cabeçalho Authorization: Bearer <token>";
    Recusado { desafio: Some(r#"Bearer realm="elos""#), ..Recusado::unauthenticated(mensagem) }
}

/// A client's id and secret, where only a token is taken.
pub(super) fn basic_elsewhere() -> Recusado {
    let mensagem = "Basic só vale nas rotas do Tramita: aqui, peça um token ao emissor (POST no endereço de \
                    tokens, grant_type=client_credentials) e mande Authorization: Bearer <token>";
    Recusado { desafio: Some(r#"Bearer realm="elos""#), ..Recusado::unauthenticated(mensagem) }
}

/// The same, on a server that does not take Basic anywhere.
pub(super) fn basic_is_off() -> Recusado {
    let mensagem = "este servidor não aceita Basic (ELOS_TRAMITA_BASIC): peça um token ao emissor (POST no \
                    endereço de tokens, grant_type=client_credentials) e mande Authorization: Bearer <token>";
    Recusado { desafio: Some(r#"Bearer realm="elos""#), ..Recusado::unauthenticated(mensagem) }
}

/// Basic that cannot be read, and what is wrong with it.
pub(super) fn malformed_basic(reason: &'static str) -> Recusado {
    let mensagem = format!("Authorization: Basic malformado: {reason}");
    Recusado { desafio: Some(BASIC), ..Recusado::unauthenticated(mensagem) }
}

/// The issuer does not know the client, or not by this secret; which, it does not say either.
pub(super) fn wrong_secret() -> Recusado {
    let mensagem = "o emissor de tokens não reconhece este cliente com este segredo";
    Recusado { desafio: Some(BASIC), ..Recusado::unauthenticated(mensagem) }
}

/// The secret is right, and what the issuer gave for it is not for this server.
pub(super) fn useless_token() -> Recusado {
    let mensagem = "o emissor reconhece o cliente, mas dá-lhe um token que não serve neste servidor: \
                    quem o opera deve conferir ELOS_OIDC_AUDIENCE e ELOS_OIDC_CLIENTS";
    Recusado { desafio: Some(BASIC), ..Recusado::unauthenticated(mensagem) }
}

/// Too many wrong secrets came for this client from this address, or from this address at all.
pub(super) fn guesses_too_much(seconds: u32) -> Recusado {
    let mensagem = format!(
        "segredos errados demais deste cliente ou deste endereço; tente de novo em {seconds} s"
    );
    let error = Error::falha(Falha::LimiteDeRequisicoes, mensagem);
    Recusado { error, desafio: None, wait: Some(seconds) }
}

/// A certificate that somebody other than the proxy says that a client showed.
pub(super) fn forged_certificate() -> Recusado {
    let mensagem = "o cabeçalho do certificado de cliente só se aceita, e uma vez, do proxy que o confere (ELOS_PROXIES)";
    Recusado::known(Error::falha(Falha::SemPermissao, mensagem))
}

/// The proxy says something that is none.
pub(super) fn malformed_certificate() -> Recusado {
    let mensagem = "o cabeçalho do certificado de cliente não tem um certificado nem a sua impressão SHA-256: \
                    quem opera o proxy deve conferir como o escreve";
    Recusado::known(Error::falha(Falha::EntradaInvalida, mensagem))
}

/// Nobody is known by it.
pub(super) fn unknown_certificate() -> Recusado {
    Recusado::unauthenticated(
        "o certificado de cliente não está registrado: peça a quem opera o servidor que o registre",
    )
}

/// It is too old, or not yet good.
pub(super) fn expired_certificate() -> Recusado {
    Recusado::unauthenticated(
        "o certificado de cliente está fora da validade: registre o novo com quem opera o servidor",
    )
}

pub(super) fn no_exchange() -> Recusado {
    Recusado::unavailable(
        "o emissor de tokens não responde, e sem ele não se confere o segredo do cliente; tente de novo em instantes",
    )
}

/// One text for every defect: which one it was helps only who forges.
pub(super) fn invalido() -> Recusado {
    let mensagem = "o token é inválido; peça outro";
    Recusado {
        desafio: Some(r#"Bearer realm="elos", error="invalid_token""#),
        ..Recusado::unauthenticated(mensagem)
    }
}

/// It was one of ours, and its time is over.
pub(super) fn expirado() -> Recusado {
    let mensagem = "o token expirou; peça outro";
    let error = Error::falha(Falha::NaoAutenticado, mensagem);
    Recusado { error, ..invalido() }
}

/// It will be one of ours.
pub(super) fn prematuro() -> Recusado {
    let mensagem = "o token ainda não vale: o relógio do emissor, ou o deste servidor, está errado";
    let error = Error::falha(Falha::NaoAutenticado, mensagem);
    Recusado { error, ..invalido() }
}

/// The signature is good, so this is told to who gave the name, not to who forges.
pub(super) fn illegible(claim: &'static str, letra: CodePoint) -> Recusado {
    let mensagem = format!(
        "o `{claim}` do token tem o caractere {letra}: nele não há brancos, acentos soltos nem o que não se vê"
    );
    let error = Error::falha(Falha::NaoAutenticado, mensagem);
    Recusado { error, ..invalido() }
}

pub(super) fn sem_credenciais() -> Recusado {
    Recusado::unavailable("as credenciais não puderam ser lidas; tente de novo em instantes")
}

pub(super) fn sem_issuer() -> Recusado {
    Recusado::unavailable(
        "as chaves do emissor de tokens não puderam ser lidas; tente de novo em instantes",
    )
}
