//! Relay connections over the lists of `db::lista`: arguments in, pages and cursors out.

use super::json::{Escrevivel, Escrito, Escritos};
use crate::db::Valor;
use crate::db::list::{Fatia, Lista, Pagina, PaginaDe, Posicao, TipoDaChave, TotalDe};
use crate::error::{Error, Falha};
use crate::graphql::schema::errors::{ErroDeCampo, Falivel};
use crate::graphql_types::context::ContextExt;
use crate::graphql_types::directives::{Cost, DEZ};
use crate::graphql_types::scalars::Instante;
use crate::processo::graphql::VinculoNode;
use crate::processo::store::{Vinculado, VinculoPorId};
use crate::processo::{SituacaoVinculo, Vinculo};
use async_graphql::{Context, Enum, Object, SimpleObject, TypeName};
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD as BASE64;
use chrono::{DateTime, Datelike};
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::borrow::Cow;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

const TAMANHO_PADRAO: usize = 20;
const TAMANHO_MAXIMO: usize = 100;

/// Sentido da ordem.
#[derive(Clone, Copy, PartialEq, Eq, Enum)]
pub enum SentidoOrdem {
    /// Crescente.
    Asc,
    /// Decrescente.
    Desc,
}

/// How a list looks in the schema.
pub trait ListaGraphql: Lista {
    type Node: Escrevivel;
    /// Made of the list and a row of it.
    type Edge: Escrevivel + From<(Arc<Self>, Self::Linha)>;
    const CONEXAO: &'static str;
    const ARESTA: &'static str;

    fn node(linha: &Self::Linha) -> Self::Node;
}

/// The four arguments of a connection.
#[derive(Debug, Default)]
pub struct Paginacao {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl Paginacao {
    /// Which page is asked for; a cursor of another filter, order or parent is refused.
    fn fatia<L: Lista>(&self, lista: &L) -> Result<Fatia, Error> {
        let recusa = |mensagem| Error::falha(Falha::EntradaInvalida, mensagem);
        let (pedido, do_fim) = match (self.first, self.last) {
            (Some(_), Some(_)) => return Err(recusa("use `first` ou `last`, nunca os dois")),
            (first, None) => (first, false),
            (None, last) => (last, true),
        };
        let tamanho = match pedido.map(usize::try_from) {
            None => TAMANHO_PADRAO,
            Some(Ok(n @ 1..=TAMANHO_MAXIMO)) => n,
            Some(_) => return Err(recusa("`first` e `last` vão de 1 a 100")),
        };
        let ler = |cursor: &Option<String>| {
            match cursor {
            None => Ok(None),
            Some(texto) => ler_cursor(lista, texto).map(Some).ok_or_else(|| {
                recusa("o cursor não é desta consulta; use um que ela deu, com o mesmo filtro e a mesma ordem")
            }),
        }
        };
        Ok(Fatia { tamanho, do_fim, depois: ler(&self.after)?, antes: ler(&self.before)? })
    }
}

/// Loads a page of `lista`, batched with its sisters. Boxed, so that an object's fields are small
/// while they do not lead to a page: they are moved about for each object.
pub fn conectar<'a, L: ListaGraphql>(
    ctx: &'a Context<'_>,
    lista: L,
    paginacao: Paginacao,
) -> BoxFuture<'a, Result<Conexao<L>, Error>> {
    let pagina = async move {
        let fatia = paginacao.fatia(&lista)?;
        let pagina = ctx.loaders().load(PaginaDe(lista.clone(), fatia)).await?;
        let vazia =
            || Arc::new(Pagina { linhas: Vec::new(), tem_proxima: false, tem_anterior: false });
        let pagina = pagina.unwrap_or_else(vazia);
        ctx.loaders().gastar(pagina.linhas.len())?;
        Ok(Escrito(Lida { lista: Arc::new(lista), pagina }))
    };
    pagina.boxed()
}

/// A connection, as a field gives it.
pub type Conexao<L> = Escrito<Lida<L>>;

pub struct Lida<L: Lista> {
    lista: Arc<L>,
    pagina: Arc<Pagina<L::Linha>>,
}

impl<L: Lista> Lida<L> {
    /// Of so many that a filter named, those that are not there, as far as this page tells.
    pub fn faltam_de(&self, nomeados: usize) -> usize {
        let achados = self.pagina.linhas.len();
        let ha_mais = self.pagina.tem_proxima || self.pagina.tem_anterior;
        if ha_mais { 0 } else { nomeados.saturating_sub(achados) }
    }
}

