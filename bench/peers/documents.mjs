// The requests as documents of each server, and functions that bring each server's answers into one
// common form. The common forms are compared, so that no target is measured that returns something
// else.

/** What each request is, for people. */
export const REQUESTS = {
  Q1: 'processo by número, 6 scalars',
  Q2: '20 processos with referência and up to 5 vínculos with adolescente',
  Q3: 'adolescente → vínculos → processo → referência → vínculos → adolescente, and execuções',
  Q4: '100 rows and totalCount',
  M1: 'register a processo with 2 adolescentes, one transaction',
  M1k: 'the same, with an idempotency key of its own for each request',
  mix: '60/20/10/5/5 of Q1, Q2, Q3, Q4 and M1',
};

const instant = (text) => new Date(text).getTime();
const digits = (text) => text.replace(/\D/g, '');
const APURACAO = 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL';

// Functions that make the common form, with functions that read one server's answers.
const scalars = (p) => ({
  numero: digits(p.numero), tipo: p.tipo, situacao: p.situacao, idOrgao: p.idOrgao, criadoEm: instant(p.criadoEm), versao: p.versao,
});
const short = (p) => p && { numero: digits(p.numero), situacao: p.situacao };
/** Adds M1k as the same as M1, unless `kinds` has it: its answers are those of M1, and only elos has another document for it. */
const withKeyed = (kinds) => ({ M1k: kinds.M1, ...kinds });
const reader = (read) => withKeyed({
  Q1: (data) => scalars(read.processo(data)),
  Q2: (data) => read.pagina(data).nodes.map((p) => ({
    ...short(p), tipo: p.tipo, referencia: short(read.referencia(p)) ?? null,
    vinculos: read.adolescentes(p).map(([v, a]) => [instant(v.iniciadoEm), a.identificador, a.nome, a.sobrenome, a.dataNascimento]),
  })),
  Q3: (data) => {
    const adolescente = read.adolescente(data);
    return {
      identificador: adolescente.identificador, nome: adolescente.nome,
      processos: read.processos(adolescente).map(([v, p]) => {
        const referencia = read.referencia(p);
        return {
          iniciadoEm: instant(v.iniciadoEm), ...short(p), tipo: p.tipo,
          referencia: referencia ? {
            ...short(referencia), vinculos: read.adolescentes(referencia).map(([w, a]) => [instant(w.iniciadoEm), a.identificador, a.nome]),
          } : null,
          execucoes: read.execucoes(p).map(short),
        };
      }),
    };
  },
  Q4: (data) => ({ total: read.pagina(data).totalCount, nodes: read.pagina(data).nodes.map(scalars) }),
  M1: (data) => {
    const p = read.cadastrado(data);
    return { numero: digits(p.numero), tipo: p.tipo, situacao: p.situacao, versao: p.versao };
  },
});

export const elos = {
  // It checks tokens, and answers a known idempotency key as before.
  inProduction: true,
  documents: {
    Q1: 'query Q1($numero: NumeroProcesso!) { processo(numero: $numero) { numero tipo situacao idOrgao criadoEm versao } }',
    Q2: `query Q2($after: String) { processos(first: 20, after: $after) { nodes { numero tipo situacao
      ... on ProcessoExecucao { apuracao { numero situacao } }
      adolescentes(first: 5) { edges { iniciadoEm node { identificador nome sobrenome dataNascimento } } } } } }`,
    Q3: `query Q3($identificador: IdentificadorAdolescente!) { adolescente(identificador: $identificador) { identificador nome
      processos(first: 10) { edges { iniciadoEm node { numero tipo situacao
        ... on ProcessoExecucao { apuracao { numero situacao adolescentes(first: 10) { edges { iniciadoEm node { identificador nome } } } } }
        ... on ProcessoApuracao { execucoes(first: 10) { nodes { numero situacao } } } } } } } }`,
    Q4: 'query Q4($after: String) { processos(first: 100, after: $after) { totalCount nodes { numero tipo situacao idOrgao criadoEm versao } } }',
    M1: `mutation M1($numero: NumeroProcesso!, $adolescentes: [IdentificadorAdolescente!]!) { cadastrarProcesso(input: { numero: $numero,
      tipo: ${APURACAO}, adolescentes: $adolescentes, idOrgao: 1001, appNameSistemaTribunal: "pje-tjrn-1g" })
      { processo { numero tipo situacao versao } erros { codigo } } }`,
    M1k: `mutation M1k($numero: NumeroProcesso!, $adolescentes: [IdentificadorAdolescente!]!, $chave: String!) { cadastrarProcesso(input: {
      numero: $numero, tipo: ${APURACAO}, adolescentes: $adolescentes, idOrgao: 1001, appNameSistemaTribunal: "pje-tjrn-1g",
      chaveIdempotencia: $chave }) { processo { numero tipo situacao versao } erros { codigo } } }`,
  },
  cursors: 'query Cursors($after: String) { processos(first: 100, after: $after) { edges { cursor } } }',
  readCursors: (data) => data.processos.edges.map((edge) => edge.cursor),
  read: reader({
    processo: (data) => data.processo,
    pagina: (data) => data.processos,
    adolescente: (data) => data.adolescente,
    referencia: (p) => p.apuracao,
    adolescentes: (p) => p.adolescentes.edges.map((edge) => [edge, edge.node]),
    processos: (a) => a.processos.edges.map((edge) => [edge, edge.node]),
    execucoes: (p) => p.execucoes?.nodes ?? [],
    cadastrado: ({ cadastrarProcesso: { processo, erros } }) => {
      if (!processo) throw new Error(`elos refuses the registration: ${JSON.stringify(erros)}`);
      return processo;
    },
  }),
};

