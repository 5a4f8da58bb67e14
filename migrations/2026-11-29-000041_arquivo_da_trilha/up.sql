SET ROLE elos_dono;

-- What has left the trail for a file: one row for each run of seals without a gap. The chain
-- goes on from here when a tribunal has no seal left in the database.
CREATE TABLE trilha_arquivada (
    tribunal_codigo smallint NOT NULL,
    de_ordem        bigint NOT NULL,
    ate_ordem       bigint NOT NULL,
    mes             date NOT NULL,
    anterior        bytea NOT NULL,
    hash            bytea NOT NULL,
    registros       bigint NOT NULL,
    ate_xid         xid8 NOT NULL,
    ate_id          bigint NOT NULL,
    arquivo         text NOT NULL,
    arquivo_sha256  bytea NOT NULL,
    arquivado_em    timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT trilha_arquivada_chave PRIMARY KEY (tribunal_codigo, de_ordem),
    CONSTRAINT trilha_arquivada_ate_unico UNIQUE (tribunal_codigo, ate_ordem),
    CONSTRAINT trilha_arquivada_trecho CHECK (1 <= de_ordem AND de_ordem <= ate_ordem AND registros > 0),
    CONSTRAINT trilha_arquivada_mes_inteiro CHECK (mes = date_trunc('month', mes::timestamp)),
    CONSTRAINT trilha_arquivada_sha256 CHECK (length(anterior) = 32 AND length(hash) = 32 AND length(arquivo_sha256) = 32)
);
COMMENT ON TABLE trilha_arquivada IS 'Trechos da cadeia que saíram do banco para um arquivo; só `elos auditoria archive` a escreve.';
COMMENT ON COLUMN trilha_arquivada.mes IS 'Último mês do arquivo; nada dele, nem de antes, está no banco.';
COMMENT ON COLUMN trilha_arquivada.anterior IS 'Hash do selo antes do primeiro.';
COMMENT ON COLUMN trilha_arquivada.hash IS 'Hash do último selo, de que a cadeia continua.';
COMMENT ON COLUMN trilha_arquivada.ate_xid IS 'Com ate_id, a posição do último registro.';
COMMENT ON COLUMN trilha_arquivada.arquivo IS 'Nome do arquivo, sem a pasta.';

ALTER TABLE trilha_arquivada ENABLE ROW LEVEL SECURITY;
CREATE POLICY trilha_arquivada_definidor ON trilha_arquivada FOR SELECT TO elos_definidor USING (true);
CREATE POLICY trilha_arquivada_auditor ON trilha_arquivada FOR SELECT TO elos_auditor USING (true);
GRANT SELECT ON trilha_arquivada TO elos_definidor, elos_auditor;

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- Where a tribunal's chain ends, in the database or in a file.
CREATE FUNCTION elos_trilha_ponta(tribunal smallint)
    RETURNS TABLE (ordem bigint, hash bytea, ate_xid xid8, ate_id bigint)
    LANGUAGE sql STABLE
    AS $$
    SELECT p.ordem, p.hash, p.ate_xid, p.ate_id FROM (
        (SELECT s.ordem, s.hash, s.ate_xid, s.ate_id FROM selo s WHERE s.tribunal_codigo = tribunal ORDER BY s.ordem DESC LIMIT 1)
        UNION ALL
        (SELECT t.ate_ordem, t.hash, t.ate_xid, t.ate_id FROM trilha_arquivada t WHERE t.tribunal_codigo = tribunal
         ORDER BY t.ate_ordem DESC LIMIT 1)
    ) AS p ORDER BY p.ordem DESC LIMIT 1
    $$;
REVOKE ALL ON FUNCTION elos_trilha_ponta(smallint) FROM PUBLIC;
COMMENT ON FUNCTION elos_trilha_ponta(smallint) IS 'O último selo da cadeia de um tribunal, no banco ou em arquivo.';

-- Seals what is committed and not sealed yet, of each tribunal a thousand records at most, in the
-- order of the trail; answers how many. The trail grows faster than PostgreSQL counts it: by what
-- it knew, it would look through and sort all of it for every seal.
CREATE FUNCTION elos_trilha_selar() RETURNS bigint
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
REVOKE ALL ON FUNCTION elos_trilha_selar() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_trilha_selar() TO elos_auditor;
COMMENT ON FUNCTION elos_trilha_selar() IS 'Sela o que está gravado e ainda não selado, até mil registros de cada tribunal; responde quantos.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
