//! An heir becomes a party of an NRE, when a party and itself ask for the same.

use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::{Relation, Sessao};
use crate::error::{CodigoErro, Error, Falha, NoTramita, Recusa};
use crate::tramite::rules::{self, Informacao, LinhaDeDecisao};
use crate::tramite::store::{self, EmAndamento, PedidoDeVinculo, RegistroDe, Vinculo};
use crate::tramite::{Estrutura, Protocolo, RegistroEletronico, VincularNre};
use crate::value::resource::{Rastreavel, Recurso};
use std::sync::Arc;

/// A request that was noted, or the last that was needed.
#[derive(Debug)]
pub struct Vinculado {
    pub efetivado: bool,
    /// To a party, once it is done.
    pub registro: Option<Arc<RegistroEletronico>>,
}

impl Rastreavel for Vinculado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.registro.rastrear(recursos);
    }
}

impl Efeito for Vinculado {
    fn lembrar(&self) -> Lembranca {
        let id = self.registro.as_ref().map_or(0, |registro| registro.id);
        Lembranca { id, alterado: self.efetivado, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let registro = RegistroDe::load_one(sessao, &RegistroDe::Id(lembranca.id))?;
        Ok(Self { efetivado: lembranca.alterado, registro })
    }
}

impl Comando for VincularNre {
    const NOME: &'static str = "vincularNre";
    type Efeito = Vinculado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Vinculado, Error> {
        Recusa::nenhuma(Vec::new(), rules::vinculo_campos(&self))?;
        let Ok(protocolo) = Protocolo::ler(&self.protocolo) else {
            return Err(Error::interno(anyhow::anyhow!("no rule refused the protocolo")));
        };
        let parte = store::estrutura(sessao, &self.parte)?;
        let herdeira = store::estrutura(sessao, &self.herdeira)?;
        let recusas = rules::vinculo_estruturas(parte.as_ref(), herdeira.as_ref());
        let (Some(parte), Some(herdeira), true) = (&parte, &herdeira, recusas.is_empty()) else {
            return Err(Error::Recusas(recusas));
        };
        let pedido = PedidoDeVinculo {
            nre: &self.nre,
            protocolo: &protocolo,
            parte,
            herdeira,
            justificativa: self.justificativa.as_deref().unwrap_or_default(),
            autor: contexto.autor.sub(),
        };
        pedir(sessao, contexto, &pedido)
    }
}

fn pedir(
    sessao: &mut Sessao<'_>,
    contexto: &Contexto,
    pedido: &PedidoDeVinculo<'_>,
) -> Result<Vinculado, Error> {
    let &PedidoDeVinculo { nre, protocolo, parte, herdeira, .. } = pedido;
    let Contexto { tribunal, regras, relogio, .. } = contexto;
    let pela_parte = parte.de_quem_chama(&contexto.autor, *tribunal);
    if !pela_parte && !herdeira.de_quem_chama(&contexto.autor, *tribunal) {
        let mensagem = "nem a parte nem a herdeira é de quem chama";
        return Err(Error::falha(Falha::SemPermissao, mensagem));
    }
    tomar_as_vezes(sessao, pedido)?;
    // Only a party is told what its own registro says; an heir asks in the dark.
    let proprio = store::registro_de(sessao, *tribunal, nre)?;
    let informacao = Informacao {
        protocolo: Some(protocolo.texto().to_owned()),
        protocolo_registrado: proprio.as_ref().map(|registro| registro.protocolo.clone()),
        ..Informacao::default()
    };
    let exato = regras.protocolo_exato;
    let confere = proprio.as_ref().is_none_or(|registro| registro.nomeia(protocolo, exato));
    let linha = match (&proprio, confere) {
        (None, _) if pela_parte => Some(LinhaDeDecisao::B1),
        (_, false) => Some(LinhaDeDecisao::B2),
        _ => None,
    };
    recusar(linha, &informacao)?;
    match store::pedir_vinculo(sessao, pedido, relogio())? {
        Vinculo::Pendente => Ok(Vinculado { efetivado: false, registro: None }),
        Vinculo::Efetivado => {
            let registro = RegistroDe::load_one(sessao, &RegistroDe::Nre(nre.clone()))?;
            Ok(Vinculado { efetivado: true, registro })
        }
        Vinculo::EmAndamento => {
            let em_andamento = EmAndamento::load_one(sessao, &EmAndamento(nre.clone()))?;
            let em_andamento = em_andamento.map(|tramite| (*tramite).clone());
            let informacao = Informacao { em_andamento, nre: Some(nre.clone()), ..informacao };
            recusar(Some(LinhaDeDecisao::B3), &informacao)?;
            Err(Error::interno(anyhow::anyhow!("row B3 did not refuse")))
        }
        Vinculo::OutroNre => Err(outro_nre(herdeira, protocolo).into()),
    }
}

/// The protocolo of either side and then the NRE, each in one order: no send of them
/// passes in between, and no two requests wait for each other.
fn tomar_as_vezes(sessao: &mut Sessao<'_>, pedido: &PedidoDeVinculo<'_>) -> Result<(), Error> {
    let mut lados = [pedido.parte.tribunal_codigo, pedido.herdeira.tribunal_codigo];
    lados.sort_unstable();
    let chave = pedido.protocolo.chave();
    store::tomar_a_vez(sessao, lados[0], chave, None)?;
    Ok(store::tomar_a_vez(sessao, lados[1], chave, Some(pedido.nre))?)
}

fn recusar(linha: Option<LinhaDeDecisao>, informacao: &Informacao) -> Result<(), Error> {
    let recusa = linha.and_then(|linha| rules::recusa_da_linha(linha, informacao));
    Recusa::nenhuma(Vec::new(), recusa.into_iter().collect())
}

/// Row B5, of an heir.
fn outro_nre(herdeira: &Estrutura, protocolo: &Protocolo) -> Recusa {
    let recusa = Recusa::nova(CodigoErro::NupJaCadastrado, "B5", rules::NUP_JA_CADASTRADO)
        .em(["herdeira"])
        .oriente(format!("{} tem este protocolo por outro NRE", herdeira.nome));
    let protocolo = Some(protocolo.texto().to_owned());
    Recusa { tramite: Some(NoTramita { protocolo, ..NoTramita::default() }), ..recusa }
}
