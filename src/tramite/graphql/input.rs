//! What a client says about trâmites.

use crate::Result;
use crate::error::{Error, Falha};
use crate::graphql::schema::mutation::{Entrada, ModoInput};
use crate::graphql_types::directives::{CONDICAO, Cost};
use crate::graphql_types::filter::{Condicoes, relation_filter};
use crate::graphql_types::scalars::Instante;
use crate::tramite::rules::{self, SituacaoTramite};
use crate::tramite::store::Filtro;
use crate::tramite::{
    CancelarTramite, DarCiencia, EnderecoDeEstrutura, EnviarRecibo, EnviarTramite, Idt,
    MotivoDaUrgencia, MotivoRecusa, NivelDeSigilo, Nre, Protocolo, ReceberRecibo, ReceberTramite,
    RecusarTramite, VincularNre,
};
use crate::value::field::{natural, preenchido};
use async_graphql::{ID, InputObject};

/// None when the text is no IDT.
pub fn ler_idt(idt: &ID) -> Option<Idt> {
    natural(idt)
}

/// One that nobody has: what is named so is not found.
const NENHUM: Idt = 0;

/// Uma estrutura organizacional.
#[derive(InputObject)]
pub struct EstruturaInput {
    /// Repositório de estruturas.
    repositorio: i32,
    /// Número da estrutura, 1 a 20 caracteres.
    numero: String,
}

impl From<EstruturaInput> for EnderecoDeEstrutura {
    fn from(entrada: EstruturaInput) -> Self {
        Self { repositorio: entrada.repositorio, numero: entrada.numero.trim().to_owned() }
    }
}

/// Condições sobre trâmites; somam-se com E.
#[derive(InputObject)]
pub struct TramiteFiltro {
    /// Deste NRE.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    nre: Option<Nre>,
    /// Deste protocolo, com ou sem máscara.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    protocolo: Option<String>,
    /// Numa destas situações.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    situacao: Option<Vec<SituacaoTramite>>,
    /// Em andamento (situações 1 a 5 e 8) ou não.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    em_andamento: Option<bool>,
    /// Desta origem.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    remetente: Option<EstruturaInput>,
    /// Para este destino.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    destinatario: Option<EstruturaInput>,
    /// Registrado desde, inclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    criado_de: Option<Instante>,
    /// Registrado até, exclusive.
    #[graphql(directive = Cost::apply(CONDICAO.into()))]
    criado_ate: Option<Instante>,
}

relation_filter! {
    /// Condição sobre os trâmites do outro lado de uma relação; `algum` e `nenhum` somam-se com E.
    TramiteRelacaoFiltro de TramiteFiltro
}

/// Those of a relation, counted with the conditions of the whole.
pub fn filtro_contado(entrada: TramiteFiltro, condicoes: &mut Condicoes<'_>) -> Result<Filtro> {
    condicoes.mais_uma()?;
    filtro(entrada)
}

pub fn filtro(entrada: TramiteFiltro) -> Result<Filtro> {
    let protocolo = entrada.protocolo.map(|texto| Protocolo::ler(&texto)).transpose();
    let protocolo = protocolo.map_err(|erro| {
        Error::falha(Falha::EntradaInvalida, format!("o filtro `protocolo`: {erro}"))
    })?;
    let estrutura = |nome: &str, entrada: Option<EstruturaInput>| {
        let endereco = entrada.map(EnderecoDeEstrutura::from);
        match endereco.as_ref().and_then(|e| rules::numero_de_estrutura(&e.numero)) {
            Some(recusa) => {
                let mensagem = format!("o filtro `{nome}`: {}", recusa.mensagem);
                Err(Error::falha(Falha::EntradaInvalida, mensagem))
            }
            None => Ok(endereco),
        }
    };
    Ok(Filtro {
        idt: None,
        nre: entrada.nre,
        protocolo_chave: protocolo.map(|protocolo| protocolo.chave().to_owned()),
        situacao: entrada.situacao,
        em_andamento: entrada.em_andamento,
        remetente: estrutura("remetente", entrada.remetente)?,
        destinatario: estrutura("destinatario", entrada.destinatario)?,
        criado_de: entrada.criado_de.map(|instante| instante.0),
        criado_ate: entrada.criado_ate.map(|instante| instante.0),
        ..Filtro::default()
    })
}

/// Entrada de enviarTramite. Não leva documentos (para isso há a fachada REST), de modo que o trâmite nasce na situação 2.
#[derive(InputObject)]
pub struct EnviarTramiteInput {
    /// Origem, de quem chama.
    remetente: EstruturaInput,
    /// Destino.
    destinatario: EstruturaInput,
    /// Protocolo (NUP, número CNJ ou outro), 1 a 40 caracteres, como se escreve na origem.
    protocolo: String,
    /// Descrição, 1 a 1500 caracteres; sem nomes de adolescentes.
    descricao: String,
    /// NRE do processo: obrigatório do segundo trâmite em diante.
    nre: Option<Nre>,
    /// Nível de sigilo.
    #[graphql(default_with = "Some(NivelDeSigilo::Publico)")]
    nivel_de_sigilo: Option<NivelDeSigilo>,
    /// Base legal, até 200 caracteres; obrigatória se restrito ou sigiloso.
    hipotese_legal: Option<String>,
    /// Tipo de processo na origem, até 100 caracteres.
    processo_de_negocio: Option<String>,
    /// Urgente.
    #[graphql(default_with = "Some(false)")]
    urgente: Option<bool>,
    /// Motivo; só se urgente.
    motivo_da_urgencia: Option<MotivoDaUrgencia>,
    /// Retorno esperado.
    data_de_retorno: Option<Instante>,
    #[graphql(flatten)]
    modo: ModoInput,
}

