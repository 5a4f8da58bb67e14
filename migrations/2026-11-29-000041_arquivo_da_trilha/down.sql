-- Without it nobody could tell where the chains go on.
DO $$ BEGIN
    IF EXISTS (SELECT FROM trilha_arquivada) THEN
        RAISE EXCEPTION 'há meses da trilha em arquivo: esta migração já não se desfaz';
    END IF;
END $$;

SET ROLE elos_definidor;
DROP FUNCTION elos_trilha_selar();
DROP FUNCTION elos_trilha_ponta(smallint);
RESET ROLE;

SET ROLE elos_dono;
DROP TABLE trilha_arquivada;
RESET ROLE;
