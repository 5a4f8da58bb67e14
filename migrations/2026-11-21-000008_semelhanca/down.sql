DROP FUNCTION elos_adolescentes_semelhantes(text, text, date, boolean, integer);
DROP INDEX adolescente_por_nome_civil_parecido;
DROP INDEX adolescente_por_nome_parecido;
DROP FUNCTION elos_nome_civil(text, text);
CREATE OR REPLACE FUNCTION elos_dobrar(texto text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT translate(lower(texto), 'áàâãäåçéèêëíìîïñóòôõöúùûüýÿ', 'aaaaaaceeeeiiiinooooouuuuyy') $$;
UPDATE adolescente SET nome = nome WHERE coalesce(nome_social, nome, '') || coalesce(sobrenome, '') ~ '[^ -~]';
DROP EXTENSION unaccent;
DROP EXTENSION pg_trgm;
