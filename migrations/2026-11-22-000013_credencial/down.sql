DROP TABLE credencial;
