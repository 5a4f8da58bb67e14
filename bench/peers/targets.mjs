// The servers, each started as it would be in production, and what is measured of a process.
import { spawn } from 'node:child_process';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { openSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import * as documents from './documents.mjs';

const ISSUER = 'https://sso.example/auth/realms/pje';
const here = (file) => fileURLToPath(new URL(file, import.meta.url));

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A key set and a token of a tribunal's system, signed as an issuer would. */
function credential() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const head = base64({ alg: 'RS256', typ: 'JWT', kid: 'bench' });
  const claims = base64({
    iss: ISSUER, sub: 'service-account-pje-tjrn', azp: 'pje-tjrn', aud: 'elos', iat: now, exp: now + 12 * 3600,
    tribunal: '8.20', realm_access: { roles: ['pse-consulta', 'pse-integracao', 'pse-dados-sensiveis'] },
  });
  const signature = createSign('RSA-SHA256').update(`${head}.${claims}`).sign(privateKey, 'base64url');
  const jwks = { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'bench', use: 'sig', alg: 'RS256' }] };
  return { token: `${head}.${claims}.${signature}`, jwks };
}

class Target {
  constructor(name, words, process, port, headers = {}) {
    Object.assign(this, words, { name, process, port });
    this.headers = { 'content-type': 'application/json', accept: 'application/json', ...headers };
    // What is counted as the server: it, or the workers that it named.
    this.pids = [process.pid];
  }

  async ask(query, variables) {
    const response = await fetch(`http://127.0.0.1:${this.port}/graphql`, {
      method: 'POST', headers: this.headers, body: JSON.stringify({ query, variables }), signal: AbortSignal.timeout(60_000),
    });
    const text = await response.text();
    if (response.status !== 200) throw new Error(`${this.name}: ${response.status} ${text.slice(0, 500)}`);
    const { data, errors } = JSON.parse(text);
    if (errors) throw new Error(`${this.name}: ${JSON.stringify(errors).slice(0, 500)}`);
    return data;
  }

  /** What the answer to a request says, in common words. */
  async said(request, variables) {
    return this.read[request](await this.ask(this.documents[request], variables));
  }

  async ready() {
    for (let tries = 0; ; tries += 1) {
      try {
        return await this.ask('{ __typename }');
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

/** elos as in production: tokens, row-level security, limits and the audit trail, with its defaults. */
export async function startElos({ program, database, name = 'elos', folder }) {
  const { token, jwks } = credential();
  const port = await freePort();
  const file = join(folder, `${name}-jwks.json`);
  writeFileSync(file, JSON.stringify(jwks));
  const kept = Object.fromEntries(Object.entries(process.env).filter(([key]) => !key.startsWith('ELOS_')));
  const env = {
    ...kept, DATABASE_URL: database.url('elos_servidor', name), ELOS_BIND: `127.0.0.1:${port}`,
    ELOS_OIDC_ISSUER: ISSUER, ELOS_OIDC_JWKS_FILE: file,
  };
  const log = openSync(join(folder, `${name}.log`), 'w');
  const server = spawn(program, ['serve'], { env, stdio: ['ignore', log, log] });
  const target = new Target(name, documents.elos, server, port, { authorization: `Bearer ${token}` });
  await target.ready();
  return target;
}

/** A peer: two processes on two cores, and no token to check. */
export async function startPeer({ name, database, folder }) {
  const port = await freePort();
  const env = { PATH: process.env.PATH, NODE_ENV: 'production', PORT: String(port), PAR_DATABASE_URL: database.url('par', 'elos') };
  const log = openSync(join(folder, `${name}.log`), 'w');
  const server = spawn(process.execPath, [here(`${name}.mjs`)], { env, stdio: ['ignore', 'pipe', log] });
  const words = name === 'postgraphile' ? documents.postgraphile : documents.resolvers;
  const target = new Target(name, words, server, port);
  let said = '';
  server.stdout.setEncoding('utf8').on('data', (text) => { said += text; });
  await target.ready();
  while (!said.includes('\n')) await sleep(50);
  target.pids = JSON.parse(said.split('\n')[0]);
  return target;
}

/**
 * CPU seconds of processes. `stat` and not the threads' `schedstat`: it also has the threads that
 * ended, and a pool of blocking threads ends some.
 */
export function cpuOf(pids) {
  return pids.reduce((sum, pid) => sum + ticks(pid, USER_AND_SYSTEM), 0);
}

/**
 * Tells, when called, the CPU seconds of PostgreSQL since: of every process but those of
 * autovacuum, which comes when it comes and would be charged to whoever is measured just then.
 */
export function watchPostgres(postmaster) {
  const look = () => {
    const children = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && fields(pid)[PARENT] === String(postmaster));
    const counted = [String(postmaster), ...children.filter((pid) => !of(pid, 'cmdline').includes('autovacuum worker'))];
    return new Map(counted.map((pid) => [pid, Number(of(pid, 'schedstat').split(' ')[0])]));
  };
  const before = look();
  return () => [...look()].reduce((sum, [pid, after]) => sum + (after - (before.get(pid) ?? 0)) / 1e9, 0);
}

/** CPU seconds of PostgreSQL's processes that have ended: pgbench's connections do. */
export const cpuOfEnded = (postmaster) => ticks(postmaster, OF_ENDED_CHILDREN);

// Places in the fields of `stat`; a tick is a hundredth of a second.
const PARENT = 1;
const USER_AND_SYSTEM = [11, 12];
const OF_ENDED_CHILDREN = [13, 14];
const ticks = (pid, places) => places.reduce((sum, place) => sum + Number(fields(pid)[place] ?? 0) / 100, 0);

/** The fields of `stat` after the name of the program. */
const fields = (pid) => of(pid, 'stat').split(') ').at(-1).split(' ');

/** What /proc tells of a process; nothing, if it has ended. */
function of(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

/** Memory in MB: what is shared counts in part (PSS). */
export function memoryOf(pids) {
  const kilobytes = pids.map((pid) => Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]));
  return kilobytes.reduce((sum, kb) => sum + kb, 0) / 1024;
}
