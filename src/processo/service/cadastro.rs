//! Registering a processo.

use crate::db::Sessao;
use crate::error::{Error, Recusa};
use crate::escrita::{Comando, Contexto, Efeito, Lembranca};
use crate::evento::{self, NovoEvento, TipoEvento};
use crate::processo::{CadastrarProcesso, Processo, TipoProcesso, rules, store};
use crate::rascunho;
use crate::rastro::{Rastreavel, Recurso};
use chrono::{DateTime, Utc};

/// A registered processo, and what did not stop it but is worth knowing.
#[derive(Debug)]
pub struct Cadastrado {
    pub processo: Processo,
    pub avisos: Vec<String>,
}

impl AsRef<Processo> for Cadastrado {
    fn as_ref(&self) -> &Processo {
        &self.processo
    }
}

impl Rastreavel for Cadastrado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.processo.rastrear(recursos);
    }
}

impl Efeito for Cadastrado {
    fn avisos(&self) -> &[String] {
        &self.avisos
    }

    fn lembrar(&self) -> Lembranca {
        let Self { processo, avisos } = self;
        let (id, versao, avisos) = (processo.id.0, processo.versao, avisos.clone());
        Lembranca { id, versao, avisos, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let processo = store::lembrado(sessao, &lembranca)?;
        Ok(Self { processo, avisos: lembranca.avisos })
    }
}

/// Registers a processo with its links (R3 to R12), and its evento.
impl Comando for CadastrarProcesso {
    const NOME: &'static str = "cadastrarProcesso";
    type Efeito = Cadastrado;

    fn executar(
        mut self,
        sessao: &mut Sessao<'_>,
        contexto: &Contexto,
    ) -> Result<Cadastrado, Error> {
        let &Contexto { tribunal, regras, relogio, .. } = contexto;
        let agora = relogio();
        let malformados = std::mem::take(&mut self.malformados);
        let mut fatos = store::fatos(sessao, &self, regras)?;
        let mut parecer = rules::cadastro(&self, &fatos, tribunal, regras);
        if !(malformados.is_empty() && parecer.recusas.is_empty()) {
            // Who is refused is told everything; who is not finds out by inserting.
            fatos.numero_tomado = store::numero_tomado(sessao, &self)?;
            parecer = rules::cadastro(&self, &fatos, tribunal, regras);
        }
        Recusa::nenhuma(malformados, parecer.recusas)?;

        let numero = self.numero.clone();
        let Some(novo) = rules::aceito(self, &fatos) else {
            return Err(Error::interno(anyhow::anyhow!("no rule refused an incomplete command")));
        };
        // The unique index has the last word: of racing creates one inserts.
        let Some(processo) = store::inserir(sessao, tribunal, novo, agora)? else {
            let recusa = numero.and_then(|numero| rules::r6_numero_livre(&numero, true));
            return Err(Error::Recusas(recusa.into_iter().collect()));
        };
        if let Some(rascunho) = fatos.rascunho {
            rascunho::store::consumir(sessao, rascunho.id, processo.id, agora)?;
        }
        registrar_eventos(sessao, &processo, agora, contexto)?;
        Ok(Cadastrado { processo, avisos: parecer.avisos })
    }
}

fn registrar_eventos(
    sessao: &mut Sessao<'_>,
    novo: &Processo,
    agora: DateTime<Utc>,
    contexto: &Contexto,
) -> Result<(), Error> {
    let tipo = TipoEvento::ProcessoCadastrado;
    let mut eventos = vec![NovoEvento::do_processo(tipo, novo, agora, &contexto.autor)];
    // The apuração tells of its execução, when both are of one tribunal.
    if let (TipoProcesso::Execucao, Some(referencia)) = (novo.tipo, &novo.numero_referencia)
        && let Some(apuracao) = store::por_numero(sessao, referencia)?
    {
        let tipo = TipoEvento::ExecucaoCadastrada;
        eventos.push(NovoEvento::do_processo(tipo, &apuracao, agora, &contexto.autor));
    }
    Ok(evento::store::registrar(sessao, &eventos)?)
}
