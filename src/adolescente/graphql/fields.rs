//! The fields of an adolescente. Sensitive ones are null for who lacks the papel.

use crate::Result;
use crate::adolescente::store::AdolescentePorId;
use crate::adolescente::{
    Adolescente, Certidao, DadosDeAdolescente, Ficha, IdentidadeGenero, Identificador,
    OrientacaoSexual, RacaCor, Resumo, Rg, SexoBiologico, completa_21_anos,
};
use crate::audit::CampoSensivel;
use crate::auth::Papel;
use crate::evento::graphql::{EventoFiltro, eventos_de};
use crate::evento::store::{EventosDe, Objeto};
use crate::graphql::schema::errors::{ErroDeCampo, Falivel};
use crate::graphql::schema::node::GlobalId;
use crate::graphql_types::connection::{Conexao, Paginacao, SentidoOrdem, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, DADOS_SENSIVEIS, FILTRO, Pagina, RequerPapel};
use crate::graphql_types::json::Escrito;
use crate::graphql_types::scalars::{Data, Instante};
use crate::guia::SituacaoGuia;
use crate::guia::store::GuiasDe;
use crate::linha_do_tempo::graphql::linha;
use crate::linha_do_tempo::store::{De, LinhaDoTempo};
use crate::processo::store::ProcessosDoAdolescente;
use crate::processo::{SituacaoProcesso, SituacaoVinculo, TipoProcesso};
use crate::value::cpf::Cpf;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, ID, Object};
use std::sync::Arc;

pub struct AdolescenteNode(pub Arc<Ficha>);

impl From<Arc<Adolescente>> for AdolescenteNode {
    fn from(inteiro: Arc<Adolescente>) -> Self {
        Self(Arc::new(inteiro.into()))
    }
}

impl AdolescenteNode {
    fn resumo(&self) -> &Resumo {
        &self.0.resumo
    }

    /// What only some may see: for who may not, it is not even read.
    async fn sensivel<T>(
        &self,
        ctx: &Context<'_>,
        campo: CampoSensivel,
        valor: impl FnOnce(&DadosDeAdolescente) -> Option<T>,
    ) -> Option<Result<T>> {
        if !ctx.ator().tem(Papel::DadosSensiveis) {
            return None;
        }
        let inteiro = match &self.0.inteiro {
            Some(inteiro) => Ok(Some(Arc::clone(inteiro))),
            None => ctx.loaders().load(AdolescentePorId(self.resumo().id)).await,
        };
        match inteiro {
            Ok(inteiro) => ctx.sensivel(campo, valor(&inteiro?.dados)).map(Ok),
            Err(error) => Some(Err(error)),
        }
    }
}

/// Adolescente, no cadastro de um tribunal. O identificador é nacional; o cadastro é de cada tribunal.
#[Object(name = "Adolescente")]
impl AdolescenteNode {
    /// Identificador global, opaco e estável.
    pub async fn id(&self) -> ID {
        GlobalId::Adolescente(self.resumo().id).into()
    }

    /// Identificador nacional.
    async fn identificador(&self) -> Identificador {
        self.resumo().identificador.clone()
    }

    /// Criado só pelo identificador (R14), à espera dos dados; então nome, nascimento e sexo são nulos.
    async fn cadastro_pendente(&self) -> bool {
        self.resumo().cadastro_pendente
    }

    /// Tribunal que cadastrou.
    async fn tribunal(&self) -> Result<Escrito<Tribunal>> {
        Tribunal::da_linha(self.resumo().tribunal_codigo).map(Escrito)
    }

    /// Nome a mostrar: o social com o sobrenome, se houver; senão o civil.
    async fn nome_exibicao(&self) -> Option<String> {
        self.resumo().nome_exibicao()
    }

    /// Nome civil. Havendo nome social, exige o papel `pse-dados-sensiveis`; sem ele, nulo.
    async fn nome(&self, ctx: &Context<'_>) -> Option<&str> {
        let nome = self.resumo().nome.as_deref();
        if self.resumo().nome_social.is_some() {
            ctx.sensivel(CampoSensivel::Nome, nome)
        } else {
            nome
        }
    }

    /// Sobrenome.
    async fn sobrenome(&self) -> Option<&str> {
        self.resumo().sobrenome.as_deref()
    }

    /// Há nome social.
    async fn possui_nome_social(&self) -> bool {
        self.resumo().nome_social.is_some()
    }

    /// Nome social.
    async fn nome_social(&self) -> Option<&str> {
        self.resumo().nome_social.as_deref()
    }

    /// Data de nascimento.
    async fn data_nascimento(&self) -> Option<Data> {
        self.resumo().data_nascimento.map(Data)
    }

    /// A data de nascimento é presumida.
    async fn data_nascimento_presumida(&self) -> bool {
        self.resumo().data_nascimento_presumida
    }

    /// Dia em que completa 21 anos; nascido em 29/2, o dia 1º/3 (R24).
    #[graphql(name = "dataCompleta21Anos")]
    async fn data_completa_21_anos(&self) -> Option<Data> {
        self.resumo().data_nascimento.map(completa_21_anos).map(Data)
    }

    /// Data do óbito.
    async fn data_obito(&self) -> Option<Data> {
        self.resumo().data_obito.map(Data)
    }

