-- Both are trusted: whoever may create in the database may install them.
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
CREATE EXTENSION IF NOT EXISTS unaccent WITH SCHEMA public;

SET ROLE elos_dono;

-- Every accent there is, not only those of Portuguese. Immutable because the
-- dictionary is named; pg_dump restores under another search path, so it is qualified.
CREATE OR REPLACE FUNCTION elos_dobrar(texto text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT lower(public.unaccent('public.unaccent', texto)) $$;
-- Generated columns are made again when their row is written.
UPDATE adolescente SET nome = nome WHERE coalesce(nome_social, nome, '') || coalesce(sobrenome, '') ~ '[^ -~]';

-- A social name hides the civil one from a search, but not a duplicate from who may see both.
CREATE FUNCTION elos_nome_civil(nome text, sobrenome text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT public.elos_dobrar(coalesce(nome, '') || ' ' || coalesce(sobrenome, '')) $$;
COMMENT ON FUNCTION elos_nome_civil(text, text) IS 'Nome civil inteiro, sem acentos nem maiúsculas.';

CREATE INDEX adolescente_por_nome_parecido ON adolescente USING gin (nome_busca gin_trgm_ops);
CREATE INDEX adolescente_por_nome_civil_parecido ON adolescente
    USING gin (elos_nome_civil(nome, sobrenome) gin_trgm_ops) WHERE nome_social IS NOT NULL;

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- R25: records that may be of the same person. The operators of pg_trgm are not
-- leakproof, so under row-level security no index would serve them: this looks
-- past it, keeps to the tribunal of the session, and tells ids and scores only.
--
-- The score, 0 to 1, weighs what both sides know: name 6, mother 3, birth 3.
CREATE FUNCTION elos_adolescentes_semelhantes
    (procurado text, mae text, nascimento date, sensivel boolean, quantos integer)
    RETURNS TABLE (id bigint, score double precision)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
WITH pedido AS (
    SELECT elos_dobrar(procurado) AS nome, elos_dobrar(mae) AS mae
), candidato AS (
    SELECT a.id, a.data_nascimento, elos_dobrar(a.nome_mae) AS mae, a.nome_busca AS nome, p.nome AS pedido, p.mae AS pedida
      FROM adolescente a, pedido p
     WHERE a.tribunal_codigo = elos_tribunal() AND (a.nome_busca % p.nome OR p.nome <% a.nome_busca)
    UNION ALL
    SELECT a.id, a.data_nascimento, elos_dobrar(a.nome_mae), elos_nome_civil(a.nome, a.sobrenome), p.nome, p.mae
      FROM adolescente a, pedido p
     WHERE sensivel AND a.nome_social IS NOT NULL AND a.tribunal_codigo = elos_tribunal()
       AND (elos_nome_civil(a.nome, a.sobrenome) % p.nome OR p.nome <% elos_nome_civil(a.nome, a.sobrenome))
), nota AS (
    SELECT c.id,
           greatest(similarity(c.nome, c.pedido), 0.9 * word_similarity(c.pedido, c.nome)) AS nome,
           similarity(c.mae, c.pedida) AS mae,
           -- One of day, month and year may be mistyped, or presumed.
           CASE WHEN c.data_nascimento IS NULL OR nascimento IS NULL THEN NULL
                WHEN c.data_nascimento = nascimento THEN 1.0
                WHEN (extract(day FROM c.data_nascimento) = extract(day FROM nascimento))::int
                   + (extract(month FROM c.data_nascimento) = extract(month FROM nascimento))::int
                   + (extract(year FROM c.data_nascimento) = extract(year FROM nascimento))::int = 2 THEN 0.5
                ELSE 0.0 END AS nascimento
      FROM candidato c
), total AS (
    SELECT n.id, (6 * n.nome + 3 * coalesce(n.mae, 0) + 3 * coalesce(n.nascimento, 0))
               / (6 + CASE WHEN n.mae IS NULL THEN 0 ELSE 3 END + CASE WHEN n.nascimento IS NULL THEN 0 ELSE 3 END) AS score
      FROM nota n
)
SELECT t.id, max(t.score)::double precision FROM total t GROUP BY t.id ORDER BY 2 DESC, 1 LIMIT quantos
$$;
REVOKE ALL ON FUNCTION elos_adolescentes_semelhantes(text, text, date, boolean, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_adolescentes_semelhantes(text, text, date, boolean, integer) TO elos_app;
COMMENT ON FUNCTION elos_adolescentes_semelhantes(text, text, date, boolean, integer) IS
    'Cadastros parecidos no tribunal da sessão (R25): só identificação interna e semelhança.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
