SET ROLE elos_dono;

-- The trail of who sees every tribunal, in its order. Half a microsecond to each record: it
-- grows only at its end. The condition holds for every record, and only who states it is planned
-- with this index: whoever asks for one tribunal would have to pass over all the others' records.
CREATE INDEX auditoria_da_trilha_nacional ON auditoria (xid, id) WHERE tribunal_codigo >= 0;

RESET ROLE;