impl<L: ListaGraphql> Escrevivel for Lida<L> {}

impl<L: ListaGraphql> TypeName for Lida<L> {
    fn type_name() -> Cow<'static, str> {
        L::CONEXAO.into()
    }
}

/// Página de uma lista, com cursores para as vizinhas.
#[Object(name_type)]
impl<L: ListaGraphql> Lida<L> {
    /// Arestas.
    async fn edges(&self) -> Escritos<L::Edge> {
        let linhas = self.pagina.linhas.iter();
        Escritos(linhas.map(|linha| (Arc::clone(&self.lista), linha.clone()).into()).collect())
    }

    /// Atalho para `edges.node`.
    async fn nodes(&self) -> Escritos<L::Node> {
        Escritos(self.pagina.linhas.iter().map(L::node).collect())
    }

    /// Página.
    async fn page_info(&self) -> PageInfo {
        let cursor = |linha: &L::Linha| escrever_cursor(&*self.lista, linha);
        PageInfo {
            has_next_page: self.pagina.tem_proxima,
            has_previous_page: self.pagina.tem_anterior,
            start_cursor: self.pagina.linhas.first().map(cursor),
            end_cursor: self.pagina.linhas.last().map(cursor),
        }
    }

    /// Total com o mesmo filtro, em todas as páginas; só se conta quando pedido.
    #[graphql(directive = Cost::apply(DEZ.into()))]
    async fn total_count(&self, ctx: &Context<'_>) -> Falivel<i32> {
        let total = ctx.loaders().load(TotalDe(L::clone(&self.lista))).await;
        total
            .and_then(|total| i32::try_from(total.unwrap_or(0)).map_err(Error::interno))
            .map_err(|error| ErroDeCampo::em(ctx, error))
    }
}

/// Página de uma conexão Relay.
#[derive(SimpleObject)]
pub struct PageInfo {
    /// Há itens depois desta página.
    has_next_page: bool,
    /// Há itens antes desta página.
    has_previous_page: bool,
    /// Cursor do primeiro item; nulo na página vazia.
    start_cursor: Option<String>,
    /// Cursor do último item; nulo na página vazia.
    end_cursor: Option<String>,
}

pub struct Aresta<L: ListaGraphql> {
    lista: Arc<L>,
    linha: L::Linha,
}

impl<L: ListaGraphql> From<(Arc<L>, L::Linha)> for Aresta<L> {
    fn from((lista, linha): (Arc<L>, L::Linha)) -> Self {
        Self { lista, linha }
    }
}

impl<L: ListaGraphql> Escrevivel for Aresta<L> {}

impl<L: ListaGraphql> TypeName for Aresta<L> {
    fn type_name() -> Cow<'static, str> {
        L::ARESTA.into()
    }
}

/// Aresta de uma conexão.
#[Object(name_type)]
impl<L: ListaGraphql> Aresta<L> {
    /// Cursor deste item; só vale com o mesmo filtro e a mesma ordem.
    async fn cursor(&self) -> String {
        escrever_cursor(&*self.lista, &self.linha)
    }

    /// O item.
    async fn node(&self) -> Escrito<L::Node> {
        Escrito(L::node(&self.linha))
    }
}

pub struct ArestaComVinculo<L: ListaGraphql> {
    lista: Arc<L>,
    linha: L::Linha,
    vinculo: Vinculo,
}

impl<T, L: ListaGraphql<Linha = Vinculado<T>>> From<(Arc<L>, Vinculado<T>)>
    for ArestaComVinculo<L>
{
    fn from((lista, linha): (Arc<L>, Vinculado<T>)) -> Self {
        let vinculo = linha.vinculo.clone();
        Self { lista, linha, vinculo }
    }
}

impl<L: ListaGraphql> Escrevivel for ArestaComVinculo<L> {}

impl<L: ListaGraphql> TypeName for ArestaComVinculo<L> {
    fn type_name() -> Cow<'static, str> {
        L::ARESTA.into()
    }
}

/// Aresta entre adolescente e processo, com o vínculo.
#[Object(name_type)]
impl<L: ListaGraphql> ArestaComVinculo<L> {
    /// Cursor deste item; só vale com o mesmo filtro e a mesma ordem.
    async fn cursor(&self) -> String {
        escrever_cursor(&*self.lista, &self.linha)
    }

