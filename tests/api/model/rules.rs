//! The rules, written a second time and as plainly as possible: without a database, without locks,
//! and without code of `src`. [`super::actions`] gives the numbers their names.

use super::actions::{Action, Dados, Doc, Text, Version};
use crate::support::Api;
use std::collections::BTreeMap;

pub const NUMEROS: usize = 8;
/// A number of another tribunal, where it is an apuração.
pub const FOREIGN: usize = 8;
/// A number with wrong check digits.
pub const WRONG: usize = 9;

#[derive(Debug, Clone, Default)]
pub struct Processo {
    pub execucao: bool,
    pub origem: Option<usize>,
    pub arquivado: bool,
    pub version: i32,
    /// The adolescentes in order of their vínculos, and whether each vínculo is active.
    pub vinculos: Vec<(usize, bool)>,
    pub magistrado: (Option<u8>, Option<usize>),
}

#[derive(Debug, Clone, Default)]
pub struct Person {
    pub version: i32,
    pub nome: Option<u8>,
    /// Whether surname, date of birth and sex are present.
    pub complete: bool,
    pub pending: bool,
    pub cpf: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct World {
    pub processos: BTreeMap<usize, Processo>,
    pub people: BTreeMap<usize, Person>,
    /// The CPFs of adolescentes whose identificador the server generated.
    pub others: Vec<usize>,
    /// Whether each rascunho was consumed.
    pub rascunhos: Vec<bool>,
}

/// The code of a refusal, and the status that it has alone.
pub type Refusal = (&'static str, u16);

const INVALID_DIGIT: Refusal = ("NUMERO_DIGITO_INVALIDO", 400);

/// Returns the refusals of a number without a processo. By R4, wrong check digits are the reason of
/// the refusal, if the API can say so.
fn no_processo(numero: usize) -> Vec<Refusal> {
    let absent = ("PROCESSO_NAO_ENCONTRADO", 404);
    vec![if numero == WRONG { INVALID_DIGIT } else { absent }]
}
const STALE: Refusal = ("CONFLITO_DE_VERSAO", 412);
const INVALID: Refusal = ("CAMPO_INVALIDO", 400);
const MISSING: Refusal = ("CAMPO_OBRIGATORIO", 400);
const CPF_TAKEN: Refusal = ("ADOLESCENTE_JA_EXISTE", 409);
const EXECUCAO_ATIVA: Refusal = ("EXECUCAO_ATIVA", 409);

fn wrong(cpf: Option<Doc>) -> Option<Refusal> {
    (cpf == Some(Doc::Invalid)).then_some(INVALID)
}

fn blank(text: Option<Text>) -> Option<Refusal> {
    (text == Some(Text::Blank)).then_some(INVALID)
}

fn if_valid(cpf: Option<Doc>) -> Option<usize> {
    match cpf {
        Some(Doc::Valid(n)) => Some(n),
        _ => None,
    }
}

impl World {
    /// Makes a world with three adolescentes and nothing else.
    pub fn new() -> Self {
        let person = Person { version: 1, nome: Some(0), complete: true, ..Person::default() };
        let people = (0..3).map(|n| (n, person.clone())).collect();
        Self { processos: BTreeMap::new(), people, others: Vec::new(), rascunhos: Vec::new() }
    }

    /// Returns the refusals of an action, or performs it.
    pub fn evaluate(&mut self, action: &Action, api: Api) -> Vec<Refusal> {
        // In a PUT, a blank text counts as absent.
        let given =
            |nome: Option<Text>| nome.filter(|nome| api != Api::Rest || *nome != Text::Blank);
        match action {
            Action::CadastrarProcesso { .. } => self.cadastrar_processo(action),
            &Action::Responsaveis { numero, nome, cpf, versao: version } => {
                self.responsaveis(numero, given(nome), cpf, version)
            }
            &Action::Situacao { numero, arquivar, versao: version } => {
                self.situacao(numero, arquivar, version)
            }
            &Action::Vincular { numero, who, dados, versao: version } => {
                self.vincular(numero, who, dados, version)
            }
            &Action::Desvincular { numero, who, versao: version } => {
                self.desvincular(numero, who, version)
            }
            &Action::CadastrarAdolescente { dados } => {
                let mut refusals = Self::dados_refusals(dados);
                refusals.extend(self.taken(if_valid(dados.cpf), None));
                if refusals.is_empty() {
                    self.others.extend(if_valid(dados.cpf));
                }
                refusals
            }
            &Action::AtualizarAdolescente { who, nome, complete, cpf, versao: version } => {
                self.atualizar_adolescente(who, (given(nome), complete, cpf), version)
            }
            &Action::Rascunho { with_sistema } => {
                if !with_sistema {
                    return vec![MISSING];
                }
                self.rascunhos.push(false);
                Vec::new()
            }
        }
    }

    /// Returns the version number that `version` stands for: the current one, another, or none.
    /// `current` is `None` if the object does not exist; its version then counts as 1.
    pub fn version(current: Option<i32>, version: Version) -> Option<i32> {
        match version {
            Version::Unset => None,
            Version::Right => Some(current.unwrap_or(1)),
            Version::Wrong => Some(current.unwrap_or(1) + 1),
        }
    }

    fn cadastrar_processo(&mut self, action: &Action) -> Vec<Refusal> {
        let Action::CadastrarProcesso { numero, execucao, who, origem, rascunho, cpf, orgao } =
            action
        else {
            return Vec::new();
        };
        let (numero, execucao, origem) = (*numero, *execucao, *origem);
        let mut refusals = Vec::new();
        // R3, R7 and R23: rules on the fields alone.
        refusals.extend(who.is_empty().then_some(MISSING));
        let repeated = (0..who.len()).filter(|&i| who[..i].contains(&who[i]));
        refusals.extend(repeated.map(|_| INVALID));
        refusals.extend((!orgao).then_some(INVALID));
        refusals.extend(wrong(*cpf));
        // R4, R5, R6.
        refusals.extend((numero == WRONG).then_some(INVALID_DIGIT));
        refusals.extend((numero == FOREIGN).then_some(("NUMERO_DE_OUTRO_TRIBUNAL", 400)));
        refusals
            .extend(self.processos.contains_key(&numero).then_some(("PROCESSO_JA_EXISTE", 409)));
        refusals.extend((origem == Some(WRONG)).then_some(INVALID_DIGIT));
        // R8.
        refusals.extend(rascunho.and_then(|n| match self.rascunhos.get(n) {
            None => Some(("RASCUNHO_INVALIDO", 400)),
            Some(true) => Some(("RASCUNHO_INVALIDO", 409)),
            Some(false) => None,
        }));
        // R3: each adolescente is registered.
        let unknown = who.iter().filter(|who| !self.people.contains_key(who));
        refusals.extend(unknown.map(|_| ("ADOLESCENTE_NAO_ENCONTRADO", 400)));
        if execucao {
            // R9, R10, R11, R12.
            let apuracao = |n: usize| {
                n == FOREIGN || self.processos.get(&n).is_some_and(|processo| !processo.execucao)
            };
            let valid = origem.is_some_and(|origem| origem != numero && apuracao(origem));
            refusals.extend((!valid).then_some(("REFERENCIA_INVALIDA", 400)));
            refusals.extend((who.len() > 1).then_some(("EXECUCAO_ADMITE_UM_ADOLESCENTE", 400)));
            let serve = who.iter().any(|&who| self.execucao_ativa(who));
            refusals.extend(serve.then_some(EXECUCAO_ATIVA));
        }
        if refusals.is_empty() {
            let vinculos = who.iter().map(|&who| (who, true)).collect();
            let magistrado = (None, if_valid(*cpf));
            let new =
                Processo { execucao, origem, version: 1, vinculos, magistrado, arquivado: false };
            self.processos.insert(numero, new);
            if let Some(rascunho) = rascunho {
                self.rascunhos[*rascunho] = true;
            }
        }
        refusals
    }

    /// R13.
    fn responsaveis(
        &mut self,
        numero: usize,
        nome: Option<Text>,
        cpf: Option<Doc>,
        version: Version,
    ) -> Vec<Refusal> {
        let form: Vec<_> = blank(nome).into_iter().chain(wrong(cpf)).collect();
        if !form.is_empty() {
            return form;
        }
        let Some(processo) = self.processos.get_mut(&numero) else { return no_processo(numero) };
        if version == Version::Wrong {
            return vec![STALE];
        }
        let before = processo.magistrado;
        if let Some(Text::New(nome)) = nome {
            processo.magistrado.0 = Some(nome);
        }
        processo.magistrado.1 = if_valid(cpf).or(before.1);
        processo.version += i32::from(processo.magistrado != before);
        Vec::new()
    }

    /// R19, R20, R12.
    fn situacao(&mut self, numero: usize, arquivar: bool, version: Version) -> Vec<Refusal> {
        let Some(processo) = self.processos.get(&numero) else { return no_processo(numero) };
        if version == Version::Wrong {
            return vec![STALE];
        }
        if processo.arquivado == arquivar {
            return Vec::new();
        }
        let mut who = processo.vinculos.iter().filter(|(_, ativo)| *ativo);
        if !arquivar && processo.execucao && who.any(|(who, _)| self.execucao_ativa(*who)) {
            return vec![EXECUCAO_ATIVA];
        }
        let Some(processo) = self.processos.get_mut(&numero) else { return Vec::new() };
        processo.arquivado = arquivar;
        processo.version += 1;
        Vec::new()
    }

    /// R14, R15.
    fn vincular(
        &mut self,
        numero: usize,
        who: usize,
        dados: Option<Dados>,
        version: Version,
    ) -> Vec<Refusal> {
        let dados_refusals = dados.map_or_else(Vec::new, Self::dados_refusals);
        if !dados_refusals.is_empty() {
            return dados_refusals;
        }
        let Some(processo) = self.processos.get(&numero) else { return no_processo(numero) };
        if version == Version::Wrong {
            return vec![STALE];
        }
        let mut refusals = Self::apuracao_ativa(processo);
        refusals
            .extend(processo.vinculos.contains(&(who, true)).then_some(("VINCULO_JA_ATIVO", 409)));
        if !refusals.is_empty() {
            return refusals;
        }
        if !self.people.contains_key(&who) {
            let cpf = dados.and_then(|dados| if_valid(dados.cpf));
            if let Some(refusal) = self.taken(cpf, None) {
                return vec![refusal];
            }
            let pending = dados.is_none();
            let nome = (!pending).then_some(0);
            self.people.insert(who, Person { version: 1, nome, complete: !pending, pending, cpf });
        }
        let Some(processo) = self.processos.get_mut(&numero) else { return Vec::new() };
        processo.vinculos.push((who, true));
        processo.version += 1;
        Vec::new()
    }

    /// R16, R17, R18.
    fn desvincular(&mut self, numero: usize, who: usize, version: Version) -> Vec<Refusal> {
        let Some(processo) = self.processos.get(&numero) else { return no_processo(numero) };
        if version == Version::Wrong {
            return vec![STALE];
        }
        let mut refusals = Self::apuracao_ativa(processo);
        if !processo.execucao {
            if processo.vinculos.contains(&(who, true)) {
                refusals.extend(self.execucao_ativa(who).then_some(EXECUCAO_ATIVA));
                let active = processo.vinculos.iter().filter(|(_, ativo)| *ativo).count();
                refusals.extend((active == 1).then_some(("ULTIMO_ADOLESCENTE", 409)));
            } else {
                refusals.push(("VINCULO_NAO_ENCONTRADO", 404));
            }
        }
        if refusals.is_empty()
            && let Some(processo) = self.processos.get_mut(&numero)
        {
            let vinculos = processo.vinculos.iter_mut();
            vinculos.filter(|vinculo| **vinculo == (who, true)).for_each(|end| end.1 = false);
            processo.version += 1;
        }
        refusals
    }

    fn atualizar_adolescente(
        &mut self,
        who: usize,
        (nome, complete, cpf): (Option<Text>, bool, Option<Doc>),
        version: Version,
    ) -> Vec<Refusal> {
        let mut refusals: Vec<_> = blank(nome).into_iter().collect();
        let Some(current) = self.people.get(&who) else {
            refusals.push(("ADOLESCENTE_NAO_ENCONTRADO", 404));
            return refusals;
        };
        if version == Version::Wrong {
            refusals.push(STALE);
            return refusals;
        }
        refusals.extend(wrong(cpf));
        refusals.extend(self.taken(if_valid(cpf), Some(who)));
        if !refusals.is_empty() {
            return refusals;
        }
        let mut new = current.clone();
        if let Some(Text::New(nome)) = nome {
            new.nome = Some(nome);
        }
        new.complete |= complete;
        new.cpf = if_valid(cpf).or(new.cpf);
        // R14 and R24: with the required minimum, the cadastro is no longer pending.
        new.pending &= !(new.complete && new.nome.is_some());
        let changed =
            (new.nome, new.complete, new.cpf) != (current.nome, current.complete, current.cpf);
        new.version += i32::from(changed);
        self.people.insert(who, new);
        Vec::new()
    }

    /// Returns the refusals by R23 and R24, which are rules on the data of a registration alone.
    fn dados_refusals(dados: Dados) -> Vec<Refusal> {
        (!dados.nome).then_some(MISSING).into_iter().chain(wrong(dados.cpf)).collect()
    }

    /// R25.
    fn taken(&self, cpf: Option<usize>, except: Option<usize>) -> Option<Refusal> {
        let cpf = cpf?;
        let mut people = self.people.iter().filter(|(who, _)| Some(**who) != except);
        let taken = self.others.contains(&cpf) || people.any(|(_, p)| p.cpf == Some(cpf));
        taken.then_some(CPF_TAKEN)
    }

    fn execucao_ativa(&self, who: usize) -> bool {
        let serve = |p: &Processo| p.execucao && !p.arquivado && p.vinculos.contains(&(who, true));
        self.processos.values().any(serve)
    }

    fn apuracao_ativa(processo: &Processo) -> Vec<Refusal> {
        let tipo = processo.execucao.then_some(("TIPO_DE_PROCESSO_INCOMPATIVEL", 400));
        let arquivado = processo.arquivado.then_some(("PROCESSO_ARQUIVADO", 409));
        tipo.into_iter().chain(arquivado).collect()
    }
}
