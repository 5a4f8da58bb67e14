// Load on a server by wrk, and the database's own limit by pgbench.
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NARROW, TRIBUNAIS, TRIBUNAL_OF } from './credentials.mjs';
import { variablesOf } from './draw.mjs';
import { writes } from './options.mjs';

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

export const kindsOf = (workload) => (workload === 'mix' ? Object.keys(MIX) : [workload]);

/** Writes what `load.lua` sends to a target: a file of requests for each kind, and a Lua file with the rest, whose path it returns. */
export function prepare(target, { load, workload }, drawn, keys, folder) {
  // JSON's strings are Lua's too: nothing here needs more than \" and \\.
  const string = JSON.stringify;
  const list = (values) => `{${values.join(',')}}`;
  const kinds = kindsOf(workload).map((kind) => {
    const file = join(folder, `${target.name}-${load}-${kind}.requests`);
    const lines = drawn(kind).map((one) => `${one.credential + 1}\t${one.text + 1}\t${string(variablesOf(target, kind, one, keys))}\n`);
    writeFileSync(file, lines.join(''));
    // The variables and a brace come after each.
    const texts = target.texts[kind].map(({ query }) => string(`{"query":${string(query)},"variables":`));
    return `${kind}={path=${string(target.pathOf(kind))},file=${string(file)},writes=${writes(kind)},texts=${list(texts)}}`;
  });
  const deck = workload === 'mix' ? shuffled(Object.entries(MIX).flatMap(([kind, weight]) => Array(weight).fill(kind))) : kindsOf(workload);
  const headers = TRIBUNAL_OF.map((_, credential) => Object.entries(target.headers(credential)).map(([name, value]) => `${name}: ${value}\r\n`).join(''));
  const file = join(folder, `${target.name}-${load}-${workload}.lua`);
  const parts = { headers: headers.map(string), tribunais: TRIBUNAL_OF, deck: deck.map(string), kinds };
  writeFileSync(file, `return {${Object.entries(parts).map(([name, values]) => `${name}=${list(values)}`).join(',\n')}}\n`);
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

export async function wrk(target, data, { connections, seconds, workload }) {
  const args = [`-t${THREADS}`, `-c${connections}`, `-d${seconds}s`, '--timeout', '30s', '-s', here('load.lua'),
    `http://127.0.0.1:${target.port}`, '--', data, String(writes(workload) ? nextBlock() : 1000)];
  const { out, err } = await run('wrk', args, seconds);
  const result = JSON.parse(/^RESULT (.*)$/m.exec(out)?.[1] ?? 'null');
  if (!result) throw new Error(`${target.name}: wrk said nothing: ${out} ${err}`);
  if (result.bad || result.errors || !result.requests) {
    throw new Error(`${target.name}: ${result.bad} bad answers and ${result.errors} broken connections of ${result.requests}: ${err}`);
  }
  return { ...result, rps: result.requests / (result.microseconds / 1e6), p50: result.p50 / 1000, p99: result.p99 / 1000 };
}

// The options of a session as elos's own connections have them: its role and, in the narrow load,
// the tribunal.
export const SESSION = '-c role=elos_app -c timezone=UTC';
const SESSION_OF_ONE = `${SESSION} -c elos.tribunal=${TRIBUNAL_OF[NARROW]}`;

/** The last round of the seed in which each of the 27 tribunais has a caso of five processos, counted from 0. */
export const lastCase = (processos) => Math.floor(Math.ceil(processos / 5) / TRIBUNAIS.length) - 1;

/** What pgbench draws, and the statement. M1k is M1 with one part more, in the place that M1 keeps for it. */
export function limit(request) {
  const read = (name) => readFileSync(here(`limit/${name}.sql`), 'utf8');
  const keyed = request === 'M1k';
  const [draws, statement] = read(keyed ? 'M1' : request).split('-- statement\n');
  return { draws: read('draws') + draws, statement: statement.replace('-- key\n', keyed ? read('key') : '') };
}

/** Writes what pgbench runs. Except in the narrow load, each request sets its tribunal in the pipeline of the statement. */
function script(request, load, folder) {
  const { draws, statement } = limit(request);
  const file = join(folder, `pgbench-${load}-${request}.sql`);
  const sent = load === 'narrow' ? statement
    : `\\startpipeline\nSELECT set_config('elos.tribunal', :tribunal::text, false);\n${statement}\\endpipeline\n`;
  writeFileSync(file, draws + sent);
  return file;
}

export async function pgbench(database, { load, workload }, { seconds, processos, folder }) {
  const ultimo = lastCase(processos);
  const one = load === 'narrow' ? NARROW : undefined;
  // Pages begin at least twenty casos, a hundred processos, before the end; in the narrow load, in
  // the first twenty.
  const paged = one === undefined ? ultimo - 20 : 19;
  const told = { casos: workload === 'Q2' || workload === 'Q4' ? paged : ultimo, menor: one ?? 0, maior: one ?? TRIBUNAIS.length - 1,
    zipf: load === 'zipf' ? 1 : 0, k: 0, origem: nextBlock(1) };
  const args = ['-n', '-M', 'prepared', '-c', String(PGBENCH_CLIENTS), '-j', String(THREADS), '-T', String(seconds), '-f', script(workload, load, folder),
    ...Object.entries(told).flatMap(([name, value]) => ['-D', `${name}=${value}`])];
  const env = { PATH: process.env.PATH, PGHOST: database.socket, PGUSER: 'elos_servidor', PGDATABASE: 'elos', PGOPTIONS: one === undefined ? SESSION : SESSION_OF_ONE };
  const { out } = await run(join(database.bin, 'pgbench'), args, seconds, env);
  const number = (pattern) => Number(pattern.exec(out)?.[1] ?? NaN);
  if (number(/failed transactions: (\d+)/) > 0) throw new Error(`pgbench: ${out}`);
  return { rps: number(/^tps = ([\d.]+)/m), requests: number(/actually processed: (\d+)/) };
}
