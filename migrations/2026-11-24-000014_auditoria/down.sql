DROP TABLE selo;
DROP TABLE auditoria;
DROP SEQUENCE auditoria_sequencia;
REVOKE USAGE ON SCHEMA public FROM elos_auditor;
