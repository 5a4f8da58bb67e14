-- Positions of the feed and of the trail are numbers of transactions. A copy of the data (pg_dump)
-- in another PostgreSQL would go on from that one's counter, before its own end. So a position is
-- the number of the transaction and what the present epoch adds to it: each incarnation of the
-- database is an epoch, and begins beyond every position that the ones before it can have given.
SET ROLE elos_dono;

CREATE TABLE epoca (
    numero       integer PRIMARY KEY,
    sistema      bigint NOT NULL,
    deslocamento bigint NOT NULL,
    desde        timestamptz NOT NULL DEFAULT clock_timestamp(),

    CONSTRAINT epoca_numero CHECK (numero > 0)
);
COMMENT ON TABLE epoca IS 'Cada servidor PostgreSQL em que este banco esteve, e o que se soma ao número das suas transações; só elos_epoca_conferir a escreve.';
COMMENT ON COLUMN epoca.sistema IS 'O identificador do servidor (pg_control_system).';
COMMENT ON COLUMN epoca.deslocamento IS 'Somado ao número de uma transação, dá a posição no fluxo e na trilha.';
ALTER TABLE epoca ENABLE ROW LEVEL SECURITY;
CREATE POLICY epoca_de_todos ON epoca FOR SELECT TO elos_app, elos_nacional, elos_auditor, elos_definidor USING (true);
CREATE POLICY epoca_definidor ON epoca FOR INSERT TO elos_definidor WITH CHECK (true);
GRANT SELECT ON epoca TO elos_app, elos_nacional, elos_auditor;
GRANT SELECT, INSERT ON epoca TO elos_definidor;

-- Where the highest positions stand.
CREATE POLICY evento_definidor ON evento FOR SELECT TO elos_definidor USING (true);
GRANT SELECT (xid) ON evento, tramite TO elos_definidor;

CREATE FUNCTION elos_deslocamento() RETURNS bigint
    LANGUAGE plpgsql STABLE
    AS $$ BEGIN RETURN (SELECT e.deslocamento FROM public.epoca e ORDER BY e.numero DESC LIMIT 1); END $$;
COMMENT ON FUNCTION elos_deslocamento() IS 'O que a época de agora soma ao número de uma transação.';

CREATE FUNCTION elos_posicao() RETURNS xid8
    LANGUAGE plpgsql STABLE
    AS $$ BEGIN RETURN (pg_current_xact_id()::text::bigint + public.elos_deslocamento())::text::xid8; END $$;
COMMENT ON FUNCTION elos_posicao() IS 'A posição, no fluxo e na trilha, do que esta transação grava.';

CREATE FUNCTION elos_horizonte() RETURNS xid8
    LANGUAGE plpgsql STABLE
    AS $$ BEGIN RETURN (pg_snapshot_xmin(pg_current_snapshot())::text::bigint + public.elos_deslocamento())::text::xid8; END $$;
COMMENT ON FUNCTION elos_horizonte() IS 'A posição antes da qual tudo está decidido.';

CREATE FUNCTION elos_proxima_posicao() RETURNS xid8
    LANGUAGE plpgsql STABLE
    AS $$ BEGIN RETURN (pg_snapshot_xmax(pg_current_snapshot())::text::bigint + public.elos_deslocamento())::text::xid8; END $$;
COMMENT ON FUNCTION elos_proxima_posicao() IS 'A primeira posição que ainda ninguém tem.';

ALTER TABLE evento ALTER COLUMN xid SET DEFAULT elos_posicao();
ALTER TABLE tramite ALTER COLUMN xid SET DEFAULT elos_posicao();
ALTER TABLE auditoria ALTER COLUMN xid SET DEFAULT elos_posicao();

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- Begins the next epoch when this PostgreSQL is not the one of the present epoch, or has not come
-- to a position that stands here; answers its number, or nothing. An epoch begins at the next multiple of 2^40,
-- so that what an older copy lost is beyond no position that somebody was told.
CREATE FUNCTION elos_epoca_conferir() RETURNS integer
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    este bigint := (SELECT system_identifier FROM pg_control_system());
    atual epoca;
    ultima bigint;
BEGIN
    FOR tentativa IN 1..2 LOOP
        SELECT * INTO atual FROM epoca ORDER BY numero DESC LIMIT 1;
        SELECT max(p.posicao::text::bigint) INTO ultima FROM (
            (SELECT e.xid AS posicao FROM evento e ORDER BY e.xid DESC LIMIT 1)
            UNION ALL
            SELECT u.ate_xid FROM (SELECT codigo FROM tribunal UNION ALL SELECT 0) AS t, elos_trilha_ponta(t.codigo::smallint) AS u
        ) AS p WHERE p.posicao < '4611686018427387904'::xid8;
        IF atual.sistema = este AND coalesce(ultima, 0) < elos_proxima_posicao()::text::bigint THEN
            RETURN NULL;
        END IF;
        -- Of several instances one begins it, and the others see that it did.
        IF tentativa = 1 THEN
            PERFORM pg_advisory_xact_lock(1936026741);
            CONTINUE;
        END IF;
        SELECT max(p.posicao::text::bigint) INTO ultima FROM (
            SELECT ultima::text::xid8 AS posicao
            UNION ALL SELECT elos_proxima_posicao()
            UNION ALL (SELECT t.xid FROM tramite t ORDER BY t.xid DESC LIMIT 1)
            UNION ALL (SELECT a.xid FROM auditoria a WHERE a.tribunal_codigo >= 0 ORDER BY a.xid DESC LIMIT 1)
        ) AS p WHERE p.posicao < '4611686018427387904'::xid8;
        INSERT INTO epoca (numero, sistema, deslocamento)
        VALUES (coalesce(atual.numero, 0) + 1, este,
                (((ultima >> 40) + 1) << 40) - pg_snapshot_xmax(pg_current_snapshot())::text::bigint);
        RETURN coalesce(atual.numero, 0) + 1;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION elos_epoca_conferir() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_epoca_conferir() TO elos_auditor;
COMMENT ON FUNCTION elos_epoca_conferir() IS 'Começa outra época, se o banco veio de outro servidor; responde o número dela, ou nada.';

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
    -- Once for all of them.
    posicao xid8 := elos_posicao();
    escritos bigint;
BEGIN
    INSERT INTO auditoria (id, xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
                           campos_sensiveis, correlacao, correlacoes)
    SELECT coalesce(primeiro - 1 + r.n, nextval('auditoria_sequencia')), posicao, tribunais[r.qual], agora, subs[r.qual],
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
    -- Once for all of them.
    posicao xid8 := elos_posicao();
    escritos bigint;
BEGIN
    INSERT INTO auditoria (xid, tribunal_codigo, ocorrido_em, sub, azp, canal, operacao, especie, resultado, status, recursos,
                           campos_sensiveis, correlacao)
    SELECT posicao, elos_tribunal(), agora, subs[r.qual], nullif(azps[r.qual], ''), canais[r.qual], operacoes[r.qual], especies[r.qual],
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
    -- What is open now, or begins later, is not below it.
    horizonte xid8 := elos_horizonte();
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
                                AND a.xid < horizonte
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

INSERT INTO epoca (numero, sistema, deslocamento) SELECT 1, system_identifier, 0 FROM pg_control_system();
-- The data may have come from elsewhere before this.
SELECT elos_epoca_conferir();

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
