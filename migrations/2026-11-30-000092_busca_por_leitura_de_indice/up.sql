SET ROLE elos_dono;

-- A number has so few different triples of digits that each is in a large part of all numbers: their index was
-- slower than a look at every number of the tribunal in `processo_por_numero` and `guia_por_numero`, and many
-- times slower for a text like 00000, which it could not tell from 10000.
DROP INDEX processo_por_parte_do_numero;
DROP INDEX guia_por_parte_do_numero;

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- As before, with these changes: the beginning of a number is found by range; a part of it, by reading the index
-- of the numbers; and the processos of a magistrado are read in the order of their index, newest first, and no
-- more than are wanted.
CREATE OR REPLACE FUNCTION elos_busca(alvos text[], numero_procurado text, procurado text, palavras text[], sensivel boolean, quantos integer)
    RETURNS TABLE (alvo text, id bigint, score double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
WITH RECURSIVE magistrado AS (
    -- One look at the index for each name, not for each processo.
    (SELECT coalesce(p.magistrado_nome, '') AS nome FROM processo p
      WHERE 'MAGISTRADOS' = ANY (alvos) AND cardinality(palavras) > 0 AND p.tribunal_codigo = elos_tribunal()
      ORDER BY coalesce(p.magistrado_nome, '') LIMIT 1)
    UNION ALL
    SELECT (SELECT coalesce(p.magistrado_nome, '') FROM processo p
             WHERE p.tribunal_codigo = elos_tribunal() AND coalesce(p.magistrado_nome, '') > m.nome
             ORDER BY coalesce(p.magistrado_nome, '') LIMIT 1)
      FROM magistrado m WHERE m.nome IS NOT NULL
), achado AS (
    (SELECT 'PROCESSOS' AS alvo, p.id, 1.0 AS score
       FROM processo p
      WHERE 'PROCESSOS' = ANY (alvos) AND numero_procurado IS NOT NULL AND p.tribunal_codigo = elos_tribunal()
        AND p.numero BETWEEN rpad(btrim(numero_procurado, '%'), 20, '0') AND rpad(btrim(numero_procurado, '%'), 20, '9')
      LIMIT 500)
    UNION ALL
    (SELECT 'PROCESSOS', p.id, 0.8
       FROM processo p
      WHERE 'PROCESSOS' = ANY (alvos) AND length(btrim(numero_procurado, '%')) < 20 AND p.tribunal_codigo = elos_tribunal()
        AND p.numero LIKE numero_procurado
      LIMIT 500)
    UNION ALL
    (SELECT 'GUIAS', g.id, 1.0
       FROM guia g
      WHERE 'GUIAS' = ANY (alvos) AND length(btrim(numero_procurado, '%')) <= 12 AND g.tribunal_codigo = elos_tribunal()
        AND g.numero BETWEEN rpad(btrim(numero_procurado, '%'), 12, '0') AND rpad(btrim(numero_procurado, '%'), 12, '9')
      LIMIT 500)
    UNION ALL
    (SELECT 'GUIAS', g.id, 0.8
       FROM guia g
      WHERE 'GUIAS' = ANY (alvos) AND length(btrim(numero_procurado, '%')) < 12 AND g.tribunal_codigo = elos_tribunal()
        AND g.numero LIKE numero_procurado
      LIMIT 500)
    UNION ALL
    (SELECT 'ADOLESCENTES', a.id, word_similarity(procurado, a.nome_busca)
       FROM adolescente a
      WHERE 'ADOLESCENTES' = ANY (alvos) AND cardinality(palavras) > 0 AND a.tribunal_codigo = elos_tribunal()
        AND a.nome_busca LIKE ALL (palavras)
      LIMIT 500)
    UNION ALL
    (SELECT 'ADOLESCENTES', a.id, 0.9 * word_similarity(procurado, elos_nome_civil(a.nome, a.sobrenome))
       FROM adolescente a
      WHERE sensivel AND 'ADOLESCENTES' = ANY (alvos) AND cardinality(palavras) > 0 AND a.nome_social IS NOT NULL
        AND a.tribunal_codigo = elos_tribunal() AND elos_nome_civil(a.nome, a.sobrenome) LIKE ALL (palavras)
      LIMIT 500)
    UNION ALL
    (SELECT 'MAGISTRADOS', p.id, 0.7 * word_similarity(procurado, elos_dobrar(m.nome))
       FROM magistrado m, LATERAL (SELECT p.id FROM processo p
              WHERE p.tribunal_codigo = elos_tribunal() AND coalesce(p.magistrado_nome, '') = m.nome
              ORDER BY coalesce(p.magistrado_nome, '') DESC, p.id DESC LIMIT quantos) p
      WHERE m.nome <> '' AND elos_dobrar(m.nome) LIKE ALL (palavras)
      LIMIT 500)
)
SELECT a.alvo, a.id, round(max(a.score)::numeric, 3)::double precision FROM achado a GROUP BY a.alvo, a.id
 ORDER BY max(a.score) DESC, 1, 2 DESC LIMIT quantos
$$;

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
