//! Registering a processo.

use crate::adolescente;
use crate::command::{Comando, Contexto, Efeito, Julgado, Juntos, Lembranca};
use crate::db::Sessao;
use crate::error::{Error, Recusa};
use crate::evento::{self, NovoEvento, TipoEvento};
use crate::processo::rules::{self, Conhecidos, Fatos, Parecer};
use crate::processo::{CadastrarProcesso, NovoProcesso, Processo, TipoProcesso, store};
use crate::rascunho::{self, Rascunho};
use crate::value::field::itens;
use crate::value::resource::{Rastreavel, Recurso};
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

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

    fn created(&self) -> Option<Recurso> {
        Some(Recurso::Processo(self.processo.id.0))
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

impl Comando for CadastrarProcesso {
    const NOME: &'static str = "cadastrarProcesso";
    type Efeito = Cadastrado;

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Cadastrado, Error> {
        match cadastrar(sessao, vec![(self, contexto)])?.pop() {
            Some(julgado) => julgado.map_err(Error::Recusas),
            None => Err(Error::interno(anyhow::anyhow!("a registration without an outcome"))),
        }
    }

    /// Its adolescentes, its reference, and its rascunho.
    fn names(&self) -> usize {
        itens(&self.adolescentes).len()
            + usize::from(self.referencia.is_some())
            + usize::from(self.id_processo_sistema_externo.is_some())
    }

    /// An apuração without a rascunho: what its rules ask about is its own number, which the
    /// unique index holds, and who its adolescentes are.
    fn juntos(&self) -> Option<Juntos<Self>> {
        let sozinho =
            self.tipo != Some(TipoProcesso::Apuracao) || self.id_processo_sistema_externo.is_some();
        (!sozinho).then_some(cadastrar)
    }
}

/// Registers processos with their links (R3 to R12), and their eventos.
fn cadastrar(
    sessao: &mut Sessao<'_>,
    turma: Vec<(CadastrarProcesso, &Contexto)>,
) -> Result<Vec<Julgado<CadastrarProcesso>>, Error> {
    let Some(&(_, &Contexto { tribunal, relogio, .. })) = turma.first() else {
        return Ok(Vec::new());
    };
    let agora = relogio();
    let julgadas = julgar(sessao, turma)?;

    // The unique index has the last word: of racing creates, here or elsewhere, one inserts.
    let mut numeros = HashSet::new();
    let aceitos = julgadas.iter().flatten().map(|aceita| &aceita.novo);
    let novos: Vec<_> = aceitos.filter(|novo| numeros.insert(&novo.numero)).collect();
    let inseridos = store::inserir(sessao, tribunal, &novos, agora)?;
    let mut inseridos: HashMap<_, _> =
        inseridos.into_iter().map(|processo| (processo.numero.clone(), processo)).collect();

    let (mut julgados, mut eventos) = (Vec::with_capacity(julgadas.len()), Vec::new());
    for julgada in julgadas {
        let Aceita { novo, contexto, rascunho, avisos } = match julgada {
            Ok(aceita) => aceita,
            Err(recusas) => {
                julgados.push(Err(recusas));
                continue;
            }
        };
        let Some(processo) = inseridos.remove(&novo.numero) else {
            julgados.push(Err(rules::r6_numero_livre(&novo.numero, true).into_iter().collect()));
            continue;
        };
        if let Some(rascunho) = rascunho {
            rascunho::store::consumir(sessao, rascunho.id, processo.id, agora)?;
        }
        contar(sessao, &processo, agora, contexto, &mut eventos)?;
        julgados.push(Ok(Cadastrado { processo, avisos }));
    }
    evento::store::registrar(sessao, &eventos)?;
    Ok(julgados)
}

/// A registration that no rule refuses, unless its number is taken.
struct Aceita<'a> {
    novo: NovoProcesso,
    contexto: &'a Contexto,
    rascunho: Option<Rascunho>,
    avisos: Vec<String>,
}

