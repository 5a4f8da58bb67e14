//! The files of a trâmite: taken from the remetente, given to the destinatário, and
//! forgotten when nobody waits for them.

use super::parts::ja_esta;
use super::steps::{Passado, conferir_parte, dar, travar};
use crate::auth::Ator;
use crate::blob_store::ConteudoId;
use crate::call::App;
use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::Sessao;
use crate::error::{CodigoErro, Divergencia, Error, Recusa};
use crate::tramite::rules::{self, Passo, SituacaoTramite};
use crate::tramite::store::{self, Anotacao};
use crate::tramite::{
    BaixarComponente, Componente, EnviarComponente, HashSha256, Idt, Protocolo, Segmento, Tramite,
    Trecho, montar,
};
use crate::value::field::obrigatorio;
use crate::value::resource::{Rastreavel, Recurso};
use chrono::{DateTime, Duration, Utc};

/// Longer than any upload is let take.
const ABANDONADO: Duration = Duration::hours(1);

/// A file that came, or was found to be here.
#[derive(Debug)]
pub struct ComponenteRecebido {
    pub tramite: Tramite,
    /// Its bytes are kept; if not, the file was here already.
    pub guardado: bool,
    /// Contents that it took the place of.
    pub sobras: Vec<ConteudoId>,
}

impl ComponenteRecebido {
    pub(super) const fn ja_estava(tramite: Tramite) -> Self {
        Self { tramite, guardado: false, sobras: Vec::new() }
    }
}

impl Rastreavel for ComponenteRecebido {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.tramite.rastrear(recursos);
    }
}

impl Efeito for ComponenteRecebido {
    fn lembrar(&self) -> Lembranca {
        Lembranca { id: self.tramite.idt, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        Ok(Self::ja_estava(store::por_idt(sessao, lembranca.id)?))
    }
}

/// The file that a call names: which protocolo of the trâmite, and which hash.
pub(super) fn nomeado(
    protocolo: Option<&str>,
    hash: Option<&HashSha256>,
    malformados: Vec<Recusa>,
) -> Result<(Protocolo, HashSha256), Error> {
    let lido = protocolo.map(Protocolo::ler);
    let ilegivel = lido.as_ref().and_then(|lido| lido.as_ref().err()).map(|erro| {
        Recusa::nova(CodigoErro::CampoInvalido, "S0", erro.to_string()).em(["arquivo", "protocolo"])
    });
    let recusas = [
        obrigatorio(protocolo.as_ref(), "S0").map(|r| r.em(["arquivo", "protocolo"])),
        obrigatorio(hash, "S0").map(|r| r.em(["arquivo", "hashDoComponenteDigital"])),
        ilegivel,
    ];
    Recusa::nenhuma(malformados, recusas.into_iter().flatten().collect())?;
    match (lido, hash) {
        (Some(Ok(protocolo)), Some(hash)) => Ok((protocolo, hash.clone())),
        _ => Err(Error::interno(anyhow::anyhow!("a file without a name was not refused"))),
    }
}

/// The places in which the trâmite asks for the file, the first one by itself.
pub(super) fn localizar(
    sessao: &mut Sessao<'_>,
    idt: Idt,
    protocolo: &Protocolo,
    hash: &HashSha256,
) -> Result<(Componente, Vec<Componente>), Error> {
    let lugares = store::solicitados(sessao, idt, protocolo, hash)?;
    let primeiro = lugares.first().cloned();
    primeiro
        .map(|primeiro| (primeiro, lugares))
        .ok_or_else(|| rules::componente_nao_localizado().into())
}

/// 1→2 with the last file. Sent again, a file that is here changes nothing.
impl Comando for EnviarComponente {
    const NOME: &'static str = "enviarComponente";
    type Efeito = ComponenteRecebido;

    fn executar(
        self,
        sessao: &mut Sessao<'_>,
        contexto: &Contexto,
    ) -> Result<ComponenteRecebido, Error> {
        let (tramite, agora) = travar(sessao, contexto, self.idt, Passo::CompletarEnvio)?;
        let (protocolo, hash) =
            nomeado(self.protocolo.as_deref(), self.hash.as_ref(), self.malformados)?;
        let (componente, lugares) = localizar(sessao, self.idt, &protocolo, &hash)?;
        if self.calculado != hash || self.tamanho != componente.tamanho {
            let divergencia = Divergencia {
                documento: componente.documento,
                componente: componente.ordem,
                esperado: Some(hash.to_string()),
                informado: self.calculado.to_string(),
            };
            return Err(rules::conteudo_divergente(componente.protocolo, divergencia).into());
        }
        if ja_esta(&tramite) && lugares.iter().all(|lugar| !lugar.falta_enviar()) {
            return Ok(ComponenteRecebido::ja_estava(tramite));
        }
        let (SituacaoTramite::AguardandoComponentes, Some(conteudo)) =
            (tramite.situacao, self.conteudo)
        else {
            return Err(rules::transicao_nao_permitida(&tramite).into());
        };
        // Parts of it that came before are of no use any more.
        let partes = store::partes_enviadas(sessao, self.idt, protocolo.chave(), &hash)?;
        let sobras: Vec<ConteudoId> = partes.iter().map(|parte| parte.conteudo_id).collect();
        store::retirar_partes(sessao, &sobras)?;
        completar(sessao, tramite, &lugares, conteudo, sobras, agora)
    }
}

/// The file is here, in every place that waits for it: 1→2 with the last one.
pub(super) fn completar(
    sessao: &mut Sessao<'_>,
    tramite: Tramite,
    lugares: &[Componente],
    conteudo: ConteudoId,
    sobras: Vec<ConteudoId>,
    agora: DateTime<Utc>,
) -> Result<ComponenteRecebido, Error> {
    store::receber_componente(sessao, lugares, conteudo, agora)?;
    if store::faltas(sessao, tramite.idt)?.enviar {
        return Ok(ComponenteRecebido { tramite, guardado: true, sobras });
    }
    let anotacao = Anotacao { completo_em: Some(agora), ..Anotacao::default() };
    let passado = dar(sessao, &tramite, Passo::CompletarEnvio, &anotacao, agora)?;
    Ok(ComponenteRecebido { tramite: passado.tramite, guardado: true, sobras })
}

/// A file that the destinatário may fetch.
pub struct Baixavel {
    idt: Idt,
    /// Where its bytes are.
    pub segmentos: Vec<Segmento>,
    /// The bytes that were asked for, as far as there are.
    pub trecho: Trecho,
    lugares: Vec<Componente>,
}

impl Rastreavel for Baixavel {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        recursos.push(Recurso::Tramite(self.idt));
    }
}

