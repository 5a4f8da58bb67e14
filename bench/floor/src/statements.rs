//! One statement a request, which builds the JSON. Row-level security alone says whose rows they are: a filter by
//! tribunal besides it makes the database compare the two for every row that it counts.

pub const SET_TRIBUNAL: &str = "SELECT set_config('elos.tribunal', $1, false)";

pub const PROCESSO: &str = r#"
SELECT row_to_json(p) FROM (
  SELECT numero, tipo, situacao, id_orgao AS "idOrgao", criado_em AS "criadoEm", versao
  FROM processo WHERE numero = $1) p"#;

pub const PROCESSOS: &str = r#"
SELECT coalesce(json_agg(p), '[]') FROM (
  SELECT p.numero, p.tipo, p.situacao,
    (SELECT row_to_json(r) FROM (SELECT r.numero, r.situacao FROM processo r
       WHERE r.numero = p.numero_referencia AND r.tipo = p.tipo_referencia) r) AS referencia,
    (SELECT coalesce(json_agg(v), '[]') FROM (
       SELECT v.iniciado_em AS "iniciadoEm",
         (SELECT row_to_json(a) FROM (SELECT a.identificador, a.nome, a.sobrenome, a.data_nascimento AS "dataNascimento") a) AS adolescente
       FROM vinculo v JOIN adolescente a ON a.id = v.adolescente_id
       WHERE v.processo_id = p.id AND v.encerrado_em IS NULL ORDER BY v.id LIMIT 5) v) AS vinculos
  FROM (SELECT id, numero, tipo, situacao, numero_referencia, tipo_referencia, criado_em FROM processo
        WHERE (criado_em, id) > ($1, $2) ORDER BY criado_em, id LIMIT 20) p
  ORDER BY p.criado_em, p.id) p"#;

pub const ADOLESCENTE: &str = r#"
SELECT row_to_json(a) FROM (
  SELECT a.identificador, a.nome,
    (SELECT coalesce(json_agg(v), '[]') FROM (
       SELECT v.iniciado_em AS "iniciadoEm",
         json_build_object('numero', p.numero, 'tipo', p.tipo, 'situacao', p.situacao,
           'referencia', (SELECT row_to_json(r) FROM (SELECT r.numero, r.situacao,
              (SELECT coalesce(json_agg(w), '[]') FROM (
                 SELECT w.iniciado_em AS "iniciadoEm", json_build_object('identificador', b.identificador, 'nome', b.nome) AS adolescente
                 FROM vinculo w JOIN adolescente b ON b.id = w.adolescente_id
                 WHERE w.processo_id = r.id AND w.encerrado_em IS NULL ORDER BY w.id LIMIT 10) w) AS vinculos
            FROM processo r WHERE r.numero = p.numero_referencia AND r.tipo = p.tipo_referencia) r),
           'execucoes', (SELECT coalesce(json_agg(e), '[]') FROM (
              SELECT e.numero, e.situacao FROM processo e
              WHERE e.numero_referencia = p.numero AND e.tipo_referencia = p.tipo ORDER BY e.id LIMIT 10) e)) AS processo
       FROM vinculo v JOIN processo p ON p.id = v.processo_id
       WHERE v.adolescente_id = a.id AND v.encerrado_em IS NULL ORDER BY v.id LIMIT 10) v) AS vinculos
  FROM adolescente a WHERE a.identificador = $1) a"#;

pub const PAGE: &str = r#"
SELECT (SELECT count(*) FROM processo), (
  SELECT coalesce(json_agg(p), '[]') FROM (
    SELECT numero, tipo, situacao, id_orgao AS "idOrgao", criado_em AS "criadoEm", versao FROM processo
    WHERE (criado_em, id) > ($1, $2) ORDER BY criado_em, id LIMIT 100) p)"#;

/// Registers a processo, and returns no row if an adolescente is missing. `$key` is one more part
/// of the WITH clause, or nothing.
macro_rules! register {
    ($key:literal) => {
        concat!(
            "
WITH ids AS (SELECT id FROM adolescente WHERE identificador = ANY ($3)),
novo AS (INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em)
         SELECT $1, $2, 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', 1001, 'pje-tjrn-1g', now(), now()
         WHERE (SELECT count(*) FROM ids) = cardinality($3)
         RETURNING id, numero, tipo, situacao, versao),
links AS (INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em)
          SELECT $1, novo.id, ids.id, now() FROM novo, ids),
fato AS (INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub, ator_azp)
         SELECT $1, 'PROCESSO_CADASTRADO', novo.id, now(), $4, $5 FROM novo),
resposta AS (SELECT row_to_json(n) AS processo FROM (SELECT numero, tipo, situacao, versao FROM novo) n)",
            $key,
            "
SELECT processo FROM resposta"
        )
    };
}

pub const REGISTER: &str = register!("");

pub const REGISTER_KEYED: &str = register!(
    ",
guardada AS (INSERT INTO chave_idempotencia (tribunal_codigo, credencial, operacao, chave, entrada, desfecho, criada_em)
             SELECT $1, $5, 'cadastrarProcesso', $6, $7, processo::jsonb, now() FROM resposta)"
);

/// The stored outcome of a key, and whether its input was the same.
pub const REMEMBERED: &str = "SELECT desfecho, entrada = $3 FROM chave_idempotencia
WHERE credencial = $1 AND operacao = 'cadastrarProcesso' AND chave = $2";
