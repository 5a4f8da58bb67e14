//! The rules on the catalogues.

use super::{EstruturaDoCatalogo, GravarEstrutura, GravarItem, TipoDeCatalogo};
use crate::error::{CodigoErro, Refusal};
use crate::value::field;

pub const RULE: &str = "catálogo";
const MAX_NOME: usize = 200;
const MAX_SIGLA: usize = 50;
const MAX_CODIGO_NO_ORGAO_LEN: usize = 100;
/// The number of motivos de urgência. Their codes are 1 to 5.
const MOTIVO_COUNT: i32 = 5;
/// Largest depth of the hierarchy of estruturas.
pub const MAX_LEVELS: usize = 20;

fn invalid(message: &'static str) -> Refusal {
    Refusal::new(CodigoErro::CampoInvalido, RULE, message)
}

fn required_nome(value: Option<&String>) -> Option<Refusal> {
    let missing = || field::required(value, RULE);
    field::check_name(value.map(String::as_str), MAX_NOME).or_else(missing)
}

/// The rules on an item. None needs a lookup.
pub fn item(command: &GravarItem) -> Vec<Refusal> {
    let GravarItem { tipo, codigo, nome, base_legal, ativo, .. } = command;
    let mut refusals = Vec::new();
    let motivo = *tipo == TipoDeCatalogo::MotivoDeUrgencia;
    let codigo = match codigo {
        ..1 => Some("o código é um número a partir de 1"),
        codigo if motivo && *codigo > MOTIVO_COUNT => {
            Some("os motivos de urgência são cinco, de 1 a 5")
        }
        _ => None,
    };
    refusals.extend(codigo.map(|message| invalid(message).at(["codigo"])));
    refusals.extend(required_nome(nome.as_ref()).map(|refusal| refusal.at(["nome"])));
    let base = match (base_legal, *tipo) {
        (Some(base), TipoDeCatalogo::HipoteseLegal) => field::text(Some(base), MAX_NOME),
        (Some(_), _) => Some(invalid("só uma hipótese legal tem base legal")),
        (None, _) => None,
    };
    refusals.extend(base.map(|refusal| refusal.at(["baseLegal"])));
    let inactive = motivo && !ativo;
    refusals.extend(inactive.then(|| {
        invalid("um motivo de urgência não se desativa: o seu código é o seu lugar na lista")
            .at(["ativo"])
    }));
    refusals
}

/// The rows of the database that the rules on an estrutura read.
#[derive(Debug, Default)]
pub struct Facts {
    pub repositorio_exists: bool,
    /// The estrutura as it is now, if it exists.
    pub current: Option<EstruturaDoCatalogo>,
    /// The parent that the command names, if it exists.
    pub pai: Option<EstruturaDoCatalogo>,
    /// The ids of the parent's ancestors, from its own parent up.
    pub pai_ancestors: Vec<i64>,
    /// The number of levels below the estrutura, if it exists and the command moves it.
    pub levels_below: usize,
}

/// The checks of an estrutura that need no lookup. The import of files uses them for each line.
pub fn estrutura_shape(command: &GravarEstrutura) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    let numero = &command.endereco.numero;
    if !is_valid_numero(numero) {
        let message = "o número tem só dígitos, sem zeros à esquerda, e vai até 2147483647";
        refusals.push(invalid(message).at(["numero"]));
    }
    refusals.extend(required_nome(command.nome.as_ref()).map(|refusal| refusal.at(["nome"])));
    let sigla = field::check_name(command.sigla.as_deref(), MAX_SIGLA);
    refusals.extend(sigla.map(|refusal| refusal.at(["sigla"])));
    let codigo = field::check_name(command.codigo_no_orgao.as_deref(), MAX_CODIGO_NO_ORGAO_LEN);
    refusals.extend(codigo.map(|refusal| refusal.at(["codigoNoOrgaoEntidade"])));
    if command.pai.as_ref() == Some(numero) {
        refusals.push(invalid("a estrutura não é parte de si mesma").at(["pai"]));
    }
    refusals
}

/// Whether the number is a positive integer without leading zeros that fits in 32 bits with a sign,
/// as the systems of the clients store it.
fn is_valid_numero(numero: &str) -> bool {
    let parsed = field::parse_digits::<i32>(numero);
    parsed.is_some_and(|parsed| parsed > 0) && !numero.starts_with('0')
}

/// The checks of [`estrutura_shape`], and those on the repositório, the tribunal and the parent.
pub fn estrutura(command: &GravarEstrutura, facts: &Facts, tribunal: i16) -> Vec<Refusal> {
    let mut refusals = estrutura_shape(command);
    if !facts.repositorio_exists {
        let message = "o repositório não está no catálogo";
        refusals.push(invalid(message).at(["repositorio"]));
    }
    let foreign = |another: &Option<EstruturaDoCatalogo>| {
        another.as_ref().is_some_and(|another| another.tribunal_codigo != tribunal)
    };
    if foreign(&facts.current) {
        let message = "a estrutura com este número é de outro tribunal";
        refusals.push(invalid(message).at(["numero"]).as_conflict());
    }
    if command.pai.is_some() {
        refusals.extend(pai(facts, foreign(&facts.pai)).map(|refusal| refusal.at(["pai"])));
    }
    refusals
}

