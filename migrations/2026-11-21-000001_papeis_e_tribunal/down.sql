DROP TABLE tribunal;
DROP FUNCTION elos_tribunal();
REVOKE ALL ON __diesel_schema_migrations FROM elos_app;
REVOKE ALL ON SCHEMA public FROM elos_dono, elos_app, elos_nacional, elos_definidor;
