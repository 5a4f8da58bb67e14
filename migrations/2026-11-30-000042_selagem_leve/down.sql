GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

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
               ARRAY(SELECT DISTINCT r FROM em_trechos o, unnest(o.recursos) AS r
                     WHERE o.tribunal_codigo = e.tribunal_codigo AND o.mes = e.mes AND o.trecho = e.trecho AND r IS NOT NULL
                     ORDER BY r) AS recursos
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

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
