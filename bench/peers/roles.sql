-- The logins of a benchmark's database. elos logs in as in production: one tribunal at a time, by
-- row-level security, and without inherited rights. The role of the peers bypasses row-level security.
-- It gets its rights by the role elos_app, because elos does not start if the tables have other grants.
DO $$ BEGIN
    CREATE ROLE elos_servidor LOGIN NOINHERIT;
    CREATE ROLE par LOGIN BYPASSRLS;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
ALTER ROLE elos_servidor NOINHERIT;
ALTER ROLE par BYPASSRLS;
GRANT elos_app, elos_nacional, elos_auditor TO elos_servidor;
GRANT elos_app TO par;

-- These are vacuumed between loads, and analysed once: a new sample in the middle of a run may
-- change the plan of somebody's statement, and so what is compared.
ALTER TABLE processo SET (autovacuum_enabled = false);
ALTER TABLE vinculo SET (autovacuum_enabled = false);
ALTER TABLE evento SET (autovacuum_enabled = false);

-- PostGraphile's own way to a mutation of several rows: a function, one statement for the caller.
CREATE FUNCTION cadastrar_processo(
    tribunal integer, numero text, tipo text, adolescentes text[], id_orgao integer, app_name_sistema_tribunal text
) RETURNS processo LANGUAGE plpgsql VOLATILE STRICT AS $$
#variable_conflict use_column
DECLARE
    novo processo;
    ids bigint[];
BEGIN
    SELECT array_agg(a.id ORDER BY a.id) INTO ids FROM adolescente a
        WHERE a.tribunal_codigo = cadastrar_processo.tribunal AND a.identificador = ANY (cadastrar_processo.adolescentes);
    IF cardinality(ids) IS DISTINCT FROM cardinality(cadastrar_processo.adolescentes) THEN
        RAISE EXCEPTION 'ADOLESCENTE_NAO_ENCONTRADO';
    END IF;
    INSERT INTO processo AS p (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em)
        VALUES (cadastrar_processo.tribunal, cadastrar_processo.numero, cadastrar_processo.tipo, cadastrar_processo.id_orgao,
                cadastrar_processo.app_name_sistema_tribunal, now(), now())
        RETURNING p.* INTO novo;
    INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em)
        SELECT cadastrar_processo.tribunal, novo.id, id, now() FROM unnest(ids) AS id;
    INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub)
        VALUES (cadastrar_processo.tribunal, 'PROCESSO_CADASTRADO', novo.id, now(), 'par');
    RETURN novo;
END $$;
REVOKE ALL ON FUNCTION cadastrar_processo(integer, text, text, text[], integer, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION cadastrar_processo(integer, text, text, text[], integer, text) TO par;
