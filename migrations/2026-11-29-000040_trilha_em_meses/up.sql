SET ROLE elos_dono;

-- The trail and its seals stand in months, so that one that was exported can be dropped at once.
-- What there is becomes the month of now and all before it.
DO $$
DECLARE
    mes text := to_char(now() AT TIME ZONE 'UTC', 'YYYYMM');
    tabela text;
    politica record;
BEGIN
    FOREACH tabela IN ARRAY ARRAY['auditoria', 'selo'] LOOP
        FOR politica IN SELECT polname FROM pg_policy WHERE polrelid = tabela::regclass LOOP
            EXECUTE format('DROP POLICY %I ON %I', politica.polname, tabela);
        END LOOP;
        EXECUTE format('REVOKE ALL ON %I FROM elos_app, elos_nacional, elos_auditor', tabela);
        EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', tabela, tabela || '_pkey');
        EXECUTE format('ALTER TABLE %I RENAME TO %I', tabela, tabela || '_' || mes);
    END LOOP;
    -- A batch that is sent again after a broken connection meets its own numbers: in its month, as
    -- the numbers of a partitioned table cannot be unique without what it is parted by.
    EXECUTE format('CREATE UNIQUE INDEX %I ON %I (id)', 'auditoria_' || mes || '_id', 'auditoria_' || mes);
    EXECUTE format('ALTER INDEX auditoria_da_trilha RENAME TO %I', 'auditoria_' || mes || '_da_trilha');
    EXECUTE format('ALTER INDEX auditoria_da_trilha_nacional RENAME TO %I', 'auditoria_' || mes || '_da_trilha_nacional');
    EXECUTE format('ALTER INDEX auditoria_por_instante RENAME TO %I', 'auditoria_' || mes || '_por_instante');
    EXECUTE format('ALTER INDEX selo_por_recurso RENAME TO %I', 'selo_' || mes || '_por_recurso');
    -- One record may tell of what many sockets of one credential were sent.
    EXECUTE format('ALTER TABLE %I ADD COLUMN correlacoes uuid[]', 'auditoria_' || mes);
    -- What was sealed before counts as sealed in this month.
    EXECUTE format('ALTER TABLE %I ADD COLUMN mes date', 'selo_' || mes);
    EXECUTE format('UPDATE %I SET mes = date_trunc(''month'', now() AT TIME ZONE ''UTC'')::date', 'selo_' || mes);
    EXECUTE format('ALTER TABLE %I ALTER COLUMN mes SET NOT NULL', 'selo_' || mes);
END $$;

CREATE TABLE auditoria (
    id               bigint NOT NULL DEFAULT nextval('auditoria_sequencia'),
    xid              xid8 NOT NULL DEFAULT pg_current_xact_id(),
    tribunal_codigo  smallint NOT NULL,
    ocorrido_em      timestamptz NOT NULL,
    sub              text NOT NULL,
    azp              text,
    canal            text NOT NULL,
    operacao         text NOT NULL,
    especie          text NOT NULL,
    resultado        text NOT NULL,
    status           smallint NOT NULL,
    recursos         bigint[] NOT NULL,
    campos_sensiveis text[] NOT NULL,
    correlacao       text NOT NULL,
    correlacoes      uuid[],

    CONSTRAINT auditoria_id_positivo CHECK (id > 0),
    CONSTRAINT auditoria_canal_conhecido CHECK (canal IN ('GRAPHQL', 'REST', 'TRAMITA')),
    CONSTRAINT auditoria_especie_conhecida CHECK (especie IN ('LEITURA', 'ESCRITA')),
    CONSTRAINT auditoria_resultado_conhecido CHECK (resultado IN ('OK', 'NEGADO', 'NAO_ENCONTRADO', 'CONFLITO', 'ERRO'))
) PARTITION BY RANGE (ocorrido_em);
CREATE INDEX auditoria_da_trilha ON auditoria (tribunal_codigo, xid, id);
CREATE INDEX auditoria_da_trilha_nacional ON auditoria (xid, id) WHERE tribunal_codigo >= 0;
CREATE INDEX auditoria_por_instante ON auditoria USING brin (ocorrido_em);

