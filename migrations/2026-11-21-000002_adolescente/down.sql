DROP FUNCTION elos_novo_identificador(integer);
DROP TABLE adolescente;
DROP SEQUENCE adolescente_sequencia;
DROP FUNCTION elos_dobrar(text);
