//! Rules on registering and changing an adolescente. They are pure functions: the facts that they
//! need are arguments.

use super::{Adolescente, AdolescenteDados, Identificador, Search};
use crate::error::{CodigoErro, Refusal};
use crate::value::cpf::Cpf;
use crate::value::field::{check_multiline_name, check_name, date_between, required, since_1900};
use chrono::NaiveDate;

const MAX_NOME: usize = 200;
const MAX_DOCUMENTO: usize = 60;

/// The abbreviations of the states and of the federal district.
pub const UFS: [&str; 27] = [
    "AC", "AL", "AP", "AM", "BA", "CE", "DF", "ES", "GO", "MA", "MT", "MS", "MG", "PA", "PB", "PR",
    "PE", "PI", "RJ", "RN", "RS", "RO", "RR", "SC", "SE", "SP", "TO",
];

/// Applies every rule on a registration that needs no database.
pub fn cadastro(new: &AdolescenteDados, today: NaiveDate) -> Vec<Refusal> {
    let mut refusals = Vec::new();
    refusals.extend(r24_minimo(new));
    refusals.extend(r24_nascimento_passado(new.data_nascimento, today));
    refusals.extend(r23_cpf_valido(new.cpf.as_ref()).map(|refusal| refusal.at(["dados", "cpf"])));
    refusals.extend(texts(new));
    refusals.extend(documentos(new, today));
    refusals
}

/// Applies every rule on a changed record that needs no database. A record that is still pending
/// may lack the mandatory fields, but a change cannot erase one that is filled.
pub fn alteracao(before: &Adolescente, after: &Adolescente, today: NaiveDate) -> Vec<Refusal> {
    let (before, dados) = (&before.dados, &after.dados);
    let mut refusals = cadastro(dados, today);
    if after.cadastro_pendente {
        refusals.retain(|refusal| refusal.codigo != CodigoErro::CampoObrigatorio);
        let erased = |before: bool, after: bool, field| (before && !after).then_some(field);
        let cleared = [
            erased(before.nome.is_some(), dados.nome.is_some(), "nome"),
            erased(before.sobrenome.is_some(), dados.sobrenome.is_some(), "sobrenome"),
            erased(
                before.data_nascimento.is_some(),
                dados.data_nascimento.is_some(),
                "dataNascimento",
            ),
            erased(
                before.sexo_biologico.is_some(),
                dados.sexo_biologico.is_some(),
                "sexoBiologico",
            ),
        ];
        refusals.extend(cleared.into_iter().flatten().map(|field| {
            Refusal::new(CodigoErro::CampoObrigatorio, "R24", "o campo não se apaga")
                .at(["dados", field])
        }));
    }
    refusals.extend(check_obito(after.data_obito, dados.data_nascimento, today));
    refusals
}

fn check_obito(
    obito: Option<NaiveDate>,
    nascimento: Option<NaiveDate>,
    today: NaiveDate,
) -> Option<Refusal> {
    let nascimento = nascimento.unwrap_or_else(since_1900);
    date_between(obito, nascimento, today, "forma").map(|r| r.at(["dados", "dataObito"]))
}

/// R1: the record to change exists and is visible. A record of another tribunal and one that does
/// not exist get the same answer.
pub fn r1_adolescente_visivel() -> Refusal {
    Refusal::new(CodigoErro::AdolescenteNaoEncontrado, "R1", "Adolescente não encontrado")
        .at(["identificador"])
        .hint("confira o identificador")
}

/// R1: the same refusal for a record that a client names by its CPF.
pub fn r1_cpf_visivel() -> Refusal {
    Refusal::new(CodigoErro::AdolescenteNaoEncontrado, "R1", "Adolescente não encontrado")
        .at(["cpf"])
        .hint("confira o CPF")
}

/// R24: given name, surname, date of birth and sex are the mandatory fields of a record.
pub fn r24_minimo(new: &AdolescenteDados) -> impl Iterator<Item = Refusal> {
    [
        required(new.nome.as_ref(), "R24").map(|r| r.at(["dados", "nome"])),
        required(new.sobrenome.as_ref(), "R24").map(|r| r.at(["dados", "sobrenome"])),
        required(new.data_nascimento.as_ref(), "R24").map(|r| r.at(["dados", "dataNascimento"])),
        required(new.sexo_biologico.as_ref(), "R24").map(|r| r.at(["dados", "sexoBiologico"])),
    ]
    .into_iter()
    .flatten()
}

/// R24: the date of birth lies between 1900 and today. The rule does not check the present age,
/// because the law counts the age at the time of the act.
pub fn r24_nascimento_passado(nascimento: Option<NaiveDate>, today: NaiveDate) -> Option<Refusal> {
    let refusal = date_between(nascimento, since_1900(), today, "R24");
    refusal.map(|r| r.at(["dados", "dataNascimento"]))
}

/// R23: the check digits of a CPF are right.
pub fn r23_cpf_valido(cpf: Option<&Cpf>) -> Option<Refusal> {
    (!cpf?.check_digits_match()).then(|| {
        Refusal::new(CodigoErro::CampoInvalido, "R23", "CPF inválido")
            .hint("confira os dígitos verificadores do CPF")
    })
}

