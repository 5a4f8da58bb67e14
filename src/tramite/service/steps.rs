//! The steps of a trâmite after it was sent. Each: lock, whose step it is, the
//! machine, write, tell.

use super::envio::recusa_do_destino;
use crate::auth::Ator;
use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::Sessao;
use crate::error::{Error, Falha, Recusa};
use crate::processo;
use crate::tramite::recibo::{self, Assinatura};
use crate::tramite::rules::{self, ParteDoTramite, Passo, SituacaoTramite};
use crate::tramite::store::{self, Anotacao};
use crate::tramite::{
    CancelarTramite, DarCiencia, EnviarRecibo, Idt, MotivoRecusa, ReceberRecibo, ReceberTramite,
    RecusarTramite, Tramite, hashes_tramitados,
};
use crate::value::resource::{Rastreavel, Recurso};
use chrono::{DateTime, Utc};

/// A trâmite in the situação that it passed to.
#[derive(Debug)]
pub struct Passado {
    pub tramite: Tramite,
    /// Why the destination's step ended in a refusal to the sender.
    pub recusa: Option<Recusa>,
}

impl Rastreavel for Passado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.tramite.rastrear(recursos);
    }
}

impl Efeito for Passado {
    fn lembrar(&self) -> Lembranca {
        let alterado = self.recusa.is_some();
        Lembranca { id: self.tramite.idt, alterado, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let tramite = store::por_idt(sessao, lembranca.id)?;
        let recusa = lembranca.alterado.then(|| recusa_do_destino(&tramite));
        Ok(Self { tramite, recusa })
    }
}

/// The trâmite, locked, if the step is the caller's to take, and the time of it:
/// read after the lock, and never before the last change.
pub(super) fn travar(
    sessao: &mut Sessao<'_>,
    contexto: &Contexto,
    idt: Idt,
    passo: Passo,
) -> Result<(Tramite, DateTime<Utc>), Error> {
    let Some(tramite) = store::travado(sessao, idt)? else {
        return Err(rules::tramite_visivel().into());
    };
    conferir_parte(&tramite, &contexto.autor, passo)?;
    let agora = (contexto.relogio)().max(tramite.atualizado_em);
    Ok((tramite, agora))
}

/// The step is the caller's to take.
pub(super) fn conferir_parte(tramite: &Tramite, ator: &Ator, passo: Passo) -> Result<(), Error> {
    let Some(parte) = tramite.parte(Some(ator.tribunal_de_escrita()?)) else {
        return Err(rules::tramite_visivel().into());
    };
    let recusado = matches!(
        tramite.situacao,
        SituacaoTramite::RecusadoAguardandoCiencia | SituacaoTramite::RecusadoCiente
    );
    // Who declined does not see it any more; but what was asked of it was theirs to ask.
    if parte == ParteDoTramite::Destinatario && recusado && passo != Passo::Recusar {
        return Err(rules::tramite_visivel().into());
    }
    if passo.de_quem() != parte {
        let mensagem = match parte {
            ParteDoTramite::Remetente => "a ação é do destinatário do trâmite",
            _ => "a ação é do remetente do trâmite",
        };
        return Err(Error::falha(Falha::SemPermissao, mensagem));
    }
    if !tramite.age(ator, parte) {
        let mensagem = "a credencial não age pela estrutura do trâmite";
        return Err(Error::falha(Falha::SemPermissao, mensagem));
    }
    Ok(())
}

fn seguinte(tramite: &Tramite, passo: Passo) -> Result<SituacaoTramite, Error> {
    let seguinte = tramite.situacao.passar(passo);
    seguinte.map_err(|_| rules::transicao_nao_permitida(tramite).into())
}

/// One step, with what it notes.
pub(super) fn dar(
    sessao: &mut Sessao<'_>,
    tramite: &Tramite,
    passo: Passo,
    anotacao: &Anotacao,
    agora: DateTime<Utc>,
) -> Result<Passado, Error> {
    let situacao = seguinte(tramite, passo)?;
    store::passar(sessao, tramite.idt, situacao, passo.por_quem(), anotacao, agora)?;
    Ok(Passado { tramite: store::por_idt(sessao, tramite.idt)?, recusa: None })
}

/// Whether the destination has the processo otherwise: by another NRE, by one
/// that the sender did not give, or as a processo of its own.
fn ja_tem(sessao: &mut Sessao<'_>, contexto: &Contexto, tramite: &Tramite) -> Result<bool, Error> {
    let proprio = store::registro_proprio(sessao, contexto.tribunal, &tramite.protocolo_chave)?;
    Ok(match proprio {
        Some(nre) => nre != tramite.nre || !tramite.nre_informado,
        None => match tramite.protocolo_chave.parse() {
            Ok(numero) => processo::store::por_numero(sessao, &numero)?.is_some(),
            Err(_) => false,
        },
    })
}

/// The world changed since the send, or the send went out to find out: the
/// processo goes back to its sender.
fn devolver(
    sessao: &mut Sessao<'_>,
    tramite: &Tramite,
    agora: DateTime<Utc>,
) -> Result<Passado, Error> {
    let anotacao = Anotacao {
        motivo_recusa: Some(MotivoRecusa::Outro.codigo().into()),
        justificativa: Some(rules::NUP_JA_CADASTRADO.into()),
        recusado_em: Some(agora),
        ..Anotacao::default()
    };
    let recusa = Some(recusa_do_destino(tramite));
    Ok(Passado { recusa, ..dar(sessao, tramite, Passo::Recusar, &anotacao, agora)? })
}

/// 2→3 and, with no componente to fetch, →4. Asked again of what was received, up to 6, it is told
/// again, and nothing moves.
impl Comando for ReceberTramite {
    const NOME: &'static str = "receberTramite";
    type Efeito = Passado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Passado, Error> {
        let (tramite, agora) = travar(sessao, contexto, self.idt, Passo::ReceberMetadados)?;
        if matches!(
            tramite.situacao,
            SituacaoTramite::MetadadosRecebidosDestinatario
                | SituacaoTramite::ComponentesRecebidosDestinatario
                | SituacaoTramite::ReciboRecebidoSolucao
                | SituacaoTramite::ReciboRecebidoRemetente
        ) {
            return Ok(Passado { tramite, recusa: None });
        }
        seguinte(&tramite, Passo::ReceberMetadados)?;
        if ja_tem(sessao, contexto, &tramite)? {
            return devolver(sessao, &tramite, agora);
        }
        let anotacao = Anotacao { metadados_em: Some(agora), ..Anotacao::default() };
        let recebido = dar(sessao, &tramite, Passo::ReceberMetadados, &anotacao, agora)?;
        if store::faltas(sessao, tramite.idt)?.baixar {
            return Ok(recebido);
        }
        let nada = Anotacao::default();
        dar(sessao, &recebido.tramite, Passo::CompletarRecebimento, &nada, agora)
    }
}

/// The signature, against the key that is registered of the destinatário, and the
/// text that is to be signed.
fn conferir(
    sessao: &mut Sessao<'_>,
    tramite: &Tramite,
    recebimento: Option<DateTime<Utc>>,
    assinatura: Option<&str>,
) -> Result<(Assinatura, String), Error> {
    let chave = store::chave_do_destinatario(sessao, tramite.idt)?;
    let componentes = store::componentes(sessao, tramite.idt)?;
    let hashes = hashes_tramitados(&componentes);
    let recebimento = recebimento.unwrap_or_default();
    let texto = recibo::de_conclusao(tramite.idt, &tramite.nre, recebimento, &hashes);
    let conferida = recibo::conferir(&texto, assinatura, chave.as_deref());
    Ok((conferida.map_err(Error::interno)?, texto))
}

/// The recibo that the trâmite has already: whoever did not hear of it sends it once more.
fn mesmo_recibo(tramite: &Tramite, recibo: &EnviarRecibo) -> bool {
    let segundo = |quando: Option<DateTime<Utc>>| quando.map(|quando| quando.timestamp());
    tramite.recibo_em.is_some()
        && recibo.malformados.is_empty()
        && segundo(tramite.data_de_recebimento) == segundo(recibo.data_de_recebimento)
        && tramite.hash_da_assinatura == recibo.hash_da_assinatura
}

/// 4→5: the destination has the processo, and is a party of its NRE. The same recibo once more
/// changes nothing.
impl Comando for EnviarRecibo {
    const NOME: &'static str = "enviarRecibo";
    type Efeito = Passado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Passado, Error> {
        let (tramite, agora) = travar(sessao, contexto, self.idt, Passo::EnviarRecibo)?;
        if mesmo_recibo(&tramite, &self) {
            return Ok(Passado { tramite, recusa: None });
        }
        let recusas = rules::recibo(
            self.data_de_recebimento,
            self.hash_da_assinatura.as_deref(),
            tramite.atualizado_em,
            agora,
        );
        seguinte(&tramite, Passo::EnviarRecibo)?;
        Recusa::nenhuma(self.malformados, recusas)?;
        let (assinatura, texto) = conferir(
            sessao,
            &tramite,
            self.data_de_recebimento,
            self.hash_da_assinatura.as_deref(),
        )?;
        Recusa::nenhuma(Vec::new(), rules::assinatura(assinatura, &texto).into_iter().collect())?;
        store::tomar_a_vez(sessao, contexto.tribunal, &tramite.protocolo_chave, None)?;
        if ja_tem(sessao, contexto, &tramite)?
            || !store::tornar_parte(
                sessao,
                contexto.tribunal,
                &tramite.nre,
                &tramite.protocolo_chave,
                agora,
            )?
        {
            return devolver(sessao, &tramite, agora);
        }
        let anotacao = Anotacao {
            data_de_recebimento: self.data_de_recebimento,
            hash_da_assinatura: self.hash_da_assinatura,
            recibo_em: Some(agora),
            recibo_assinado: Some(assinatura == Assinatura::Confere),
            ..Anotacao::default()
        };
        dar(sessao, &tramite, Passo::EnviarRecibo, &anotacao, agora)
    }
}

/// 5→6; taken again in 6, it changes nothing.
impl Comando for ReceberRecibo {
    const NOME: &'static str = "receberRecibo";
    type Efeito = Passado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Passado, Error> {
        let (tramite, agora) = travar(sessao, contexto, self.idt, Passo::ReceberRecibo)?;
        if tramite.situacao == SituacaoTramite::ReciboRecebidoRemetente {
            return Ok(Passado { tramite, recusa: None });
        }
        let anotacao = Anotacao { recibo_entregue_em: Some(agora), ..Anotacao::default() };
        dar(sessao, &tramite, Passo::ReceberRecibo, &anotacao, agora)
    }
}

/// 2, 3 or 4→8. SEI's module declines again what it has declined: the first refusal stays.
impl Comando for RecusarTramite {
    const NOME: &'static str = "recusarTramite";
    type Efeito = Passado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Passado, Error> {
        let recusas = rules::recusa(self.motivo.is_some(), self.justificativa.as_deref());
        Recusa::nenhuma(self.malformados, recusas)?;
        let (tramite, agora) = travar(sessao, contexto, self.idt, Passo::Recusar)?;
        if tramite.situacao == SituacaoTramite::RecusadoAguardandoCiencia {
            return Ok(Passado { tramite, recusa: None });
        }
        let anotacao = Anotacao {
            motivo_recusa: self.motivo.map(|motivo| motivo.codigo().into()),
            justificativa: self.justificativa,
            recusado_em: Some(agora),
            ..Anotacao::default()
        };
        dar(sessao, &tramite, Passo::Recusar, &anotacao, agora)
    }
}

/// 8→9.
impl Comando for DarCiencia {
    const NOME: &'static str = "darCiencia";
    type Efeito = Passado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Passado, Error> {
        let (tramite, agora) = travar(sessao, contexto, self.idt, Passo::DarCiencia)?;
        let anotacao = Anotacao { ciencia_em: Some(agora), ..Anotacao::default() };
        dar(sessao, &tramite, Passo::DarCiencia, &anotacao, agora)
    }
}

/// 1 to 4→7.
impl Comando for CancelarTramite {
    const NOME: &'static str = "cancelarTramite";
    type Efeito = Passado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Passado, Error> {
        let (tramite, agora) = travar(sessao, contexto, self.idt, Passo::Cancelar)?;
        dar(sessao, &tramite, Passo::Cancelar, &Anotacao::default(), agora)
    }
}