/// The file that the destinatário would fetch now. Changes nothing.
pub fn baixavel(
    sessao: &mut Sessao<'_>,
    ator: &Ator,
    comando: &BaixarComponente,
) -> Result<Baixavel, Error> {
    let achado = store::tramite_se_visivel(sessao, comando.idt)?;
    do_tramite(sessao, ator, &achado.ok_or_else(rules::tramite_visivel)?, comando)
}

fn do_tramite(
    sessao: &mut Sessao<'_>,
    ator: &Ator,
    tramite: &Tramite,
    comando: &BaixarComponente,
) -> Result<Baixavel, Error> {
    conferir_parte(tramite, ator, Passo::CompletarRecebimento)?;
    let BaixarComponente { idt, protocolo, hash, trecho, malformados } = comando;
    let (protocolo, hash) = nomeado(protocolo.as_deref(), hash.as_ref(), malformados.clone())?;
    if !tramite.situacao.admite_baixar() {
        return Err(rules::transicao_nao_permitida(tramite).into());
    }
    let (Componente { conteudo_id, tamanho, .. }, lugares) =
        localizar(sessao, *idt, &protocolo, &hash)?;
    let conteudo = conteudo_id.ok_or_else(rules::componente_nao_localizado)?;
    let partes = store::partes_enviadas(sessao, *idt, protocolo.chave(), &hash)?;
    let segmentos = match partes.is_empty() {
        true => vec![Segmento::inteiro(conteudo, tamanho)],
        false => montar(&partes, tamanho).map_err(|falta| {
            Error::interno(anyhow::anyhow!("a received file lacks its byte {falta}"))
        })?,
    };
    let trecho = trecho.unwrap_or(Trecho { inicio: 0, fim: tamanho });
    let trecho = Trecho { fim: trecho.fim.min(tamanho), ..trecho };
    Recusa::nenhuma(Vec::new(), rules::trecho(trecho, tamanho).into_iter().collect())?;
    Ok(Baixavel { idt: *idt, segmentos, trecho, lugares })
}

/// 3→4 with the last file, or with the last part of it.
impl Comando for BaixarComponente {
    const NOME: &'static str = "baixarComponente";
    type Efeito = Passado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Passado, Error> {
        let (tramite, agora) = travar(sessao, contexto, self.idt, Passo::CompletarRecebimento)?;
        let Baixavel { trecho, lugares, .. } =
            do_tramite(sessao, &contexto.autor, &tramite, &self)?;
        if self.trecho.is_some() && !store::entregar_trecho(sessao, &lugares, trecho)? {
            return Ok(Passado { tramite, recusa: None });
        }
        store::baixar_componente(sessao, &lugares, agora)?;
        let espera = tramite.situacao == SituacaoTramite::MetadadosRecebidosDestinatario;
        if !espera || store::faltas(sessao, self.idt)?.baixar {
            return Ok(Passado { tramite, recusa: None });
        }
        dar(sessao, &tramite, Passo::CompletarRecebimento, &Anotacao::default(), agora)
    }
}

/// A content that no componente came to have. The bytes go before what names them:
/// a fall in between leaves a name to try again.
pub async fn esquecer(app: &App, ator: &Ator, conteudo: ConteudoId) -> Result<(), Error> {
    app.armazem.apagar(ator, conteudo).await?;
    let fechar = move |sessao: &mut Sessao<'_>| Ok(store::fechar_conteudo(sessao, conteudo)?);
    app.db.escrever(ator, fechar).await
}

/// One round over the contents that a tribunal sent. What fails for one does not keep
/// the others waiting.
pub(super) async fn limpar(app: &App, ator: &Ator) -> Result<(), Error> {
    let (tribunal, limite) = (ator.tribunal_de_escrita()?, (app.agora)() - ABANDONADO);
    loop {
        let listar =
            move |sessao: &mut Sessao<'_>| Ok(store::conteudos_sem_uso(sessao, tribunal, limite)?);
        let sem_uso = app.db.ler(ator, listar).await?;
        if sem_uso.is_empty() {
            return Ok(());
        }
        let mut desfecho = Ok(());
        for conteudo in sem_uso {
            desfecho = desfecho.and(esquecer(app, ator, conteudo).await);
        }
        desfecho?;
    }
}