impl Entrada for EnviarTramiteInput {
    type Comando = EnviarTramite;

    fn partes(self) -> (EnviarTramite, ModoInput) {
        let comando = EnviarTramite {
            remetente: Some(self.remetente.into()),
            destinatario: Some(self.destinatario.into()),
            protocolo: preenchido(Some(self.protocolo)),
            nre: self.nre,
            descricao: preenchido(Some(self.descricao)),
            nivel_de_sigilo: self.nivel_de_sigilo,
            hipotese_legal: preenchido(self.hipotese_legal),
            processo_de_negocio: preenchido(self.processo_de_negocio),
            urgente: self.urgente.unwrap_or(false),
            motivo_da_urgencia: self.motivo_da_urgencia,
            data_de_retorno: self.data_de_retorno.map(|instante| instante.0),
            // Documents and files come by the REST façade alone.
            ..EnviarTramite::default()
        };
        (comando, self.modo)
    }
}

/// A mutation that names a trâmite and nothing else.
macro_rules! so_idt {
    ($($(#[$doc:meta])* $entrada:ident => $comando:ident;)*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $entrada {
            /// Identificação do trâmite (IDT).
            idt: ID,
            #[graphql(flatten)]
            modo: ModoInput,
        }

        impl Entrada for $entrada {
            type Comando = $comando;

            fn partes(self) -> ($comando, ModoInput) {
                ($comando { idt: ler_idt(&self.idt).unwrap_or(NENHUM) }, self.modo)
            }
        }
    )*};
}
so_idt! {
    /// Entrada de receberTramite.
    ReceberTramiteInput => ReceberTramite;
    /// Entrada de receberRecibo.
    ReceberReciboInput => ReceberRecibo;
    /// Entrada de darCiencia.
    DarCienciaInput => DarCiencia;
    /// Entrada de cancelarTramite.
    CancelarTramiteInput => CancelarTramite;
}

/// Entrada de enviarRecibo.
#[derive(InputObject)]
pub struct EnviarReciboInput {
    /// Identificação do trâmite (IDT).
    idt: ID,
    /// Entre o recebimento e agora, em segundos inteiros, com tolerância de 60 s.
    data_de_recebimento: Instante,
    /// Assinatura do recibo, em base64.
    hash_da_assinatura: Option<String>,
    #[graphql(flatten)]
    modo: ModoInput,
}

impl Entrada for EnviarReciboInput {
    type Comando = EnviarRecibo;

    fn partes(self) -> (EnviarRecibo, ModoInput) {
        let comando = EnviarRecibo {
            idt: ler_idt(&self.idt).unwrap_or(NENHUM),
            data_de_recebimento: Some(self.data_de_recebimento.0),
            hash_da_assinatura: preenchido(self.hash_da_assinatura),
            malformados: Vec::new(),
        };
        (comando, self.modo)
    }
}

/// Entrada de vincularNre.
#[derive(InputObject)]
pub struct VincularNreInput {
    /// NRE do processo herdado.
    nre: Nre,
    /// Protocolo registrado nesse NRE, como prova.
    protocolo: String,
    /// Estrutura que já é parte do NRE.
    parte: EstruturaInput,
    /// Estrutura que passa a ser parte.
    herdeira: EstruturaInput,
    /// Por que, 1 a 1000 caracteres.
    justificativa: String,
    #[graphql(flatten)]
    modo: ModoInput,
}

impl Entrada for VincularNreInput {
    type Comando = VincularNre;

    fn partes(self) -> (VincularNre, ModoInput) {
        let comando = VincularNre {
            nre: self.nre,
            protocolo: self.protocolo,
            parte: self.parte.into(),
            herdeira: self.herdeira.into(),
            justificativa: preenchido(Some(self.justificativa)),
        };
        (comando, self.modo)
    }
}

/// Entrada de recusarTramite.
#[derive(InputObject)]
pub struct RecusarTramiteInput {
    /// Identificação do trâmite (IDT).
    idt: ID,
    /// Motivo.
    motivo: MotivoRecusa,
    /// Justificativa, 1 a 1000 caracteres.
    justificativa: String,
    #[graphql(flatten)]
    modo: ModoInput,
}

impl Entrada for RecusarTramiteInput {
    type Comando = RecusarTramite;

    fn partes(self) -> (RecusarTramite, ModoInput) {
        let comando = RecusarTramite {
            idt: ler_idt(&self.idt).unwrap_or(NENHUM),
            motivo: Some(self.motivo),
            justificativa: preenchido(Some(self.justificativa)),
            malformados: Vec::new(),
        };
        (comando, self.modo)
    }
}