/// R25: a tribunal has one record per CPF. `existing` is the record that has it.
pub fn r25_cpf_livre(existing: Option<&Identificador>) -> Option<Refusal> {
    let existing = existing?;
    Some(
        Refusal::new(CodigoErro::AdolescenteJaExiste, "R25", "CPF já cadastrado no tribunal")
            .at(["dados", "cpf"])
            .hint(format!("use o identificador {existing}")),
    )
}

/// R25: a search has a name, and its texts are no longer than those of a record. The number of
/// results is limited, because each result shows a person.
pub fn r25_procura(search: &Search) -> Vec<Refusal> {
    let limit = search.limit.filter(|limit| !(1..=50).contains(limit));
    [
        required(search.nome.as_ref(), "R25").map(|r| r.at(["nome"])),
        check_name(search.nome.as_deref(), MAX_NOME).map(|r| r.at(["nome"])),
        check_name(search.sobrenome.as_deref(), MAX_NOME).map(|r| r.at(["sobrenome"])),
        check_name(search.nome_mae.as_deref(), MAX_NOME).map(|r| r.at(["nomeMae"])),
        limit.map(|_| {
            Refusal::new(CodigoErro::CampoInvalido, "R25", "o limite vai de 1 a 50").at(["limite"])
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn texts(new: &AdolescenteDados) -> impl Iterator<Item = Refusal> {
    [
        check_name(new.nome.as_deref(), MAX_NOME).map(|r| r.at(["dados", "nome"])),
        check_name(new.sobrenome.as_deref(), MAX_NOME).map(|r| r.at(["dados", "sobrenome"])),
        check_name(new.nome_social.as_deref(), MAX_NOME).map(|r| r.at(["dados", "nomeSocial"])),
        check_name(new.nome_mae.as_deref(), MAX_NOME).map(|r| r.at(["dados", "nomeMae"])),
        check_name(new.nome_pai.as_deref(), MAX_NOME).map(|r| r.at(["dados", "nomePai"])),
        check_multiline_name(new.naturalidade.as_deref(), MAX_NOME)
            .map(|r| r.at(["dados", "naturalidade"])),
    ]
    .into_iter()
    .flatten()
}

fn documentos(new: &AdolescenteDados, today: NaiveDate) -> impl Iterator<Item = Refusal> {
    let invalid = |message| Refusal::new(CodigoErro::CampoInvalido, "forma", message);
    let (rg, certidao) = (&new.rg, &new.certidao);
    let unknown_uf = rg.estado.as_deref().is_some_and(|uf| !UFS.contains(&uf));
    let expedicao = date_between(rg.data_expedicao, since_1900(), today, "forma");
    let short = |value: &Option<String>| check_name(value.as_deref(), MAX_DOCUMENTO);
    [
        short(&rg.numero).map(|r| r.at(["dados", "rg", "numero"])),
        short(&rg.orgao_expedidor).map(|r| r.at(["dados", "rg", "orgaoExpedidor"])),
        unknown_uf.then(|| {
            invalid("UF desconhecida; use as duas letras, por exemplo RN")
                .at(["dados", "rg", "estadoRg"])
        }),
        expedicao.map(|r| r.at(["dados", "rg", "dataExpedicao"])),
        short(&certidao.cartorio).map(|r| r.at(["dados", "certidaoNascimento", "cartorio"])),
        short(&certidao.livro).map(|r| r.at(["dados", "certidaoNascimento", "livro"])),
        short(&certidao.folha).map(|r| r.at(["dados", "certidaoNascimento", "folha"])),
        short(&certidao.numero).map(|r| r.at(["dados", "certidaoNascimento", "numero"])),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adolescente::SexoBiologico;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    fn minimal() -> AdolescenteDados {
        AdolescenteDados {
            nome: Some("Ana".into()),
            sobrenome: Some("Sintética".into()),
            data_nascimento: Some(day(2010, 5, 1)),
            sexo_biologico: Some(SexoBiologico::Feminino),
            ..AdolescenteDados::default()
        }
    }

    fn fields(new: &AdolescenteDados) -> Vec<String> {
        cadastro(new, day(2026, 1, 1)).iter().map(|refusal| refusal.campo[1..].join(".")).collect()
    }

    #[test]
    fn r24_o_minimo_basta_e_cada_falta_e_dita() {
        assert_eq!(fields(&minimal()), [""; 0]);
        let empty = AdolescenteDados::default();
        assert_eq!(fields(&empty), ["nome", "sobrenome", "dataNascimento", "sexoBiologico"]);
    }

    #[test]
    fn r24_nascimento_de_hoje_passa_e_o_de_amanha_nao() {
        let today = day(2026, 1, 1);
        assert_eq!(r24_nascimento_passado(Some(today), today), None);
        assert!(r24_nascimento_passado(today.succ_opt(), today).is_some());
        assert!(r24_nascimento_passado(Some(day(1899, 12, 31)), today).is_some());
    }

    #[test]
    fn r23_cpf_errado_e_recusado_com_o_campo() {
        let cpf = Some("52998224726".parse().unwrap());
        assert_eq!(fields(&AdolescenteDados { cpf, ..minimal() }), ["cpf"]);
    }

    #[test]
    fn textos_e_documentos_tem_limite() {
        let mut new = minimal();
        new.nome_mae = Some("x".repeat(201));
        new.rg.estado = Some("XX".into());
        new.certidao.folha = Some("1\0".into());
        assert_eq!(fields(&new), ["nomeMae", "rg.estadoRg", "certidaoNascimento.folha"]);
    }
}