COMMENT ON TABLE auditoria IS 'Trilha de auditoria: quem leu ou mudou o quê. Só se acrescenta, e por função; um mês exportado sai inteiro.';
COMMENT ON COLUMN auditoria.xid IS 'Transação que gravou; com id, a ordem da trilha.';
COMMENT ON COLUMN auditoria.tribunal_codigo IS 'Tribunal de quem agiu; 0 para credencial nacional. Chave da segurança de linha.';
COMMENT ON COLUMN auditoria.ocorrido_em IS 'Quando foi gravado, pelo relógio do banco.';
COMMENT ON COLUMN auditoria.operacao IS 'Nome da operação GraphQL ou modelo da rota REST; nunca o caminho.';
COMMENT ON COLUMN auditoria.recursos IS
    'O que foi lido ou mudado: chave interna × 8 + tipo (0 processo, 1 adolescente, 2 guia, 3 rascunho, 4 trâmite, 5 registro eletrônico).';
COMMENT ON COLUMN auditoria.campos_sensiveis IS 'Campos sensíveis mostrados, por nome; nunca o valor.';
COMMENT ON COLUMN auditoria.correlacao IS 'Identificador da requisição, o mesmo dos logs.';
COMMENT ON COLUMN auditoria.correlacoes IS
    'Se o registro é de entregas de eventos: as requisições (assinaturas) da credencial que as receberam juntas.';

CREATE TABLE selo (
    tribunal_codigo smallint NOT NULL,
    ordem           bigint NOT NULL,
    ate_xid         xid8 NOT NULL,
    ate_id          bigint NOT NULL,
    ids             bigint[] NOT NULL,
    resumos         bytea NOT NULL,
    recursos        bigint[] NOT NULL,
    anterior        bytea NOT NULL,
    hash            bytea NOT NULL,
    selado_em       timestamptz NOT NULL,
    mes             date NOT NULL,

    CONSTRAINT selo_chave PRIMARY KEY (tribunal_codigo, ordem, mes),
    CONSTRAINT selo_um_resumo_por_registro CHECK (length(resumos) = 16 * cardinality(ids)),
    CONSTRAINT selo_sha256 CHECK (length(anterior) = 32 AND length(hash) = 32)
) PARTITION BY RANGE (mes);
CREATE INDEX selo_por_recurso ON selo USING gin (recursos);
COMMENT ON TABLE selo IS 'Cadeia de hashes da trilha de auditoria, uma por tribunal. Só se acrescenta, e por função.';
COMMENT ON COLUMN selo.ate_xid IS 'Com ate_id, a posição do último registro selado.';
COMMENT ON COLUMN selo.ids IS 'Registros selados, na ordem da trilha.';
COMMENT ON COLUMN selo.resumos IS '16 bytes do SHA-256 de cada registro: dizem qual mudou.';
COMMENT ON COLUMN selo.recursos IS 'O que os registros selados leram ou mudaram, cada um uma vez; só para achar os registros.';
COMMENT ON COLUMN selo.hash IS 'SHA-256 do hash anterior e do SHA-256 inteiro de cada registro.';
COMMENT ON COLUMN selo.mes IS 'Mês dos registros selados: nenhum selo atravessa dois.';

-- Records that the database proved it cannot hold: as they were sent, and why.
CREATE TABLE auditoria_recusada (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recusada_em timestamptz NOT NULL DEFAULT clock_timestamp(),
    sqlstate    text NOT NULL,
    motivo      text NOT NULL,
    registro    bytea NOT NULL
);
COMMENT ON TABLE auditoria_recusada IS 'Registros da trilha que o banco não aceita (classes 22 e 23), como vieram, com o motivo.';
ALTER TABLE auditoria_recusada ENABLE ROW LEVEL SECURITY;
CREATE POLICY auditoria_recusada_definidor ON auditoria_recusada FOR INSERT TO elos_definidor WITH CHECK (true);
GRANT INSERT ON auditoria_recusada TO elos_definidor;

