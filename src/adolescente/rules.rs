//! The rules on registering an adolescente. Pure: what they need is an argument.

use super::{Adolescente, DadosDeAdolescente, Identificador, Procura};
use crate::error::{CodigoErro, Recusa};
use crate::value::cpf::Cpf;
use crate::value::field::{data_entre, desde_1900, nome, nome_em_linhas, obrigatorio};
use chrono::NaiveDate;

const NOME_MAXIMO: usize = 200;
const DOCUMENTO_MAXIMO: usize = 60;

pub const UFS: [&str; 27] = [
    "AC", "AL", "AP", "AM", "BA", "CE", "DF", "ES", "GO", "MA", "MT", "MS", "MG", "PA", "PB", "PR",
    "PE", "PI", "RJ", "RN", "RS", "RO", "RR", "SC", "SE", "SP", "TO",
];

/// Every rule on a registration that can be judged without the database.
pub fn cadastro(novo: &DadosDeAdolescente, hoje: NaiveDate) -> Vec<Recusa> {
    let mut recusas = Vec::new();
    recusas.extend(r24_minimo(novo));
    recusas.extend(r24_nascimento_passado(novo.data_nascimento, hoje));
    recusas.extend(r23_cpf_valido(novo.cpf.as_ref()).map(|recusa| recusa.em(["dados", "cpf"])));
    recusas.extend(textos(novo));
    recusas.extend(documentos(novo, hoje));
    recusas
}

/// Every rule on a changed record that can be judged without the database. One
/// that is still pending may lack the minimum, which nobody may erase.
pub fn alteracao(antes: &Adolescente, depois: &Adolescente, hoje: NaiveDate) -> Vec<Recusa> {
    let (antes, dados) = (&antes.dados, &depois.dados);
    let mut recusas = cadastro(dados, hoje);
    if depois.cadastro_pendente {
        recusas.retain(|recusa| recusa.codigo != CodigoErro::CampoObrigatorio);
        let apagado = |antes: bool, depois: bool, campo| (antes && !depois).then_some(campo);
        let apagados = [
            apagado(antes.nome.is_some(), dados.nome.is_some(), "nome"),
            apagado(antes.sobrenome.is_some(), dados.sobrenome.is_some(), "sobrenome"),
            apagado(
                antes.data_nascimento.is_some(),
                dados.data_nascimento.is_some(),
                "dataNascimento",
            ),
            apagado(
                antes.sexo_biologico.is_some(),
                dados.sexo_biologico.is_some(),
                "sexoBiologico",
            ),
        ];
        recusas.extend(apagados.into_iter().flatten().map(|campo| {
            Recusa::nova(CodigoErro::CampoObrigatorio, "R24", "o campo não se apaga")
                .em(["dados", campo])
        }));
    }
    recusas.extend(obito_possivel(depois.data_obito, dados.data_nascimento, hoje));
    recusas
}

fn obito_possivel(
    obito: Option<NaiveDate>,
    nascimento: Option<NaiveDate>,
    hoje: NaiveDate,
) -> Option<Recusa> {
    let nascimento = nascimento.unwrap_or_else(desde_1900);
    data_entre(obito, nascimento, hoje, "forma").map(|r| r.em(["dados", "dataObito"]))
}

/// What is changed must be there: foreign and absent are one answer (R1).
pub fn r1_adolescente_visivel() -> Recusa {
    Recusa::nova(CodigoErro::AdolescenteNaoEncontrado, "R1", "Adolescente não encontrado")
        .em(["identificador"])
        .oriente("confira o identificador")
}

/// The same, of one who was looked for by CPF.
pub fn r1_cpf_visivel() -> Recusa {
    Recusa::nova(CodigoErro::AdolescenteNaoEncontrado, "R1", "Adolescente não encontrado")
        .em(["cpf"])
        .oriente("confira o CPF")
}

/// R24: name, surname, birth and sex are the minimum of a record.
pub fn r24_minimo(novo: &DadosDeAdolescente) -> impl Iterator<Item = Recusa> {
    [
        obrigatorio(novo.nome.as_ref(), "R24").map(|r| r.em(["dados", "nome"])),
        obrigatorio(novo.sobrenome.as_ref(), "R24").map(|r| r.em(["dados", "sobrenome"])),
        obrigatorio(novo.data_nascimento.as_ref(), "R24")
            .map(|r| r.em(["dados", "dataNascimento"])),
        obrigatorio(novo.sexo_biologico.as_ref(), "R24").map(|r| r.em(["dados", "sexoBiologico"])),
    ]
    .into_iter()
    .flatten()
}

/// R24: nobody is born in the future. Present age is not judged: the law counts from the act.
pub fn r24_nascimento_passado(nascimento: Option<NaiveDate>, hoje: NaiveDate) -> Option<Recusa> {
    let recusa = data_entre(nascimento, desde_1900(), hoje, "R24");
    recusa.map(|r| r.em(["dados", "dataNascimento"]))
}

/// R23: the check digits of a CPF are right.
pub fn r23_cpf_valido(cpf: Option<&Cpf>) -> Option<Recusa> {
    (!cpf?.digitos_conferem()).then(|| {
        Recusa::nova(CodigoErro::CampoInvalido, "R23", "CPF inválido")
            .oriente("confira os dígitos verificadores do CPF")
    })
}

/// R25: one record per CPF in a tribunal. `existente` is the record that has it.
pub fn r25_cpf_livre(existente: Option<&Identificador>) -> Option<Recusa> {
    let existente = existente?;
    Some(
        Recusa::nova(CodigoErro::AdolescenteJaExiste, "R25", "CPF já cadastrado no tribunal")
            .em(["dados", "cpf"])
            .oriente(format!("use o identificador {existente}")),
    )
}

