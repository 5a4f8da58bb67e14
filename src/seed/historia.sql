-- Changes the seeded rows for a demo: several years of work with weekly and yearly seasons, guias of every
-- kind, ended vinculos, processos that were archived and reopened, second execuções, and their eventos in
-- chronological order.
--
-- Everything is computed from the ids of the rows, and the dates are fixed, up to 13 November 2026: the
-- result is identical at every start, so that documents can show it. Only two guias in each tribunal and the
-- trâmites in progress are dated by the day of `semente.agora`, because a question about today must find
-- something.

-- The working days of more than five years, with their share of the work: most on Mondays, none on weekends
-- and in the recess of the courts, half in July, and more every year.
CREATE TEMPORARY TABLE dia ON COMMIT DROP AS
SELECT dia, sum(peso) OVER (ORDER BY dia) AS ate FROM (
    SELECT d::date AS dia, (ARRAY[12, 10, 10, 8, 6])[extract(isodow FROM d)::int]
             * CASE WHEN to_char(d, 'MMDD') NOT BETWEEN '0121' AND '1219' THEN 0 WHEN extract(month FROM d) = 7 THEN 1 ELSE 2 END
             * (extract(year FROM d)::int - 2011) AS peso
      FROM generate_series(timestamp '2021-01-18', timestamp '2026-05-29', interval '1 day') AS d
     WHERE extract(isodow FROM d) <= 5) AS dias WHERE peso > 0;
CREATE UNIQUE INDEX ON dia (ate, dia);
CREATE OR REPLACE FUNCTION pg_temp.dia_util(quando timestamptz) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT quando + CASE extract(isodow FROM quando AT TIME ZONE 'America/Sao_Paulo') WHEN 6 THEN 2 WHEN 7 THEN 1 ELSE 0 END * interval '1 day'
$$;
-- The start of each caso. The casos of a tribunal follow each other, spread by the share of work of the days.
-- The starts of the first 27, whose numbers examples name, do not depend on how many casos there are.
CREATE TEMPORARY TABLE caso ON COMMIT DROP AS
SELECT c.caso, (d.dia + ((c.caso * 7) % 9 + 8) * interval '1 hour' + ((c.caso * 13) % 60) * interval '1 minute')
                   AT TIME ZONE 'America/Sao_Paulo' AS inicio
  FROM (SELECT DISTINCT (id - 1) / 5 AS caso FROM processo) AS c,
       (SELECT max((id - 1) / 5) / 27 + 1 AS quantas FROM processo) AS volta, (SELECT max(ate) AS total FROM dia) AS trabalho,
       LATERAL (SELECT dia FROM dia
                 WHERE ate > trabalho.total * (c.caso / 27 + (c.caso % 27 * 10 % 27) / 27.0) / CASE WHEN c.caso < 27 THEN 25 ELSE volta.quantas END
                 ORDER BY ate LIMIT 1) AS d;
-- The creation time of each processo: at the start of its caso or days later, but not on a weekend.
CREATE TEMPORARY TABLE instante ON COMMIT DROP AS
SELECT id, pg_temp.dia_util(dia) AS criado
  FROM (SELECT p.id, c.inicio + CASE (p.id - 1) % 5 WHEN 0 THEN 0 WHEN 1 THEN 20 + p.id % 60 WHEN 2 THEN 15 + p.id % 45
                                    WHEN 3 THEN 70 + p.id % 50 ELSE 90 + p.id % 70 END * interval '1 day' AS dia
          FROM processo p JOIN caso c ON c.caso = (p.id - 1) / 5) AS p;
ALTER TABLE instante ADD PRIMARY KEY (id);

UPDATE processo p SET criado_em = i.criado, atualizado_em = i.criado FROM instante i WHERE i.id = p.id;
UPDATE processo SET magistrado_nome = (ARRAY['Magistrada Fictícia Andrade', 'Magistrado Fictício Bastos', 'Magistrada Fictícia Campos',
        'Magistrado Fictício Duarte', 'Magistrada Fictícia Évora', 'Magistrado Fictício Falcão'])[1 + id_orgao % 6],
    serventuario_nome = CASE WHEN id % 4 <> 0 THEN (ARRAY['Serventuário Fictício Neves', 'Serventuária Fictícia Ouro',
        'Serventuário Fictício Pires'])[1 + id_orgao % 3] END;
