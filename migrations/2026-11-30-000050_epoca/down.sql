-- Without it positions would begin anew, before those that stand here.
DO $$ BEGIN
    IF EXISTS (SELECT FROM epoca WHERE deslocamento <> 0) THEN
        RAISE EXCEPTION 'há posições de outra época: esta migração já não se desfaz';
    END IF;
END $$;

GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

CREATE OR REPLACE FUNCTION elos_trilha_de_leitura(
    primeiro bigint, correlacoes text[], de bigint[], ate bigint[], qual bigint[], recursos bigint[],
    de_outras bigint[], ate_outras bigint[], outras uuid[],
    tribunais smallint[], subs text[], azps text[], canais text[], operacoes text[], especies text[], resultados text[],
    statuses smallint[], campos text[]
) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    agora timestamptz := clock_timestamp();
    escritos bigint;
BEGIN
    INSERT INTO auditoria (id, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
                           campos_sensiveis, correlacao, correlacoes)
    SELECT coalesce(primeiro - 1 + r.n, nextval('auditoria_sequencia')), tribunais[r.qual], agora, subs[r.qual],
           nullif(azps[r.qual], ''), canais[r.qual], operacoes[r.qual], especies[r.qual], resultados[r.qual], statuses[r.qual],
           recursos[r.de:r.ate], CASE campos[r.qual] WHEN '' THEN '{}'::text[] ELSE string_to_array(campos[r.qual], ',') END,
           r.correlacao, CASE WHEN r.de_outras <= r.ate_outras THEN outras[r.de_outras:r.ate_outras] END
    FROM unnest(correlacoes, de, ate, qual, de_outras, ate_outras)
             WITH ORDINALITY AS r (correlacao, de, ate, qual, de_outras, ate_outras, n);
    GET DIAGNOSTICS escritos = ROW_COUNT;
    RETURN escritos;
END $$;

CREATE OR REPLACE FUNCTION elos_trilha_de_escrita(
    correlacoes text[], de bigint[], ate bigint[], qual bigint[], recursos bigint[],
    subs text[], azps text[], canais text[], operacoes text[], especies text[], resultados text[], statuses smallint[], campos text[]
) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    agora timestamptz := clock_timestamp();
    escritos bigint;
BEGIN
    INSERT INTO auditoria (tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
                           campos_sensiveis, correlacao)
    SELECT elos_tribunal(), agora, subs[r.qual], nullif(azps[r.qual], ''), canais[r.qual], operacoes[r.qual], especies[r.qual],
           resultados[r.qual], statuses[r.qual], recursos[r.de:r.ate],
           CASE campos[r.qual] WHEN '' THEN '{}'::text[] ELSE string_to_array(campos[r.qual], ',') END, r.correlacao
    FROM unnest(correlacoes, de, ate, qual) AS r (correlacao, de, ate, qual);
    GET DIAGNOSTICS escritos = ROW_COUNT;
    RETURN escritos;
END $$;

CREATE OR REPLACE FUNCTION elos_trilha_selar() RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    SET "TimeZone" = 'UTC' SET enable_seqscan = off SET enable_bitmapscan = off
    -- What is switched off counts as dear, and for what is dear PostgreSQL compiles: two seconds a round.
    SET jit = off
    AS $$
DECLARE
    trecho record;
    ultimo record;
    agora timestamptz;
    resumo bytea;
    selados bigint := 0;
