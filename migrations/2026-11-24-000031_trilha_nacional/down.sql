SET ROLE elos_dono;
DROP INDEX auditoria_da_trilha_nacional;
RESET ROLE;
