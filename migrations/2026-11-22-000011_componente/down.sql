DROP FUNCTION elos_componentes_do_nre(smallint, text, text[], bigint[], bigint[], text[]);
ALTER TABLE tramite DROP COLUMN completo_em;
DROP POLICY conteudo_do_destinatario ON conteudo;
DROP TABLE componente;
DROP TABLE conteudo_parte;
DROP TABLE conteudo;
