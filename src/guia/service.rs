//! Use cases on guias: emission and its end.

use super::{BaixarGuia, EmitirGuia, Guia, GuiaId, MotivoBaixaGuia, SituacaoGuia, rules, store};
use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::Sessao;
use crate::error::{Error, Falha, Recusa};
use crate::evento::{self, MudancaDeCampo, NovoEvento, TipoEvento};
use crate::value::field::{self, itens};
use crate::value::resource::{Rastreavel, Recurso};
use crate::value::time;
use chrono::{DateTime, Utc};
use store::Objetos;

/// A guia after a write that may have found nothing to do.
#[derive(Debug)]
pub struct Alterada {
    pub guia: Guia,
    pub alterado: bool,
}

impl Rastreavel for Alterada {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.guia.rastrear(recursos);
    }
}

impl Efeito for Alterada {
    fn created(&self) -> Option<Recurso> {
        let first = self.alterado && self.guia.versao == 1;
        first.then_some(Recurso::Guia(self.guia.id.0))
    }

    fn lembrar(&self) -> Lembranca {
        let &Self { ref guia, alterado } = self;
        Lembranca { id: guia.id.0, versao: guia.versao, alterado, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let guia = store::por_id(sessao, GuiaId(lembranca.id))?;
        Ok(Self { guia, alterado: lembranca.alterado })
    }
}

/// Emits a guia and gives it a number. A unificadora lowers what it unifies.
impl Comando for EmitirGuia {
    const NOME: &'static str = "emitirGuia";
    type Efeito = Alterada;

    /// The adolescente, two processos, and what it unifies.
    fn names(&self) -> usize {
        3 + itens(&self.propria.definitivas).len()
    }

    fn executar(mut self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Alterada, Error> {
        let malformados = std::mem::take(&mut self.malformados);
        let fatos = store::fatos(sessao, &self)?;
        let agora = ultima(&fatos.definitivas, (contexto.relogio)());
        let hoje = time::dia(agora);
        Recusa::nenhuma(malformados, rules::emissao(&self, &fatos, hoje, contexto.regras))?;

        let Some(adolescente) = fatos.adolescente else {
            return Err(Error::interno(anyhow::anyhow!("no rule refused an incomplete command")));
        };
        let (apuracao, execucao) = (fatos.apuracao.as_ref(), fatos.execucao.as_ref());
        let objetos = Objetos { tribunal: contexto.tribunal, adolescente, apuracao, execucao };
        let Some(guia) = store::inserir(sessao, self, &objetos, agora, hoje)? else {
            let mensagem = "os números de guia de hoje se esgotaram; emita amanhã";
            return Err(Error::falha(Falha::Indisponivel, mensagem));
        };
        contar(sessao, TipoEvento::GuiaEmitida, (&guia, None), agora, contexto)?;

        let unificadas: Vec<_> = fatos.definitivas.iter().map(|guia| guia.id).collect();
        if !unificadas.is_empty() {
            let motivo = Some(MotivoBaixaGuia::Unificada);
            store::baixar(sessao, &unificadas, motivo, Some(guia.id), agora)?;
            for unificada in &fatos.definitivas {
                contar(sessao, TipoEvento::GuiaBaixada, (unificada, motivo), agora, contexto)?;
            }
        }
        Ok(Alterada { guia, alterado: true })
    }
}

/// Lowers a guia (R26). One that is lowered already stays as it is.
impl Comando for BaixarGuia {
    const NOME: &'static str = "baixarGuia";
    type Efeito = Alterada;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Alterada, Error> {
        let numero = self.numero?;
        let Some(guia) = store::travar(sessao, &[&numero])?.pop() else {
            return Err(rules::r1_guia_visivel().into());
        };
        if let Some(recusa) = field::versao_esperada(guia.versao, self.versao_esperada) {
            return Err(recusa.into());
        }
        if guia.situacao == SituacaoGuia::Baixada {
            return Ok(Alterada { guia, alterado: false });
        }
        let agora = ultima(std::slice::from_ref(&guia), (contexto.relogio)());
        store::baixar(sessao, &[guia.id], self.motivo, None, agora)?;
        contar(sessao, TipoEvento::GuiaBaixada, (&guia, self.motivo), agora, contexto)?;
        Ok(Alterada { guia: store::por_id(sessao, guia.id)?, alterado: true })
    }
}

/// Now, and never before what these went through already, whatever the clock does.
fn ultima(guias: &[Guia], agora: DateTime<Utc>) -> DateTime<Utc> {
    guias.iter().map(|guia| guia.atualizado_em).fold(agora, DateTime::max)
}

/// One evento in each processo of the guia.
fn contar(
    sessao: &mut Sessao<'_>,
    tipo: TipoEvento,
    (guia, motivo): (&Guia, Option<MotivoBaixaGuia>),
    agora: DateTime<Utc>,
    contexto: &Contexto,
) -> Result<(), Error> {
    let evento = |processo| NovoEvento::da_guia(tipo, guia, processo, agora, &contexto.autor);
    let mut eventos: Vec<_> = guia.processos().map(evento).collect();
    let (era, e) = match tipo {
        TipoEvento::GuiaBaixada => (Some(SituacaoGuia::Ativo), SituacaoGuia::Baixada),
        _ => (None, SituacaoGuia::Ativo),
    };
    let era = era.map(SituacaoGuia::texto);
    let situacao = MudancaDeCampo::nova("guia.situacao", era, Some(e.texto()));
    let motivo = MudancaDeCampo::nova("guia.motivoBaixa", None, motivo.map(MotivoBaixaGuia::texto));
    for evento in &mut eventos {
        evento.mudancas.extend(situacao.iter().chain(&motivo).cloned());
    }
    // Told once of the adolescente, whose guia it is by whichever processo.
    for repetido in eventos.iter_mut().skip(1) {
        repetido.adolescente_id = None;
    }
    Ok(evento::store::registrar(sessao, &eventos)?)
}
