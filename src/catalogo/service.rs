//! Writes of the catalogues: the estruturas of the caller's tribunal, and the items that all órgãos
//! share.

use super::rules::{self, Facts};
use super::store::{self, EstruturaByAddress, HierarquiaOf, NewEstrutura};
use super::{EstruturaDoCatalogo, GravarEstrutura, GravarItem, ItemDoCatalogo, TipoDeCatalogo};
use crate::auth::Papel;
use crate::command::{Command, Context, Effect, Remembered};
use crate::db::{BatchKey, Session};
use crate::error::{Error, Refusal};
use crate::tramite::EstruturaAddress;
use crate::value::field;
use crate::value::resource::no_resources;

/// A row after a write, and whether the write changed anything.
#[derive(Debug)]
pub struct Stored<T> {
    pub row: T,
    pub changed: bool,
}

no_resources!(Stored<ItemDoCatalogo>, Stored<EstruturaDoCatalogo>);

impl Effect for Stored<ItemDoCatalogo> {
    fn remember(&self) -> Remembered {
        let Self { row, changed } = self;
        let (id, version, changed) = (row.id, row.versao, *changed);
        Remembered { id, version, changed, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let row = store::item_by_id(session, remembered.id)?;
        Ok(Self { row, changed: remembered.changed })
    }
}

impl Effect for Stored<EstruturaDoCatalogo> {
    fn remember(&self) -> Remembered {
        let Self { row, changed } = self;
        let (id, version, changed) = (row.id, row.versao, *changed);
        Remembered { id, version, changed, ..Remembered::default() }
    }

    fn reload(session: &mut Session<'_>, remembered: Remembered) -> Result<Self, Error> {
        let row = store::estrutura_by_id(session, remembered.id)?;
        Ok(Self { row, changed: remembered.changed })
    }
}

fn incomplete() -> Error {
    Error::internal(anyhow::anyhow!("no rule refused an incomplete command"))
}

impl Command for GravarItem {
    const NAME: &'static str = "gravarItemDoCatalogo";
    const PAPEL: Papel = Papel::Catalogo;
    type Effect = Stored<ItemDoCatalogo>;

    fn lookup_count(&self) -> usize {
        0
    }

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Self::Effect, Error> {
        Refusal::ensure_none(Vec::new(), rules::item(&self))?;
        let current = store::item(session, self.tipo, self.codigo)?;
        let version = current.as_ref().map_or(0, |current| current.versao);
        if let Some(refusal) = field::expected_version(version, self.versao_esperada) {
            return Err(refusal.into());
        }
        if let Some(row) = current.filter(|current| self.is_already(current)) {
            return Ok(Stored { row, changed: false });
        }
        let nome = self.nome.clone().ok_or_else(incomplete)?;
        match store::save_item(session, &self, nome, (context.clock)())? {
            Some((id, _)) => Ok(Stored { row: store::item_by_id(session, id)?, changed: true }),
            // Another transaction changed the item between the read and the write.
            None => {
                let current = store::item(session, self.tipo, self.codigo)?;
                let version = current.map_or(0, |current| current.versao);
                let refusal = field::expected_version(version, self.versao_esperada);
                Err(refusal.map_or_else(incomplete, Error::from))
            }
        }
    }
}

impl Command for GravarEstrutura {
    const NAME: &'static str = "gravarEstrutura";
    const PAPEL: Papel = Papel::Catalogo;
    type Effect = Stored<EstruturaDoCatalogo>;

    fn lookup_count(&self) -> usize {
        0
    }

    fn execute(self, session: &mut Session<'_>, context: &Context) -> Result<Self::Effect, Error> {
        store::take_advisory_lock(session, context.tribunal)?;
        let facts = facts(session, &self)?;
        Refusal::ensure_none(Vec::new(), rules::estrutura(&self, &facts, context.tribunal))?;
        let Facts { current, pai, .. } = facts;
        let version = current.as_ref().map_or(0, |current| current.versao);
        if let Some(refusal) = field::expected_version(version, self.versao_esperada) {
            return Err(refusal.into());
        }
        let pai_id = pai.map(|pai| pai.id);
        let (tribunal, now) = (context.tribunal, (context.clock)());
        let new = NewEstrutura { command: &self, pai_id, tribunal, now };
        let (id, changed) = match current {
            Some(row) if self.is_already(&row, pai_id) => (row.id, false),
            Some(row) => {
                new.update(session.conn(), row.id)?;
                (row.id, true)
            }
            None => (new.insert(session.conn())?, true),
        };
        Ok(Stored { row: store::estrutura_by_id(session, id)?, changed })
    }
}

fn facts(session: &mut Session<'_>, command: &GravarEstrutura) -> Result<Facts, Error> {
    let address = &command.endereco;
    let mut find = |numero: &String| -> Result<Option<EstruturaDoCatalogo>, Error> {
        let address = EstruturaAddress { repositorio: address.repositorio, numero: numero.clone() };
        let found = EstruturaByAddress::load_one(session, &EstruturaByAddress(address))?;
        Ok(found.map(|found| found.as_ref().clone()))
    };
    let current = find(&address.numero)?;
    let pai = command.pai.as_ref().map(&mut find).transpose()?.flatten();
    let ancestors = match &pai {
        Some(pai) => HierarquiaOf::load_one(session, &HierarquiaOf(pai.id))?,
        None => None,
    };
    let pai_ancestors = ancestors.map(|ancestors| ancestors.iter().map(|row| row.id).collect());
    let moved = current.as_ref().zip(pai.as_ref());
    let moved = moved.filter(|(current, pai)| current.pai_id != Some(pai.id));
    let levels_below = match moved {
        Some((current, _)) => store::levels_below(session, current.id, rules::MAX_LEVELS)?,
        None => 0,
    };
    let repositorio = store::item(session, TipoDeCatalogo::Repositorio, address.repositorio)?;
    Ok(Facts {
        repositorio_exists: repositorio.is_some(),
        current,
        pai,
        pai_ancestors: pai_ancestors.unwrap_or_default(),
        levels_below,
    })
}
