SET ROLE elos_dono;
DROP TABLE certificado;
RESET ROLE;
