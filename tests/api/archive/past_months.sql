-- The trail gets a partition, and its seals one, for each of the :meses months before the current one. The first existing
-- partition then begins where they end.
SET TimeZone = 'UTC'; SET ROLE elos_dono;
DO $$ DECLARE
    tabela text;
    inicio date := date_trunc('month', now());
    mes date;
BEGIN
    FOREACH tabela IN ARRAY ARRAY['auditoria', 'selo'] LOOP
        EXECUTE format('ALTER TABLE %I DETACH PARTITION %I', tabela, tabela || to_char(inicio, '_YYYYMM'));
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            tabela, tabela || to_char(inicio, '_YYYYMM'), inicio, (inicio + interval '1 month')::date);
        FOR antes IN 1..:meses LOOP
            mes := inicio - make_interval(months => antes);
            EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
                tabela || to_char(mes, '_YYYYMM'), tabela, mes, (mes + interval '1 month')::date);
        END LOOP;
    END LOOP;
END $$
