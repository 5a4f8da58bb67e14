// What Mercurius and Apollo Server share: one schema, and SQL as a careful team would write it:
// named statements (prepared once a connection), a batch for every relation, pages by keyset,
// totals only when asked. Only how resolvers are batched differs.
import pg from 'pg';
import { GraphQLScalarType } from 'graphql';
import { pool } from './servers.mjs';

pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
pg.types.setTypeParser(pg.types.builtins.INT8, Number);
export const banco = new pg.Pool(pool);

/** A header says which tribunal's rows are read; a real server would have it from the token. */
export const doPedido = (pedido) => ({ tribunal: Number(pedido.headers['x-tribunal']) });

export const typeDefs = `
  scalar DateTime
  type Query {
    processo(numero: String!): Processo
    processos(first: Int!, after: String): ProcessoConnection!
    adolescente(identificador: String!): Adolescente
  }
  type Mutation {
    cadastrarProcesso(numero: String!, tipo: String!, adolescentes: [String!]!, idOrgao: Int!, appNameSistemaTribunal: String!): Processo!
  }
  type Processo {
    numero: String!
    tipo: String!
    situacao: String!
    idOrgao: Int!
    criadoEm: DateTime!
    versao: Int!
    referencia: Processo
    vinculos(first: Int!): [VinculoDoProcesso!]!
    execucoes(first: Int!): [Processo!]!
  }
  type ProcessoConnection { edges: [ProcessoEdge!]! nodes: [Processo!]! totalCount: Int! }
  type ProcessoEdge { cursor: String! node: Processo! }
  type VinculoDoProcesso { iniciadoEm: DateTime! adolescente: Adolescente! }
  type VinculoDoAdolescente { iniciadoEm: DateTime! processo: Processo! }
  type Adolescente {
    identificador: String!
    nome: String
    sobrenome: String
    dataNascimento: String
    vinculos(first: Int!): [VinculoDoAdolescente!]!
  }
`;

const PROCESSO = `p.id, p.numero, p.tipo, p.situacao, p.id_orgao AS "idOrgao", p.criado_em AS "criadoEm", p.versao,
  p.numero_referencia AS "numeroReferencia", p.tipo_referencia AS "tipoReferencia"`;
const ADOLESCENTE = 'a.id, a.identificador, a.nome, a.sobrenome, a.data_nascimento AS "dataNascimento"';

const ler = async (name, text, values) => (await banco.query({ name, text, values })).rows;

const processoPorNumero = async (numero, tribunal) =>
  (await ler('processo', `SELECT ${PROCESSO} FROM processo p WHERE p.numero = $1 AND p.tribunal_codigo = $2`, [numero, tribunal]))[0];

const adolescentePorIdentificador = async (identificador, tribunal) =>
  (await ler('adolescente', `SELECT ${ADOLESCENTE} FROM adolescente a WHERE a.tribunal_codigo = $1 AND a.identificador = $2`, [tribunal, identificador]))[0];

const cursor = ({ criadoEm, id }) => Buffer.from(`${criadoEm.toISOString()},${id}`).toString('base64url');

async function pagina(first, after, tribunal) {
  if (!after) {
    return ler('primeira', `SELECT ${PROCESSO} FROM processo p WHERE p.tribunal_codigo = $1 ORDER BY p.criado_em, p.id LIMIT $2`, [tribunal, first]);
  }
  const [criadoEm, id] = Buffer.from(after, 'base64url').toString().split(',');
  return ler('pagina', `SELECT ${PROCESSO} FROM processo p WHERE p.tribunal_codigo = $1 AND (p.criado_em, p.id) > ($2, $3)
    ORDER BY p.criado_em, p.id LIMIT $4`, [tribunal, criadoEm, id, first]);
}

const total = async (tribunal) => (await ler('total', 'SELECT count(*) AS total FROM processo WHERE tribunal_codigo = $1', [tribunal]))[0].total;

/** The rows of each key, in the order of the keys. */
function porChave(chaves, linhas, de) {
  const grupos = new Map(chaves.map((chave) => [chave, []]));
  for (const linha of linhas) grupos.get(de(linha))?.push(linha);
  return chaves.map((chave) => grupos.get(chave));
}

