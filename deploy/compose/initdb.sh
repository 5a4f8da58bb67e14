#!/bin/bash
# Roda uma vez, na primeira partida do PostgreSQL: o dono das tabelas, o login do servidor e o banco.
# Os papéis de elos são criados aqui, e por isso o dono não precisa de CREATEROLE.
set -euo pipefail
psql -v ON_ERROR_STOP=1 -U postgres -v dono="$(cat /run/secrets/dono)" -v app="$(cat /run/secrets/app)" <<'SQL'
CREATE ROLE elos_dono;
CREATE ROLE elos_definidor;
CREATE ROLE elos_app;
CREATE ROLE elos_nacional;
CREATE ROLE elos_auditor;
CREATE ROLE dono LOGIN PASSWORD :'dono';
-- elos_dono e elos_definidor, para migrar; os outros três, para `elos isolamento prove`.
GRANT elos_dono, elos_definidor, elos_app, elos_nacional, elos_auditor TO dono WITH ADMIN OPTION;
CREATE ROLE app LOGIN NOINHERIT PASSWORD :'app';
GRANT elos_app, elos_nacional, elos_auditor TO app;
CREATE DATABASE elos OWNER dono;
SQL
