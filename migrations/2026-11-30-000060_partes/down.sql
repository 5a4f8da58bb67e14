SET ROLE elos_dono;

ALTER TABLE componente DROP COLUMN entregue;
DROP TABLE parte_enviada;

RESET ROLE;