BEGIN
    -- Of several instances one seals.
    IF NOT pg_try_advisory_xact_lock(1936026735) THEN
        RETURN 0;
    END IF;
    FOR trecho IN
        WITH por_selar AS MATERIALIZED (
            SELECT a.tribunal_codigo, a.xid, a.id, date_trunc('month', a.ocorrido_em)::date AS mes, a.recursos, a.resumo
            FROM (SELECT codigo FROM tribunal UNION ALL SELECT 0) AS t
            LEFT JOIN LATERAL elos_trilha_ponta(t.codigo::smallint) AS u ON true
            CROSS JOIN LATERAL (SELECT a.*, elos_resumo(a) AS resumo FROM auditoria a WHERE a.tribunal_codigo = t.codigo
                                AND (a.xid, a.id) > (coalesce(u.ate_xid, '0'::xid8), coalesce(u.ate_id, 0))
                                AND a.xid < pg_snapshot_xmin(pg_current_snapshot())
                                ORDER BY a.xid, a.id LIMIT 1000) AS a
        ), em_trechos AS (
            -- A stretch ends where the month changes.
            SELECT *, n - row_number() OVER (PARTITION BY tribunal_codigo, mes ORDER BY n) AS trecho
            FROM (SELECT *, row_number() OVER (PARTITION BY tribunal_codigo ORDER BY xid, id) AS n FROM por_selar) AS numerados
        )
        SELECT e.tribunal_codigo, e.mes, min(e.n) AS n, array_agg(e.id ORDER BY e.n) AS ids,
               (array_agg(e.xid ORDER BY e.n DESC))[1] AS ate_xid, (array_agg(e.id ORDER BY e.n DESC))[1] AS ate_id,
               string_agg(substr(e.resumo, 1, 16), ''::bytea ORDER BY e.n) AS resumos,
               string_agg(elos_selo_campo(int8send(e.id)) || elos_selo_campo(e.resumo), ''::bytea ORDER BY e.n) AS corpo,
               ARRAY(SELECT u.r FROM (SELECT unnest(d.recursos) AS r FROM (SELECT DISTINCT o.recursos FROM em_trechos o
                         WHERE o.tribunal_codigo = e.tribunal_codigo AND o.mes = e.mes AND o.trecho = e.trecho) AS d) AS u
                     WHERE u.r IS NOT NULL GROUP BY u.r ORDER BY u.r) AS recursos
        FROM em_trechos e GROUP BY e.tribunal_codigo, e.mes, e.trecho ORDER BY e.tribunal_codigo, n
    LOOP
        SELECT p.ordem, p.hash INTO ultimo FROM elos_trilha_ponta(trecho.tribunal_codigo) AS p;
        agora := clock_timestamp();
        resumo := sha256('elos selo 1'::bytea
            || elos_selo_campo(coalesce(ultimo.hash, decode(repeat('00', 32), 'hex')))
            || elos_selo_campo(int2send(trecho.tribunal_codigo))
            || elos_selo_campo(int8send(coalesce(ultimo.ordem, 0) + 1))
            || elos_selo_campo(convert_to(trecho.ate_xid::text, 'UTF8'))
            || elos_selo_campo(int8send(trecho.ate_id))
            || elos_selo_campo(int8send((extract(epoch FROM agora) * 1000000)::bigint))
            || trecho.corpo);
        INSERT INTO selo (tribunal_codigo, ordem, ate_xid, ate_id, ids, resumos, recursos, anterior, hash, selado_em, mes)
        VALUES (trecho.tribunal_codigo, coalesce(ultimo.ordem, 0) + 1, trecho.ate_xid, trecho.ate_id, trecho.ids, trecho.resumos,
                trecho.recursos, coalesce(ultimo.hash, decode(repeat('00', 32), 'hex')), resumo, agora, trecho.mes);
        selados := selados + cardinality(trecho.ids);
    END LOOP;
    RETURN selados;
END $$;

DROP FUNCTION elos_epoca_conferir();
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;

SET ROLE elos_dono;
ALTER TABLE evento ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
ALTER TABLE tramite ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
ALTER TABLE auditoria ALTER COLUMN xid SET DEFAULT pg_current_xact_id();
DROP FUNCTION elos_proxima_posicao();
DROP FUNCTION elos_horizonte();
DROP FUNCTION elos_posicao();
DROP FUNCTION elos_deslocamento();
REVOKE SELECT (xid) ON evento, tramite FROM elos_definidor;
DROP POLICY evento_definidor ON evento;
DROP TABLE epoca;
RESET ROLE;
