//! Adolescentes in the schema: what is asked of them. Their fields are in
//! `campos.rs`, the connections in `conexoes.rs`.

mod alteracao;
mod fields;
mod connections;
mod input;
mod mutation;
mod filter;

pub use fields::AdolescenteNode;
pub use filter::{AdolescenteFiltro, AdolescenteRelacaoFiltro, filtro};
pub use input::AdolescenteInput;
pub use mutation::AdolescenteMutation;

use super::store::{AdolescentePorCpf, AdolescentePorIdentificador, Adolescentes};
use super::{Identificador, Procura, Semelhante, service};
use crate::Result;
use crate::audit::CampoSensivel;
use crate::auth::Papel;
use crate::error::{Error, Falha};
use crate::graphql_types::connection::{Conexao, Paginacao, conectar};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, FILTRO, ListSize, Pagina, SEMELHANCA};
use crate::graphql_types::filter::Condicoes;
use crate::graphql_types::scalars::Data;
use crate::value::cpf::Cpf;
use crate::value::field::preenchido;
use crate::value::tribunal::Tribunal;
use async_graphql::{Context, Object, SimpleObject};
use filter::AdolescenteOrdem;
use std::sync::Arc;

#[derive(Default)]
pub struct AdolescenteQuery;

#[Object]
impl AdolescenteQuery {
    /// Adolescente pelo identificador ou pelo CPF; dê só um.
    async fn adolescente(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identificador.")] identificador: Option<Identificador>,
        #[graphql(desc = "CPF; exige o papel `pse-dados-sensiveis`.")] cpf: Option<Cpf>,
        #[graphql(
            desc = "Tribunal do cadastro (`20`, `820` ou `8.20`), para `pse-nacional`, que pode ver o mesmo identificador em mais de um; ausente, o menor código."
        )]
        tribunal: Option<String>,
    ) -> Option<Result<AdolescenteNode>> {
        um(ctx, identificador, cpf, tribunal).await.transpose()
    }

    /// Adolescentes visíveis.
    #[graphql(directive = Pagina::apply())]
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of the field, as Relay names them"
    )]
    async fn adolescentes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Condições; ausente traz todos os visíveis.", directive = Cost::apply(FILTRO.into()))]
        filtro: Option<AdolescenteFiltro>,
        #[graphql(desc = "Ordem; ausente, a de cadastro.")] ordem: Option<AdolescenteOrdem>,
        #[graphql(desc = "Quantos do começo, 1 a 100; sem `first` nem `last`, 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Cursor: só o que vem depois dele.")] after: Option<String>,
        #[graphql(desc = "Quantos do fim, 1 a 100; nunca junto de `first`.")] last: Option<i32>,
        #[graphql(desc = "Cursor: só o que vem antes dele.")] before: Option<String>,
    ) -> Option<Result<Conexao<Adolescentes>>> {
        let pagina = Paginacao { first, after, last, before };
        Some(listar(ctx, filtro, ordem, pagina).await)
    }

    /// Cadastros parecidos no tribunal, do mais ao menos parecido; consulte antes de cadastrar (R25).
    #[graphql(directive = ListSize::apply(Some(10), Some(vec!["limite".into()]), None, Some(false)), directive = Cost::apply(SEMELHANCA.into()))]
    async fn adolescentes_semelhantes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Nome, com ou sem sobrenome.")] nome: String,
        #[graphql(desc = "Sobrenome.")] sobrenome: Option<String>,
        #[graphql(desc = "Nome da mãe; só conta com o papel `pse-dados-sensiveis`.")]
        nome_mae: Option<String>,
        #[graphql(desc = "Data de nascimento.")] data_nascimento: Option<Data>,
        #[graphql(default_with = "Some(10)", desc = "Quantos, de 1 a 50.")] limite: Option<i32>,
    ) -> Option<Result<Vec<AdolescenteSemelhante>>> {
        let procura = Procura {
            nome: preenchido(Some(nome)),
            sobrenome: preenchido(sobrenome),
            nome_mae: preenchido(nome_mae),
            nascimento: data_nascimento.map(|data| data.0),
            limite,
        };
        Some(semelhantes(ctx, procura).await)
    }
}

/// Cadastro parecido com os dados procurados.
#[derive(SimpleObject)]
pub struct AdolescenteSemelhante {
    /// Adolescente.
    adolescente: AdolescenteNode,
    /// Semelhança, de 0 a 1.
    score: f64,
}

async fn semelhantes(ctx: &Context<'_>, procura: Procura) -> Result<Vec<AdolescenteSemelhante>> {
    // A search looks at many to find a few: as dear as a thousand objects, found or not.
    ctx.loaders().gastar(1000)?;
    let procura = service::procura(ctx.ator(), procura)?;
    let achados = ctx.loaders().load(procura).await?.unwrap_or_default();
    let node = |Semelhante { adolescente, score }: &Semelhante| AdolescenteSemelhante {
        adolescente: Arc::new(adolescente.clone()).into(),
        score: *score,
    };
    Ok(achados.iter().map(node).collect())
}

async fn um(
    ctx: &Context<'_>,
    identificador: Option<Identificador>,
    cpf: Option<Cpf>,
    tribunal: Option<String>,
) -> Result<Option<AdolescenteNode>> {
    ctx.ator().exige(Papel::Consulta)?;
    let tribunal = Tribunal::do_filtro(tribunal.as_deref())?;
    let achado = match (identificador, cpf) {
        (Some(identificador), None) => {
            let key = AdolescentePorIdentificador { identificador, tribunal };
            ctx.loaders().named(key).await?
        }
        (None, Some(cpf)) => {
            ctx.ator().exige(Papel::DadosSensiveis)?;
            let achado = ctx.loaders().named(AdolescentePorCpf { cpf, tribunal }).await?;
            // A caller that finds a person by the CPF knows whose it is, whatever is selected.
            ctx.sensivel(CampoSensivel::Cpf, achado)
        }
        _ => {
            let mensagem = "dê `identificador` ou `cpf`, nunca os dois";
            return Err(Error::falha(Falha::EntradaInvalida, mensagem));
        }
    };
    Ok(achado.map(AdolescenteNode::from))
}

async fn listar(
    ctx: &Context<'_>,
    entrada: Option<AdolescenteFiltro>,
    ordem: Option<AdolescenteOrdem>,
    pagina: Paginacao,
) -> Result<Conexao<Adolescentes>> {
    ctx.ator().exige(Papel::Consulta)?;
    let mut condicoes = Condicoes::de(ctx);
    let filtro = entrada.map(|entrada| filtro(entrada, &mut condicoes));
    let filtro = filtro.transpose()?.unwrap_or_default();
    let (campo, decrescente) = ordem.map(AdolescenteOrdem::campo_e_sentido).unwrap_or_default();
    let nomeados = condicoes.nomeados();
    if nomeados > 0 {
        ctx.chamada().naming(nomeados)?;
    }
    let achados = conectar(ctx, Adolescentes { filtro, campo, decrescente }, pagina).await?;
    ctx.chamada().missed(achados.0.faltam_de(nomeados))?;
    Ok(achados)
}
