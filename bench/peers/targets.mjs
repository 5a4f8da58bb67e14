// The servers, each started as it would be in production, and what they say to a request.
import { spawn } from 'node:child_process';
import { existsSync, openSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { ISSUER, TRIBUNAIS, TRIBUNAL_OF, credentials } from './credentials.mjs';
import * as documents from './documents.mjs';
import { textsOf, unaliased } from './texts.mjs';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
/** Rows of a page of cursors, as `documents.mjs` asks for them. */
const PAGE = 100;

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

class Target {
  /** `identity` returns the headers that name a credential or, for a peer, its tribunal. */
  constructor(name, words, process, port, identity) {
    Object.assign(this, words, { name, process, port, identity });
    this.texts = Object.fromEntries(Object.entries(words.documents).map(([kind, document]) => [kind, textsOf(document, kind)]));
    // What is counted as the server: it, or the workers that it named.
    this.pids = [process.pid];
  }

  headers(credential) {
    return { 'Content-Type': 'application/json', Accept: 'application/json', ...this.identity(credential) };
  }

  pathOf() {
    return '/graphql';
  }

  /** Sends a request, and returns the HTTP response, whatever its status. */
  async send(path, body, headers) {
    const response = await fetch(`http://127.0.0.1:${this.port}${path}`, {
      method: 'POST', headers, body: JSON.stringify(body), signal: AbortSignal.timeout(60_000),
    });
    return { status: response.status, text: await response.text() };
  }

  async ask(query, variables, { credential = 0, path = '/graphql' } = {}) {
    const { status, text } = await this.send(path, { query, variables }, this.headers(credential));
    if (status !== 200) throw new Error(`${this.name}: ${status} ${text.slice(0, 500)}`);
    const { data, errors } = JSON.parse(text);
    if (errors) throw new Error(`${this.name}: ${JSON.stringify(errors).slice(0, 500)}`);
    return data;
  }

  /** Sends a request, and returns the answer in the common form. */
  async said(kind, variables, { credential, text = 0 }) {
    const { query, fields } = this.texts[kind][text];
    return this.read[kind](unaliased(await this.ask(query, variables, { credential, path: this.pathOf(kind) }), fields));
  }

  /** Reads the cursors of every row of every tribunal from the target. */
  async learnCursors() {
    const all = await Promise.all(TRIBUNAIS.map(async (tribunal) => {
      const cursors = [];
      for (let page = [undefined]; page.length === PAGE || !cursors.length;) {
        const variables = { after: cursors.at(-1), ...(this.tellsTribunal ? { tribunal } : {}) };
        page = this.readCursors(await this.ask(this.cursors, variables, { credential: TRIBUNAL_OF.indexOf(tribunal) }));
        cursors.push(...page);
      }
      return [tribunal, cursors];
    }));
    const known = new Map(all);
    this.cursorOf = (tribunal, key) => known.get(tribunal)[key];
  }

  /** A request that fails until the server answers. */
  probe() {
    return this.ask('{ __typename }');
  }

  async ready() {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.probe();
      } catch (error) {
        if (tries === 150 || this.process.exitCode !== null) throw new Error(`${this.name} did not start: ${error.message}`);
        await sleep(200);
      }
    }
  }

  async stop() {
    if (this.process.exitCode !== null) return;
    this.process.kill('SIGTERM');
    for (let tries = 0; this.process.exitCode === null && this.process.signalCode === null && tries < 50; tries += 1) await sleep(100);
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGKILL');
  }
}

/** The floor: it has a path for each request, and its cursors are the values by which a row is listed. */
class Floor extends Target {
  pathOf(kind) {
    return `/${kind === 'M1k' ? 'M1' : kind}`;
  }

  async learnCursors({ places }) {
    this.cursorOf = (tribunal, key) => places.get(tribunal)[key];
  }

  probe() {
    return fetch(`http://127.0.0.1:${this.port}/ready`);
  }
}

/** Tokens of one issuer for a run, and the file with its keys. */
export function issuer(folder) {
  const { tokens, jwks } = credentials();
  const file = join(folder, 'jwks.json');
  writeFileSync(file, JSON.stringify(jwks));
  return { file, identity: (credential) => ({ Authorization: `Bearer ${tokens[credential]}` }) };
}

/** elos as in production: tokens, row-level security, limits and the audit trail, with its defaults. */
export async function startElos({ program, database, name = 'elos', folder, issuer: { file, identity } }) {
  const port = await freePort();
  const kept = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('ELOS_')));
  const env = {
    ...kept, DATABASE_URL: database.url('elos_servidor', name), ELOS_BIND: `127.0.0.1:${port}`,
    ELOS_OIDC_ISSUER: ISSUER, ELOS_OIDC_JWKS_FILE: file,
  };
  const log = openSync(join(folder, `${name}.log`), 'w');
  const server = spawn(program, ['serve'], { env, stdio: ['ignore', log, log] });
  return started(new Target(name, documents.elos, server, port, identity));
}

/** Starts the floor, with elos's tokens, role and row-level security. */
async function startFloor({ database, folder, issuer: { file, identity } }) {
  const program = process.env.ELOS_BENCH_FLOOR;
  if (!program || !existsSync(program)) throw new Error(`the floor is not built: ${program ?? 'ELOS_BENCH_FLOOR'}`);
  const port = await freePort();
  const env = {
    PATH: process.env.PATH, FLOOR_BIND: `127.0.0.1:${port}`, FLOOR_ISSUER: ISSUER, FLOOR_JWKS_FILE: file,
    FLOOR_DATABASE: `host=${database.socket} user=elos_servidor dbname=elos options='-c role=elos_app -c timezone=UTC'`,
  };
  const log = openSync(join(folder, 'floor.log'), 'w');
  const server = spawn(program, [], { env, stdio: ['ignore', log, log] });
  // It gets the documents of elos, and its answers have the fields of Apollo's and Mercurius's.
  return started(new Floor('floor', { ...documents.resolvers, documents: documents.elos.documents, inProduction: true }, server, port, identity));
}

/** Starts a peer. Except for the floor, it is one process for each core, and checks no token. */
export async function startPeer({ name, database, folder, ...rest }) {
  if (name === 'floor') return startFloor({ database, folder, ...rest });
  const port = await freePort();
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', PORT: String(port), PAR_DATABASE_URL: database.url('par', 'elos') };
  const log = openSync(join(folder, `${name}.log`), 'w');
  const server = spawn(process.execPath, [here(`${name}.mjs`)], { env, stdio: ['ignore', 'pipe', log] });
  let said = '';
  server.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
  const words = name === 'postgraphile' ? documents.postgraphile : documents.resolvers;
  const target = await started(new Target(name, words, server, port, (credential) => ({ 'X-Tribunal': TRIBUNAL_OF[credential] })));
  while (!said.includes('\n')) await sleep(50);
  target.pids = JSON.parse(said.split('\n')[0]);
  return target;
}

/** Waits until the server answers. Stops it if it does not. */
async function started(target) {
  try {
    await target.ready();
    return target;
  } catch (error) {
    await target.stop();
    throw error;
  }
}
