-- Changes the seeded rows for a demo: several years of work with seasonal variation, guias of every kind,
-- ended vinculos, processos that were archived and reopened, and their eventos in chronological order.
-- Everything is computed from the ids of the rows, so the result is identical at every run.

-- The start of each caso: a working day in a period of about five years, with fewer casos in the weeks of the
-- court recess.
CREATE TEMPORARY TABLE caso ON COMMIT DROP AS
SELECT c.caso, d.dia + ((c.caso * 7) % 9 + 8) * interval '1 hour' + ((c.caso * 13) % 60) * interval '1 minute' AS inicio
  FROM (SELECT DISTINCT (id - 1) / 5 AS caso FROM processo) AS c,
       LATERAL (SELECT date '2021-01-18' + (c.caso / 27 * 1700 / (SELECT max((id - 1) / 5) / 27 + 1 FROM processo)
                                              + c.caso % 27 * 37 % 120)::int AS sorteado) AS s,
       LATERAL (SELECT CASE WHEN extract(week FROM s.sorteado) >= 52 OR extract(week FROM s.sorteado) <= 2
                            THEN s.sorteado + 21 ELSE s.sorteado END AS util) AS u,
       LATERAL (SELECT (u.util + CASE extract(isodow FROM u.util) WHEN 6 THEN 2 WHEN 7 THEN 1 ELSE 0 END)::timestamp
                       AT TIME ZONE 'America/Sao_Paulo' AS dia) AS d;
CREATE TEMPORARY TABLE instante ON COMMIT DROP AS
SELECT p.id, c.inicio + CASE (p.id - 1) % 5
           WHEN 0 THEN interval '0' WHEN 1 THEN (20 + p.id % 60) * interval '1 day' WHEN 2 THEN (15 + p.id % 45) * interval '1 day'
           WHEN 3 THEN (70 + p.id % 50) * interval '1 day' ELSE (90 + p.id % 70) * interval '1 day' END AS criado
  FROM processo p JOIN caso c ON c.caso = (p.id - 1) / 5;
ALTER TABLE instante ADD PRIMARY KEY (id);

UPDATE processo p SET criado_em = i.criado, atualizado_em = i.criado FROM instante i WHERE i.id = p.id;
UPDATE processo SET magistrado_nome = (ARRAY['Magistrada Fictícia Andrade', 'Magistrado Fictício Bastos', 'Magistrada Fictícia Campos',
        'Magistrado Fictício Duarte', 'Magistrada Fictícia Évora', 'Magistrado Fictício Falcão'])[1 + id_orgao % 6],
    serventuario_nome = CASE WHEN id % 4 <> 0 THEN (ARRAY['Serventuário Fictício Neves', 'Serventuária Fictícia Ouro',
        'Serventuário Fictício Pires'])[1 + id_orgao % 3] END;
UPDATE adolescente a SET criado_em = v.inicio, atualizado_em = v.inicio
  FROM (SELECT v.adolescente_id, min(i.criado) AS inicio FROM vinculo v JOIN instante i ON i.id = v.processo_id GROUP BY 1) AS v
 WHERE v.adolescente_id = a.id;
-- An adolescente is 12 to 17 years old when registered. The first 60 are 12, young enough for the examples of
-- guias.
UPDATE adolescente SET data_nascimento = greatest(date '2005-10-01' + (id % 200)::int,
    (criado_em - (12 * 365 + (id * 97) % CASE WHEN id <= 60 THEN 365 ELSE 2100 END) * interval '1 day')::date);

UPDATE vinculo v SET iniciado_em = i.criado, encerrado_em = NULL, motivo = NULL FROM instante i WHERE i.id = v.processo_id;
-- Every seventh vinculo to an apuração ends, if another vinculo of that apuração remains.
UPDATE vinculo v SET encerrado_em = v.iniciado_em + (10 + v.id % 200) * interval '1 day',
    motivo = (ARRAY['Excluído do polo por decisão fictícia', 'Remissão homologada', 'Óbito fictício', NULL])[1 + v.id % 4]
 WHERE v.id % 7 = 0 AND EXISTS (SELECT FROM processo p WHERE p.id = v.processo_id AND p.tipo_referencia IS NULL)
   AND EXISTS (SELECT FROM vinculo o WHERE o.processo_id = v.processo_id AND o.id <> v.id AND o.id % 7 <> 0);

-- A provisória that lasts a month, and the definitiva that replaces it, with two kinds of measures.
UPDATE guia g SET criado_em = i.criado + CASE g.tipo WHEN 'PROVISORIA' THEN interval '30 days' ELSE interval '60 days' END,
    codigo_tpu_medida = CASE WHEN g.id % 3 = 0 THEN '11387' ELSE '11386' END
  FROM instante i WHERE i.id = g.apuracao_id;
