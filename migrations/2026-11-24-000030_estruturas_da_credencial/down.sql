SET ROLE elos_dono;
DROP TABLE credencial_estrutura;
ALTER TABLE credencial DROP CONSTRAINT credencial_do_tribunal;
RESET ROLE;