fn pai(facts: &Facts, foreign: bool) -> Option<Refusal> {
    let Some(pai) = &facts.pai else {
        return Some(invalid("a estrutura de que esta seria parte não está no repositório"));
    };
    if foreign {
        return Some(invalid("a estrutura de que esta seria parte é de outro tribunal"));
    }
    let is_this = |id: &i64| facts.current.as_ref().is_some_and(|current| current.id == *id);
    if std::iter::once(&pai.id).chain(&facts.pai_ancestors).any(is_this) {
        return Some(invalid("a estrutura de que esta seria parte é parte dela").as_conflict());
    }
    // The ancestors of the parent, the parent, the estrutura, and what is below it.
    (facts.pai_ancestors.len() + 2 + facts.levels_below > MAX_LEVELS)
        .then(|| invalid("a hierarquia tem no máximo vinte níveis").as_conflict())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tramite::EstruturaAddress;
    use chrono::{DateTime, Utc};

    fn new(numero: &str, pai: Option<&str>) -> GravarEstrutura {
        GravarEstrutura {
            endereco: EstruturaAddress { repositorio: 1, numero: numero.into() },
            nome: Some("Unidade fictícia".into()),
            sigla: None,
            pai: pai.map(str::to_owned),
            codigo_no_orgao: None,
            ativa: true,
            pode_enviar: true,
            pode_receber: true,
            versao_esperada: None,
        }
    }

    fn row(id: i64, tribunal_codigo: i16) -> EstruturaDoCatalogo {
        EstruturaDoCatalogo {
            id,
            repositorio: 1,
            numero: id.to_string(),
            nome: "x".into(),
            nome_busca: "x".into(),
            sigla: None,
            pai_id: None,
            codigo_no_orgao: None,
            tribunal_codigo,
            ativa: true,
            pode_enviar: true,
            pode_receber: true,
            tem_chave: false,
            versao: 1,
            atualizado_em: DateTime::<Utc>::MIN_UTC,
        }
    }

    fn fields(refusals: &[Refusal]) -> Vec<&str> {
        refusals.iter().map(|refusal| refusal.campo[0].as_ref()).collect()
    }

    #[test]
    fn o_numero_de_uma_estrutura_cabe_em_32_bits() {
        for (numero, valid) in [
            ("820", true),
            ("2147483647", true),
            ("2147483648", false),
            ("0820", false),
            ("0", false),
            ("-1", false),
            ("8a", false),
            ("", false),
            ("٨", false),
        ] {
            let refusals = estrutura_shape(&new(numero, None));
            assert_eq!(refusals.is_empty(), valid, "{numero}");
        }
    }

    #[test]
    fn uma_estrutura_fica_no_seu_tribunal_e_fora_de_si_mesma() {
        let base = || Facts { repositorio_exists: true, ..Facts::default() };
        assert_eq!(fields(&estrutura(&new("1", None), &base(), 820)), [""; 0]);
        assert_eq!(fields(&estrutura(&new("1", None), &Facts::default(), 820)), ["repositorio"]);
        let facts = Facts { current: Some(row(1, 817)), ..base() };
        assert_eq!(fields(&estrutura(&new("1", None), &facts, 820)), ["numero"]);
        assert_eq!(fields(&estrutura(&new("1", Some("9")), &base(), 820)), ["pai"]);
        for (pai, ancestors, levels_below, valid) in [
            (row(9, 820), vec![8, 7], 0, true),
            (row(9, 817), vec![], 0, false),
            (row(9, 820), vec![8, 1], 0, false),
            (row(9, 820), (100..118).collect(), 0, true),
            (row(9, 820), (100..118).collect(), 1, false),
            (row(9, 820), (100..119).collect(), 0, false),
            (row(9, 820), vec![], 18, true),
            (row(9, 820), vec![], 19, false),
        ] {
            let facts = Facts {
                current: Some(row(1, 820)),
                pai: Some(pai),
                pai_ancestors: ancestors,
                levels_below,
                ..base()
            };
            let refusals = estrutura(&new("1", Some("9")), &facts, 820);
            assert_eq!(refusals.is_empty(), valid, "{refusals:?}");
        }
    }

    #[test]
    fn os_motivos_sao_cinco_e_ficam() {
        let command = |tipo, codigo, ativo, base: Option<&str>| GravarItem {
            tipo,
            codigo,
            nome: Some("x".into()),
            base_legal: base.map(str::to_owned),
            ativo,
            versao_esperada: None,
        };
        use TipoDeCatalogo::{Especie, HipoteseLegal, MotivoDeUrgencia};
        for (command, refused) in [
            (command(Especie, 900, false, None), ""),
            (command(Especie, 0, true, None), "codigo"),
            (command(Especie, 1, true, Some("lei")), "baseLegal"),
            (command(HipoteseLegal, 1, true, Some("lei")), ""),
            (command(MotivoDeUrgencia, 5, true, None), ""),
            (command(MotivoDeUrgencia, 6, true, None), "codigo"),
            (command(MotivoDeUrgencia, 1, false, None), "ativo"),
        ] {
            assert_eq!(fields(&item(&command)).join(","), refused);
        }
    }
}