UPDATE guia SET data_sentenca = criado_em::date - 15, data_transito_julgado = CASE tipo WHEN 'DEFINITIVA' THEN criado_em::date - 2 END,
    baixada_em = CASE situacao WHEN 'BAIXADA' THEN criado_em + interval '30 days' END, atualizado_em = criado_em;
INSERT INTO guia (tribunal_codigo, numero, tipo, origem, adolescente_id, apuracao_id, execucao_id, magistrado_nome, magistrado_cpf,
                  serventuario_cpf, serventuario_cargo, codigo_tpu_medida, data_decisao, prazo, criado_em, atualizado_em)
SELECT e.tribunal_codigo, lpad(e.id::text, 12, '0'), 'INTERNACAO_SANCAO', 'DECISAO_INTERNACAO_SANCAO', v.adolescente_id, o.id, e.id, e.magistrado_nome,
       e.magistrado_cpf, e.magistrado_cpf, 'Escrivã fictícia', '11387', (e.criado_em + interval '40 days')::date, 15 + (e.id % 76)::int,
       e.criado_em + interval '41 days', e.criado_em + interval '41 days'
  FROM processo e JOIN processo o ON o.numero = e.numero_referencia AND o.tipo = e.tipo_referencia
  JOIN vinculo v ON v.processo_id = e.id
 WHERE e.id % 6 = 0 AND e.id > 100 AND e.criado_em < '2026-09-01';
INSERT INTO guia (tribunal_codigo, numero, tipo, adolescente_id, execucao_id, magistrado_nome, magistrado_cpf,
                  serventuario_cpf, serventuario_cargo, codigo_tpu_medida, data_decisao, medida_resultante, criado_em, atualizado_em)
SELECT e.tribunal_codigo, '1' || lpad(e.id::text, 11, '0'), 'UNIFICADORA', v.adolescente_id, e.id, e.magistrado_nome,
       e.magistrado_cpf, e.magistrado_cpf, 'Escrivã fictícia', '11386', (e.criado_em + interval '100 days')::date, 'Semiliberdade',
       e.criado_em + interval '101 days', e.criado_em + interval '101 days'
  FROM processo e JOIN vinculo v ON v.processo_id = e.id
 WHERE e.tipo_referencia IS NOT NULL AND e.id % 11 = 0 AND e.id > 100 AND e.criado_em < '2026-07-01';
UPDATE guia g SET situacao = 'BAIXADA', motivo_baixa = 'UNIFICADA', baixada_em = u.criado_em, unificada_por = u.id
  FROM guia u WHERE u.tipo = 'UNIFICADORA' AND u.adolescente_id = g.adolescente_id AND g.tipo = 'DEFINITIVA' AND g.situacao = 'ATIVO'
   AND g.criado_em < u.criado_em;
UPDATE guia SET situacao = 'BAIXADA', baixada_em = criado_em + (60 + id % 300) * interval '1 day',
    motivo_baixa = CASE id % 3 WHEN 0 THEN 'EXTINTA' WHEN 1 THEN 'SUBSTITUIDA' ELSE 'MAIORIDADE' END
 WHERE situacao = 'ATIVO' AND id % 5 = 0 AND id > 60 AND criado_em < '2025-06-01';
UPDATE guia SET atualizado_em = coalesce(baixada_em, criado_em), versao = CASE WHEN baixada_em IS NULL THEN 1 ELSE 2 END;
-- The number of a guia is its day and four digits. The first UPDATE frees the numbers that the second one sets.
UPDATE guia SET numero = '9' || lpad(id::text, 11, '0');
UPDATE guia g SET numero = n.dia || lpad(n.ordem::text, 4, '0')
  FROM (SELECT id, to_char(criado_em AT TIME ZONE 'America/Sao_Paulo', 'YYYYMMDD') AS dia,
               row_number() OVER (PARTITION BY (criado_em AT TIME ZONE 'America/Sao_Paulo')::date ORDER BY criado_em, id) AS ordem FROM guia) AS n
 WHERE n.id = g.id;

-- Processos that are archived, and some of them reopened.
CREATE TEMPORARY TABLE mudanca ON COMMIT DROP AS
SELECT id, 'ARQUIVADO' AS para, criado_em + (150 + id % 400) * interval '1 day' AS quando FROM processo
 WHERE (situacao = 'ARQUIVADO' OR id % 8 = 3) AND criado_em < '2025-03-01'
