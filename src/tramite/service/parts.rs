//! Files that come in parts: each part is kept as it comes, and the file is there when its parts
//! make it up and their hash is the one that was told.

use super::componentes::{ComponenteRecebido, completar, localizar, nomeado};
use super::steps::travar;
use crate::auth::Ator;
use crate::blob_store::ConteudoId;
use crate::command::{Comando, Contexto};
use crate::db::Sessao;
use crate::error::{Divergencia, Error, Falha, Recusa};
use crate::tramite::rules::{self, ParteDoTramite, Passo, SituacaoTramite};
use crate::tramite::{
    ConcluirComponente, EnviarParte, Idt, ParteEnviada, Segmento, Tramite, montar, store,
};
use crate::value::resource::{Rastreavel, Recurso};

/// A part that comes again, whole or within a longer one, takes the place of what was there.
impl Comando for EnviarParte {
    const NOME: &'static str = "enviarParte";
    type Efeito = ComponenteRecebido;

    fn executar(
        self,
        sessao: &mut Sessao<'_>,
        contexto: &Contexto,
    ) -> Result<ComponenteRecebido, Error> {
        let (tramite, _) = travar(sessao, contexto, self.idt, Passo::CompletarEnvio)?;
        let (protocolo, hash) =
            nomeado(self.protocolo.as_deref(), self.hash.as_ref(), self.malformados)?;
        let (componente, lugares) = localizar(sessao, self.idt, &protocolo, &hash)?;
        let recusas = rules::parte(componente.tamanho, self.trecho, self.tamanho);
        Recusa::nenhuma(Vec::new(), recusas)?;
        if ja_esta(&tramite) && lugares.iter().all(|lugar| !lugar.falta_enviar()) {
            return Ok(ComponenteRecebido::ja_estava(tramite));
        }
        let (SituacaoTramite::AguardandoComponentes, Some(conteudo)) =
            (tramite.situacao, self.conteudo)
        else {
            return Err(rules::transicao_nao_permitida(&tramite).into());
        };
        let partes = store::partes_enviadas(sessao, self.idt, protocolo.chave(), &hash)?;
        let cobertas = |parte: &&ParteEnviada| self.trecho.contem(parte.trecho());
        let (sobras, ficam): (Vec<&ParteEnviada>, Vec<_>) = partes.iter().partition(cobertas);
        let trechos: Vec<_> = ficam.iter().map(|parte| parte.trecho()).collect();
        let recusa = rules::partes_demais(componente.tamanho, &trechos, self.trecho);
        Recusa::nenhuma(Vec::new(), recusa.into_iter().collect())?;
        let sobras: Vec<ConteudoId> = sobras.iter().map(|parte| parte.conteudo_id).collect();
        store::retirar_partes(sessao, &sobras)?;
        store::guardar_parte(sessao, &componente, self.trecho, conteudo)?;
        Ok(ComponenteRecebido { tramite, guardado: true, sobras })
    }
}

/// On its way to its end, or there: not called off, not refused.
pub(super) fn ja_esta(tramite: &Tramite) -> bool {
    tramite.situacao <= SituacaoTramite::ReciboRecebidoRemetente
}

/// How a file that came in parts is put together.
pub struct Montagem {
    idt: Idt,
    /// None when the file is here already.
    pub segmentos: Option<Vec<Segmento>>,
}

impl Rastreavel for Montagem {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        recursos.push(Recurso::Tramite(self.idt));
    }
}

/// The parts that make up the file that is said to be complete. Changes nothing.
pub fn montagem(
    sessao: &mut Sessao<'_>,
    ator: &Ator,
    comando: &ConcluirComponente,
) -> Result<Montagem, Error> {
    let idt = comando.idt;
    let achado = store::tramite_se_visivel(sessao, idt)?;
    let tramite = achado.ok_or_else(rules::tramite_visivel)?;
    if tramite.parte(ator.tribunal()) != Some(ParteDoTramite::Remetente) {
        return Err(Error::falha(Falha::SemPermissao, "o ticket é do remetente do trâmite"));
    }
    let ConcluirComponente { protocolo, hash, malformados, .. } = comando;
    let (protocolo, hash) = nomeado(protocolo.as_deref(), hash.as_ref(), malformados.clone())?;
    let (componente, lugares) = localizar(sessao, idt, &protocolo, &hash)?;
    if lugares.iter().all(|lugar| !lugar.falta_enviar()) {
        return Ok(Montagem { idt, segmentos: None });
    }
    let partes = store::partes_enviadas(sessao, idt, protocolo.chave(), &hash)?;
    match montar(&partes, componente.tamanho) {
        Ok(segmentos) => Ok(Montagem { idt, segmentos: Some(segmentos) }),
        Err(falta) => Err(rules::partes_ausentes(&tramite, falta).into()),
    }
}

/// 1→2 with the last file. Said again, of a file that is here, changes nothing.
impl Comando for ConcluirComponente {
    const NOME: &'static str = "concluirComponente";
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
        if ja_esta(&tramite) && lugares.iter().all(|lugar| !lugar.falta_enviar()) {
            return Ok(ComponenteRecebido::ja_estava(tramite));
        }
        let (SituacaoTramite::AguardandoComponentes, Some(montado)) =
            (tramite.situacao, self.montado)
        else {
            return Err(rules::transicao_nao_permitida(&tramite).into());
        };
        let partes = store::partes_enviadas(sessao, self.idt, protocolo.chave(), &hash)?;
        let tem = |conteudo: &ConteudoId| partes.iter().any(|p| p.conteudo_id == *conteudo);
        let (Some(&primeira), true) = (montado.partes.first(), montado.partes.iter().all(tem))
        else {
            let mensagem = "uma parte do arquivo chegou de novo enquanto ele se conferia; repita";
            return Err(Error::falha(Falha::Indisponivel, mensagem));
        };
        if montado.calculado != hash {
            let divergencia = Divergencia {
                documento: componente.documento,
                componente: componente.ordem,
                esperado: Some(hash.to_string()),
                informado: montado.calculado.to_string(),
            };
            return Err(rules::conteudo_divergente(componente.protocolo, divergencia).into());
        }
        let sobras: Vec<ConteudoId> = partes
            .iter()
            .map(|parte| parte.conteudo_id)
            .filter(|conteudo| !montado.partes.contains(conteudo))
            .collect();
        store::retirar_partes(sessao, &sobras)?;
        completar(sessao, tramite, &lugares, primeira, sobras, agora)
    }
}
