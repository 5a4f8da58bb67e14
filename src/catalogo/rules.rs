//! What a catalogue may say.

use super::{EstruturaDoCatalogo, GravarEstrutura, GravarItem, TipoDeCatalogo};
use crate::error::{CodigoErro, Recusa};
use crate::value::field;

pub const REGRA: &str = "catálogo";
const NOME_MAXIMO: usize = 200;
const SIGLA_MAXIMO: usize = 50;
const CODIGO_NO_ORGAO_MAXIMO: usize = 100;
/// The reasons that a trâmite may have.
const MOTIVOS: i32 = 5;
/// How deep units hang below each other.
pub const NIVEIS: usize = 20;

fn invalido(mensagem: &'static str) -> Recusa {
    Recusa::nova(CodigoErro::CampoInvalido, REGRA, mensagem)
}

fn nome_obrigatorio(valor: Option<&String>) -> Option<Recusa> {
    let falta = || field::obrigatorio(valor, REGRA);
    field::nome(valor.map(String::as_str), NOME_MAXIMO).or_else(falta)
}

/// An item by itself.
pub fn item(comando: &GravarItem) -> Vec<Recusa> {
    let GravarItem { tipo, codigo, nome, base_legal, ativo, .. } = comando;
    let mut recusas = Vec::new();
    let motivo = *tipo == TipoDeCatalogo::MotivoDeUrgencia;
    let codigo = match codigo {
        ..1 => Some("o código é um número a partir de 1"),
        codigo if motivo && *codigo > MOTIVOS => Some("os motivos de urgência são cinco, de 1 a 5"),
        _ => None,
    };
    recusas.extend(codigo.map(|mensagem| invalido(mensagem).em(["codigo"])));
    recusas.extend(nome_obrigatorio(nome.as_ref()).map(|recusa| recusa.em(["nome"])));
    let base = match (base_legal, *tipo) {
        (Some(base), TipoDeCatalogo::HipoteseLegal) => field::texto(Some(base), NOME_MAXIMO),
        (Some(_), _) => Some(invalido("só uma hipótese legal tem base legal")),
        (None, _) => None,
    };
    recusas.extend(base.map(|recusa| recusa.em(["baseLegal"])));
    let inativo = motivo && !ativo;
    recusas.extend(inativo.then(|| {
        invalido("um motivo de urgência não se desativa: o seu código é o seu lugar na lista")
            .em(["ativo"])
    }));
    recusas
}

/// What a unit is judged by, besides itself.
#[derive(Debug, Default)]
pub struct Fatos {
    pub repositorio_existe: bool,
    /// The unit as it is, if it is.
    pub atual: Option<EstruturaDoCatalogo>,
    /// The parent that is named, if it is there.
    pub pai: Option<EstruturaDoCatalogo>,
    /// The parent's own line, from its parent up.
    pub acima_do_pai: Vec<i64>,
}

/// A unit by itself: what can be told from a line of a file, too.
pub fn forma_da_estrutura(comando: &GravarEstrutura) -> Vec<Recusa> {
    let mut recusas = Vec::new();
    let numero = &comando.endereco.numero;
    if !numero_serve(numero) {
        let mensagem = "o número tem só dígitos, sem zeros à esquerda, e vai até 2147483647";
        recusas.push(invalido(mensagem).em(["numero"]));
    }
    recusas.extend(nome_obrigatorio(comando.nome.as_ref()).map(|recusa| recusa.em(["nome"])));
    let sigla = field::nome(comando.sigla.as_deref(), SIGLA_MAXIMO);
    recusas.extend(sigla.map(|recusa| recusa.em(["sigla"])));
    let codigo = field::nome(comando.codigo_no_orgao.as_deref(), CODIGO_NO_ORGAO_MAXIMO);
    recusas.extend(codigo.map(|recusa| recusa.em(["codigoNoOrgaoEntidade"])));
    if comando.pai.as_ref() == Some(numero) {
        recusas.push(invalido("a estrutura não é parte de si mesma").em(["pai"]));
    }
    recusas
}

/// The systems that call keep it in 32 bits.
fn numero_serve(numero: &str) -> bool {
    let lido = field::natural::<i32>(numero);
    lido.is_some_and(|lido| lido > 0) && !numero.starts_with('0')
}

