-- One statement writes all that a registration leaves, the record of the trail too. For M1k, key.sql takes the place of `-- key`.
\set sequencia (27 * :caso + :t) * 3 + 1
\set k :k + 1
\set alto 2000000 + :client_id * 500000 + :k
-- statement
BEGIN;
WITH agora AS MATERIALIZED (SELECT now() AS t),
ids AS (SELECT id FROM adolescente WHERE tribunal_codigo = :tribunal::smallint
        AND identificador IN ('2025' || lpad(:sequencia::text, 8, '0'), '2025' || lpad((:sequencia::int + 1)::text, 8, '0'))),
novo AS (INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em)
         SELECT :tribunal::smallint, :alto::text || '002025' || :tribunal::text || :origem::text, 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', 1001, 'pje-tjrn-1g', t, t FROM agora
         RETURNING id, numero, tipo, situacao, versao),
links AS (INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em)
          SELECT :tribunal::smallint, novo.id, ids.id, t FROM novo, ids, agora),
fato AS (INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub, ator_azp)
         SELECT :tribunal::smallint, 'PROCESSO_CADASTRADO', novo.id, t, 'service-account-pje-tjrn', 'pje-tjrn' FROM novo, agora)
-- key
SELECT numero, tipo, situacao, versao,
       elos_trilha_de_escrita('{00000000-0000-4000-8000-000000000000}', '{1}', '{1}', '{1}', ARRAY[novo.id * 8], '{service-account-pje-tjrn}',
                              '{pje-tjrn}', '{GRAPHQL}', '{M1}', '{ESCRITA}', '{OK}', '{200}', '{""}')
FROM novo;
COMMIT;
