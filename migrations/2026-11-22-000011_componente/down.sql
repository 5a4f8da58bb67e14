DROP FUNCTION elos_componentes_do_nre(smallint, text, text[], bigint[], bigint[], text[]);
DROP TABLE componente;
DROP TABLE conteudo_parte;
DROP TABLE conteudo;
DROP POLICY tramite_do_remetente ON tramite;
DROP POLICY tramite_andamento ON tramite;
DROP POLICY tramite_das_partes ON tramite;
CREATE POLICY tramite_das_partes ON tramite TO elos_app
    USING (elos_tribunal() IN (remetente_tribunal, destinatario_tribunal))
    WITH CHECK (elos_tribunal() IN (remetente_tribunal, destinatario_tribunal));
ALTER TABLE tramite DROP COLUMN metadados_em, DROP COLUMN completo_em;
COMMENT ON COLUMN tramite.xid IS 'Transação que gravou; com idt, a posição no fluxo.';
REVOKE UPDATE (xid) ON tramite FROM elos_app;
