DROP FUNCTION elos_e_apuracao(text);
DROP TABLE vinculo;
DROP TABLE processo;