ALTER TABLE auditoria ENABLE ROW LEVEL SECURITY;
CREATE POLICY auditoria_do_tribunal ON auditoria FOR SELECT TO elos_app USING (tribunal_codigo = elos_tribunal());
CREATE POLICY auditoria_nacional ON auditoria FOR SELECT TO elos_nacional USING (true);
CREATE POLICY auditoria_definidor ON auditoria TO elos_definidor USING (true) WITH CHECK (true);
ALTER TABLE selo ENABLE ROW LEVEL SECURITY;
CREATE POLICY selo_auditor ON selo FOR SELECT TO elos_auditor USING (true);
CREATE POLICY selo_do_tribunal ON selo FOR SELECT TO elos_app USING (tribunal_codigo = elos_tribunal());
CREATE POLICY selo_nacional ON selo FOR SELECT TO elos_nacional USING (true);
CREATE POLICY selo_definidor ON selo TO elos_definidor USING (true) WITH CHECK (true);
CREATE POLICY tribunal_definidor ON tribunal FOR SELECT TO elos_definidor USING (true);
GRANT SELECT ON tribunal TO elos_definidor;
-- Nobody who has a login writes history: rows enter by the functions below, which set the time
-- and the place of a record themselves.
GRANT SELECT ON auditoria TO elos_app, elos_nacional;
GRANT SELECT, INSERT ON auditoria, selo TO elos_definidor;
GRANT SELECT (tribunal_codigo, ordem, ate_xid, ate_id, ids, recursos) ON selo TO elos_app, elos_nacional;
GRANT SELECT (tribunal_codigo, ordem, ate_xid, ate_id) ON selo TO elos_auditor;
REVOKE USAGE ON SEQUENCE auditoria_sequencia FROM elos_app;
GRANT USAGE ON SEQUENCE auditoria_sequencia TO elos_definidor;

-- The months of now and of the two to come, of both tables. Each is attached, not made in place:
-- so nobody who reads or writes waits.
CREATE FUNCTION elos_trilha_preparar() RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp SET "TimeZone" = 'UTC'
    AS $$
DECLARE
    inicio timestamptz;
    fim timestamptz;
    tabela text;
    particao text;
BEGIN
    FOR adiante IN 0..2 LOOP
        inicio := date_trunc('month', now()) + make_interval(months => adiante);
        fim := inicio + interval '1 month';
        FOREACH tabela IN ARRAY ARRAY['auditoria', 'selo'] LOOP
            particao := tabela || '_' || to_char(inicio, 'YYYYMM');
            CONTINUE WHEN to_regclass(particao) IS NOT NULL;
            -- Of several instances one makes it.
            PERFORM pg_advisory_xact_lock(1936026739);
            CONTINUE WHEN to_regclass(particao) IS NOT NULL;
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', particao, tabela);
            EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', particao);
            IF tabela = 'auditoria' THEN
                EXECUTE format('CREATE UNIQUE INDEX %I ON %I (id)', particao || '_id', particao);
            END IF;
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', tabela, particao, inicio, fim);
        END LOOP;
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION elos_trilha_preparar() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_trilha_preparar() TO elos_auditor;
COMMENT ON FUNCTION elos_trilha_preparar() IS 'Faz, se faltam, os meses da trilha: o de agora e os dois seguintes.';