UNION ALL
SELECT id, 'ATIVO', criado_em + (180 + id % 400) * interval '1 day' FROM processo
 WHERE situacao = 'ATIVO' AND id % 8 = 3 AND criado_em < '2025-03-01';
UPDATE processo SET situacao = 'ATIVO' WHERE situacao = 'ARQUIVADO' AND criado_em >= '2025-03-01';

DELETE FROM evento;
INSERT INTO evento (tribunal_codigo, tipo, processo_id, adolescente_id, guia_id, ocorrido_em, ator_sub, campos, mudancas)
SELECT tribunal_codigo, tipo, processo_id, adolescente_id, guia_id, quando, 'semente', campos, mudancas FROM (
    SELECT tribunal_codigo, 'ADOLESCENTE_CADASTRADO' AS tipo, NULL::bigint AS processo_id, id AS adolescente_id, NULL::bigint AS guia_id,
           criado_em AS quando, '{}'::text[] AS campos, '[]'::jsonb AS mudancas, 0 AS ordem FROM adolescente
    UNION ALL SELECT tribunal_codigo, 'PROCESSO_CADASTRADO', id, NULL, NULL, criado_em, '{}', '[]', 1 FROM processo
    UNION ALL SELECT e.tribunal_codigo, 'EXECUCAO_CADASTRADA', o.id, NULL, NULL, e.criado_em, '{}', '[]', 2
      FROM processo e JOIN processo o ON o.numero = e.numero_referencia AND o.tipo = e.tipo_referencia AND o.tribunal_codigo = e.tribunal_codigo
    UNION ALL SELECT tribunal_codigo, 'ADOLESCENTE_DESVINCULADO', processo_id, adolescente_id, NULL, encerrado_em, '{adolescentes}',
           jsonb_build_array(jsonb_build_object('campo', 'vinculo.situacao', 'de', 'ATIVO', 'para', 'ENCERRADO'))
           || CASE WHEN motivo IS NULL THEN '[]' ELSE jsonb_build_array(jsonb_build_object('campo', 'vinculo.motivo', 'de', NULL, 'para', motivo)) END, 3
      FROM vinculo WHERE encerrado_em IS NOT NULL
    UNION ALL SELECT g.tribunal_codigo, 'GUIA_EMITIDA', coalesce(g.execucao_id, g.apuracao_id), g.adolescente_id, g.id, g.criado_em, '{guias}',
           jsonb_build_array(jsonb_build_object('campo', 'guia.situacao', 'de', NULL, 'para', 'ATIVO')), 4 FROM guia g
    UNION ALL SELECT g.tribunal_codigo, 'GUIA_BAIXADA', coalesce(g.execucao_id, g.apuracao_id), g.adolescente_id, g.id, g.baixada_em, '{guias}',
           jsonb_build_array(jsonb_build_object('campo', 'guia.situacao', 'de', 'ATIVO', 'para', 'BAIXADA'),
                             jsonb_build_object('campo', 'guia.motivoBaixa', 'de', NULL, 'para', g.motivo_baixa)), 5
      FROM guia g WHERE g.baixada_em IS NOT NULL
    UNION ALL SELECT p.tribunal_codigo, 'RESPONSAVEIS_ATUALIZADOS', p.id, NULL, NULL, p.criado_em + interval '90 days', '{magistrado.nome}',
           jsonb_build_array(jsonb_build_object('campo', 'magistrado.nome', 'de', 'Magistrada Fictícia Antiga', 'para', p.magistrado_nome)), 6
      FROM processo p WHERE p.id % 9 = 4
    UNION ALL SELECT p.tribunal_codigo, 'SITUACAO_ALTERADA', p.id, NULL, NULL, m.quando, '{situacao}',
           jsonb_build_array(jsonb_build_object('campo', 'situacao', 'de', CASE m.para WHEN 'ATIVO' THEN 'ARQUIVADO' ELSE 'ATIVO' END, 'para', m.para)), 7
      FROM mudanca m JOIN processo p ON p.id = m.id
) AS tudo ORDER BY quando, ordem, coalesce(processo_id, adolescente_id), guia_id;
-- Set the time of the last change and the version of each processo from its eventos.
UPDATE processo p SET atualizado_em = u.quando, versao = u.quantas
  FROM (SELECT processo_id, max(ocorrido_em) AS quando, count(*)::int AS quantas FROM evento
         WHERE tipo IN ('PROCESSO_CADASTRADO', 'RESPONSAVEIS_ATUALIZADOS', 'SITUACAO_ALTERADA', 'ADOLESCENTE_DESVINCULADO') GROUP BY 1) AS u
 WHERE u.processo_id = p.id;
