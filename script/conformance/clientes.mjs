// What front ends are written with: Apollo Client, urql, and what relay-compiler writes.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { cacheExchange, Client, fetchExchange } from '@urql/core';
import { buildSchema, isAbstractType } from 'graphql';
import { run } from './mudancas.mjs';

const base = process.argv[2];
const url = `${base}/graphql`;
const headers = { authorization: `Bearer ${process.env.TOKEN}` };
const sha256 = (text) => createHash('sha256').update(text).digest('hex');

// As codegen tells it to Apollo's cache.
const schema = buildSchema(await readFile(new URL('../../schema.graphql', import.meta.url), 'utf8'));
const abstract = Object.values(schema.getTypeMap()).filter(isAbstractType);
const possibleTypes = Object.fromEntries(abstract.map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]));

const PAGE = gql`query Pagina($first: Int!, $after: String) {
  processos(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    nodes { id numero ... on ProcessoExecucao { apuracao { id numero } } }
  }
}`;

// What was asked of the server, beside the answer.
function apollo(options = {}, before) {
  const asked = [];
  const watched = (to, init) => {
    asked.push({ method: init.method ?? 'GET', url: String(to), body: init.body ? JSON.parse(init.body) : null });
    return fetch(to, init);
  };
  const http = new HttpLink({ uri: url, headers, fetch: watched, ...options });
  const client = new ApolloClient({ cache: new InMemoryCache({ possibleTypes }), link: before ? before.concat(http) : http });
  return { client, asked };
}

const urql = () => new Client({ url, exchanges: [cacheExchange, fetchExchange], fetchOptions: { headers }, preferGetMethod: false });

const checks = [
  ['Apollo pages to the end, nothing twice, nothing left out', async () => {
    const { client } = apollo();
    const seen = new Set();
    let rows = 0;
    for (let after = null, more = true; more;) {
      const { data } = await client.query({ query: PAGE, variables: { first: 50, after } });
      for (const { id } of data.processos.nodes) { seen.add(id); rows += 1; }
      ({ hasNextPage: more, endCursor: after } = data.processos.pageInfo);
    }
    const { data } = await client.query({ query: gql`{ processos { totalCount } }` });
    return rows === seen.size && rows === data.processos.totalCount && rows > 100;
  }],
  ['Apollo keeps an interface by the types it may be', async () => {
    const { client } = apollo();
    await client.query({ query: PAGE, variables: { first: 20 } });
    return Object.keys(client.cache.extract()).some((key) => key.startsWith('ProcessoApuracao:'));
  }],
  ['Apollo asks by GET', async () => {
    const { client, asked } = apollo({ useGETForQueries: true });
    const { data } = await client.query({ query: PAGE, variables: { first: 1 } });
    return data.processos.nodes.length === 1 && asked[0].method === 'GET';
  }],
  ['Apollo is told null of what is not there, and no error', async () => {
    const { data } = await apollo().client.query({ query: gql`{ processo(numero: "00000020020249990001") { id } }` });
    return data.processo === null;
  }],
  ['Apollo sends a text once, then its hash, by GET', async () => {
    // A text that nobody has sent yet.
    const query = gql(`query Uma_${Date.now()} { eu { azp } }`);
    const again = () => apollo({}, new PersistedQueryLink({ sha256, useGETForHashedQueries: true }));
    const [first, second] = [again(), again()];
    const answers = [];
    for (const { client } of [first, second]) answers.push((await client.query({ query })).data.eu.azp);
    return answers.every((azp) => azp === 'tjrn') && first.asked.length === 2 && first.asked[1].body.query &&
      second.asked.length === 1 && second.asked[0].method === 'GET' && !second.asked[0].url.includes('query=');
  }],
  ['urql asks', async () => {
    const { data, error } = await urql().query('{ adolescentes(first: 2) { nodes { id identificador } } }', {}).toPromise();
    if (error) throw error;
    return data.adolescentes.nodes.length === 2;
  }],
  ['urql is told refusals of rules as data', async () => {
    const mutation = `mutation($i: AlterarSituacaoInput!) { alterarSituacao(input: $i) { alterado erros { __typename codigo mensagem campo } } }`;
    const { data, error } = await urql().mutation(mutation, { i: { processo: '00000020020249990001', situacao: 'ATIVO' } }).toPromise();
    if (error) throw error;
    return data.alterarSituacao.erros.length === 1;
  }],
  ['what relay-compiler writes runs', async () => {
    const documents = Object.entries(JSON.parse(await readFile(new URL('relay/gerado/documentos.json', import.meta.url), 'utf8')));
    for (const [id, query] of documents) {
      const body = JSON.stringify({ query, variables: { first: 3, id: 'x' }, extensions: { persistedQuery: { version: 1, sha256Hash: id } } });
      const response = await fetch(url, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body });
      const { errors } = await response.json();
      if (errors) throw new Error(JSON.stringify(errors));
    }
    return documents.length === 2;
  }],
];

process.exit((await run('clients', checks)) ? 0 : 1);