DO $$
DECLARE
    mes text := to_char(now() AT TIME ZONE 'UTC', 'YYYYMM');
    fim timestamptz := (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC';
BEGIN
    EXECUTE format('ALTER TABLE auditoria ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', 'auditoria_' || mes, fim);
    EXECUTE format('ALTER TABLE selo ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', 'selo_' || mes, (fim AT TIME ZONE 'UTC')::date);
    PERFORM elos_trilha_preparar();
END $$;

-- The digest of all that a record says, of PostgreSQL's own binary form of the row: whatever
-- stands in a row, it has one, and no two rows share it. A column that came later counts only
-- where it says something, so that what was sealed before it keeps its digest.
CREATE FUNCTION elos_resumo(a auditoria) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT CASE WHEN a.correlacoes IS NULL THEN
        sha256('elos registro 1'::bytea || record_send(ROW(a.id, a.xid, a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal,
            a.operacao, a.especie, a.resultado, a.status, a.recursos, a.campos_sensiveis, a.correlacao)))
    ELSE
        sha256('elos registro 2'::bytea || record_send(ROW(a.id, a.xid, a.tribunal_codigo, a.ocorrido_em, a.sub, a.azp, a.canal,
            a.operacao, a.especie, a.resultado, a.status, a.recursos, a.campos_sensiveis, a.correlacao, a.correlacoes)))
    END $$;
COMMENT ON FUNCTION elos_resumo(auditoria) IS 'SHA-256 de tudo o que um registro da trilha diz.';

-- A field of what is hashed, with its length: no two seals read the same.
CREATE FUNCTION elos_selo_campo(campo bytea) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT int8send(length(campo)) || campo $$;
COMMENT ON FUNCTION elos_selo_campo(bytea) IS 'Um campo do que um selo resume, com o seu comprimento.';

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- Records of reads, of any tribunal, at the database's time, under numbers that the caller took from
-- the sequence. What they have in common is said once: each one's `qual` is the place of its own
-- among those. Its records are `recursos[de:ate]`, its subscriptions `outras[de_outras:ate_outras]`.
-- Without a first number each takes its own.
CREATE FUNCTION elos_trilha_de_leitura(
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
REVOKE ALL ON FUNCTION elos_trilha_de_leitura FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_trilha_de_leitura TO elos_auditor;
COMMENT ON FUNCTION elos_trilha_de_leitura IS 'Registros de leituras, de qualquer tribunal, no instante do banco.';

-- Of the records that were sent under these numbers, how many stand in the trail: a broken
-- connection leaves that open.
CREATE FUNCTION elos_trilha_escritos(primeiro bigint, enviadas text[]) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$ SELECT count(*) FROM auditoria a
          WHERE a.id >= primeiro AND a.id < primeiro + cardinality(enviadas) AND a.correlacao = ANY (enviadas) $$;
REVOKE ALL ON FUNCTION elos_trilha_escritos(bigint, text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_trilha_escritos(bigint, text[]) TO elos_auditor;
COMMENT ON FUNCTION elos_trilha_escritos(bigint, text[]) IS 'Quantos dos registros enviados sob estes números estão na trilha.';

-- Records of writes, in their transaction: of the session's tribunal, whatever is said.
CREATE FUNCTION elos_trilha_de_escrita(
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
REVOKE ALL ON FUNCTION elos_trilha_de_escrita FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_trilha_de_escrita TO elos_app;
COMMENT ON FUNCTION elos_trilha_de_escrita IS 'Registros de escritas, do tribunal da sessão, na transação delas.';

-- One record that was refused, tried again: proven bad data (classes 22 and 23) is set aside with
-- the reason, which is answered; any other failure is the database's, and raised.
CREATE FUNCTION elos_trilha_provar(
    registro bytea, correlacoes text[], de bigint[], ate bigint[], qual bigint[], recursos bigint[],
    de_outras bigint[], ate_outras bigint[], outras uuid[],
    tribunais smallint[], subs text[], azps text[], canais text[], operacoes text[], especies text[], resultados text[],
    statuses smallint[], campos text[]
) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
BEGIN
    BEGIN
        PERFORM elos_trilha_de_leitura(NULL, correlacoes, de, ate, qual, recursos, de_outras, ate_outras, outras,
                                       tribunais, subs, azps, canais, operacoes, especies, resultados, statuses, campos);
        RETURN NULL;
    EXCEPTION WHEN OTHERS THEN
        -- A month that is not there is the database's fault, whatever class it is of.
        IF SQLSTATE !~ '^2[23]' OR NOT EXISTS (
            SELECT FROM pg_class WHERE relispartition
            AND relname = 'auditoria_' || to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYYMM')) THEN
            RAISE;
        END IF;
        INSERT INTO auditoria_recusada (sqlstate, motivo, registro) VALUES (SQLSTATE, SQLERRM, registro);
        RETURN SQLSTATE;
    END;
END $$;
REVOKE ALL ON FUNCTION elos_trilha_provar FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_trilha_provar TO elos_auditor;
COMMENT ON FUNCTION elos_trilha_provar IS 'Tenta de novo um registro recusado; o que não cabe no banco fica à parte, com o motivo.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