UPDATE adolescente a SET criado_em = v.inicio, atualizado_em = v.inicio
  FROM (SELECT v.adolescente_id, min(i.criado) AS inicio FROM vinculo v JOIN instante i ON i.id = v.processo_id GROUP BY 1) AS v
 WHERE v.adolescente_id = a.id;
-- The first 60 keep the names that the first pages show.
UPDATE adolescente SET nome = CASE sexo_biologico
        WHEN 'FEMININO' THEN (ARRAY['Adriana', 'Alice', 'Amanda', 'Antônia', 'Aparecida', 'Beatriz', 'Bruna', 'Camila', 'Cecília', 'Cíntia',
            'Clara', 'Conceição', 'Daniela', 'Débora', 'Eduarda', 'Emília', 'Fernanda', 'Flávia', 'Giovana', 'Helena', 'Iara', 'Ingrid',
            'Isabel', 'Jéssica', 'Joana', 'Júlia', 'Lara', 'Larissa', 'Letícia', 'Lívia', 'Luana', 'Luísa', 'Manuela', 'Mariana', 'Mirela',
            'Natália', 'Noêmia', 'Patrícia', 'Rafaela', 'Raquel', 'Renata', 'Sabrina', 'Sofia', 'Taís', 'Valentina', 'Vitória', 'Zélia'])[1 + id % 47]
        ELSE (ARRAY['Abel', 'Alan', 'André', 'Antônio', 'Artur', 'Augusto', 'Benício', 'Caio', 'César', 'Cristiano', 'Daniel', 'Diego', 'Edson',
            'Elias', 'Emanuel', 'Enzo', 'Érico', 'Felipe', 'Flávio', 'Francisco', 'Gabriel', 'Geraldo', 'Guilherme', 'Gustavo', 'Henrique', 'Hugo',
            'Igor', 'Isaías', 'Ítalo', 'Jefferson', 'Joaquim', 'Jonas', 'José', 'Kauê', 'Leandro', 'Luís', 'Marcos', 'Mateus', 'Miguel', 'Murilo',
            'Otávio', 'Pedro', 'Rafael', 'Renan', 'Samuel', 'Sérgio', 'Vinícius', 'Wesley'])[1 + id % 48] END
        || CASE WHEN id % 6 = 0 THEN (CASE sexo_biologico WHEN 'FEMININO' THEN ' Maria' ELSE ' Luiz' END) ELSE '' END,
    sobrenome = 'Fictíci' || CASE sexo_biologico WHEN 'FEMININO' THEN 'a ' ELSE 'o ' END || (ARRAY['Aguiar', 'Almeida', 'Amaral', 'Araújo', 'Azevedo', 'Barbosa',
            'Batista', 'Bezerra', 'Borges', 'Brandão', 'Brito', 'Cardoso', 'Carvalho', 'Castro', 'Cavalcanti', 'Coelho', 'Correia', 'Costa', 'Duarte',
            'Farias', 'Fernandes', 'Ferreira', 'Figueiredo', 'Fonseca', 'Garcia', 'Gonçalves', 'Guimarães', 'Leite', 'Lopes', 'Machado', 'Magalhães',
            'Martins', 'Medeiros', 'Melo', 'Mendes', 'Miranda', 'Monteiro', 'Morais', 'Moreira', 'Nascimento', 'Nogueira', 'Nunes', 'Oliveira',
            'Pereira', 'Pinheiro', 'Queiroz', 'Ribeiro', 'Rocha', 'Sampaio', 'Santana', 'Teixeira', 'Vasconcelos', 'Xavier'])[1 + id * 7 % 53]
        || CASE WHEN id % 3 = 0 THEN (ARRAY[' de Jesus', ' dos Santos', ' da Silva', ' Filho', ' de Lima', ' e Sá', ' do Carmo'])[1 + id / 3 % 7] ELSE '' END,
    nome_social = CASE WHEN nome_social IS NOT NULL THEN (ARRAY['Alex', 'Ariel', 'Dani', 'Luca', 'Noá', 'Rubi', 'Sasha'])[1 + id / 40 % 7] END
 WHERE id > 60;
