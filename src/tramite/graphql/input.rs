//! Inputs and filters of trâmites.

use crate::Result;
use crate::error::Error;
use crate::graphql_types::filter::{FilterContext, conditions, relation_filter};
use crate::graphql_types::mutation::input;
use crate::graphql_types::scalars::Timestamp;
use crate::tramite::rules::{self, SituacaoTramite};
use crate::tramite::store::TramiteFilter;
use crate::tramite::{
    CancelarTramite, DarCiencia, EnviarRecibo, EnviarTramite, EstruturaAddress, Idt,
    MotivoDaUrgencia, MotivoRecusa, NivelDeSigilo, Nre, Protocolo, ReceberRecibo, ReceberTramite,
    RecusarTramite, VincularNre,
};
use crate::value::field::{filled, parse_digits};
use async_graphql::ID;

/// Reads an IDT. `None` when the ID does not consist of digits or is too large.
pub fn read_idt(idt: &ID) -> Option<Idt> {
    parse_digits(idt)
}

/// An IDT that no trâmite has. A command for it answers that the trâmite does not exist.
const NO_IDT: Idt = 0;

input! {
    /// Uma estrutura organizacional.
    pub struct EstruturaInput into EstruturaAddress {
        /// Repositório de estruturas.
        repositorio: i32 => repositorio,
        /// Número da estrutura, 1 a 20 caracteres.
        numero: String => numero.trim().to_owned(),
    }
}

conditions! {
    /// Condições sobre trâmites; todas têm de valer.
    pub struct TramiteFiltro {
        /// Deste NRE.
        nre: Option<Nre>,
        /// Deste protocolo, com ou sem máscara.
        protocolo: Option<String>,
        /// Numa destas situações.
        situacao: Option<Vec<SituacaoTramite>>,
        /// Em andamento (situações 1 a 5 e 8) ou não.
        em_andamento: Option<bool>,
        /// Desta origem.
        remetente: Option<EstruturaInput>,
        /// Para este destino.
        destinatario: Option<EstruturaInput>,
        /// Registrado desde este instante, inclusive.
        criado_de: Option<Timestamp>,
        /// Registrado até este instante, exclusive.
        criado_ate: Option<Timestamp>,
    }
}

relation_filter! {
    /// Condição sobre os trâmites do outro lado de uma relação; `algum` e `nenhum`, se vêm juntos, têm de valer ambos.
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
    let protocolo =
        protocolo.map_err(|error| Error::invalid(format!("o filtro `protocolo`: {error}")))?;
    let estrutura = |name: &str, input: Option<EstruturaInput>| {
        let address = input.map(EstruturaAddress::from);
        match address.as_ref().and_then(|e| rules::estrutura_numero(&e.numero)) {
            Some(refusal) => {
                let message = format!("o filtro `{name}`: {}", refusal.mensagem);
                Err(Error::invalid(message))
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

input! {
    /// Entrada de enviarTramite. Não leva documentos (para isso há a fachada REST), de modo que o trâmite nasce na situação 2.
    pub struct EnviarTramiteInput for EnviarTramite {
        /// Estrutura de origem, do tribunal de quem chama.
        remetente: EstruturaInput => Some(remetente.into()),
        /// Destino.
        destinatario: EstruturaInput => Some(destinatario.into()),
        /// Protocolo (NUP, número CNJ ou outro), 1 a 40 caracteres, como se escreve na origem.
        protocolo: String => filled(Some(protocolo)),
        /// Descrição, 1 a 1500 caracteres; sem nomes de adolescentes.
        descricao: String => filled(Some(descricao)),
        /// NRE do processo: obrigatório depois que um trâmite dele se concluiu.
        nre: Option<Nre> => nre,
        /// Nível de sigilo.
        #[graphql(default_with = "Some(NivelDeSigilo::Publico)")]
        nivel_de_sigilo: Option<NivelDeSigilo> => nivel_de_sigilo,
        /// Base legal, até 200 caracteres; obrigatória se restrito ou sigiloso.
        hipotese_legal: Option<String> => filled(hipotese_legal),
        /// Tipo de processo na origem, até 100 caracteres.
        processo_de_negocio: Option<String> => filled(processo_de_negocio),
        /// Urgente.
        #[graphql(default_with = "Some(false)")]
        urgente: Option<bool> => urgente.unwrap_or(false),
        /// Motivo; só se urgente.
        motivo_da_urgencia: Option<MotivoDaUrgencia> => motivo_da_urgencia,
        /// Retorno esperado.
        data_de_retorno: Option<Timestamp> => data_de_retorno.map(|instant| instant.0),
    }
    and ..EnviarTramite::default()
}

/// The input of a mutation that only names a trâmite.
macro_rules! idt_only {
    ($($(#[$doc:meta])* $input:ident => $command:ident;)*) => {$(
        input! {
            $(#[$doc])*
            pub struct $input for $command {
                /// Identificação do trâmite (IDT).
                idt: ID => read_idt(&idt).unwrap_or(NO_IDT),
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

input! {
    /// Entrada de enviarRecibo.
    pub struct EnviarReciboInput for EnviarRecibo {
        /// Identificação do trâmite (IDT).
        idt: ID => read_idt(&idt).unwrap_or(NO_IDT),
        /// Quando o destinatário recebeu tudo: entre o passo à situação 4 e agora, em segundos inteiros, com tolerância de 60 s.
        data_de_recebimento: Timestamp => Some(data_de_recebimento.0),
        /// Assinatura do recibo, em base64.
        hash_da_assinatura: Option<String> => filled(hash_da_assinatura),
    }
    and malformed: Vec::new()
}

input! {
    /// Entrada de vincularNre.
    pub struct VincularNreInput for VincularNre {
        /// NRE do processo herdado.
        nre: Nre => nre,
        /// Protocolo registrado nesse NRE, como prova.
        protocolo: String => protocolo,
        /// Estrutura que já é parte do NRE.
        parte: EstruturaInput => parte.into(),
        /// Estrutura que passa a ser parte.
        herdeira: EstruturaInput => herdeira.into(),
        /// Por que, 1 a 1000 caracteres.
        justificativa: String => filled(Some(justificativa)),
    }
}

input! {
    /// Entrada de recusarTramite.
    pub struct RecusarTramiteInput for RecusarTramite {
        /// Identificação do trâmite (IDT).
        idt: ID => read_idt(&idt).unwrap_or(NO_IDT),
        /// Motivo.
        motivo: MotivoRecusa => Some(motivo),
        /// Justificativa, 1 a 1000 caracteres.
        justificativa: String => filled(Some(justificativa)),
    }
    and malformed: Vec::new()
}
