// Load on a server by wrk, and the database's own limit by pgbench.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));

/** Weights of the mixed load. */
export const MIX = { Q1: 60, Q2: 20, Q3: 10, Q4: 5, M1: 5 };
/** wrk's threads; each registers numbers of an órgão de origem of its own. */
export const THREADS = 2;
const PGBENCH_CLIENTS = 8;

async function run(program, args, seconds, env = process.env) {
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const late = setTimeout(() => child.kill('SIGKILL'), (seconds + 60) * 1000);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text) => { out += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { err += text; });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  clearTimeout(late);
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${err || out}`);
  return { out, err };
}

/** What `load.lua` sends to a target: for each kind its bodies, or the two pieces around a new number. */
export function prepare(target, workload, variables, folder) {
  // JSON's strings are Lua's too: nothing here needs more than \" and \\.
  const list = (values) => `{${values.join(',')}}`;
  const body = (kind, values) => JSON.stringify({ query: target.documents[kind], variables: values });
  const kinds = workload === 'mix' ? Object.keys(MIX) : [workload];
  const texts = kinds.map((kind) => {
    if (kind !== 'M1') return `${kind}={bodies=${list(variables[kind].map((values) => JSON.stringify(body(kind, values))))}}`;
    const around = variables.M1.map(({ adolescentes }) => {
      const pieces = body('M1', { numero: '@', adolescentes }).split('"@"');
      return list([`${pieces[0]}"`, `"${pieces[1]}`].map((piece) => JSON.stringify(piece)));
    });
    return `M1={around=${list(around)}}`;
  });
  const deck = workload === 'mix' ? shuffled(Object.entries(MIX).flatMap(([kind, weight]) => Array(weight).fill(kind))) : [workload];
  const headers = Object.entries(target.headers).map(([name, value]) => `[${JSON.stringify(name)}]=${JSON.stringify(value)}`);
  const file = join(folder, `${target.name}-${workload}.lua`);
  writeFileSync(file, `return {path="/graphql",headers=${list(headers)},deck=${list(deck.map((kind) => JSON.stringify(kind)))},kinds=${list(texts)}}\n`);
  return file;
}

/** The same order at every run, and kinds well apart. */
function shuffled(deck) {
  const result = [];
  for (let i = 0; i < deck.length; i += 1) result[(i * 37) % deck.length] = deck[i];
  return result;
}

/** Numbers are used once: each load takes the next block of órgãos de origem. */
let block = 2000;
export function nextBlock(size = THREADS) {
  block += size;
  if (block > 9990) throw new Error('the numbers of a run are used up: fewer rounds, please');
  return block - size;
}

export async function wrk(target, data, { connections, seconds }) {
  const args = [`-t${THREADS}`, `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', here('load.lua'),
    `http://127.0.0.1:${target.port}`, '--', data, String(nextBlock())];
  const { out, err } = await run('wrk', args, seconds);
  const result = JSON.parse(/^RESULT (.*)$/m.exec(out)?.[1] ?? 'null');
  if (!result) throw new Error(`${target.name}: wrk said nothing: ${out} ${err}`);
  if (result.bad || result.errors || !result.requests) {
    throw new Error(`${target.name}: ${result.bad} bad answers and ${result.errors} broken connections of ${result.requests}: ${err}`);
  }
  return { ...result, rps: result.requests / (result.microseconds / 1e6), p50: result.p50 / 1000, p99: result.p99 / 1000 };
}

/** The file of pgbench, and what it is told. */
export const limit = (request) => here(`limit/${request}.sql`);

export async function pgbench(database, request, { seconds, processos }) {
  const told = { ultimo: lastCase(processos), k: 0, origem: nextBlock(1) };
  const args = ['-n', '-M', 'prepared', '-c', String(PGBENCH_CLIENTS), '-j', String(THREADS), '-T', String(seconds), '-f', limit(request),
    ...Object.entries(told).flatMap(([name, value]) => ['-D', `${name}=${value}`])];
  // As elos's own connections: its role, and the tribunal of the session.
  const env = { PATH: process.env.PATH, PGHOST: database.socket, PGUSER: 'elos_servidor', PGDATABASE: 'elos', PGOPTIONS: SESSION };
  const { out } = await run(join(database.bin, 'pgbench'), args, seconds, env);
  const number = (pattern) => Number(pattern.exec(out)?.[1] ?? NaN);
  if (number(/failed transactions: (\d+)/) > 0) throw new Error(`pgbench: ${out}`);
  return { rps: number(/^tps = ([\d.]+)/m), requests: number(/actually processed: (\d+)/) };
}

export const SESSION = '-c role=elos_app -c elos.tribunal=820 -c timezone=UTC';

/** The seed goes round the 27 tribunais in casos of five processos; the last round that has 820. */
const lastCase = (processos) => Math.floor((Math.ceil(processos / 5) - 1 - 19) / 27);
