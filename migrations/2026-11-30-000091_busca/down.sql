SET ROLE elos_definidor;
DROP FUNCTION elos_busca(text[], text, text, text[], boolean, integer);
RESET ROLE;

SET ROLE elos_dono;
DROP INDEX adolescente_por_parte_do_nome_civil;
DROP INDEX adolescente_por_parte_do_nome;
DROP INDEX guia_por_parte_do_numero;
DROP INDEX processo_por_parte_do_numero;
RESET ROLE;
DROP EXTENSION btree_gin;
