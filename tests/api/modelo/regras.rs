//! The rules once more, as plainly as they can be said: no database, no locks,
//! nothing of `src`. What is named by a number is named so by [`super::acoes`].

use super::acoes::{Acao, Dados, Doc, Texto, Versao};
use crate::support::Porta;
use std::collections::BTreeMap;

pub const NUMEROS: usize = 8;
/// Of another tribunal, where it is an apuração.
pub const ALHEIO: usize = 8;
/// With wrong check digits.
pub const ERRADO: usize = 9;

#[derive(Debug, Clone, Default)]
pub struct Processo {
    pub execucao: bool,
    pub origem: Option<usize>,
    pub arquivado: bool,
    pub versao: i32,
    /// In the order of their making, and whether still.
    pub vinculos: Vec<(usize, bool)>,
    pub magistrado: (Option<u8>, Option<usize>),
}

#[derive(Debug, Clone, Default)]
pub struct Pessoa {
    pub versao: i32,
    pub nome: Option<u8>,
    /// Surname, birth and sex are there.
    pub completa: bool,
    pub pendente: bool,
    pub cpf: Option<usize>,
}

#[derive(Debug, Clone)]
pub struct Mundo {
    pub processos: BTreeMap<usize, Processo>,
    pub pessoas: BTreeMap<usize, Pessoa>,
    /// CPFs of those whose identificador the server chose.
    pub outros: Vec<usize>,
    /// Whether each was consumed.
    pub rascunhos: Vec<bool>,
}

