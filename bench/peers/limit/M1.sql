-- What a registration leaves, the record of the trail too, in one statement.
\set sequencia (27 * random(0, :ultimo) + 19) * 3 + 1
\set k :k + 1
\set alto 2000000 + :client_id * 500000 + :k
BEGIN;
WITH agora AS MATERIALIZED (SELECT now() AS t),
ids AS (SELECT id FROM adolescente WHERE tribunal_codigo = 820
        AND identificador IN ('2025' || lpad(:sequencia::text, 8, '0'), '2025' || lpad((:sequencia::int + 1)::text, 8, '0'))),
novo AS (INSERT INTO processo (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em)
         SELECT 820, :alto::text || '002025820' || :origem::text, 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', 1001, 'pje-tjrn-1g', t, t FROM agora
         RETURNING id, numero, tipo, situacao, versao),
links AS (INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em)
          SELECT 820, novo.id, ids.id, t FROM novo, ids, agora),
fato AS (INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub, ator_azp)
         SELECT 820, 'PROCESSO_CADASTRADO', novo.id, t, 'service-account-pje-tjrn', 'pje-tjrn' FROM novo, agora),
trilha AS (INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos, campos_sensiveis, correlacao)
           SELECT 820, t, 'service-account-pje-tjrn', 'pje-tjrn', 'GRAPHQL', 'M1', 'ESCRITA', 'OK', 200, ARRAY[novo.id * 8], '{}',
                  '00000000-0000-4000-8000-000000000000' FROM novo, agora)
SELECT numero, tipo, situacao, versao FROM novo;
COMMIT;