    /// Sexo biológico.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn sexo_biologico(&self, ctx: &Context<'_>) -> Option<Result<SexoBiologico>> {
        self.sensivel(ctx, CampoSensivel::SexoBiologico, |dados| dados.sexo_biologico).await
    }

    /// Identidade de gênero.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn identidade_genero(&self, ctx: &Context<'_>) -> Option<Result<IdentidadeGenero>> {
        self.sensivel(ctx, CampoSensivel::IdentidadeGenero, |dados| dados.identidade_genero).await
    }

    /// Orientação sexual.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn orientacao_sexual(&self, ctx: &Context<'_>) -> Option<Result<OrientacaoSexual>> {
        self.sensivel(ctx, CampoSensivel::OrientacaoSexual, |dados| dados.orientacao_sexual).await
    }

    /// Raça ou cor.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn raca_cor(&self, ctx: &Context<'_>) -> Option<Result<RacaCor>> {
        self.sensivel(ctx, CampoSensivel::RacaCor, |dados| dados.raca_cor).await
    }

    /// Nome da mãe.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn nome_mae(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.sensivel(ctx, CampoSensivel::NomeMae, |dados| dados.nome_mae.clone()).await
    }

    /// Nome do pai.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn nome_pai(&self, ctx: &Context<'_>) -> Option<Result<String>> {
        self.sensivel(ctx, CampoSensivel::NomePai, |dados| dados.nome_pai.clone()).await
    }

    /// Naturalidade, texto livre.
    async fn naturalidade(&self) -> Option<&str> {
        self.resumo().naturalidade.as_deref()
    }

    /// CPF; único no tribunal.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn cpf(&self, ctx: &Context<'_>) -> Option<Result<Cpf>> {
        self.sensivel(ctx, CampoSensivel::Cpf, |dados| dados.cpf.clone()).await
    }

    /// Registro geral.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn rg(&self, ctx: &Context<'_>) -> Option<Result<RgNode>> {
        let rg = |dados: &DadosDeAdolescente| (!dados.rg.vazio()).then(|| RgNode(dados.rg.clone()));
        self.sensivel(ctx, CampoSensivel::Rg, rg).await
    }

    /// Certidão de nascimento.
    #[graphql(directive = RequerPapel::apply(DADOS_SENSIVEIS.into()))]
    async fn certidao_nascimento(&self, ctx: &Context<'_>) -> Option<Result<CertidaoNode>> {
        let certidao = |dados: &DadosDeAdolescente| {
            (!dados.certidao.vazia()).then(|| CertidaoNode(dados.certidao.clone()))
        };
        self.sensivel(ctx, CampoSensivel::CertidaoNascimento, certidao).await
    }

    /// Cadastro.
    async fn criado_em(&self) -> Instante {
        self.resumo().criado_em.into()
    }

    /// Última alteração.
    async fn atualizado_em(&self) -> Instante {
        self.resumo().atualizado_em.into()
    }

    /// Cresce a cada alteração; devolva em `versaoEsperada`.
    async fn versao(&self) -> i32 {
        self.resumo().versao
    }

    /// Processos do adolescente, com o vínculo na aresta.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
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
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<ProcessosDoAdolescente>> {
        let pagina = Paginacao { first, after, last, before };
        let adolescente = self.resumo().id;
        conectar(ctx, ProcessosDoAdolescente { adolescente, tipo, situacao, vinculo }, pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// Guias do adolescente.
    #[graphql(directive = Pagina::apply())]
    async fn guias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Só guias nesta situação; ausente traz todas.")] situacao: Option<
            SituacaoGuia,
        >,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<GuiasDe>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, GuiasDe::Adolescente(self.resumo().id, situacao), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// Alterações deste cadastro, da mais antiga à mais nova se não se diz `sentido`.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    async fn eventos(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos.", directive = Cost::apply(FILTRO.into()))]
        filtro: Option<EventoFiltro>,
        #[graphql(
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        )]
        sentido: SentidoOrdem,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<EventosDe>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, eventos_de(Objeto::Adolescente(self.resumo().id), filtro, sentido), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }

    /// O que aconteceu ao adolescente e aos processos a que é ou foi ligado, em ordem de tempo, cada coisa numa frase.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    async fn linha_do_tempo(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Desde este instante, inclusive.")] de: Option<Instante>,
        #[graphql(desc = "Até este instante, exclusive.")] ate: Option<Instante>,
        #[graphql(
            default_with = "SentidoOrdem::Asc",
            desc = "Sentido: do mais antigo ao mais novo, ou o contrário."
        )]
        sentido: SentidoOrdem,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Falivel<Conexao<LinhaDoTempo>> {
        let pagina = Paginacao { first, after, last, before };
        conectar(ctx, linha(De::Adolescente(self.resumo().id), (de, ate), sentido), pagina)
            .await
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }
}

pub struct RgNode(Rg);

/// Registro geral (carteira de identidade).
#[Object(name = "Rg")]
impl RgNode {
    /// Número.
    async fn numero(&self) -> Option<&str> {
        self.0.numero.as_deref()
    }

    /// Órgão expedidor.
    async fn orgao_expedidor(&self) -> Option<&str> {
        self.0.orgao_expedidor.as_deref()
    }

    /// Data de expedição.
    async fn data_expedicao(&self) -> Option<Data> {
        self.0.data_expedicao.map(Data)
    }

    /// UF, duas letras.
    async fn estado_rg(&self) -> Option<&str> {
        self.0.estado.as_deref()
    }
}

pub struct CertidaoNode(Certidao);

/// Certidão de nascimento.
#[Object(name = "CertidaoNascimento")]
impl CertidaoNode {
    /// Cartório.
    async fn cartorio(&self) -> Option<&str> {
        self.0.cartorio.as_deref()
    }

    /// Livro.
    async fn livro(&self) -> Option<&str> {
        self.0.livro.as_deref()
    }

    /// Folha.
    async fn folha(&self) -> Option<&str> {
        self.0.folha.as_deref()
    }

    /// Número.
    async fn numero(&self) -> Option<&str> {
        self.0.numero.as_deref()
    }
}
