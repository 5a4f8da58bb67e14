SET ROLE elos_dono;

-- Lower case without accents, for searches a person types. Immutable, so that
-- a generated column may use it; `unaccent` is not.
CREATE FUNCTION elos_dobrar(texto text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT translate(lower(texto), 'áàâãäåçéèêëíìîïñóòôõöúùûüýÿ', 'aaaaaaceeeeiiiinooooouuuuyy') $$;
COMMENT ON FUNCTION elos_dobrar(text) IS 'Minúsculas sem acentos, para busca.';

-- One record per person and tribunal: the identificador names the person in
-- the whole country, the record belongs to the tribunal that made it.
CREATE TABLE adolescente (
    id                        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tribunal_codigo           smallint NOT NULL REFERENCES tribunal (codigo),
    identificador             text NOT NULL,
    cadastro_pendente         boolean NOT NULL DEFAULT false,
    nome                      text,
    sobrenome                 text,
    nome_social               text,
    data_nascimento           date,
    data_nascimento_presumida boolean NOT NULL DEFAULT false,
    data_obito                date,
    sexo_biologico            text,
    identidade_genero         text,
    orientacao_sexual         text,
    raca_cor                  text,
    nome_mae                  text,
    nome_pai                  text,
    naturalidade              text,
    cpf                       text,
    rg_numero                 text,
    rg_orgao_expedidor        text,
    rg_data_expedicao         date,
    rg_estado                 text,
    certidao_cartorio         text,
    certidao_livro            text,
    certidao_folha            text,
    certidao_numero           text,
    nome_busca                text GENERATED ALWAYS AS
        (elos_dobrar(coalesce(nome_social, nome, '') || ' ' || coalesce(sobrenome, ''))) STORED,
    criado_em                 timestamptz NOT NULL,
    atualizado_em             timestamptz NOT NULL,
    versao                    integer NOT NULL DEFAULT 1,

    -- What points here names the tribunal too, so that nothing points at a foreign row.
    CONSTRAINT adolescente_do_tribunal UNIQUE (id, tribunal_codigo),
    CONSTRAINT adolescente_identificador_unico UNIQUE (tribunal_codigo, identificador),
    CONSTRAINT adolescente_identificador_tem_12_digitos CHECK (identificador ~ '^[0-9]{12}$'),
    CONSTRAINT adolescente_cpf_tem_11_digitos CHECK (cpf ~ '^[0-9]{11}$'),
    -- R24: the minimum may be missing only while the record is pending (R14).
    CONSTRAINT adolescente_minimo_preenchido CHECK (cadastro_pendente OR (
        nome IS NOT NULL AND sobrenome IS NOT NULL AND data_nascimento IS NOT NULL AND sexo_biologico IS NOT NULL)),
    CONSTRAINT adolescente_sexo_biologico_conhecido
        CHECK (sexo_biologico IN ('MASCULINO', 'FEMININO', 'INTERSEXO')),
    CONSTRAINT adolescente_identidade_genero_conhecida
        CHECK (identidade_genero IN ('MULHER_CIS', 'HOMEM_CIS', 'MULHER_TRANS', 'HOMEM_TRANS', 'TRAVESTI',
                                     'INTERSEXO', 'PESSOA_NAO_BINARIA', 'NAO_INFORMADO')),
    CONSTRAINT adolescente_orientacao_sexual_conhecida
        CHECK (orientacao_sexual IN ('ASSEXUAL', 'BISSEXUAL_PANSEXUAL', 'HETEROSSEXUAL', 'HOMOSSEXUAL',
                                     'NAO_INFORMADO')),
    CONSTRAINT adolescente_raca_cor_conhecida
        CHECK (raca_cor IN ('BRANCA', 'PRETA', 'AMARELA', 'PARDA', 'INDIGENA')),
    CONSTRAINT adolescente_versao_positiva CHECK (versao > 0)
);
CREATE UNIQUE INDEX adolescente_cpf_unico ON adolescente (tribunal_codigo, cpf) WHERE cpf IS NOT NULL;
CREATE INDEX adolescente_por_cadastro ON adolescente (tribunal_codigo, criado_em, id);
-- For the generator, which must know an identificador taken anywhere.
CREATE INDEX adolescente_por_identificador ON adolescente (identificador);

COMMENT ON TABLE adolescente IS 'Cadastro de um adolescente num tribunal. Sigiloso (ECA 143).';
COMMENT ON COLUMN adolescente.tribunal_codigo IS 'Tribunal que cadastrou; chave da segurança de linha.';
COMMENT ON COLUMN adolescente.identificador IS 'Identificador nacional: AAAA do cadastro e sequência de 8 dígitos.';
COMMENT ON COLUMN adolescente.cadastro_pendente IS 'Criado só pelo identificador (R14), à espera dos dados.';
COMMENT ON COLUMN adolescente.nome IS 'Nome civil.';
COMMENT ON COLUMN adolescente.nome_social IS 'Nome social; prefere-se para mostrar.';
COMMENT ON COLUMN adolescente.cpf IS '11 dígitos; único no tribunal (R25).';
COMMENT ON COLUMN adolescente.nome_busca IS 'Nome de exibição sem acentos nem maiúsculas.';
COMMENT ON COLUMN adolescente.versao IS 'Cresce a cada alteração.';

-- One sequence for the country; a number is used once, even if its transaction fails.
CREATE SEQUENCE adolescente_sequencia MAXVALUE 99999999;

ALTER TABLE adolescente ENABLE ROW LEVEL SECURITY;
CREATE POLICY adolescente_do_tribunal ON adolescente TO elos_app
    USING (tribunal_codigo = elos_tribunal()) WITH CHECK (tribunal_codigo = elos_tribunal());
CREATE POLICY adolescente_nacional ON adolescente FOR SELECT TO elos_nacional USING (true);
CREATE POLICY adolescente_definidor ON adolescente FOR SELECT TO elos_definidor USING (true);
GRANT SELECT, INSERT ON adolescente TO elos_app;
-- Neither the person nor the tribunal of a record ever changes.
GRANT UPDATE (cadastro_pendente, nome, sobrenome, nome_social, data_nascimento, data_nascimento_presumida,
              data_obito, sexo_biologico, identidade_genero, orientacao_sexual, raca_cor, nome_mae, nome_pai,
              naturalidade, cpf, rg_numero, rg_orgao_expedidor, rg_data_expedicao, rg_estado, certidao_cartorio,
              certidao_livro, certidao_folha, certidao_numero, atualizado_em, versao)
    ON adolescente TO elos_app;
GRANT SELECT ON adolescente TO elos_nacional, elos_definidor;
GRANT USAGE ON SEQUENCE adolescente_sequencia TO elos_definidor;

-- A definer's functions stand where nobody else may put a name before them.
RESET ROLE;
GRANT CREATE ON SCHEMA public TO elos_definidor;
SET ROLE elos_definidor;

CREATE FUNCTION elos_novo_identificador(ano integer) RETURNS text
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE novo text;
BEGIN
    LOOP
        novo := lpad(ano::text, 4, '0') || lpad(nextval('adolescente_sequencia')::text, 8, '0');
        EXIT WHEN NOT EXISTS (SELECT FROM adolescente WHERE identificador = novo);
    END LOOP;
    RETURN novo;
END $$;
REVOKE ALL ON FUNCTION elos_novo_identificador(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION elos_novo_identificador(integer) TO elos_app, elos_dono;
COMMENT ON FUNCTION elos_novo_identificador(integer) IS
    'Próximo identificador livre em todo o país; nada diz de outro tribunal.';

RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM elos_definidor;
