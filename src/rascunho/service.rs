//! Registering a rascunho. It is consumed by the registration of its processo.

use super::{Rascunho, RascunhoId, RegistrarRascunho, rules, store};
use crate::command::{Comando, Contexto, Efeito, Lembranca};
use crate::db::Sessao;
use crate::error::{Error, Recusa};
use crate::value::resource::{Rastreavel, Recurso};

/// A rascunho that was registered.
#[derive(Debug)]
pub struct Registrado(pub Rascunho);

impl Comando for RegistrarRascunho {
    const NOME: &'static str = "registrarRascunho";
    type Efeito = Registrado;

    fn names(&self) -> usize {
        0
    }

    fn executar(
        mut self,
        sessao: &mut Sessao<'_>,
        contexto: &Contexto,
    ) -> Result<Registrado, Error> {
        let malformados = std::mem::take(&mut self.malformados);
        Recusa::nenhuma(malformados, rules::r8_registro(&self))?;
        let (Some(app_name), Some(dados)) = (self.app_name_sistema_tribunal, self.dados) else {
            return Err(Error::interno(anyhow::anyhow!("no rule refused an incomplete command")));
        };
        let agora = (contexto.relogio)();
        Ok(Registrado(store::inserir(sessao, contexto.tribunal, app_name, dados, agora)?))
    }
}

impl Rastreavel for Registrado {
    fn rastrear(&self, recursos: &mut Vec<Recurso>) {
        self.0.rastrear(recursos);
    }
}

impl Efeito for Registrado {
    fn created(&self) -> Option<Recurso> {
        Some(Recurso::Rascunho(self.0.id.0))
    }

    fn lembrar(&self) -> Lembranca {
        Lembranca { id: self.0.id.0, versao: 1, ..Lembranca::default() }
    }

    fn reler(sessao: &mut Sessao<'_>, lembranca: Lembranca) -> Result<Self, Error> {
        Ok(Self(store::por_id(sessao, RascunhoId(lembranca.id))?))
    }
}
