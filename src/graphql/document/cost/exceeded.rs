//! Why an operation costs too much, and what of it would fit.

use super::{Esqueleto, Fonte, Medida, No, inteiro};
use async_graphql::Variables;
use std::fmt;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct CustoExcedido {
    pub custo: u64,
    pub limite: u64,
    /// Response keys from the root to the dearest list.
    pub caminho: String,
    /// What the list at `caminho` costs, of the whole.
    pub custo_do_caminho: u64,
    pub cabe_com: Option<CabeCom>,
}

/// The largest slice of a list with which the operation would fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CabeCom {
    pub caminho: String,
    pub argumento: String,
    pub tamanho: u32,
}

impl fmt::Display for CustoExcedido {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (custo, limite) = (Milhares(self.custo), Milhares(self.limite));
        write!(f, "a operação custa {custo}, e o limite é {limite}: ")?;
        write!(f, "`{}` custa {}", self.caminho, Milhares(self.custo_do_caminho))?;
        match &self.cabe_com {
            Some(CabeCom { caminho, argumento, tamanho }) if *caminho == self.caminho => {
                write!(f, "; com `{argumento}: {tamanho}` caberia")
            }
            Some(CabeCom { caminho, argumento, tamanho }) => {
                write!(f, "; com `{argumento}: {tamanho}` em `{caminho}` caberia")
            }
            None => Ok(()),
        }
    }
}

/// 8000 as 8.000.
struct Milhares(u64);

impl fmt::Display for Milhares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            n @ 0..1000 => write!(f, "{n}"),
            n => write!(f, "{}.{:03}", Milhares(n / 1000), n % 1000),
        }
    }
}

/// A field on the way to the dearest.
struct Passo<'n> {
    no: &'n No,
    caminho: String,
    /// Of the whole operation.
    custo: f64,
}

impl Esqueleto {
    /// What the operation costs, if it is within the limit.
    pub fn conferir(&self, limite: u64, variaveis: &Variables) -> Result<u64, Box<CustoExcedido>> {
        let custo = self.custo(variaveis);
        if custo <= limite {
            return Ok(custo);
        }
        let passos = self.mais_caro(&self.medida(variaveis));
        let com_fatia = |passo: &&Passo<'_>| passo.no.fatia.is_some();
        let pior = passos.iter().rev().find(com_fatia).or(passos.last());
        Err(Box::new(CustoExcedido {
            custo,
            limite,
            caminho: pior.map(|passo| passo.caminho.clone()).unwrap_or_default(),
            custo_do_caminho: pior.map_or(custo, |passo| inteiro(passo.custo)),
            cabe_com: passos.iter().rev().find_map(|passo| self.cabe(passo, limite, variaveis)),
        }))
    }

    /// From the root, always into the dearest field, while it makes half of the whole.
    fn mais_caro(&self, medida: &Medida<'_>) -> Vec<Passo<'_>> {
        let metade = self.total(medida) / 2.0;
        let mut passos = Vec::<Passo<'_>>::new();
        let (mut candidatos, mut vezes, mut do_pai): (Vec<&No>, _, _) =
            (self.filhos.iter().collect(), 1.0, 1.0);
        loop {
            let custos = candidatos.iter().map(|no| (*no, vezes * medida.no(no, do_pai)));
            let Some((no, custo)) = custos.max_by(|(_, a), (_, b)| a.total_cmp(b)) else { break };
            if custo < metade && !passos.is_empty() {
                break;
            }
            let caminho = match passos.last() {
                Some(acima) => format!("{}.{}", acima.caminho, no.chave),
                None => no.chave.to_string(),
            };
            passos.push(Passo { no, caminho, custo });
            vezes *= medida.itens(no, do_pai);
            do_pai = medida.dos_filhos(no);
            candidatos = no.filhos.iter().chain(no.casos.iter().flat_map(|(_, nos)| nos)).collect();
        }
        passos
    }

    /// By bisection: a larger slice never costs less.
    fn cabe(&self, passo: &Passo<'_>, limite: u64, variaveis: &Variables) -> Option<CabeCom> {
        let fatia = passo.no.fatia.as_ref()?;
        let dado = fatia.argumentos.iter().find(|(_, fonte)| match fonte {
            Fonte::Escrita(valor) => valor.is_some(),
            Fonte::Variavel { nome, padrao } => variaveis.contains_key(nome) || padrao.is_some(),
        });
        let argumento = dado.map(|(nome, _)| nome).or(fatia.primeiro.as_ref())?;
        let mut medida = self.medida(variaveis);
        let mut cabe = |n: u32| {
            medida.no_lugar = Some((fatia.numero, f64::from(n)));
            inteiro(self.total(&medida)) <= limite
        };
        let (mut cabem, mut nao_cabem) = (0, 1_u32 << 20);
        while nao_cabem - cabem > 1 {
            let meio = cabem.midpoint(nao_cabem);
            match cabe(meio) {
                true => cabem = meio,
                false => nao_cabem = meio,
            }
        }
        (cabem > 0).then(|| CabeCom {
            caminho: passo.caminho.clone(),
            argumento: argumento.to_string(),
            tamanho: cabem,
        })
    }
}
