SET ROLE elos_dono;

-- One content of a trâmite, wherever its bytes are kept. It is written down before
-- the first byte, so that an upload that broke off can be found and cleared away.
CREATE TABLE conteudo (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idt       bigint NOT NULL REFERENCES tramite (idt),
    criado_em timestamptz NOT NULL,

    CONSTRAINT conteudo_do_tramite UNIQUE (id, idt)
);
CREATE INDEX conteudo_por_tramite ON conteudo (idt);
COMMENT ON TABLE conteudo IS 'Conteúdo de componentes digitais, do remetente do trâmite. Apagado quando ninguém mais o baixa.';

CREATE TABLE conteudo_parte (
    conteudo_id bigint NOT NULL,
    ordem       integer NOT NULL,
    bytes       bytea NOT NULL,

    PRIMARY KEY (conteudo_id, ordem),
    CONSTRAINT conteudo_parte_do_conteudo FOREIGN KEY (conteudo_id) REFERENCES conteudo (id)
);
-- PDFs and images do not shrink.
ALTER TABLE conteudo_parte ALTER COLUMN bytes SET STORAGE EXTERNAL;
COMMENT ON TABLE conteudo_parte IS 'Os bytes de um conteúdo, aos pedaços e em ordem.';

-- A file of a document of a trâmite: what was said of it at the send, and where it is.
CREATE TABLE componente (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    idt              bigint NOT NULL,
    protocolo        text NOT NULL,
    protocolo_chave  text NOT NULL,
    documento        integer NOT NULL,
    ordem            integer NOT NULL,
    hash             text NOT NULL,
    tamanho          bigint NOT NULL,
    solicitado       boolean NOT NULL,
    conteudo_id      bigint,
    recebido_em      timestamptz,
    baixado_em       timestamptz,

    CONSTRAINT componente_do_tramite FOREIGN KEY (idt) REFERENCES tramite (idt),
    CONSTRAINT componente_do_conteudo FOREIGN KEY (conteudo_id, idt) REFERENCES conteudo (id, idt),
    CONSTRAINT componente_unico UNIQUE (idt, protocolo_chave, documento, ordem),
    CONSTRAINT componente_ordens_positivas CHECK (documento > 0 AND ordem > 0),
    CONSTRAINT componente_hash_sha256 CHECK (length(hash) = 44),
    CONSTRAINT componente_tamanho_positivo CHECK (tamanho > 0),
    CONSTRAINT componente_so_vem_se_solicitado CHECK (solicitado OR recebido_em IS NULL),
    CONSTRAINT componente_so_se_baixa_o_que_veio CHECK (recebido_em IS NOT NULL OR baixado_em IS NULL)
);
CREATE INDEX componente_por_conteudo ON componente (conteudo_id, idt);
COMMENT ON TABLE componente IS 'Componentes digitais de um trâmite, um por lugar em que aparecem.';
COMMENT ON COLUMN componente.protocolo IS 'Do processo, ou do processo apensado, como se escreveu no envio.';
COMMENT ON COLUMN componente.documento IS 'Ordem do documento no processo, de 1 em diante; não muda entre trâmites.';
COMMENT ON COLUMN componente.ordem IS 'Ordem no documento, de 1 em diante.';
COMMENT ON COLUMN componente.hash IS 'SHA-256 em base64.';
COMMENT ON COLUMN componente.solicitado IS 'Falta ao destinatário: o remetente o manda.';
COMMENT ON COLUMN componente.recebido_em IS 'Chegada a este servidor.';
COMMENT ON COLUMN componente.baixado_em IS 'Entrega ao destinatário.';

-- The remetente writes the trâmite, and what it carries.
DROP POLICY tramite_das_partes ON tramite;
CREATE POLICY tramite_das_partes ON tramite FOR SELECT TO elos_app
    USING (elos_tribunal() IN (remetente_tribunal, destinatario_tribunal));
CREATE POLICY tramite_andamento ON tramite FOR UPDATE TO elos_app
    USING (elos_tribunal() IN (remetente_tribunal, destinatario_tribunal))
    WITH CHECK (elos_tribunal() IN (remetente_tribunal, destinatario_tribunal));
CREATE POLICY tramite_do_remetente ON tramite FOR INSERT TO elos_app WITH CHECK (remetente_tribunal = elos_tribunal());

ALTER TABLE componente ENABLE ROW LEVEL SECURITY;
CREATE POLICY componente_das_partes ON componente FOR SELECT TO elos_app
    USING (EXISTS (SELECT FROM tramite t WHERE t.idt = componente.idt));
CREATE POLICY componente_andamento ON componente FOR UPDATE TO elos_app
    USING (EXISTS (SELECT FROM tramite t WHERE t.idt = componente.idt));
CREATE POLICY componente_do_remetente ON componente FOR INSERT TO elos_app
    WITH CHECK (EXISTS (SELECT FROM tramite t WHERE t.idt = componente.idt AND t.remetente_tribunal = elos_tribunal()));
CREATE POLICY componente_nacional ON componente FOR SELECT TO elos_nacional USING (true);
CREATE POLICY componente_definidor ON componente FOR SELECT TO elos_definidor USING (true);
GRANT SELECT, INSERT ON componente TO elos_app;
GRANT UPDATE (conteudo_id, recebido_em, baixado_em) ON componente TO elos_app;
GRANT SELECT ON componente TO elos_nacional;
GRANT SELECT (idt, protocolo_chave, documento, ordem, hash) ON componente TO elos_definidor;