/** The batches: for so many parents at once, one statement and an answer for each parent. */
export const lotes = {
  async referencias(processos, tribunal) {
    const numeros = processos.map((p) => (p.tipoReferencia ? p.numeroReferencia : null));
    const linhas = numeros.every((n) => n === null) ? [] : await ler('referencias',
      `SELECT ${PROCESSO} FROM processo p WHERE p.numero = ANY ($1) AND p.tribunal_codigo = $2`, [[...new Set(numeros.filter(Boolean))], tribunal]);
    const achados = new Map(linhas.map((linha) => [linha.numero, linha]));
    return numeros.map((numero) => achados.get(numero) ?? null);
  },
  async vinculosDosProcessos(ids, first, tribunal) {
    const linhas = await ler('vinculos_dos_processos', `SELECT v.* FROM unnest($1::bigint[]) AS pais (pai) CROSS JOIN LATERAL (
      SELECT v.processo_id, v.adolescente_id AS "adolescenteId", v.iniciado_em AS "iniciadoEm" FROM vinculo v
      WHERE v.processo_id = pais.pai AND v.tribunal_codigo = $2 AND v.encerrado_em IS NULL ORDER BY v.id LIMIT $3) AS v`, [ids, tribunal, first]);
    return porChave(ids, linhas, (linha) => linha.processo_id);
  },
  async vinculosDosAdolescentes(ids, first, tribunal) {
    const linhas = await ler('vinculos_dos_adolescentes', `SELECT v.* FROM unnest($1::bigint[]) AS pais (pai) CROSS JOIN LATERAL (
      SELECT v.adolescente_id, v.processo_id AS "processoId", v.iniciado_em AS "iniciadoEm" FROM vinculo v
      WHERE v.adolescente_id = pais.pai AND v.tribunal_codigo = $2 AND v.encerrado_em IS NULL ORDER BY v.id LIMIT $3) AS v`, [ids, tribunal, first]);
    return porChave(ids, linhas, (linha) => linha.adolescente_id);
  },
  async adolescentes(ids) {
    const linhas = await ler('adolescentes', `SELECT ${ADOLESCENTE} FROM adolescente a WHERE a.id = ANY ($1)`, [[...new Set(ids)]]);
    const achados = new Map(linhas.map((linha) => [linha.id, linha]));
    return ids.map((id) => achados.get(id));
  },
  async processos(ids) {
    const linhas = await ler('processos', `SELECT ${PROCESSO} FROM processo p WHERE p.id = ANY ($1)`, [[...new Set(ids)]]);
    const achados = new Map(linhas.map((linha) => [linha.id, linha]));
    return ids.map((id) => achados.get(id));
  },
  async execucoes(processos, first, tribunal) {
    const numeros = processos.map((p) => (p.tipoReferencia ? null : p.numero));
    const linhas = numeros.every((n) => n === null) ? [] : await ler('execucoes', `SELECT e.* FROM unnest($1::text[]) AS pais (pai) CROSS JOIN LATERAL (
      SELECT ${PROCESSO} FROM processo p WHERE p.numero_referencia = pais.pai AND p.tipo_referencia = 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL'
        AND p.tribunal_codigo = $2 ORDER BY p.id LIMIT $3) AS e`, [[...new Set(numeros.filter(Boolean))], tribunal, first]);
    const grupos = new Map(numeros.map((numero) => [numero, []]));
    for (const linha of linhas) grupos.get(linha.numeroReferencia).push(linha);
    return numeros.map((numero) => (numero === null ? [] : grupos.get(numero)));
  },
};

async function cadastrar({ numero, tipo, adolescentes, idOrgao, appNameSistemaTribunal }, tribunal) {
  const conexao = await banco.connect();
  try {
    await conexao.query('BEGIN');
    const { rows: achados } = await conexao.query({ name: 'achar', text:
      'SELECT id FROM adolescente WHERE tribunal_codigo = $1 AND identificador = ANY ($2) ORDER BY id', values: [tribunal, adolescentes] });
    if (achados.length !== adolescentes.length) throw new Error('ADOLESCENTE_NAO_ENCONTRADO');
    const { rows: [novo] } = await conexao.query({ name: 'inserir', text: `INSERT INTO processo AS p
      (tribunal_codigo, numero, tipo, id_orgao, app_name_sistema_tribunal, criado_em, atualizado_em)
      VALUES ($1, $2, $3, $4, $5, now(), now()) RETURNING ${PROCESSO}`, values: [tribunal, numero, tipo, idOrgao, appNameSistemaTribunal] });
    await conexao.query({ name: 'vincular', text: `INSERT INTO vinculo (tribunal_codigo, processo_id, adolescente_id, iniciado_em)
      SELECT $1, $2, id, now() FROM unnest($3::bigint[]) AS id`, values: [tribunal, novo.id, achados.map((a) => a.id)] });
    await conexao.query({ name: 'registrar', text: `INSERT INTO evento (tribunal_codigo, tipo, processo_id, ocorrido_em, ator_sub)
      VALUES ($1, 'PROCESSO_CADASTRADO', $2, now(), 'par')`, values: [tribunal, novo.id] });
    await conexao.query('COMMIT');
    return novo;
  } catch (erro) {
    await conexao.query('ROLLBACK');
    throw erro;
  } finally {
    conexao.release();
  }
}

const DateTime = new GraphQLScalarType({ name: 'DateTime', serialize: (instante) => instante.toISOString() });

/** The resolvers of the fields that need no batch. */
export const raizes = {
  DateTime,
  Query: {
    processo: (_, { numero }, { tribunal }) => processoPorNumero(numero, tribunal),
    processos: async (_, { first, after }, { tribunal }) => ({ linhas: await pagina(first, after, tribunal) }),
    adolescente: (_, { identificador }, { tribunal }) => adolescentePorIdentificador(identificador, tribunal),
  },
  Mutation: { cadastrarProcesso: (_, entrada, { tribunal }) => cadastrar(entrada, tribunal) },
  ProcessoConnection: {
    nodes: ({ linhas }) => linhas,
    edges: ({ linhas }) => linhas,
    totalCount: (_, __, { tribunal }) => total(tribunal),
  },
  ProcessoEdge: { cursor: (linha) => cursor(linha), node: (linha) => linha },
};