export const resolvers = {
  documents: withKeyed({
    Q1: 'query Q1($numero: String!) { processo(numero: $numero) { numero tipo situacao idOrgao criadoEm versao } }',
    Q2: `query Q2($after: String) { processos(first: 20, after: $after) { nodes { numero tipo situacao referencia { numero situacao }
      vinculos(first: 5) { iniciadoEm adolescente { identificador nome sobrenome dataNascimento } } } } }`,
    Q3: `query Q3($identificador: String!) { adolescente(identificador: $identificador) { identificador nome
      vinculos(first: 10) { iniciadoEm processo { numero tipo situacao
        referencia { numero situacao vinculos(first: 10) { iniciadoEm adolescente { identificador nome } } }
        execucoes(first: 10) { numero situacao } } } } }`,
    Q4: 'query Q4($after: String) { processos(first: 100, after: $after) { totalCount nodes { numero tipo situacao idOrgao criadoEm versao } } }',
    M1: `mutation M1($numero: String!, $adolescentes: [String!]!) { cadastrarProcesso(numero: $numero, tipo: "${APURACAO}",
      adolescentes: $adolescentes, idOrgao: 1001, appNameSistemaTribunal: "pje-tjrn-1g") { numero tipo situacao versao } }`,
  }),
  cursors: 'query Cursors($after: String) { processos(first: 100, after: $after) { edges { cursor } } }',
  readCursors: (data) => data.processos.edges.map((edge) => edge.cursor),
  read: reader({
    processo: (data) => data.processo,
    pagina: (data) => data.processos,
    adolescente: (data) => data.adolescente,
    referencia: (p) => p.referencia,
    adolescentes: (p) => p.vinculos.map((v) => [v, v.adolescente]),
    processos: (a) => a.vinculos.map((v) => [v, v.processo]),
    execucoes: (p) => p.execucoes,
    cadastrado: (data) => data.cadastrarProcesso,
  }),
};

const LIST = 'condition: { tribunalCodigo: $tribunal }, orderBy: CRIADO_EM_ASC';
const LINKS = 'condition: { tribunalCodigo: $tribunal, encerradoEm: null }';
export const postgraphile = {
  // A variable says which tribunal's rows are read: a front end's text does not change with it.
  tellsTribunal: true,
  documents: withKeyed({
    Q1: 'query Q1($numero: String!) { processoByNumero(numero: $numero) { numero tipo situacao idOrgao criadoEm versao } }',
    Q2: `query Q2($after: Cursor, $tribunal: Int!) { allProcessos(first: 20, after: $after, ${LIST}) { nodes { numero tipo situacao
      processoByNumeroReferenciaAndTipoReferencia { numero situacao }
      vinculosByProcessoIdAndTribunalCodigo(first: 5, ${LINKS}) { nodes { iniciadoEm
        adolescenteByAdolescenteIdAndTribunalCodigo { identificador nome sobrenome dataNascimento } } } } } }`,
    Q3: `query Q3($identificador: String!, $tribunal: Int!) { adolescenteByTribunalCodigoAndIdentificador(tribunalCodigo: $tribunal, identificador: $identificador) {
      identificador nome vinculosByAdolescenteIdAndTribunalCodigo(first: 10, ${LINKS}) { nodes { iniciadoEm
        processoByProcessoIdAndTribunalCodigo { numero tipo situacao
          processoByNumeroReferenciaAndTipoReferencia { numero situacao
            vinculosByProcessoIdAndTribunalCodigo(first: 10, ${LINKS}) { nodes { iniciadoEm
              adolescenteByAdolescenteIdAndTribunalCodigo { identificador nome } } } }
          processosByNumeroReferenciaAndTipoReferencia(first: 10, condition: { tribunalCodigo: $tribunal }) { nodes { numero situacao } } } } } } }`,
    Q4: `query Q4($after: Cursor, $tribunal: Int!) { allProcessos(first: 100, after: $after, ${LIST}) { totalCount nodes {
      numero tipo situacao idOrgao criadoEm versao } } }`,
    M1: `mutation M1($numero: String!, $adolescentes: [String!]!, $tribunal: Int!) { cadastrarProcesso(input: { tribunal: $tribunal, numero: $numero, tipo: "${APURACAO}",
      adolescentes: $adolescentes, idOrgao: 1001, appNameSistemaTribunal: "pje-tjrn-1g" }) { result { numero tipo situacao versao } } }`,
  }),
  cursors: `query Cursors($after: Cursor, $tribunal: Int!) { allProcessos(first: 100, after: $after, ${LIST}) { edges { cursor } } }`,
  readCursors: (data) => data.allProcessos.edges.map((edge) => edge.cursor),
  read: reader({
    processo: (data) => data.processoByNumero,
    pagina: (data) => data.allProcessos,
    adolescente: (data) => data.adolescenteByTribunalCodigoAndIdentificador,
    referencia: (p) => p.processoByNumeroReferenciaAndTipoReferencia,
    adolescentes: (p) => p.vinculosByProcessoIdAndTribunalCodigo.nodes.map((v) => [v, v.adolescenteByAdolescenteIdAndTribunalCodigo]),
    processos: (a) => a.vinculosByAdolescenteIdAndTribunalCodigo.nodes.map((v) => [v, v.processoByProcessoIdAndTribunalCodigo]),
    execucoes: (p) => p.processosByNumeroReferenciaAndTipoReferencia.nodes,
    cadastrado: (data) => data.cadastrarProcesso.result,
  }),
};
