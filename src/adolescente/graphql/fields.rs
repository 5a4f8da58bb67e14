//! Fields of an adolescente. The sensitive ones are null for a caller without the papel.

use crate::Result;
use crate::adolescente::store::AdolescenteById;
use crate::adolescente::{
    Adolescente, AdolescenteDados, Certidao, IdentidadeGenero, Identificador, OrientacaoSexual,
    PartialAdolescente, RacaCor, Rg, SexoBiologico, Summary, turns_21_on,
};
use crate::audit::SensitiveField;
use crate::evento::graphql::{EventoFiltro, eventos_of};
use crate::evento::store::{EventosOf, Subject};
use crate::graphql_types::connection::{Connection, Count, Paging, SentidoOrdem, connect_field};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, DADOS_SENSIVEIS, FILTER, PageSize, RequerPapel};
use crate::graphql_types::field_error::Fallible;
use crate::graphql_types::global_id::GlobalId;
use crate::graphql_types::json::JsonObject;
use crate::graphql_types::object::object;
use crate::graphql_types::scalars::{Date, Timestamp};
use crate::guia::SituacaoGuia;
use crate::guia::store::GuiasOf;
use crate::linha_do_tempo::graphql::linha_do_tempo;
use crate::linha_do_tempo::store::LinhaDoTempo;
use crate::processo::store::ProcessosOfAdolescente;
use crate::processo::{SituacaoProcesso, SituacaoVinculo, TipoProcesso};
use crate::value::cpf::Cpf;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

pub struct AdolescenteNode(pub Arc<PartialAdolescente>);

impl From<Arc<Adolescente>> for AdolescenteNode {
    fn from(adolescente: Arc<Adolescente>) -> Self {
        Self(Arc::new(adolescente.into()))
    }
}

impl AdolescenteNode {
    fn summary(&self) -> &Summary {
        &self.0.summary
    }

    /// The value of a sensitive field. The method reads nothing for a caller without the papel.
    async fn sensitive<T>(
        &self,
        ctx: &Context<'_>,
        field: SensitiveField,
        value: impl FnOnce(&AdolescenteDados) -> Option<T>,
    ) -> Option<Result<T>> {
        if !ctx.may_see_sensitive() {
            return None;
        }
        let loaded = match &self.0.full {
            Some(full) => Ok(Some(Arc::clone(full))),
            None => ctx.loaders().load(AdolescenteById(self.summary().id)).await,
        };
        match loaded {
            Ok(full) => ctx.sensitive(field, value(&full?.dados)).map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Adolescente, no cadastro de um tribunal. O identificador é nacional; o cadastro é de cada tribunal.
#[Object(name = "Adolescente")]
impl AdolescenteNode {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Adolescente(self.summary().id.0).into()
    }

    /// Identificador nacional.
    async fn identificador(&self) -> Identificador {
        self.summary().identificador.clone()
    }

    /// Criado só pelo identificador (R14), e ainda sem o mínimo de um cadastro: falta nome, sobrenome, nascimento ou sexo.
    async fn cadastro_pendente(&self) -> bool {
        self.summary().cadastro_pendente
    }

    /// Tribunal que cadastrou.
    async fn tribunal(&self) -> Result<JsonObject<Tribunal>> {
        Tribunal::from_row(self.summary().tribunal_codigo).map(JsonObject)
    }

    /// Nome a mostrar: o social, se houver, ou o civil, seguido do sobrenome; nulo se não há nome.
    async fn nome_exibicao(&self) -> Option<String> {
        self.summary().nome_exibicao()
    }

    /// Nome civil. Havendo nome social, exige o papel `pse-dados-sensiveis`; sem ele, nulo.
    async fn nome(&self, ctx: &Context<'_>) -> Option<&str> {
        let nome = self.summary().nome.as_deref();
        if self.summary().nome_social.is_some() {
            ctx.sensitive(SensitiveField::Nome, nome)
        } else {
            nome
        }
    }

    /// Sobrenome.
    async fn sobrenome(&self) -> Option<&str> {
        self.summary().sobrenome.as_deref()
    }

    /// Há nome social.
    async fn possui_nome_social(&self) -> bool {
        self.summary().nome_social.is_some()
    }

    /// Nome social.
    async fn nome_social(&self) -> Option<&str> {
        self.summary().nome_social.as_deref()
    }

    /// Data de nascimento.
    async fn data_nascimento(&self) -> Option<Date> {
        self.summary().data_nascimento.map(Date)
    }

    /// A data de nascimento é presumida.
    async fn data_nascimento_presumida(&self) -> bool {
        self.summary().data_nascimento_presumida
    }

    /// Dia em que completa 21 anos; nascido em 29/2, o dia 1º/3 (R24).
    #[graphql(name = "dataCompleta21Anos")]
    async fn data_completa_21_anos(&self) -> Option<Date> {
        self.summary().data_nascimento.map(turns_21_on).map(Date)
    }

    /// Data do óbito.
    async fn data_obito(&self) -> Option<Date> {
        self.summary().data_obito.map(Date)
    }

    /// Sexo biológico.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn sexo_biologico(&self, ctx: &Context<'_>) -> Option<Result<SexoBiologico>> {
        self.sensitive(ctx, SensitiveField::SexoBiologico, |dados| dados.sexo_biologico).await
    }

    /// Identidade de gênero.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn identidade_genero(&self, ctx: &Context<'_>) -> Option<Result<IdentidadeGenero>> {
        self.sensitive(ctx, SensitiveField::IdentidadeGenero, |dados| dados.identidade_genero).await
    }

