SET ROLE elos_dono;

-- The feed of who sees every tribunal, and that of who waits for trâmites; each is
-- read on from a position.
CREATE INDEX evento_do_fluxo_nacional ON evento (xid, id);
CREATE INDEX tramite_do_fluxo ON tramite (destinatario_tribunal, xid, idt) WHERE completo_em IS NOT NULL;

RESET ROLE;