/// A refusal: its code, and the status that it would have alone.
pub type Recusa = (&'static str, u16);

const DIGITO: Recusa = ("NUMERO_DIGITO_INVALIDO", 400);

/// R4 says why a number leads nowhere, if it can.
fn sem_processo(numero: usize) -> Vec<Recusa> {
    let ausente = ("PROCESSO_NAO_ENCONTRADO", 404);
    vec![if numero == ERRADO { DIGITO } else { ausente }]
}
const VELHA: Recusa = ("CONFLITO_DE_VERSAO", 412);
const INVALIDO: Recusa = ("CAMPO_INVALIDO", 400);
const FALTA: Recusa = ("CAMPO_OBRIGATORIO", 400);
const CPF_TOMADO: Recusa = ("ADOLESCENTE_JA_EXISTE", 409);
const EXECUCAO_ATIVA: Recusa = ("EXECUCAO_ATIVA", 409);

fn errado(cpf: Option<Doc>) -> Option<Recusa> {
    (cpf == Some(Doc::Errado)).then_some(INVALIDO)
}

fn branco(texto: Option<Texto>) -> Option<Recusa> {
    (texto == Some(Texto::Branco)).then_some(INVALIDO)
}

fn certo(cpf: Option<Doc>) -> Option<usize> {
    match cpf {
        Some(Doc::Certo(n)) => Some(n),
        _ => None,
    }
}

impl Mundo {
    /// Three adolescentes are registered, and nothing else.
    pub fn novo() -> Self {
        let pessoa = Pessoa { versao: 1, nome: Some(0), completa: true, ..Pessoa::default() };
        let pessoas = (0..3).map(|n| (n, pessoa.clone())).collect();
        Self { processos: BTreeMap::new(), pessoas, outros: Vec::new(), rascunhos: Vec::new() }
    }

    /// Refuses, or does it.
    pub fn julgar(&mut self, acao: &Acao, porta: Porta) -> Vec<Recusa> {
        // In a PUT a blank is what was not sent.
        let dito = |nome: Option<Texto>| {
            nome.filter(|nome| porta != Porta::Rest || *nome != Texto::Branco)
        };
        match acao {
            Acao::CadastrarProcesso { .. } => self.cadastrar_processo(acao),
            &Acao::Responsaveis { numero, nome, cpf, versao } => {
                self.responsaveis(numero, dito(nome), cpf, versao)
            }
            &Acao::Situacao { numero, arquivar, versao } => self.situacao(numero, arquivar, versao),
            &Acao::Vincular { numero, quem, dados, versao } => {
                self.vincular(numero, quem, dados, versao)
            }
            &Acao::Desvincular { numero, quem, versao } => self.desvincular(numero, quem, versao),
            &Acao::CadastrarAdolescente { dados } => {
                let mut recusas = Self::dos_dados(dados);
                recusas.extend(self.tomado(certo(dados.cpf), None));
                if recusas.is_empty() {
                    self.outros.extend(certo(dados.cpf));
                }
                recusas
            }
            &Acao::AtualizarAdolescente { quem, nome, completar, cpf, versao } => {
                self.atualizar_adolescente(quem, (dito(nome), completar, cpf), versao)
            }
            &Acao::Rascunho { com_sistema } => {
                if !com_sistema {
                    return vec![FALTA];
                }
                self.rascunhos.push(false);
                Vec::new()
            }
        }
    }

    /// The version that `versao` stands for: the current one, or another.
    pub fn versao(atual: Option<i32>, versao: Versao) -> Option<i32> {
        match versao {
            Versao::Livre => None,
            Versao::Certa => Some(atual.unwrap_or(1)),
            Versao::Errada => Some(atual.unwrap_or(1) + 1),
        }
    }

    fn cadastrar_processo(&mut self, acao: &Acao) -> Vec<Recusa> {
        let Acao::CadastrarProcesso { numero, execucao, quem, origem, rascunho, cpf, orgao } = acao
        else {
            return Vec::new();
        };
        let (numero, execucao, origem) = (*numero, *execucao, *origem);
        let mut recusas = Vec::new();
        // R3, R7, R23: what the fields say by themselves.
        recusas.extend(quem.is_empty().then_some(FALTA));
        let repetidos = (0..quem.len()).filter(|&i| quem[..i].contains(&quem[i]));
        recusas.extend(repetidos.map(|_| INVALIDO));
        recusas.extend((!orgao).then_some(INVALIDO));
        recusas.extend(errado(*cpf));
        // R4, R5, R6.
        recusas.extend((numero == ERRADO).then_some(DIGITO));
        recusas.extend((numero == ALHEIO).then_some(("NUMERO_DE_OUTRO_TRIBUNAL", 400)));
        recusas.extend(self.processos.contains_key(&numero).then_some(("PROCESSO_JA_EXISTE", 409)));
        recusas.extend((origem == Some(ERRADO)).then_some(DIGITO));
        // R8.
        recusas.extend(rascunho.and_then(|n| match self.rascunhos.get(n) {
            None => Some(("RASCUNHO_INVALIDO", 400)),
            Some(true) => Some(("RASCUNHO_INVALIDO", 409)),
            Some(false) => None,
        }));
        // R3: each adolescente is known.
        let desconhecidos = quem.iter().filter(|quem| !self.pessoas.contains_key(quem));
        recusas.extend(desconhecidos.map(|_| ("ADOLESCENTE_NAO_ENCONTRADO", 400)));
        if execucao {
            // R9, R10, R11, R12.
            let apuracao = |n: usize| {
                n == ALHEIO || self.processos.get(&n).is_some_and(|processo| !processo.execucao)
            };
            let valida = origem.is_some_and(|origem| origem != numero && apuracao(origem));
            recusas.extend((!valida).then_some(("REFERENCIA_INVALIDA", 400)));
            recusas.extend((quem.len() > 1).then_some(("EXECUCAO_ADMITE_UM_ADOLESCENTE", 400)));
            let serve = quem.iter().any(|&quem| self.execucao_ativa(quem));
            recusas.extend(serve.then_some(EXECUCAO_ATIVA));
        }
        if recusas.is_empty() {
            let vinculos = quem.iter().map(|&quem| (quem, true)).collect();
            let magistrado = (None, certo(*cpf));
            let novo =
                Processo { execucao, origem, versao: 1, vinculos, magistrado, arquivado: false };
            self.processos.insert(numero, novo);
            if let Some(rascunho) = rascunho {
                self.rascunhos[*rascunho] = true;
            }
        }
        recusas
    }

    /// R13.
    fn responsaveis(
        &mut self,
        numero: usize,
        nome: Option<Texto>,
        cpf: Option<Doc>,
        versao: Versao,
    ) -> Vec<Recusa> {
        let forma: Vec<_> = branco(nome).into_iter().chain(errado(cpf)).collect();
        if !forma.is_empty() {
            return forma;
        }
        let Some(processo) = self.processos.get_mut(&numero) else { return sem_processo(numero) };
        if versao == Versao::Errada {
            return vec![VELHA];
        }
        let antes = processo.magistrado;
        if let Some(Texto::Novo(nome)) = nome {
            processo.magistrado.0 = Some(nome);
        }
        processo.magistrado.1 = certo(cpf).or(antes.1);
        processo.versao += i32::from(processo.magistrado != antes);
        Vec::new()
    }

    /// R19, R20, R12.
    fn situacao(&mut self, numero: usize, arquivar: bool, versao: Versao) -> Vec<Recusa> {
        let Some(processo) = self.processos.get(&numero) else { return sem_processo(numero) };
        if versao == Versao::Errada {
            return vec![VELHA];
        }
        if processo.arquivado == arquivar {
            return Vec::new();
        }
        let mut quem = processo.vinculos.iter().filter(|(_, ativo)| *ativo);
        if !arquivar && processo.execucao && quem.any(|(quem, _)| self.execucao_ativa(*quem)) {
            return vec![EXECUCAO_ATIVA];
        }
        let Some(processo) = self.processos.get_mut(&numero) else { return Vec::new() };
        processo.arquivado = arquivar;
        processo.versao += 1;
        Vec::new()
    }

    /// R14, R15.
    fn vincular(
        &mut self,
        numero: usize,
        quem: usize,
        dados: Option<Dados>,
        versao: Versao,
    ) -> Vec<Recusa> {
        let dos_dados = dados.map_or_else(Vec::new, Self::dos_dados);
        if !dos_dados.is_empty() {
            return dos_dados;
        }
        let Some(processo) = self.processos.get(&numero) else { return sem_processo(numero) };
        if versao == Versao::Errada {
            return vec![VELHA];
        }
        let mut recusas = Self::apuracao_ativa(processo);
        recusas
            .extend(processo.vinculos.contains(&(quem, true)).then_some(("VINCULO_JA_ATIVO", 409)));
        if !recusas.is_empty() {
            return recusas;
        }
        if !self.pessoas.contains_key(&quem) {
            let cpf = dados.and_then(|dados| certo(dados.cpf));
            if let Some(recusa) = self.tomado(cpf, None) {
                return vec![recusa];
            }
            let pendente = dados.is_none();
            let nome = (!pendente).then_some(0);
            self.pessoas
                .insert(quem, Pessoa { versao: 1, nome, completa: !pendente, pendente, cpf });
        }
        let Some(processo) = self.processos.get_mut(&numero) else { return Vec::new() };
        processo.vinculos.push((quem, true));
        processo.versao += 1;
        Vec::new()
    }

    /// R16, R17, R18.
    fn desvincular(&mut self, numero: usize, quem: usize, versao: Versao) -> Vec<Recusa> {
        let Some(processo) = self.processos.get(&numero) else { return sem_processo(numero) };
        if versao == Versao::Errada {
            return vec![VELHA];
        }
        let mut recusas = Self::apuracao_ativa(processo);
        if !processo.execucao {
            if processo.vinculos.contains(&(quem, true)) {
                recusas.extend(self.execucao_ativa(quem).then_some(EXECUCAO_ATIVA));
                let ativos = processo.vinculos.iter().filter(|(_, ativo)| *ativo).count();
                recusas.extend((ativos == 1).then_some(("ULTIMO_ADOLESCENTE", 409)));
            } else {
                recusas.push(("VINCULO_NAO_ENCONTRADO", 404));
            }
        }
        if recusas.is_empty()
            && let Some(processo) = self.processos.get_mut(&numero)
        {
            let vinculos = processo.vinculos.iter_mut();
            vinculos.filter(|vinculo| **vinculo == (quem, true)).for_each(|fim| fim.1 = false);
            processo.versao += 1;
        }
        recusas
    }

    fn atualizar_adolescente(
        &mut self,
        quem: usize,
        (nome, completar, cpf): (Option<Texto>, bool, Option<Doc>),
        versao: Versao,
    ) -> Vec<Recusa> {
        let mut recusas: Vec<_> = branco(nome).into_iter().collect();
        let Some(atual) = self.pessoas.get(&quem) else {
            recusas.push(("ADOLESCENTE_NAO_ENCONTRADO", 404));
            return recusas;
        };
        if versao == Versao::Errada {
            recusas.push(VELHA);
            return recusas;
        }
        recusas.extend(errado(cpf));
        recusas.extend(self.tomado(certo(cpf), Some(quem)));
        if !recusas.is_empty() {
            return recusas;
        }
        let mut nova = atual.clone();
        if let Some(Texto::Novo(nome)) = nome {
            nova.nome = Some(nome);
        }
        nova.completa |= completar;
        nova.cpf = certo(cpf).or(nova.cpf);
        // R14, R24: the minimum ends the waiting.
        nova.pendente &= !(nova.completa && nova.nome.is_some());
        let mudou = (nova.nome, nova.completa, nova.cpf) != (atual.nome, atual.completa, atual.cpf);
        nova.versao += i32::from(mudou);
        self.pessoas.insert(quem, nova);
        Vec::new()
    }

    /// R23, R24: what the data of a registration say by themselves.
    fn dos_dados(dados: Dados) -> Vec<Recusa> {
        (!dados.nome).then_some(FALTA).into_iter().chain(errado(dados.cpf)).collect()
    }

    /// R25.
    fn tomado(&self, cpf: Option<usize>, menos: Option<usize>) -> Option<Recusa> {
        let cpf = cpf?;
        let mut pessoas = self.pessoas.iter().filter(|(quem, _)| Some(**quem) != menos);
        let tomado = self.outros.contains(&cpf) || pessoas.any(|(_, p)| p.cpf == Some(cpf));
        tomado.then_some(CPF_TOMADO)
    }

    fn execucao_ativa(&self, quem: usize) -> bool {
        let serve = |p: &Processo| p.execucao && !p.arquivado && p.vinculos.contains(&(quem, true));
        self.processos.values().any(serve)
    }

    fn apuracao_ativa(processo: &Processo) -> Vec<Recusa> {
        let tipo = processo.execucao.then_some(("TIPO_DE_PROCESSO_INCOMPATIVEL", 400));
        let arquivado = processo.arquivado.then_some(("PROCESSO_ARQUIVADO", 409));
        tipo.into_iter().chain(arquivado).collect()
    }
}
