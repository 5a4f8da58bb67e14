SET ROLE elos_dono;

ALTER TABLE evento DROP COLUMN mudancas;

RESET ROLE;
