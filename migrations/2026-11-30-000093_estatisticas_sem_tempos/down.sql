GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

DROP FUNCTION elos_estatisticas(text, text[], text[], text[], boolean);

-- Figures of every tribunal for who may see no row. What is withheld is decided on whole tables: that
-- of the dimensions asked for (grouping and filter alike), and every coarser one. So whether a figure
-- is shown depends on what it counts, and on nothing else of the question.
--
-- A group is withheld when it has fewer than 5 rows, before or after rounding; when a line of its
-- table has 1 to 4 rows without it; when a group of a coarser table that holds it is withheld; and, in
-- three rounds, when a line has a withheld group and those withheld have fewer than 20 rows together:
-- the total of the line would tell too much of them. The smallest are withheld first. With ORGAO goes
-- TRIBUNAL, and with MES goes ANO, because the finer one holds the coarser one: a group that has the
-- same rows as a withheld one is withheld too. A withheld group is as one without rows.
-- Quartiles come in whole days, of 20 rows and more.
CREATE FUNCTION elos_estatisticas(alvo text, por text[], filtro text[], valores text[])
    RETURNS TABLE (chaves text[], total bigint, com_idade bigint, idade double precision[],
                   com_duracao bigint, duracao double precision[])
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    dentro bytea;
    fora bytea;
    hoje date := (now() AT TIME ZONE 'America/Sao_Paulo')::date;
    pedidas text[] := ARRAY(SELECT DISTINCT d FROM unnest(por || filtro) d ORDER BY d);
    dimensoes text[] := ARRAY(SELECT d FROM unnest(pedidas) d
        UNION SELECT 'TRIBUNAL' WHERE 'ORGAO' = ANY (pedidas) UNION SELECT 'ANO' WHERE 'MES' = ANY (pedidas) ORDER BY 1);
    conhecidas text[];
    fonte text;
    inicio text;
    nomes text;
    parte text[];
    outras text;
    mascara integer;
    pedida integer := 0;
    consulta text;
    restos text;
    retida text;
    iguais text := 'false';
    janela text;
