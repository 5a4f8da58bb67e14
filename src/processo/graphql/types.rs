//! The interface `Processo` and its two types.

use super::fields::{ApuracaoPropria, Comum, ExecucaoPropria, ResponsavelNode};
use crate::Result;
use crate::evento::graphql::EventoFiltro;
use crate::evento::store::EventosDe;
use crate::graphql::schema::errors::Falivel;
use crate::graphql_types::connection::{Conexao, SentidoOrdem};
use crate::graphql_types::directives::{Cost, FILTRO, Pagina};
use crate::graphql_types::json::{Escrevivel, Escrito};
use crate::graphql_types::scalars::Instante;
use crate::guia::SituacaoGuia;
use crate::guia::store::GuiasDe;
use crate::linha_do_tempo::store::LinhaDoTempo;
use crate::processo::store::AdolescentesDoProcesso;
use crate::processo::{NumeroProcesso, Processo, SituacaoProcesso, SituacaoVinculo, TipoProcesso};
use crate::tramite::store::Tramites;
use crate::value::tribunal::Tribunal;
use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{
    Context, ContextSelectionSet, ID, Interface, MergedObject, OutputType, Positioned,
    ServerResult, Value,
};
use futures_util::future::BoxFuture;
use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

/// Processo do sistema socioeducativo.
#[derive(Interface)]
#[graphql(
    name = "Processo",
    field(name = "id", ty = "ID", desc = "Identificador global, opaco e estável."),
    field(
        name = "codigo",
        ty = "i32",
        desc = "Código nas rotas REST (`/api/v1/processos/{id}`), menor que 2³¹."
    ),
    field(name = "numero", ty = "NumeroProcesso", desc = "Número único."),
    field(name = "tipo", ty = "TipoProcesso", desc = "Natureza."),
    field(name = "situacao", ty = "SituacaoProcesso", desc = "Situação."),
    field(name = "tribunal", ty = "Escrito<Tribunal>", desc = "Tribunal."),
    field(name = "id_orgao", ty = "i32", desc = "Órgão julgador (vara), de 1 a 2147483647."),
    field(
        name = "app_name_sistema_tribunal",
        ty = "String",
        desc = "Sistema do tribunal em que o processo corre."
    ),
    field(
        name = "id_processo_sistema_externo",
        ty = "Option<String>",
        desc = "Código do rascunho de que veio (R8)."
    ),
    field(
        name = "numero_referencia",
        ty = "Option<NumeroProcesso>",
        desc = "Número da apuração de origem, numa execução; numa apuração, só informação (R9)."
    ),
    field(name = "magistrado", ty = "Option<Escrito<ResponsavelNode>>", desc = "Magistrado responsável."),
    field(
        name = "serventuario",
        ty = "Option<Escrito<ResponsavelNode>>",
        desc = "Serventuário responsável."
    ),
    field(name = "criado_em", ty = "Instante", desc = "Cadastro."),
    field(name = "atualizado_em", ty = "Instante", desc = "Última alteração."),
    field(
        name = "versao",
        ty = "i32",
        desc = "Cresce a cada alteração; devolva em `versaoEsperada`."
    ),
    field(
        name = "adolescentes",
        ty = "Falivel<Conexao<AdolescentesDoProcesso>>",
        desc = "Adolescentes do processo, com o vínculo na aresta.",
        directive = Pagina::apply(),
        arg(
            name = "situacao",
            ty = "Option<SituacaoVinculo>",
            default_with = "Some(SituacaoVinculo::Ativo)",
            desc = "Só vínculos nesta situação; null traz todos."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "guias",
        ty = "Falivel<Conexao<GuiasDe>>",
        desc = "Guias do processo.",
        directive = Pagina::apply(),
        arg(
            name = "situacao",
            ty = "Option<SituacaoGuia>",
            desc = "Só guias nesta situação; ausente traz todas."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "tramites",
        ty = "Falivel<Conexao<Tramites>>",
        desc = "Trâmites cujo protocolo é o número deste processo e em que quem chama é parte.",
        directive = Pagina::apply(),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "eventos",
        ty = "Falivel<Conexao<EventosDe>>",
        desc = "Alterações do processo, da mais antiga à mais nova se não se diz `sentido`.",
        directive = Pagina::apply(),
        arg(
            name = "filtro",
            ty = "Option<EventoFiltro>",
            desc = "Condições; ausente traz todos.",
            directive = Cost::apply(FILTRO.into())
        ),
        arg(
            name = "sentido",
            ty = "SentidoOrdem",
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    ),
    field(
        name = "linha_do_tempo",
        ty = "Falivel<Conexao<LinhaDoTempo>>",
        desc = "O que aconteceu ao processo e às execuções dele: cadastros, situações, responsáveis, vínculos, guias e trâmites, em ordem de tempo, cada um numa frase.",
        directive = Pagina::apply(),
        arg(name = "de", ty = "Option<Instante>", desc = "Desde este instante, inclusive."),
        arg(name = "ate", ty = "Option<Instante>", desc = "Até este instante, exclusive."),
        arg(
            name = "sentido",
            ty = "SentidoOrdem",
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        ),
        arg(
            name = "first",
            ty = "Option<i32>",
            desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20."
        ),
        arg(name = "after", ty = "Option<String>", desc = "Cursor: só o que vem depois dele."),
        arg(
            name = "last",
            ty = "Option<i32>",
            desc = "Quantos do fim, 1 a 100; nunca junto de `first`."
        ),
        arg(name = "before", ty = "Option<String>", desc = "Cursor: só o que vem antes dele.")
    )
)]
pub enum ProcessoNode {
    Apuracao(ProcessoApuracao),
    Execucao(ProcessoExecucao),
}

impl From<Arc<Processo>> for ProcessoNode {
    fn from(linha: Arc<Processo>) -> Self {
        let comum = Comum(Arc::clone(&linha));
        match linha.tipo {
            TipoProcesso::Apuracao => ProcessoApuracao(comum, ApuracaoPropria(linha)).into(),
            TipoProcesso::Execucao => ProcessoExecucao(comum, ExecucaoPropria(linha)).into(),
        }
    }
}

/// Processo de apuração de ato infracional; pode ter vários adolescentes.
#[derive(MergedObject)]
pub struct ProcessoApuracao(pub(super) Comum, pub(super) ApuracaoPropria);

/// Processo de execução de medidas socioeducativas; tem exatamente um adolescente (R11).
#[derive(MergedObject)]
pub struct ProcessoExecucao(pub(super) Comum, pub(super) ExecucaoPropria);

impl Escrevivel for ProcessoApuracao {}
impl Escrevivel for ProcessoExecucao {}

impl Escrevivel for ProcessoNode {
    fn escrever<'a>(
        &'a self,
        ctx: &'a ContextSelectionSet<'a>,
    ) -> BoxFuture<'a, ServerResult<Vec<u8>>> {
        match self {
            Self::Apuracao(apuracao) => apuracao.escrever(ctx),
            Self::Execucao(execucao) => execucao.escrever(ctx),
        }
    }
}

