SET ROLE elos_dono;

-- From what to what each field changed, unless it is sensitive. What was written before has none.
ALTER TABLE evento ADD COLUMN mudancas jsonb NOT NULL DEFAULT '[]';
ALTER TABLE evento ADD CONSTRAINT evento_mudancas_e_lista CHECK (jsonb_typeof(mudancas) = 'array') NOT VALID;
COMMENT ON COLUMN evento.mudancas IS 'De que valor para que valor mudou cada campo que não é sensível: [{campo, de, para}].';

RESET ROLE;