/// R25: a search names somebody, in texts as long as those of a record. The
/// number of records is bounded, because each is a look at a person.
pub fn r25_procura(procura: &Procura) -> Vec<Recusa> {
    let limite = procura.limite.filter(|limite| !(1..=50).contains(limite));
    [
        obrigatorio(procura.nome.as_ref(), "R25").map(|r| r.em(["nome"])),
        nome(procura.nome.as_deref(), NOME_MAXIMO).map(|r| r.em(["nome"])),
        nome(procura.sobrenome.as_deref(), NOME_MAXIMO).map(|r| r.em(["sobrenome"])),
        nome(procura.nome_mae.as_deref(), NOME_MAXIMO).map(|r| r.em(["nomeMae"])),
        limite.map(|_| {
            Recusa::nova(CodigoErro::CampoInvalido, "R25", "o limite vai de 1 a 50").em(["limite"])
        }),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn textos(novo: &DadosDeAdolescente) -> impl Iterator<Item = Recusa> {
    [
        nome(novo.nome.as_deref(), NOME_MAXIMO).map(|r| r.em(["dados", "nome"])),
        nome(novo.sobrenome.as_deref(), NOME_MAXIMO).map(|r| r.em(["dados", "sobrenome"])),
        nome(novo.nome_social.as_deref(), NOME_MAXIMO).map(|r| r.em(["dados", "nomeSocial"])),
        nome(novo.nome_mae.as_deref(), NOME_MAXIMO).map(|r| r.em(["dados", "nomeMae"])),
        nome(novo.nome_pai.as_deref(), NOME_MAXIMO).map(|r| r.em(["dados", "nomePai"])),
        nome_em_linhas(novo.naturalidade.as_deref(), NOME_MAXIMO)
            .map(|r| r.em(["dados", "naturalidade"])),
    ]
    .into_iter()
    .flatten()
}

fn documentos(novo: &DadosDeAdolescente, hoje: NaiveDate) -> impl Iterator<Item = Recusa> {
    let invalido = |mensagem| Recusa::nova(CodigoErro::CampoInvalido, "forma", mensagem);
    let (rg, certidao) = (&novo.rg, &novo.certidao);
    let uf_desconhecida = rg.estado.as_deref().is_some_and(|uf| !UFS.contains(&uf));
    let expedicao = data_entre(rg.data_expedicao, desde_1900(), hoje, "forma");
    let curto = |valor: &Option<String>| nome(valor.as_deref(), DOCUMENTO_MAXIMO);
    [
        curto(&rg.numero).map(|r| r.em(["dados", "rg", "numero"])),
        curto(&rg.orgao_expedidor).map(|r| r.em(["dados", "rg", "orgaoExpedidor"])),
        uf_desconhecida.then(|| {
            invalido("UF desconhecida; use as duas letras, por exemplo RN")
                .em(["dados", "rg", "estadoRg"])
        }),
        expedicao.map(|r| r.em(["dados", "rg", "dataExpedicao"])),
        curto(&certidao.cartorio).map(|r| r.em(["dados", "certidaoNascimento", "cartorio"])),
        curto(&certidao.livro).map(|r| r.em(["dados", "certidaoNascimento", "livro"])),
        curto(&certidao.folha).map(|r| r.em(["dados", "certidaoNascimento", "folha"])),
        curto(&certidao.numero).map(|r| r.em(["dados", "certidaoNascimento", "numero"])),
    ]
    .into_iter()
    .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adolescente::SexoBiologico;

    fn dia(ano: i32, mes: u32, dia: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(ano, mes, dia).unwrap()
    }

    fn minimo() -> DadosDeAdolescente {
        DadosDeAdolescente {
            nome: Some("Ana".into()),
            sobrenome: Some("Sintética".into()),
            data_nascimento: Some(dia(2010, 5, 1)),
            sexo_biologico: Some(SexoBiologico::Feminino),
            ..DadosDeAdolescente::default()
        }
    }

    fn campos(novo: &DadosDeAdolescente) -> Vec<String> {
        cadastro(novo, dia(2026, 1, 1)).iter().map(|recusa| recusa.campo[1..].join(".")).collect()
    }

    #[test]
    fn r24_o_minimo_basta_e_cada_falta_e_dita() {
        assert_eq!(campos(&minimo()), [""; 0]);
        let vazio = DadosDeAdolescente::default();
        assert_eq!(campos(&vazio), ["nome", "sobrenome", "dataNascimento", "sexoBiologico"]);
    }

    #[test]
    fn r24_nascimento_de_hoje_passa_e_o_de_amanha_nao() {
        let hoje = dia(2026, 1, 1);
        assert_eq!(r24_nascimento_passado(Some(hoje), hoje), None);
        assert!(r24_nascimento_passado(hoje.succ_opt(), hoje).is_some());
        assert!(r24_nascimento_passado(Some(dia(1899, 12, 31)), hoje).is_some());
    }

    #[test]
    fn r23_cpf_errado_e_recusado_com_o_campo() {
        let cpf = Some("52998224726".parse().unwrap());
        assert_eq!(campos(&DadosDeAdolescente { cpf, ..minimo() }), ["cpf"]);
    }

    #[test]
    fn textos_e_documentos_tem_limite() {
        let mut novo = minimo();
        novo.nome_mae = Some("x".repeat(201));
        novo.rg.estado = Some("XX".into());
        novo.certidao.folha = Some("1\0".into());
        assert_eq!(campos(&novo), ["nomeMae", "rg.estadoRg", "certidaoNascimento.folha"]);
    }
}