-- An adolescente is 12 to 17 years old when registered. The first 60 are 12, young enough for the examples of
-- guias.
UPDATE adolescente SET data_nascimento = greatest(date '2005-10-01' + (id % 200)::int,
    (criado_em - (12 * 365 + (id * 97) % CASE WHEN id <= 60 THEN 365 ELSE 2100 END) * interval '1 day')::date);

UPDATE vinculo v SET iniciado_em = i.criado, encerrado_em = NULL, motivo = NULL FROM instante i WHERE i.id = v.processo_id;
-- Every seventh vinculo to an apuração ends, if another one remains (R18), and if the adolescente has neither a
-- guia of the apuração nor, until then, an execução (R16).
UPDATE vinculo v SET encerrado_em = f.fim,
    motivo = (ARRAY['Excluído do polo por decisão fictícia', 'Remissão homologada', 'Óbito fictício', NULL])[1 + v.id % 4]
  FROM (SELECT id, iniciado_em + (10 + id % 120) * interval '1 day' AS fim FROM vinculo) AS f
 WHERE f.id = v.id AND v.id % 7 = 0 AND v.iniciado_em < '2026-04-01'
   AND EXISTS (SELECT FROM processo p WHERE p.id = v.processo_id AND p.tipo_referencia IS NULL)
   AND EXISTS (SELECT FROM vinculo o WHERE o.processo_id = v.processo_id AND o.id <> v.id AND o.id % 7 <> 0)
   AND NOT EXISTS (SELECT FROM guia g WHERE g.apuracao_id = v.processo_id AND g.adolescente_id = v.adolescente_id)
   AND NOT EXISTS (SELECT FROM vinculo x JOIN processo e ON e.id = x.processo_id
                    WHERE x.adolescente_id = v.adolescente_id AND e.tipo_referencia IS NOT NULL AND e.criado_em <= f.fim);

-- Processos that are archived. Some of them are reopened; some execuções are followed by one of another
-- apuração.
CREATE TEMPORARY TABLE mudanca ON COMMIT DROP AS
SELECT id, 'ARQUIVADO' AS para, pg_temp.dia_util(criado_em + (150 + id % 400) * interval '1 day') AS quando, seguida FROM (
    SELECT *, (id - 1) % 5 = 3 AND (id - 1) / 135 % 3 = 1 AS seguida FROM processo) AS p
 WHERE (situacao = 'ARQUIVADO' OR id % 8 = 3 OR seguida) AND criado_em < '2025-03-01';
INSERT INTO mudanca SELECT m.id, 'ATIVO', pg_temp.dia_util(m.quando + interval '30 days'), false FROM mudanca m JOIN processo p USING (id)
 WHERE p.situacao = 'ATIVO' AND p.id % 8 = 3 AND NOT m.seguida;
UPDATE processo SET situacao = 'ARQUIVADO' WHERE id IN (SELECT id FROM mudanca WHERE seguida);
UPDATE processo SET situacao = 'ATIVO' WHERE situacao = 'ARQUIVADO' AND id NOT IN (SELECT id FROM mudanca);
INSERT INTO processo (tribunal_codigo, numero, tipo, situacao, id_orgao, app_name_sistema_tribunal, numero_referencia,
                      magistrado_nome, magistrado_cpf, serventuario_nome, criado_em, atualizado_em)
SELECT e.tribunal_codigo, n.inicio || lpad((98 - (n.inicio || n.fim || '00')::numeric % 97)::text, 2, '0') || n.fim, e.tipo, 'ATIVO',
       o.id_orgao, o.app_name_sistema_tribunal, o.numero, o.magistrado_nome, o.magistrado_cpf, o.serventuario_nome, q.quando, q.quando
  FROM mudanca m JOIN processo e USING (id) JOIN processo o ON o.id = e.id - 1,
       LATERAL (SELECT '7' || substr(e.numero, 2, 6) AS inicio, substr(e.numero, 10) AS fim) AS n,
       LATERAL (SELECT pg_temp.dia_util(m.quando + (20 + m.id % 60) * interval '1 day') AS quando) AS q
 WHERE m.seguida AND q.quando < '2026-11-01'
   AND EXISTS (SELECT FROM vinculo v JOIN vinculo da ON da.adolescente_id = v.adolescente_id
                WHERE v.processo_id = o.id AND v.encerrado_em IS NULL AND da.processo_id = e.id)
 ORDER BY m.id;
INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em)
SELECT p.tribunal_codigo, p.id, v.adolescente_id, p.criado_em
  FROM processo p JOIN processo o ON o.numero = p.numero_referencia JOIN vinculo v ON v.processo_id = o.id + 1
 WHERE p.numero LIKE '7%' AND p.tipo_referencia IS NOT NULL ORDER BY p.id;

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
-- In each tribunal, an internação-sanção until December 2026, and two that end in the weeks after
-- `semente.agora`.
INSERT INTO guia (tribunal_codigo, numero, tipo, origem, adolescente_id, apuracao_id, execucao_id, magistrado_nome, magistrado_cpf,
                  serventuario_cpf, serventuario_cargo, codigo_tpu_medida, data_decisao, prazo, criado_em, atualizado_em)
SELECT e.tribunal_codigo, '2' || lpad(e.id::text, 11, '0'), 'INTERNACAO_SANCAO', 'DECISAO_INTERNACAO_SANCAO', e.adolescente_id, e.apuracao, e.id,
       e.magistrado_nome, e.magistrado_cpf, e.magistrado_cpf, 'Escrivã fictícia', '11387', q.decisao, q.prazo, f.emitida, f.emitida
  FROM (SELECT e.*, o.id AS apuracao, a.id AS adolescente_id,
               row_number() OVER (PARTITION BY e.tribunal_codigo ORDER BY a.data_nascimento DESC, e.id) AS lugar
          FROM processo e JOIN processo o ON o.numero = e.numero_referencia AND o.tipo = e.tipo_referencia
          JOIN vinculo v ON v.processo_id = e.id JOIN adolescente a ON a.id = v.adolescente_id
         WHERE e.situacao = 'ATIVO' AND e.id > 100 AND e.criado_em < '2026-09-01') AS e,
       LATERAL (SELECT (current_setting('semente.agora')::timestamptz AT TIME ZONE 'America/Sao_Paulo')::date AS hoje) AS h,
       LATERAL (VALUES (1, date '2026-10-20', 60), (2, hoje - 20, 35), (3, hoje - 12, 40)) AS q (lugar, decisao, prazo),
       LATERAL (SELECT (q.decisao + 1 + time '10:00') AT TIME ZONE 'America/Sao_Paulo' AS emitida) AS f
 WHERE q.lugar = e.lugar ORDER BY e.id;
UPDATE guia SET atualizado_em = coalesce(baixada_em, criado_em), versao = CASE WHEN baixada_em IS NULL THEN 1 ELSE 2 END;
-- The number of a guia is its day and four digits. The first UPDATE frees the numbers that the second one sets.
UPDATE guia SET numero = '9' || lpad(id::text, 11, '0');
UPDATE guia g SET numero = n.dia || lpad(n.ordem::text, 4, '0')
  FROM (SELECT id, to_char(criado_em AT TIME ZONE 'America/Sao_Paulo', 'YYYYMMDD') AS dia,
               row_number() OVER (PARTITION BY (criado_em AT TIME ZONE 'America/Sao_Paulo')::date ORDER BY id > 81, criado_em, id) AS ordem FROM guia) AS n
 WHERE n.id = g.id;

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
      FROM processo p WHERE p.id % 9 = 4 AND p.criado_em < '2026-08-01'
    UNION ALL SELECT p.tribunal_codigo, 'SITUACAO_ALTERADA', p.id, NULL, NULL, m.quando, '{situacao}',
           jsonb_build_array(jsonb_build_object('campo', 'situacao', 'de', CASE m.para WHEN 'ATIVO' THEN 'ARQUIVADO' ELSE 'ATIVO' END, 'para', m.para)), 7
      FROM mudanca m JOIN processo p ON p.id = m.id
) AS tudo ORDER BY quando, ordem, coalesce(processo_id, adolescente_id), guia_id;
-- Set the time of the last change and the version of each processo from its eventos.
UPDATE processo p SET atualizado_em = u.quando, versao = u.quantas
  FROM (SELECT processo_id, max(ocorrido_em) AS quando, count(*)::int AS quantas FROM evento
         WHERE tipo IN ('PROCESSO_CADASTRADO', 'RESPONSAVEIS_ATUALIZADOS', 'SITUACAO_ALTERADA', 'ADOLESCENTE_DESVINCULADO') GROUP BY 1) AS u
 WHERE u.processo_id = p.id;
