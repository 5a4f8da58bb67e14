SET ROLE elos_dono;

-- A part of a file that the remetente sends by parts: which bytes of which file a content
-- holds. When the file is complete, its bytes are those of its parts, in order.
CREATE TABLE parte_enviada (
    conteudo_id     bigint PRIMARY KEY,
    idt             bigint NOT NULL,
    protocolo_chave text NOT NULL,
    hash            text NOT NULL,
    inicio          bigint NOT NULL,
    fim             bigint NOT NULL,

    CONSTRAINT parte_enviada_do_conteudo FOREIGN KEY (conteudo_id, idt) REFERENCES conteudo (id, idt),
    CONSTRAINT parte_enviada_unica UNIQUE (idt, protocolo_chave, hash, inicio, fim),
    CONSTRAINT parte_enviada_hash_sha256 CHECK (length(hash) = 44),
    CONSTRAINT parte_enviada_nao_vazia CHECK (inicio >= 0 AND inicio < fim)
);
COMMENT ON TABLE parte_enviada IS 'Partes de componentes digitais que vieram em partes.';
COMMENT ON COLUMN parte_enviada.hash IS 'Do arquivo inteiro: SHA-256 em base64.';
COMMENT ON COLUMN parte_enviada.inicio IS 'Primeiro byte no arquivo, a contar de 0.';
COMMENT ON COLUMN parte_enviada.fim IS 'O byte depois do último.';

ALTER TABLE parte_enviada ENABLE ROW LEVEL SECURITY;
CREATE POLICY parte_enviada_das_partes ON parte_enviada FOR SELECT TO elos_app
    USING (EXISTS (SELECT FROM tramite t WHERE t.idt = parte_enviada.idt));
CREATE POLICY parte_enviada_do_remetente ON parte_enviada FOR INSERT TO elos_app
    WITH CHECK (EXISTS (SELECT FROM tramite t WHERE t.idt = parte_enviada.idt AND t.remetente_tribunal = elos_tribunal()));
CREATE POLICY parte_enviada_esquecida ON parte_enviada FOR DELETE TO elos_app
    USING (EXISTS (SELECT FROM tramite t WHERE t.idt = parte_enviada.idt AND t.remetente_tribunal = elos_tribunal()));
GRANT SELECT, INSERT, DELETE ON parte_enviada TO elos_app;

-- Which bytes the destinatário, who fetches by parts, has had.
ALTER TABLE componente ADD COLUMN entregue int8multirange NOT NULL DEFAULT '{}';
COMMENT ON COLUMN componente.entregue IS 'Bytes que o destinatário já baixou, quando baixa em partes.';
GRANT UPDATE (entregue) ON componente TO elos_app;

RESET ROLE;