    /// Orientação sexual.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn orientacao_sexual(&self, ctx: &Context<'_>) -> Option<Result<OrientacaoSexual>> {
        self.sensitive(ctx, SensitiveField::OrientacaoSexual, |dados| dados.orientacao_sexual).await
    }

    /// Raça ou cor.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn raca_cor(&self, ctx: &Context<'_>) -> Option<Result<RacaCor>> {
        self.sensitive(ctx, SensitiveField::RacaCor, |dados| dados.raca_cor).await
    }

    /// Nome da mãe.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn nome_mae(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.sensitive(ctx, SensitiveField::NomeMae, |dados| dados.nome_mae.clone()).await
    }

    /// Nome do pai.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn nome_pai(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.sensitive(ctx, SensitiveField::NomePai, |dados| dados.nome_pai.clone()).await
    }

    /// Naturalidade, texto livre.
    async fn naturalidade(&self) -> Option<&str> {
        self.summary().naturalidade.as_deref()
    }

    /// CPF; único no tribunal.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn cpf(&self, ctx: &Context<'_>) -> Option<Result<Cpf>> {
        self.sensitive(ctx, SensitiveField::Cpf, |dados| dados.cpf.clone()).await
    }

    /// Registro geral.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn rg(&self, ctx: &Context<'_>) -> Option<Result<RgNode>> {
        let rg =
            |dados: &AdolescenteDados| (!dados.rg.is_empty()).then(|| RgNode(dados.rg.clone()));
        self.sensitive(ctx, SensitiveField::Rg, rg).await
    }

    /// Certidão de nascimento.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn certidao_nascimento(&self, ctx: &Context<'_>) -> Option<Result<CertidaoNode>> {
        let certidao = |dados: &AdolescenteDados| {
            (!dados.certidao.is_empty()).then(|| CertidaoNode(dados.certidao.clone()))
        };
        self.sensitive(ctx, SensitiveField::CertidaoNascimento, certidao).await
    }

    /// Cadastro.
    async fn criado_em(&self) -> Timestamp {
        self.summary().criado_em.into()
    }

    /// Última alteração.
    async fn atualizado_em(&self) -> Timestamp {
        self.summary().atualizado_em.into()
    }

    /// Cresce a cada alteração; devolva em `versaoEsperada`.
    async fn versao(&self) -> i32 {
        self.summary().versao
    }

    /// Processos do adolescente, com o vínculo na aresta.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn processos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só processos deste tipo.")] tipo: Option<TipoProcesso>,
        #[graphql(desc = "Só processos nesta situação.")] situacao: Option<SituacaoProcesso>,
        #[graphql(
            default_with = "Some(SituacaoVinculo::Ativo)",
            desc = "Só vínculos nesta situação; null traz todos."
        )]
        vinculo: Option<SituacaoVinculo>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<ProcessosOfAdolescente>> {
        let page = Paging { first, after, last, before };
        let adolescente = self.summary().id;
        connect_field(ctx, ProcessosOfAdolescente { adolescente, tipo, situacao, vinculo }, page)
            .await
    }

    /// Guias do adolescente.
    #[graphql(directive = PageSize::apply())]
    async fn guias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só guias nesta situação; ausente traz todas.")] situacao: Option<
            SituacaoGuia,
        >,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<GuiasOf>> {
        let page = Paging { first, after, last, before };
        connect_field(ctx, GuiasOf::Adolescente(self.summary().id, situacao), page).await
    }

    /// Alterações do cadastro, dos vínculos e das guias deste adolescente, da mais antiga à mais nova se não se diz `sentido`.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn eventos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos.", directive = Cost::apply(FILTER.into()))]
        filtro: Option<EventoFiltro>,
        #[graphql(
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        )]
        sentido: SentidoOrdem,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<EventosOf>> {
        let page = Paging { first, after, last, before };
        connect_field(
            ctx,
            eventos_of(Subject::Adolescente(self.summary().id), filtro, sentido),
            page,
        )
        .await
    }

    /// O que aconteceu ao adolescente e aos processos a que é ou foi ligado, em ordem de tempo, cada coisa numa frase.
    #[graphql(directive = PageSize::apply())]
    #[expect(clippy::too_many_arguments, reason = "the arguments, as Relay names them")]
    async fn linha_do_tempo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Desde este instante, inclusive.")] de: Option<Timestamp>,
        #[graphql(desc = "Até este instante, exclusive.")] ate: Option<Timestamp>,
        #[graphql(
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        )]
        sentido: SentidoOrdem,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Count,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Fallible<Connection<LinhaDoTempo>> {
        let page = Paging { first, after, last, before };
        connect_field(
            ctx,
            linha_do_tempo(Subject::Adolescente(self.summary().id), (de, ate), sentido),
            page,
        )
        .await
    }
}

pub struct RgNode(Rg);

object! {
    /// Registro geral (carteira de identidade).
    #[Object(name = "Rg")]
    impl RgNode as this {
        fields {
            /// Número.
            numero: Option<&str> = this.0.numero.as_deref();
            /// Órgão expedidor.
            orgao_expedidor: Option<&str> = this.0.orgao_expedidor.as_deref();
            /// Data de expedição.
            data_expedicao: Option<Date> = this.0.data_expedicao.map(Date);
            /// UF, duas letras.
            estado_rg: Option<&str> = this.0.estado.as_deref();
        }
    }
}

pub struct CertidaoNode(Certidao);

object! {
    /// Certidão de nascimento.
    #[Object(name = "CertidaoNascimento")]
    impl CertidaoNode as this {
        fields {
            /// Cartório.
            cartorio: Option<&str> = this.0.cartorio.as_deref();
            /// Livro.
            livro: Option<&str> = this.0.livro.as_deref();
            /// Folha.
            folha: Option<&str> = this.0.folha.as_deref();
            /// Número.
            numero: Option<&str> = this.0.numero.as_deref();
        }
    }
}