fn julgar<'a>(
    sessao: &mut Sessao<'_>,
    turma: Vec<(CadastrarProcesso, &'a Contexto)>,
) -> Result<Vec<Result<Aceita<'a>, Vec<Recusa>>>, Error> {
    let nomeados: Vec<_> =
        turma.iter().flat_map(|(comando, _)| comando.adolescentes.iter().flatten()).collect();
    let conhecidos = adolescente::store::conhecidos(sessao, &nomeados)?;
    let conhecidos: Conhecidos = conhecidos.into_iter().collect();
    let propor = |(comando, contexto)| Proposta::nova(sessao, comando, contexto, &conhecidos);
    let mut propostas = turma.into_iter().map(propor).collect::<Result<Vec<_>, Error>>()?;

    // Who is refused is told everything; who is not finds out by inserting.
    let recusadas = propostas.iter().filter(|proposta| proposta.recusada());
    let numeros: Vec<_> =
        recusadas.filter_map(|recusada| recusada.comando.numero.clone()).collect();
    if !numeros.is_empty() {
        let tomados = store::numeros_tomados(sessao, &numeros)?;
        for recusada in propostas.iter_mut().filter(|proposta| proposta.recusada()) {
            let numero = recusada.comando.numero.as_ref();
            recusada.julgar_de_novo(numero.is_some_and(|numero| tomados.contains(numero)));
        }
    }
    propostas.into_iter().map(Proposta::desfecho).collect()
}

/// A registration, and what the rules say of it.
struct Proposta<'a> {
    comando: CadastrarProcesso,
    contexto: &'a Contexto,
    malformados: Vec<Recusa>,
    fatos: Fatos,
    parecer: Parecer,
}

impl<'a> Proposta<'a> {
    fn nova(
        sessao: &mut Sessao<'_>,
        mut comando: CadastrarProcesso,
        contexto: &'a Contexto,
        conhecidos: &Conhecidos,
    ) -> Result<Self, Error> {
        let malformados = std::mem::take(&mut comando.malformados);
        let &Contexto { tribunal, regras, .. } = contexto;
        let fatos = store::fatos(sessao, &comando, conhecidos, regras)?;
        let parecer = rules::cadastro(&comando, &fatos, tribunal, regras);
        Ok(Self { comando, contexto, malformados, fatos, parecer })
    }

    /// Once it is known whether the number is taken.
    fn julgar_de_novo(&mut self, numero_tomado: bool) {
        let &Contexto { tribunal, regras, .. } = self.contexto;
        self.fatos.numero_tomado = numero_tomado;
        self.parecer = rules::cadastro(&self.comando, &self.fatos, tribunal, regras);
    }

    fn recusada(&self) -> bool {
        !(self.malformados.is_empty() && self.parecer.recusas.is_empty())
    }

    fn desfecho(self) -> Result<Result<Aceita<'a>, Vec<Recusa>>, Error> {
        let Self { comando, contexto, malformados, fatos, parecer } = self;
        let recusas = Recusa::juntas(malformados, parecer.recusas);
        if !recusas.is_empty() {
            return Ok(Err(recusas));
        }
        let Some(novo) = rules::aceito(comando, &fatos) else {
            return Err(Error::interno(anyhow::anyhow!("no rule refused an incomplete command")));
        };
        Ok(Ok(Aceita { novo, contexto, rascunho: fatos.rascunho, avisos: parecer.avisos }))
    }
}

/// What a registration is told of by.
fn contar(
    sessao: &mut Sessao<'_>,
    novo: &Processo,
    agora: DateTime<Utc>,
    contexto: &Contexto,
    eventos: &mut Vec<NovoEvento>,
) -> Result<(), Error> {
    let tipo = TipoEvento::ProcessoCadastrado;
    eventos.push(NovoEvento::do_processo(tipo, novo, agora, &contexto.autor));
    // The apuração tells of its execução, when both are of one tribunal.
    if let (TipoProcesso::Execucao, Some(referencia)) = (novo.tipo, &novo.numero_referencia)
        && let Some(apuracao) = store::por_numero(sessao, referencia)?
    {
        let tipo = TipoEvento::ExecucaoCadastrada;
        eventos.push(NovoEvento::do_processo(tipo, &apuracao, agora, &contexto.autor));
    }
    Ok(())
}
