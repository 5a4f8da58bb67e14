SET ROLE elos_dono;

-- The trail of who sees every tribunal, in its order. Half a microsecond to each record: it
-- grows only at its end.
CREATE INDEX auditoria_da_trilha_nacional ON auditoria (xid, id);

RESET ROLE;