// The interface calls its fields as methods of each type: the common ones are
// found through Deref, and stand once.
impl Deref for ProcessoApuracao {
    type Target = Comum;

    fn deref(&self) -> &Comum {
        &self.0
    }
}

impl Deref for ProcessoExecucao {
    type Target = Comum;

    fn deref(&self) -> &Comum {
        &self.0
    }
}

impl ProcessoApuracao {
    async fn numero_referencia(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<Option<NumeroProcesso>> {
        self.1.numero_referencia(ctx).await
    }
}

impl ProcessoExecucao {
    async fn numero_referencia(&self, ctx: &Context<'_>) -> Result<NumeroProcesso> {
        self.1.numero_referencia(ctx).await
    }
}

/// A processo as a field of what the fields of every processo lead to. Registered
/// from there it would find those half registered, and have none of them; its name
/// is enough, because the root registers it.
pub struct PeloNome<T>(pub T);

impl<T: OutputType> OutputType for PeloNome<T> {
    fn type_name() -> Cow<'static, str> {
        T::type_name()
    }

    fn create_type_info(_: &mut Registry) -> String {
        T::qualified_type_name()
    }

    async fn resolve(
        &self,
        ctx: &ContextSelectionSet<'_>,
        field: &Positioned<Field>,
    ) -> ServerResult<Value> {
        self.0.resolve(ctx, field).await
    }
}
