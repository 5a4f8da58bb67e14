//! The synthetic data keep every rule, and say that they are made up.

use crate::support::{Banco, Modelo};
use elos::db::Sql;
use elos::processo::NumeroProcesso;
use elos::value::cpf::Cpf;

fn lista(banco: &Banco, sql: &'static str) -> Vec<String> {
    banco.texto(Sql::new(sql)).split(',').map(str::to_owned).collect()
}

#[test]
fn numeros_e_cpfs_sao_validos_e_do_tribunal() {
    let banco = Banco::novo(Modelo::Semeado);
    let numeros = lista(
        &banco,
        "SELECT string_agg(numero || ':' || tribunal_codigo, ',') AS t FROM processo",
    );
    assert_eq!(numeros.len(), 270);
    for par in numeros {
        let (numero, codigo) = par.split_once(':').unwrap();
        let numero: NumeroProcesso = numero.parse().unwrap();
        assert_eq!(numero.digito(), numero.digito_esperado());
        assert_eq!(numero.codigo_do_tribunal().to_string(), codigo);
    }
    for cpf in lista(&banco, "SELECT string_agg(cpf, ',') AS t FROM adolescente") {
        assert!(cpf.parse::<Cpf>().unwrap().digitos_conferem());
    }
}

#[test]
fn ha_de_tudo_e_as_regras_valem() {
    let banco = Banco::novo(Modelo::Grande);
    let contar = |sql| banco.contar(sql);
    assert_eq!(contar("SELECT count(*) AS n FROM processo"), 1350);
    assert_eq!(contar("SELECT count(DISTINCT tribunal_codigo) AS n FROM processo"), 27);
    assert_eq!(contar("SELECT count(*) AS n FROM processo WHERE tipo LIKE 'EXECUCAO%'"), 540);
    assert!(contar("SELECT count(*) AS n FROM processo WHERE situacao = 'ARQUIVADO'") > 0);
    assert!(contar("SELECT count(*) AS n FROM vinculo WHERE encerrado_em IS NOT NULL") > 0);
    assert!(
        contar(
            "SELECT max(n) AS n FROM (SELECT count(*) AS n FROM vinculo GROUP BY processo_id) AS v"
        ) > 1
    );
    // R11: an execução has one adolescente, who is linked to its apuração.
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM processo e WHERE tipo LIKE 'EXECUCAO%' AND 1 <> (
               SELECT count(*) FROM vinculo v JOIN processo a ON a.numero = e.numero_referencia
                 JOIN vinculo va ON va.processo_id = a.id AND va.adolescente_id = v.adolescente_id WHERE v.processo_id = e.id)"
        ),
        0
    );
    // R12: one active execução per adolescente; R18: nobody is left without adolescente.
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM (SELECT adolescente_id FROM vinculo v JOIN processo p ON p.id = v.processo_id
               WHERE p.tipo LIKE 'EXECUCAO%' AND p.situacao = 'ATIVO' GROUP BY 1 HAVING count(*) > 1) AS d"
        ),
        0
    );
    assert_eq!(
        contar(
            "SELECT count(*) AS n FROM processo p WHERE NOT EXISTS (SELECT FROM vinculo v WHERE v.processo_id = p.id AND v.encerrado_em IS NULL)"
        ),
        0
    );
    assert_eq!(contar("SELECT count(*) AS n FROM vinculo v JOIN processo p ON p.id = v.processo_id JOIN adolescente a ON a.id = v.adolescente_id
        WHERE v.tribunal_codigo <> p.tribunal_codigo OR v.tribunal_codigo <> a.tribunal_codigo"), 0);
    assert_eq!(
        contar("SELECT count(*) AS n FROM adolescente WHERE sobrenome NOT LIKE 'Fictício%'"),
        0
    );
}

/// Seeding goes on after what is there, and leaves the counters ready for the server.
#[test]
fn semear_de_novo_acrescenta_e_o_servidor_continua() {
    let app = crate::support::App::novo();
    let mut conn = app.banco.conn();
    elos::seed::semear(&mut conn, 135).unwrap();
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM processo"), 405);
    let adolescente = app.adolescente("tjrn");
    assert_eq!(app.banco.contar("SELECT count(*) AS n FROM adolescente"), 244);
    assert!(adolescente.ends_with("00000244"), "{adolescente}");
}

#[test]
fn duas_sementes_iguais_dao_os_mesmos_dados() {
    let retrato = |banco: &Banco| {
        banco.texto(Sql::new(
            "SELECT md5(string_agg(concat_ws('|', a.id, a.identificador, a.nome, a.sobrenome, a.cpf, p.numero, p.tipo, p.situacao, v.processo_id), ',' ORDER BY v.id)) AS t
             FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id JOIN processo p ON p.id = v.processo_id",
        ))
    };
    let (um, outro) = (Banco::novo(Modelo::Vazio), Banco::novo(Modelo::Vazio));
    for banco in [&um, &outro] {
        elos::seed::semear(&mut banco.conn(), 135).unwrap();
    }
    assert_eq!(retrato(&um), retrato(&outro));
}
