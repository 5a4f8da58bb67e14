//! Writing of catalogues: a unit of one's own tribunal, an item of what all share.

use super::rules::{self, Fatos};
use super::store::{self, EstruturaPorEndereco, HierarquiaDe, Nova};
use super::{EstruturaDoCatalogo, GravarEstrutura, GravarItem, ItemDoCatalogo, TipoDeCatalogo};
use crate::auth::Papel;
use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::{Relation, Sessao};
use crate::error::{Error, Recusa};
use crate::tramite::EnderecoDeEstrutura;
use crate::value::field;
use crate::value::resource::sem_recursos;

/// A row after a write that may have found nothing to do.
#[derive(Debug)]
pub struct Gravado<T> {
    pub linha: T,
    pub alterado: bool,
}

sem_recursos!(Gravado<ItemDoCatalogo>, Gravado<EstruturaDoCatalogo>);

impl Efeito for Gravado<ItemDoCatalogo> {
    fn lembrar(&self) -> Lembranca {
        let Self { linha, alterado } = self;
        let (id, versao, alterado) = (linha.id, linha.versao, *alterado);
        Lembranca { id, versao, alterado, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let linha = store::item_por_id(sessao, lembranca.id)?;
        Ok(Self { linha, alterado: lembranca.alterado })
    }
}

impl Efeito for Gravado<EstruturaDoCatalogo> {
    fn lembrar(&self) -> Lembranca {
        let Self { linha, alterado } = self;
        let (id, versao, alterado) = (linha.id, linha.versao, *alterado);
        Lembranca { id, versao, alterado, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        let linha = store::estrutura_por_id(sessao, lembranca.id)?;
        Ok(Self { linha, alterado: lembranca.alterado })
    }
}

fn incompleto() -> Error {
    Error::interno(anyhow::anyhow!("no rule refused an incomplete command"))
}

impl Comando for GravarItem {
    const NOME: &'static str = "gravarItemDoCatalogo";
    const PAPEL: Papel = Papel::Catalogo;
    type Efeito = Gravado<ItemDoCatalogo>;

    fn names(&self) -> usize {
        0
    }

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Self::Efeito, Error> {
        Recusa::nenhuma(Vec::new(), rules::item(&self))?;
        let atual = store::item(sessao, self.tipo, self.codigo)?;
        let versao = atual.as_ref().map_or(0, |atual| atual.versao);
        if let Some(recusa) = field::versao_esperada(versao, self.versao_esperada) {
            return Err(recusa.into());
        }
        if let Some(linha) = atual.filter(|atual| self.is_already(atual)) {
            return Ok(Gravado { linha, alterado: false });
        }
        let nome = self.nome.clone().ok_or_else(incompleto)?;
        match store::gravar_item(sessao, &self, nome, (contexto.relogio)())? {
            Some((id, _)) => Ok(Gravado { linha: store::item_por_id(sessao, id)?, alterado: true }),
            // Between the look and the write somebody else was faster.
            None => {
                let atual = store::item(sessao, self.tipo, self.codigo)?;
                let versao = atual.map_or(0, |atual| atual.versao);
                let recusa = field::versao_esperada(versao, self.versao_esperada);
                Err(recusa.map_or_else(incompleto, Error::from))
            }
        }
    }
}

impl Comando for GravarEstrutura {
    const NOME: &'static str = "gravarEstrutura";
    const PAPEL: Papel = Papel::Catalogo;
    type Efeito = Gravado<EstruturaDoCatalogo>;

    fn names(&self) -> usize {
        0
    }

    fn executar(self, sessao: &mut Sessao<'_>, contexto: &Contexto) -> Result<Self::Efeito, Error> {
        store::tomar_a_vez(sessao, contexto.tribunal)?;
        let fatos = fatos(sessao, &self)?;
        Recusa::nenhuma(Vec::new(), rules::estrutura(&self, &fatos, contexto.tribunal))?;
        let Fatos { atual, pai, .. } = fatos;
        let versao = atual.as_ref().map_or(0, |atual| atual.versao);
        if let Some(recusa) = field::versao_esperada(versao, self.versao_esperada) {
            return Err(recusa.into());
        }
        let pai_id = pai.map(|pai| pai.id);
        let (tribunal, agora) = (contexto.tribunal, (contexto.relogio)());
        let nova = Nova { comando: &self, pai_id, tribunal, agora };
        let (id, alterado) = match atual {
            Some(linha) if self.is_already(&linha, pai_id) => (linha.id, false),
            Some(linha) => {
                nova.mudar(sessao.conn(), linha.id)?;
                (linha.id, true)
            }
            None => (nova.inserir(sessao.conn())?, true),
        };
        Ok(Gravado { linha: store::estrutura_por_id(sessao, id)?, alterado })
    }
}

fn fatos(sessao: &mut Sessao<'_>, comando: &GravarEstrutura) -> Result<Fatos, Error> {
    let endereco = &comando.endereco;
    let mut achar = |numero: &String| -> Result<Option<EstruturaDoCatalogo>, Error> {
        let endereco =
            EnderecoDeEstrutura { repositorio: endereco.repositorio, numero: numero.clone() };
        let achada = EstruturaPorEndereco::load_one(sessao, &EstruturaPorEndereco(endereco))?;
        Ok(achada.map(|achada| achada.as_ref().clone()))
    };
    let atual = achar(&endereco.numero)?;
    let pai = comando.pai.as_ref().map(&mut achar).transpose()?.flatten();
    let acima = match &pai {
        Some(pai) => HierarquiaDe::load_one(sessao, &HierarquiaDe(pai.id))?,
        None => None,
    };
    let acima_do_pai = acima.map(|acima| acima.iter().map(|linha| linha.id).collect());
    let repositorio = store::item(sessao, TipoDeCatalogo::Repositorio, endereco.repositorio)?;
    Ok(Fatos {
        repositorio_existe: repositorio.is_some(),
        atual,
        pai,
        acima_do_pai: acima_do_pai.unwrap_or_default(),
    })
}