    /// O item.
    async fn node(&self) -> Escrito<L::Node> {
        Escrito(L::node(&self.linha))
    }

    /// O vínculo.
    async fn vinculo(&self, ctx: &Context<'_>) -> Option<crate::Result<Escrito<VinculoNode>>> {
        let achado = ctx.loaders().load(VinculoPorId(self.vinculo.id)).await;
        achado.map(|achado| achado.map(|linha| Escrito(VinculoNode(linha)))).transpose()
    }

    /// Situação do vínculo.
    async fn situacao(&self) -> SituacaoVinculo {
        self.vinculo.situacao()
    }

    /// Início do vínculo.
    async fn iniciado_em(&self) -> Instante {
        self.vinculo.iniciado_em.into()
    }

    /// Fim do vínculo; nulo enquanto ativo.
    async fn encerrado_em(&self) -> Option<Instante> {
        self.vinculo.encerrado_em.map(Instante)
    }

    /// Motivo do encerramento, se informado.
    async fn motivo(&self) -> Option<&str> {
        self.vinculo.motivo.as_deref()
    }
}

/// `hash.id.chave`: the hash binds the position to its list, filter and order.
fn escrever_cursor<L: Lista>(lista: &L, linha: &L::Linha) -> String {
    cursor(lista, lista.posicao(linha))
}

fn cursor<L: Lista>(lista: &L, Posicao { chave, id }: Posicao) -> String {
    let chave = match chave {
        None => String::new(),
        Some(Valor::Instante(instante)) => instante.timestamp_micros().to_string(),
        Some(Valor::Texto(texto) | Valor::Xid(texto)) => texto,
        Some(outro) => unreachable!("no list is ordered by {outro:?}"),
    };
    let posicao = format!("{id}.{chave}");
    BASE64.encode(format!("{:016x}.{posicao}", fingerprint(lista, &posicao)))
}

/// None of what is not, to the letter, a cursor that this list would have written.
fn ler_cursor<L: Lista>(lista: &L, texto: &str) -> Option<Posicao> {
    let posicao = read_position(lista, texto)?;
    (cursor(lista, posicao.clone()) == texto).then_some(posicao)
}

fn read_position<L: Lista>(lista: &L, texto: &str) -> Option<Posicao> {
    let texto = String::from_utf8(BASE64.decode(texto).ok()?).ok()?;
    let (_, posicao) = texto.split_once('.')?;
    let (id, chave) = posicao.split_once('.')?;
    // Whoever forges a cursor that fits gets a page of what they may see anyway,
    // but never a value of the wrong type in a statement.
    let chave = match lista.consulta(None).ordenacao.coluna.map(|(_, tipo)| tipo) {
        Some(TipoDaChave::DaLinha(_)) if !chave.is_empty() => return None,
        None | Some(TipoDaChave::DaLinha(_)) => None,
        Some(TipoDaChave::Texto) if chave.contains('\0') => return None,
        Some(TipoDaChave::Texto) => Some(chave.to_owned().into()),
        Some(TipoDaChave::Instante) => {
            let instante = DateTime::from_timestamp_micros(chave.parse().ok()?)?;
            // Beyond these years PostgreSQL has no instant to compare with.
            if !(1..=9999).contains(&instante.year()) {
                return None;
            }
            Some(instante.into())
        }
        Some(TipoDaChave::Xid) => Some(Valor::Xid(chave.parse::<u64>().ok()?.to_string())),
    };
    Some(Posicao { chave, id: id.parse().ok()? })
}

/// FNV-1a over what makes two lists different, and over a place in them: of two texts that differ
/// in one byte the hashes differ. It is no secret, and need not be one: who computes it reads
/// what they may read anyway. A deploy that changes the shape of
/// a filter refuses older cursors; another does not.
fn fingerprint<L: Lista>(lista: &L, posicao: &str) -> u64 {
    struct Fnv(u64);
    impl Hasher for Fnv {
        fn write(&mut self, bytes: &[u8]) {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }

        fn finish(&self) -> u64 {
            self.0
        }
    }
    let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
    L::NOME.hash(&mut fnv);
    lista.hash(&mut fnv);
    posicao.hash(&mut fnv);
    fnv.finish()
}