-- Bytes are written by the remetente, and read by both parties.
ALTER TABLE conteudo ENABLE ROW LEVEL SECURITY;
CREATE POLICY conteudo_das_partes ON conteudo FOR SELECT TO elos_app
    USING (EXISTS (SELECT FROM tramite t WHERE t.idt = conteudo.idt));
CREATE POLICY conteudo_do_remetente ON conteudo FOR INSERT TO elos_app
    WITH CHECK (EXISTS (SELECT FROM tramite t WHERE t.idt = conteudo.idt AND t.remetente_tribunal = elos_tribunal()));
CREATE POLICY conteudo_esquecido ON conteudo FOR DELETE TO elos_app
    USING (EXISTS (SELECT FROM tramite t WHERE t.idt = conteudo.idt AND t.remetente_tribunal = elos_tribunal()));
GRANT SELECT, INSERT, DELETE ON conteudo TO elos_app;

ALTER TABLE conteudo_parte ENABLE ROW LEVEL SECURITY;
CREATE POLICY conteudo_parte_das_partes ON conteudo_parte FOR SELECT TO elos_app
    USING (EXISTS (SELECT FROM conteudo c WHERE c.id = conteudo_parte.conteudo_id));
CREATE POLICY conteudo_parte_do_remetente ON conteudo_parte FOR INSERT TO elos_app
    WITH CHECK (EXISTS (SELECT FROM conteudo c JOIN tramite t USING (idt)
                        WHERE c.id = conteudo_parte.conteudo_id AND t.remetente_tribunal = elos_tribunal()));
CREATE POLICY conteudo_parte_esquecida ON conteudo_parte FOR DELETE TO elos_app
    USING (EXISTS (SELECT FROM conteudo c JOIN tramite t USING (idt)
                   WHERE c.id = conteudo_parte.conteudo_id AND t.remetente_tribunal = elos_tribunal()));
GRANT SELECT, INSERT, DELETE ON conteudo_parte TO elos_app;

-- When the last componente that was asked for had come (situação 2).
ALTER TABLE tramite ADD COLUMN completo_em timestamptz;
UPDATE tramite t SET completo_em = (SELECT min(m.ocorrida_em) FROM mudanca_de_situacao m WHERE m.idt = t.idt AND m.situacao = 2);
COMMENT ON COLUMN tramite.completo_em IS 'Chegada do último componente pedido (situação 2).';
-- When the destinatário took the metadata (situação 3): it sees them from then on.
ALTER TABLE tramite ADD COLUMN metadados_em timestamptz;
UPDATE tramite t SET metadados_em = (SELECT min(m.ocorrida_em) FROM mudanca_de_situacao m WHERE m.idt = t.idt AND m.situacao = 3);
COMMENT ON COLUMN tramite.metadados_em IS 'Recebimento dos metadados pelo destinatário (situação 3).';
-- The feed tells of what reaches situação 2, and in the order of that.
COMMENT ON COLUMN tramite.xid IS 'Transação que levou o trâmite à situação 2 ou, até lá, que o gravou; com idt, a posição no fluxo.';
GRANT UPDATE (completo_em, metadados_em, xid) ON tramite TO elos_app;

RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

-- Of each componente of a send, whether the destination has it by this NRE already,
-- and whether its place held another file in a trâmite that was received. A file in a
-- new place is a new document. Answered only to a party of the NRE: yes or no, no more.
CREATE FUNCTION elos_componentes_do_nre(destino smallint, procurado text, processos text[], documentos bigint[], ordens bigint[], hashes text[])
    RETURNS TABLE (destino_tem boolean, diverge boolean)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
WITH parte AS (SELECT FROM registro_no_sistema WHERE nre = procurado AND tribunal_codigo = elos_tribunal()),
     tramitado AS MATERIALIZED (
         SELECT c.protocolo_chave, c.documento, c.ordem, c.hash,
                destino IN (t.remetente_tribunal, t.destinatario_tribunal) AS com_o_destino
         FROM tramite t JOIN componente c USING (idt)
         WHERE t.nre = procurado AND t.situacao IN (5, 6) AND EXISTS (SELECT FROM parte)),
     pedido AS (
         SELECT * FROM unnest(processos, documentos, ordens, hashes) WITH ORDINALITY AS p (processo, documento, ordem, hash, n))
SELECT (p.processo, p.hash) IN (SELECT t.protocolo_chave, t.hash FROM tramitado t WHERE t.com_o_destino),
       (p.processo, p.documento, p.ordem) IN (SELECT t.protocolo_chave, t.documento, t.ordem FROM tramitado t)
         AND (p.processo, p.documento, p.ordem, p.hash) NOT IN (SELECT t.protocolo_chave, t.documento, t.ordem, t.hash FROM tramitado t)
FROM pedido p ORDER BY p.n
$$;
REVOKE ALL ON FUNCTION elos_componentes_do_nre(smallint, text, text[], bigint[], bigint[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_componentes_do_nre(smallint, text, text[], bigint[], bigint[], text[]) TO elos_app;
COMMENT ON FUNCTION elos_componentes_do_nre(smallint, text, text[], bigint[], bigint[], text[]) IS
    'O que já tramitou de cada componente de um envio: só sim ou não, e só para uma parte do NRE.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