BEGIN
    CASE alvo
    WHEN 'PROCESSOS' THEN
        conhecidas := ARRAY['TRIBUNAL', 'TIPO', 'SITUACAO', 'ORGAO', 'ANO', 'MES'];
        inicio := 'p.criado_em';
        fonte := $f$SELECT p.id, p.tribunal_codigo::text AS "TRIBUNAL", p.tipo AS "TIPO", p.situacao AS "SITUACAO",
                p.id_orgao::text AS "ORGAO", CASE WHEN p.situacao = 'ATIVO' THEN p.criado_em END AS aberto,
                p.criado_em - o.criado_em AS levou, %s
           FROM processo p LEFT JOIN processo o ON o.numero = p.numero_referencia AND o.tipo = p.tipo_referencia$f$;
    WHEN 'GUIAS' THEN
        conhecidas := ARRAY['TRIBUNAL', 'TIPO', 'SITUACAO', 'ORGAO', 'ANO', 'MES', 'MEDIDA', 'MOTIVO_BAIXA', 'FAIXA_ETARIA', 'SEXO'];
        inicio := 'g.criado_em';
        fonte := $f$SELECT g.id, g.tribunal_codigo::text AS "TRIBUNAL", g.tipo AS "TIPO", g.situacao AS "SITUACAO",
                o.id_orgao::text AS "ORGAO", g.codigo_tpu_medida AS "MEDIDA", g.motivo_baixa AS "MOTIVO_BAIXA",
                CASE WHEN g.situacao = 'ATIVO' THEN g.criado_em END AS aberto, g.baixada_em - g.criado_em AS levou, %s
           FROM guia g JOIN adolescente a ON a.id = g.adolescente_id
           LEFT JOIN processo o ON o.id = coalesce(g.execucao_id, g.apuracao_id)$f$;
    WHEN 'VINCULOS' THEN
        conhecidas := ARRAY['TRIBUNAL', 'SITUACAO', 'ORGAO', 'ANO', 'MES', 'FAIXA_ETARIA', 'SEXO'];
        inicio := 'v.iniciado_em';
        fonte := $f$SELECT v.id, v.tribunal_codigo::text AS "TRIBUNAL",
                CASE WHEN v.encerrado_em IS NULL THEN 'ATIVO' ELSE 'ENCERRADO' END AS "SITUACAO", o.id_orgao::text AS "ORGAO",
                CASE WHEN v.encerrado_em IS NULL THEN v.iniciado_em END AS aberto, v.encerrado_em - v.iniciado_em AS levou, %s
           FROM vinculo v JOIN processo o ON o.id = v.processo_id JOIN adolescente a ON a.id = v.adolescente_id$f$;
    WHEN 'ADOLESCENTES' THEN
        conhecidas := ARRAY['TRIBUNAL', 'ANO', 'MES', 'FAIXA_ETARIA', 'SEXO'];
        inicio := 'a.criado_em';
        fonte := $f$SELECT a.id, a.tribunal_codigo::text AS "TRIBUNAL", NULL::timestamptz AS aberto, NULL::interval AS levou, %s
           FROM adolescente a$f$;
    ELSE
        RAISE EXCEPTION 'alvo desconhecido' USING ERRCODE = 'invalid_parameter_value';
    END CASE;
    IF NOT dimensoes <@ conhecidas OR cardinality(dimensoes) NOT BETWEEN 1 AND 3
       OR cardinality(filtro) <> cardinality(valores) OR cardinality(por) < 1 THEN
        RAISE EXCEPTION 'dimensões desconhecidas, ou demais' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    fonte := format(fonte, format($f$to_char(%1$s AT TIME ZONE 'America/Sao_Paulo', 'YYYY') AS "ANO",
        to_char(%1$s AT TIME ZONE 'America/Sao_Paulo', 'YYYY-MM') AS "MES"$f$, inicio)
        || CASE WHEN alvo <> 'PROCESSOS' THEN $f$, a.sexo_biologico AS "SEXO",
            (SELECT CASE WHEN anos < 12 THEN 'ATE_11' WHEN anos < 15 THEN '12_A_14' WHEN anos < 18 THEN '15_A_17'
                         WHEN anos < 21 THEN '18_A_20' WHEN anos >= 21 THEN '21_OU_MAIS' END
               FROM extract(year FROM age($2, a.data_nascimento)) AS anos) AS "FAIXA_ETARIA"$f$ ELSE '' END);
    SELECT interna, externa INTO dentro, fora FROM chave_estatistica;
    -- A character that no value has stands for an absent value: unlike NULL, it can be hashed.
    SELECT string_agg(format('coalesce(f.%1$I, chr(1)) AS %1$I', d), ', ') INTO nomes FROM unnest(dimensoes) d;
    fonte := format('SELECT f.id, f.aberto, f.levou, %s FROM (%s) f', nomes, fonte);
    SELECT string_agg(format('%I', d), ', ') INTO nomes FROM unnest(dimensoes) d;
    consulta := format($f$WITH celula AS MATERIALIZED (
        SELECT %1$s, count(*) AS n, bit_xor(hashint8extended(f.id, 1)) AS marca, sum(hashint8extended(f.id, 2)) AS soma
          FROM (%2$s) f GROUP BY %1$s)$f$, nomes, fonte);
    -- One table for each set of dimensions, a bit for each of them; the coarser ones come first.
    FOR mascara IN SELECT m FROM generate_series(1, (1 << cardinality(dimensoes)) - 1) m
                    ORDER BY length(replace(m::bit(4)::text, '0', '')), m LOOP
        parte := ARRAY(SELECT dimensoes[i] FROM generate_subscripts(dimensoes, 1) i WHERE mascara & (1 << (i - 1)) > 0);
        IF parte = pedidas THEN
            pedida := mascara;
        END IF;
        SELECT string_agg(format('%I', d), ', ') INTO nomes FROM unnest(parte) d;
        restos := '';
        retida := 'n < 5 OR arredondado < 5';
        FOR i IN 1..cardinality(dimensoes) LOOP
            CONTINUE WHEN mascara & (1 << (i - 1)) = 0;
            -- A line of the table: the groups that differ in one dimension only.
            SELECT 'PARTITION BY ' || string_agg(format('%I', d), ', ') INTO outras FROM unnest(parte) d WHERE d <> dimensoes[i];
            restos := restos || format(', sum(n) OVER (%s) - n AS resto%s', outras, i);
            retida := retida || format(' OR resto%s BETWEEN 1 AND 4', i);
            IF outras IS NOT NULL THEN
                SELECT string_agg(format('%I', d), ', ') INTO outras FROM unnest(parte) d WHERE d <> dimensoes[i];
                retida := retida || format(' OR (%1$s) IN (SELECT %1$s FROM r%2$s_3 WHERE retida)', outras, mascara - (1 << (i - 1)));
            END IF;
        END LOOP;
        consulta := consulta || format(', b%1$s AS (SELECT %2$s, sum(n)::bigint AS n, bit_xor(marca) AS marca, sum(soma) AS soma FROM celula GROUP BY %2$s),
            m%1$s AS MATERIALIZED (SELECT *, elos_arredondar($4, $5, $1, n, marca, soma) AS arredondado %3$s FROM b%1$s),
            r%1$s_0 AS (SELECT %2$s, n, marca, soma, arredondado, %4$s AS retida FROM m%1$s m)', mascara, nomes, restos, retida);
        FOR rodada IN 1..3 LOOP
            retida := 'retida';
            FOR i IN 1..cardinality(dimensoes) LOOP
                CONTINUE WHEN mascara & (1 << (i - 1)) = 0;
                SELECT coalesce('PARTITION BY ' || string_agg(format('%I', d), ', '), '') INTO outras FROM unnest(parte) d WHERE d <> dimensoes[i];
                retida := retida || format(' OR bool_or(retida) OVER (%1$s) AND coalesce(sum(n) OVER (%1$s ORDER BY retida DESC, n, %2$I
                    ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) < 20', outras, dimensoes[i]);
            END LOOP;
            consulta := consulta || format(', r%1$s_%2$s AS (SELECT %3$s, n, marca, soma, arredondado, %4$s AS retida FROM r%1$s_%5$s)',
                mascara, rodada, nomes, retida, rodada - 1);
        END LOOP;
        IF pedida > 0 AND mascara <> pedida AND mascara & pedida = pedida THEN
            iguais := iguais || format(' OR (r.n, r.marca, r.soma) IN (SELECT n, marca, soma FROM r%s_3 WHERE retida)', mascara);
        END IF;
    END LOOP;
    SELECT string_agg(format('%I', d), ', ') INTO nomes FROM unnest(pedidas) d;
    SELECT string_agg(format('r.%1$I = t.%1$I', d), ' AND ') INTO outras FROM unnest(pedidas) d;
    SELECT coalesce(string_agg(format(' AND r.%I = coalesce($3[%s], chr(1))', f, i), ''), '') INTO restos
      FROM unnest(filtro) WITH ORDINALITY u(f, i);
    SELECT string_agg(format('nullif(r.%I, chr(1))', d), ', ' ORDER BY i) INTO janela FROM unnest(por) WITH ORDINALITY u(d, i);
    RETURN QUERY EXECUTE format($f$%1$s, tempo AS (
        SELECT %2$s, count(f.aberto) AS abertos, bit_xor(hashint8extended(f.id, 1)) FILTER (WHERE f.aberto IS NOT NULL) AS marca_a,
               sum(hashint8extended(f.id, 2)) FILTER (WHERE f.aberto IS NOT NULL) AS soma_a,
               percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP
                   (ORDER BY ($2 - (f.aberto AT TIME ZONE 'America/Sao_Paulo')::date)::double precision) AS idade,
               count(f.levou) AS feitos, bit_xor(hashint8extended(f.id, 1)) FILTER (WHERE f.levou IS NOT NULL) AS marca_d,
               sum(hashint8extended(f.id, 2)) FILTER (WHERE f.levou IS NOT NULL) AS soma_d,
               percentile_cont(ARRAY[0.25, 0.5, 0.75]) WITHIN GROUP
                   (ORDER BY extract(epoch FROM f.levou)::double precision / 86400) AS duracao
          FROM (%3$s) f GROUP BY %2$s
    ) SELECT ARRAY[%4$s]::text[], r.arredondado,
             CASE WHEN t.abertos >= 20 THEN elos_arredondar($4, $5, $1, t.abertos, t.marca_a, t.soma_a) ELSE 0 END,
             CASE WHEN t.abertos >= 20 THEN ARRAY(SELECT round(q) FROM unnest(t.idade) q) END,
             CASE WHEN t.feitos >= 20 THEN elos_arredondar($4, $5, $1, t.feitos, t.marca_d, t.soma_d) ELSE 0 END,
             CASE WHEN t.feitos >= 20 THEN ARRAY(SELECT round(q) FROM unnest(t.duracao) q) END
        FROM r%5$s_3 r JOIN tempo t ON %6$s WHERE NOT (r.retida OR %7$s) %8$s ORDER BY 1 LIMIT 1001$f$,
        consulta, nomes, fonte, janela, pedida, outras, iguais, restos)
        USING alvo, hoje, valores, dentro, fora;
END $$;
REVOKE ALL ON FUNCTION elos_estatisticas(text, text[], text[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_estatisticas(text, text[], text[], text[]) TO elos_app;
COMMENT ON FUNCTION elos_estatisticas(text, text[], text[], text[]) IS
    'Contagens arredondadas e tempos de todos os tribunais (papel pse-estatistica); nenhuma linha.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
