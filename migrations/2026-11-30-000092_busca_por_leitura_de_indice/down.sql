GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;
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
    (SELECT 'PROCESSOS' AS alvo, p.id, CASE WHEN p.numero LIKE ltrim(numero_procurado, '%') THEN 1.0 ELSE 0.8 END AS score
       FROM processo p
      WHERE 'PROCESSOS' = ANY (alvos) AND p.tribunal_codigo = elos_tribunal() AND p.numero LIKE numero_procurado
      LIMIT 500)
    UNION ALL
    (SELECT 'GUIAS', g.id, CASE WHEN g.numero LIKE ltrim(numero_procurado, '%') THEN 1.0 ELSE 0.8 END
       FROM guia g
      WHERE 'GUIAS' = ANY (alvos) AND g.tribunal_codigo = elos_tribunal() AND g.numero LIKE numero_procurado
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
              ORDER BY p.id DESC LIMIT quantos) p
      WHERE m.nome <> '' AND elos_dobrar(m.nome) LIKE ALL (palavras)
      LIMIT 500)
)
SELECT a.alvo, a.id, round(max(a.score)::numeric, 3)::double precision FROM achado a GROUP BY a.alvo, a.id
 ORDER BY max(a.score) DESC, 1, 2 DESC LIMIT quantos
$$;

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;

SET ROLE elos_dono;
CREATE INDEX processo_por_parte_do_numero ON processo USING gin (tribunal_codigo, numero gin_trgm_ops);
CREATE INDEX guia_por_parte_do_numero ON guia USING gin (tribunal_codigo, numero gin_trgm_ops);
RESET ROLE;