/// A unit where it is to stand.
pub fn estrutura(comando: &GravarEstrutura, fatos: &Fatos, tribunal: i16) -> Vec<Recusa> {
    let mut recusas = forma_da_estrutura(comando);
    if !fatos.repositorio_existe {
        let mensagem = "o repositório não está no catálogo";
        recusas.push(invalido(mensagem).em(["repositorio"]));
    }
    let alheia = |outra: &Option<EstruturaDoCatalogo>| {
        outra.as_ref().is_some_and(|outra| outra.tribunal_codigo != tribunal)
    };
    if alheia(&fatos.atual) {
        let mensagem = "a estrutura com este número é de outro tribunal";
        recusas.push(invalido(mensagem).em(["numero"]).por_conflito());
    }
    if comando.pai.is_some() {
        recusas.extend(pai(fatos, alheia(&fatos.pai)).map(|recusa| recusa.em(["pai"])));
    }
    recusas
}

fn pai(fatos: &Fatos, alheio: bool) -> Option<Recusa> {
    let Some(pai) = &fatos.pai else {
        return Some(invalido("a estrutura de que esta seria parte não está no repositório"));
    };
    if alheio {
        return Some(invalido("a estrutura de que esta seria parte é de outro tribunal"));
    }
    let desta = |id: &i64| fatos.atual.as_ref().is_some_and(|atual| atual.id == *id);
    if std::iter::once(&pai.id).chain(&fatos.acima_do_pai).any(desta) {
        return Some(invalido("a estrutura de que esta seria parte é parte dela").por_conflito());
    }
    (fatos.acima_do_pai.len() + 2 > NIVEIS)
        .then(|| invalido("a hierarquia tem no máximo vinte níveis").por_conflito())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tramite::EnderecoDeEstrutura;
    use chrono::{DateTime, Utc};

    fn nova(numero: &str, pai: Option<&str>) -> GravarEstrutura {
        GravarEstrutura {
            endereco: EnderecoDeEstrutura { repositorio: 1, numero: numero.into() },
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

    fn linha(id: i64, tribunal_codigo: i16) -> EstruturaDoCatalogo {
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

    fn campos(recusas: &[Recusa]) -> Vec<&str> {
        recusas.iter().map(|recusa| recusa.campo[0].as_ref()).collect()
    }

    #[test]
    fn o_numero_de_uma_estrutura_cabe_em_32_bits() {
        for (numero, serve) in [
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
            let recusas = forma_da_estrutura(&nova(numero, None));
            assert_eq!(recusas.is_empty(), serve, "{numero}");
        }
    }

    #[test]
    fn uma_estrutura_fica_no_seu_tribunal_e_fora_de_si_mesma() {
        let base = || Fatos { repositorio_existe: true, ..Fatos::default() };
        assert_eq!(campos(&estrutura(&nova("1", None), &base(), 820)), [""; 0]);
        assert_eq!(campos(&estrutura(&nova("1", None), &Fatos::default(), 820)), ["repositorio"]);
        let fatos = Fatos { atual: Some(linha(1, 817)), ..base() };
        assert_eq!(campos(&estrutura(&nova("1", None), &fatos, 820)), ["numero"]);
        assert_eq!(campos(&estrutura(&nova("1", Some("9")), &base(), 820)), ["pai"]);
        for (pai, acima, serve) in [
            (linha(9, 820), vec![8, 7], true),
            (linha(9, 817), vec![], false),
            (linha(9, 820), vec![8, 1], false),
            (linha(9, 820), (100..118).collect(), true),
            (linha(9, 820), (100..119).collect(), false),
        ] {
            let fatos =
                Fatos { atual: Some(linha(1, 820)), pai: Some(pai), acima_do_pai: acima, ..base() };
            let recusas = estrutura(&nova("1", Some("9")), &fatos, 820);
            assert_eq!(recusas.is_empty(), serve, "{recusas:?}");
        }
    }

    #[test]
    fn os_motivos_sao_cinco_e_ficam() {
        let comando = |tipo, codigo, ativo, base: Option<&str>| GravarItem {
            tipo,
            codigo,
            nome: Some("x".into()),
            base_legal: base.map(str::to_owned),
            ativo,
            versao_esperada: None,
        };
        use TipoDeCatalogo::{Especie, HipoteseLegal, MotivoDeUrgencia};
        for (comando, recusado) in [
            (comando(Especie, 900, false, None), ""),
            (comando(Especie, 0, true, None), "codigo"),
            (comando(Especie, 1, true, Some("lei")), "baseLegal"),
            (comando(HipoteseLegal, 1, true, Some("lei")), ""),
            (comando(MotivoDeUrgencia, 5, true, None), ""),
            (comando(MotivoDeUrgencia, 6, true, None), "codigo"),
            (comando(MotivoDeUrgencia, 1, false, None), "ativo"),
        ] {
            assert_eq!(campos(&item(&comando)).join(","), recusado);
        }
    }
}
