//! Inputs and filters of trâmites.

use crate::Result;
use crate::error::{Error, Failure};
use crate::graphql_types::directives::{CONDITION, Cost};
use crate::graphql_types::filter::{FilterContext, relation_filter};
use crate::graphql_types::mutation::{ModoInput, MutationInput};
use crate::graphql_types::scalars::Timestamp;
use crate::tramite::rules::{self, SituacaoTramite};
use crate::tramite::store::TramiteFilter;
use crate::tramite::{
    CancelarTramite, DarCiencia, EnviarRecibo, EnviarTramite, EstruturaAddress, Idt,
    MotivoDaUrgencia, MotivoRecusa, NivelDeSigilo, Nre, Protocolo, ReceberRecibo, ReceberTramite,
    RecusarTramite, VincularNre,
};
use crate::value::field::{filled, parse_digits};
use async_graphql::{ID, InputObject};

/// `None` when the ID is not a valid IDT.
pub fn read_idt(idt: &ID) -> Option<Idt> {
    parse_digits(idt)
}

/// An IDT that no trâmite has. A command for it answers that the trâmite does not exist.
const NO_IDT: Idt = 0;

/// Uma estrutura organizacional.
#[derive(InputObject)]
pub struct EstruturaInput {
    /// Repositório de estruturas.
    repositorio: i32,
    /// Número da estrutura, 1 a 20 caracteres.
    numero: String,
}

impl From<EstruturaInput> for EstruturaAddress {
    fn from(input: EstruturaInput) -> Self {
        Self { repositorio: input.repositorio, numero: input.numero.trim().to_owned() }
    }
}

/// Condições sobre trâmites; somam-se com E.
#[derive(InputObject)]
pub struct TramiteFiltro {
    /// Deste NRE.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    nre: Option<Nre>,
    /// Deste protocolo, com ou sem máscara.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    protocolo: Option<String>,
    /// Numa destas situações.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    situacao: Option<Vec<SituacaoTramite>>,
    /// Em andamento (situações 1 a 5 e 8) ou não.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    em_andamento: Option<bool>,
    /// Desta origem.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    remetente: Option<EstruturaInput>,
    /// Para este destino.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    destinatario: Option<EstruturaInput>,
    /// Registrado desde, inclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    criado_de: Option<Timestamp>,
    /// Registrado até, exclusive.
    #[graphql(directive = Cost::apply(CONDITION.into()))]
    criado_ate: Option<Timestamp>,
}

relation_filter! {
    /// Condição sobre os trâmites do outro lado de uma relação; `algum` e `nenhum` somam-se com E.
    TramiteRelacaoFiltro of TramiteFiltro
}

/// The filter of a relation. Its conditions count toward the limit of the whole filter.
pub fn counted_filter(
    input: TramiteFiltro,
    conditions: &mut FilterContext<'_>,
) -> Result<TramiteFilter> {
    conditions.count_condition()?;
    filter(input)
}

pub fn filter(input: TramiteFiltro) -> Result<TramiteFilter> {
    let protocolo = input.protocolo.map(|text| Protocolo::read(&text)).transpose();
    let protocolo = protocolo.map_err(|error| {
        Error::failure(Failure::EntradaInvalida, format!("o filtro `protocolo`: {error}"))
    })?;
    let estrutura = |name: &str, input: Option<EstruturaInput>| {
        let address = input.map(EstruturaAddress::from);
        match address.as_ref().and_then(|e| rules::estrutura_numero(&e.numero)) {
            Some(refusal) => {
                let message = format!("o filtro `{name}`: {}", refusal.mensagem);
                Err(Error::failure(Failure::EntradaInvalida, message))
            }
            None => Ok(address),
        }
    };
    Ok(TramiteFilter {
        idt: None,
        nre: input.nre,
        protocolo_chave: protocolo.map(|protocolo| protocolo.key().to_owned()),
        situacao: input.situacao,
        em_andamento: input.em_andamento,
        remetente: estrutura("remetente", input.remetente)?,
        destinatario: estrutura("destinatario", input.destinatario)?,
        criado_de: input.criado_de.map(|instant| instant.0),
        criado_ate: input.criado_ate.map(|instant| instant.0),
        ..TramiteFilter::default()
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
    data_de_retorno: Option<Timestamp>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for EnviarTramiteInput {
    type Command = EnviarTramite;

    fn into_parts(self) -> (EnviarTramite, ModoInput) {
        let command = EnviarTramite {
            remetente: Some(self.remetente.into()),
            destinatario: Some(self.destinatario.into()),
            protocolo: filled(Some(self.protocolo)),
            nre: self.nre,
            descricao: filled(Some(self.descricao)),
            nivel_de_sigilo: self.nivel_de_sigilo,
            hipotese_legal: filled(self.hipotese_legal),
            processo_de_negocio: filled(self.processo_de_negocio),
            urgente: self.urgente.unwrap_or(false),
            motivo_da_urgencia: self.motivo_da_urgencia,
            data_de_retorno: self.data_de_retorno.map(|instant| instant.0),
            // Only the REST API accepts documentos and files.
            ..EnviarTramite::default()
        };
        (command, self.mode)
    }
}

/// The input of a mutation that only names a trâmite.
macro_rules! idt_only {
    ($($(#[$doc:meta])* $input:ident => $command:ident;)*) => {$(
        $(#[$doc])*
        #[derive(InputObject)]
        pub struct $input {
            /// Identificação do trâmite (IDT).
            idt: ID,
            #[graphql(flatten)]
            mode: ModoInput,
        }

        impl MutationInput for $input {
            type Command = $command;

            fn into_parts(self) -> ($command, ModoInput) {
                ($command { idt: read_idt(&self.idt).unwrap_or(NO_IDT) }, self.mode)
            }
        }
    )*};
}
idt_only! {
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
    data_de_recebimento: Timestamp,
    /// Assinatura do recibo, em base64.
    hash_da_assinatura: Option<String>,
    #[graphql(flatten)]
    mode: ModoInput,
}

impl MutationInput for EnviarReciboInput {
    type Command = EnviarRecibo;

    fn into_parts(self) -> (EnviarRecibo, ModoInput) {
        let command = EnviarRecibo {
            idt: read_idt(&self.idt).unwrap_or(NO_IDT),
            data_de_recebimento: Some(self.data_de_recebimento.0),
            hash_da_assinatura: filled(self.hash_da_assinatura),
            malformed: Vec::new(),
        };
        (command, self.mode)
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
    mode: ModoInput,
}

impl MutationInput for VincularNreInput {
    type Command = VincularNre;

    fn into_parts(self) -> (VincularNre, ModoInput) {
        let command = VincularNre {
            nre: self.nre,
            protocolo: self.protocolo,
            parte: self.parte.into(),
            herdeira: self.herdeira.into(),
            justificativa: filled(Some(self.justificativa)),
        };
        (command, self.mode)
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
    mode: ModoInput,
}

impl MutationInput for RecusarTramiteInput {
    type Command = RecusarTramite;

    fn into_parts(self) -> (RecusarTramite, ModoInput) {
        let command = RecusarTramite {
            idt: read_idt(&self.idt).unwrap_or(NO_IDT),
            motivo: Some(self.motivo),
            justificativa: filled(Some(self.justificativa)),
            malformed: Vec::new(),
        };
        (command, self.mode)
    }
}
