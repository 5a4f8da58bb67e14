// The run of script/bench: seeds, starts everybody, compares what they say, measures in turns.
// Progress goes to stderr, the tables to stdout, figures and chart to ../resultado.{json,svg}.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { chart } from './chart.mjs';
import { Database } from './database.mjs';
import { SESSION, limit, pgbench, prepare, wrk } from './load.mjs';
import { table, verdicts } from './table.mjs';
import { cpuOf, cpuOfEnded, memoryOf, startElos, startPeer, watchPostgres } from './targets.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    escala: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    targets: { type: 'string' },
    connections: { type: 'string' },
  },
});
const PROCESSOS = 200_000;
const MANY = 2_000_000;
const ROUNDS = Number(options.rounds ?? (options.quick ? 2 : 5));
const SECONDS = Number(options.seconds ?? (options.quick ? 2 : 5));
const CONNECTIONS = (options.connections ?? '32,128').split(',').map(Number);
// What writes comes last: the reads then find the tables as they were packed.
const WORKLOADS = (options.only ?? (options.escala ? 'Q1,Q2,Q3' : 'Q1,Q2,Q3,Q4,M1,mix')).split(',');
const PEERS = (options.targets ?? 'mercurius,apollo,postgraphile').split(',').filter((name) => name !== 'elos');

/** What is to be stopped, whatever happens. */
const running = [];

const say = (text) => process.stderr.write(`${text}\n`);
const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** A thousand of each, spread over all that the tribunal has; what a run wrote is beyond `last`. */
async function sample(database, name) {
  const spread = (column, from) => `SELECT ${column} AS value FROM (SELECT ${column}, row_number() OVER (ORDER BY id) - 1 AS n,
    count(*) OVER () AS total FROM ${from} WHERE tribunal_codigo = 820) AS t WHERE n % greatest(total / 1000, 1) = 0 ORDER BY n LIMIT 1000`;
  const [last] = await database.sql(name, `SELECT (SELECT max(id) FROM processo) AS processo, (SELECT max(id) FROM evento) AS evento`);
  const values = async (text) => (await database.sql(name, text)).map((row) => row.value);
  return { last, numeros: await values(spread('numero', 'processo')), adolescentes: await values(spread('identificador', 'adolescente')) };
}

/** What each request turns over, in the target's own cursors. */
async function variablesOf(target, { numeros, adolescentes }) {
  const cursors = target.readCursors(await target.ask(target.cursors)).map((after) => ({ after }));
  return {
    Q1: numeros.map((numero) => ({ numero })),
    Q2: cursors,
    Q3: adolescentes.map((identificador) => ({ identificador })),
    Q4: cursors,
    M1: adolescentes.map((one, i) => ({ adolescentes: [one, adolescentes[(i + 500) % adolescentes.length]] })),
  };
}

/** Everybody says the same of everything that will be asked. */
async function compare(targets, variables) {
  const [ours, ...peers] = targets;
  let answers = 0;
  for (const request of WORKLOADS.filter((name) => name.startsWith('Q'))) {
    const seen = { rows: 0, referencias: 0, execucoes: 0 };
    const count = variables.get(ours)[request].length;
    for (let at = 0; at < count; at += 20) {
      await Promise.all(variables.get(ours)[request].slice(at, at + 20).map(async (mine, n) => {
        const expected = await ours.said(request, mine);
        for (const p of [expected].flat().flatMap((it) => it.processos ?? it.nodes ?? it)) {
          seen.rows += 1;
          seen.referencias += p.referencia ? 1 : 0;
          seen.execucoes += p.execucoes?.length ?? 0;
        }
        await Promise.all(peers.map(async (peer) => {
          const said = await peer.said(request, variables.get(peer)[request][at + n]);
          assert.deepEqual(said, expected, `${peer.name} answers ${request} otherwise than elos`);
        }));
      }));
    }
    assert.ok(seen.rows >= count, `${request} says too little`);
    if (request === 'Q2') assert.ok(seen.referencias > count, 'Q2 has no references');
    if (request === 'Q3') assert.ok(seen.referencias > 0 && seen.execucoes > 0, 'Q3 has no depth');
    say(`${request}: ${count} answers are the same from ${targets.map((target) => target.name).join(', ')}`);
    answers += count;
  }
  return answers;
}

/** Nobody answers from a memory of its own: what changes in the database changes in the next answer. */
async function compareFresh(database, targets, numero) {
  const add = (n) => database.sql('elos', 'UPDATE processo SET versao = versao + $1 WHERE numero = $2', [n, numero]);
  for (const target of targets) {
    for (const expected of [1, 1, 2, 2]) {
      if (expected === 2) await add(1);
      const { versao } = await target.said('Q1', { numero });
      if (expected === 2) await add(-1);
      assert.equal(versao, expected, `${target.name} answers from a memory`);
    }
  }
}

/** A registration by each, and what it left: a processo, two links, a fact. */
async function compareWrites(database, targets, variables, last) {
  for (const [n, target] of targets.entries()) {
    const numero = withDigits(8_000_000 + n, 1999);
    const said = await target.said('M1', { numero, ...variables.get(target).M1[n] });
    assert.deepEqual(said, { numero, tipo: 'PROCESSO_DE_APURACAO_DE_ATO_INFRACIONAL', situacao: 'ATIVO', versao: 1 });
    const left = await written(database, last);
    assert.deepEqual(left, { processos: 1, vinculos: 2, eventos: 1 }, `what ${target.name} wrote`);
    await database.undoWrites('elos', last);
  }
  say(`M1: the same answer and the same rows from ${targets.map((target) => target.name).join(', ')}`);
}

/** A number of the tribunal, with its check digits. */
function withDigits(sequence, origin) {
  const rest = BigInt(`${sequence}2025820${origin}00`) % 97n;
  return `${sequence}${String(98n - rest).padStart(2, '0')}2025820${origin}`;
}

/** The trail is on, and has every one of so many answers. */
async function remembered(database, observer, answers) {
  await sealed(observer);
  const [{ records }] = await database.sql('elos', 'SELECT count(*)::int AS records FROM auditoria WHERE tribunal_codigo = 820');
  assert.ok(records >= answers, `the trail has ${records} records of ${answers} answers`);
}

async function written(database, last) {
  const [row] = await database.sql('elos', `SELECT (SELECT count(*) FROM processo WHERE id > $1)::int AS processos,
    (SELECT count(*) FROM vinculo WHERE processo_id > $1)::int AS vinculos, (SELECT count(*) FROM evento WHERE id > $2)::int AS eventos`,
  [last.processo, last.evento]);
  return row;
}

/** pgbench's statements say what elos says, row by row, for a few of their values. */
async function compareLimit(database, ours, numeros, adolescentes, cursors) {
  const client = new pg.Client({ host: database.socket, user: 'elos_servidor', database: 'elos', options: SESSION });
  pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text);
  await client.connect();
  const rows = async (request, told) => {
    const text = readFileSync(limit(request), 'utf8').split('\n').filter((line) => !line.startsWith('\\') && !line.startsWith('--')).join('\n');
    const filled = text.replace(/(?<!:):([a-z]\w*)/g, (_, name) => `(${told[name]})`);
    return (await client.query({ text: filled, rowMode: 'array' })).rows;
  };
  const distinct = (lists) => [...new Set(lists.map((list) => JSON.stringify(list)))].map((text) => JSON.parse(text));
  const ms = (date) => date.getTime();
  for (const k of [0, 1, 7, 42, 99]) {
    const numero = numeros[k % numeros.length];
    const [one] = await rows('Q1', { alto: numero.slice(0, 9), baixo: numero.slice(9) });
    const said = await ours.said('Q1', { numero });
    assert.deepEqual([one[0], one[1], one[2], one[3], ms(one[4]), one[5]], Object.values(said), 'pgbench Q1');

    const id = (27 * Math.floor(k / 5) + 19) * 5 + (k % 5) + 1;
    const second = await rows('Q2', { id });
    const expected = (await ours.said('Q2', cursors[k])).flatMap((p) => (p.vinculos.length ? p.vinculos : [[]]).map((v) => [p.numero, p.referencia?.numero ?? null, ...v]));
    assert.deepEqual(second.map((r) => [r[0], r[3], ...(r[6] ? [ms(r[5]), ...r.slice(6)] : [])]), expected, 'pgbench Q2');

    const identificador = adolescentes[k % adolescentes.length];
    const third = await rows('Q3', { sequencia: Number(identificador.slice(4)) });
    const deep = await ours.said('Q3', { identificador });
    assert.deepEqual(distinct(third.map((r) => [r[3], r[6]])), deep.processos.map((p) => [p.numero, p.referencia?.numero ?? null]), 'pgbench Q3');
    const inner = deep.processos.flatMap((p) => p.referencia?.vinculos.map((v) => v[1]) ?? []);
    assert.deepEqual(third.filter((r) => r[9]).map((r) => r[9]), inner, 'pgbench Q3, inside');
    const later = deep.processos.flatMap((p) => p.execucoes.map((e) => e.numero));
    assert.deepEqual(third.filter((r) => r[11]).map((r) => r[11]), later, 'pgbench Q3, execuções');

    const page = await rows('Q4', { id });
    const list = await ours.said('Q4', cursors[k]);
    assert.deepEqual(page.map((r) => [r[0], ms(r[4]), Number(r[6])]), list.nodes.map((p) => [p.numero, p.criadoEm, list.total]), 'pgbench Q4');
  }
  await client.end();
  say('pgbench: its statements say the same');
}

/** Until the trail of what was done is written and sealed, at most a quarter of a minute. */
async function sealed(observer) {
  const text = `SELECT NOT EXISTS (SELECT FROM auditoria WHERE tribunal_codigo = 820 AND (xid, id) > (s.ate_xid, s.ate_id)) AS all
    FROM (SELECT coalesce(max(ate_xid::text::bigint), 0)::text::xid8 AS ate_xid, coalesce(max(ate_id), 0) AS ate_id FROM (
      SELECT ate_xid, ate_id FROM selo WHERE tribunal_codigo = 820 ORDER BY ordem DESC LIMIT 1) AS ultimo) AS s`;
  await sleep(1200);
  for (let tries = 0; tries < 15; tries += 1) {
    if ((await observer.query(text)).rows[0].all) return;
    await sleep(1000);
  }
}

/** One load on one target: rates, latencies, CPU a request of its processes and of PostgreSQL. */
async function measure({ database, last }, target, data, workload, connections, seconds = SECONDS) {
  const ofPostgres = watchPostgres(database.process.pid);
  const before = cpuOf(target.pids);
  const result = await wrk(target, data, { connections, seconds });
  // What a load leaves to be done belongs to it: elos's trail.
  await (target.observer ? sealed(target.observer) : sleep(500));
  const spent = [cpuOf(target.pids) - before, ofPostgres()];
  // What was on its way at the end was served too, unseen by wrk.
  const served = result.requests + connections;
  const [server, postgres] = spent.map((cpu) => (cpu * 1e6) / served);
  if (workload === 'M1' || workload === 'mix') {
    const left = await written(database, last);
    const { processos } = left;
    const enough = workload === 'M1' ? processos >= result.requests : processos > 0;
    assert.ok(enough && processos <= result.written && processos >= result.written - connections, `${target.name}: ${processos} processos of ${result.written} sent`);
    assert.deepEqual(left, { processos, vinculos: 2 * processos, eventos: processos }, `${target.name} left something half done`);
    await database.undoWrites('elos', last);
  }
  const { rps, p50, p99, requests } = result;
  return { rps, p50, p99, requests, server, postgres, cpu: server + postgres };
}

/** The memory of a target under the mix: the most of what is seen while it runs. */
async function memory(run, target, data, connections) {
  let most = 0;
  const watch = setInterval(() => { most = Math.max(most, memoryOf(target.pids)); }, 500);
  await measure(run, target, data, 'mix', connections, Math.max(SECONDS, 4));
  clearInterval(watch);
  return most;
}

/** The middle of each figure over the rounds, and of the rounds' ratios; of the CPU's also how far they lie apart. */
function summary(workload, connections, rounds) {
  const names = Object.keys(rounds[0]);
  const middle = (name) => Object.fromEntries(Object.keys(rounds[0][name]).map((key) => [key, median(rounds.map((round) => round[name][key]))]));
  const ratiosOf = (name) => {
    const cpu = rounds.map((round) => round[name].cpu / round.elos.cpu);
    return {
      cpu: median(cpu), least: Math.min(...cpu), most: Math.max(...cpu),
      rps: median(rounds.map((round) => round.elos.rps / round[name].rps)),
      p99: median(rounds.map((round) => round.elos.p99 / round[name].p99)),
    };
  };
  const targets = Object.fromEntries(names.map((name) => [name, middle(name)]));
  const ratios = Object.fromEntries(names.filter((name) => name !== 'elos').map((name) => [name, ratiosOf(name)]));
  return { workload, connections, targets, ratios };
}

async function peers(database, program, folder) {
  say(`seeding ${PROCESSOS} processos`);
  await database.seeded('elos', PROCESSOS, program);
  const targets = running;
  targets.push(await startElos({ program, database, folder }));
  const { observer } = Object.assign(targets[0], { observer: await database.client('elos') });
  for (const name of PEERS) targets.push(await startPeer({ name, database, folder }));
  const { last, numeros, adolescentes } = await sample(database, 'elos');
  const variables = new Map();
  for (const target of targets) variables.set(target, await variablesOf(target, { numeros, adolescentes }));
  await remembered(database, observer, await compare(targets, variables));
  await compareFresh(database, targets, numeros[0]);
  await compareWrites(database, targets, variables, last);
  await compareLimit(database, targets[0], numeros, adolescentes, variables.get(targets[0]).Q2);

  const run = { database, last };
  const results = [];
  for (const workload of WORKLOADS) {
    const data = new Map(targets.map((target) => [target, prepare(target, workload, variables.get(target), folder)]));
    for (const connections of CONNECTIONS) {
      for (const target of targets) await measure(run, target, data.get(target), workload, connections, Math.max(2, Math.ceil(SECONDS / 2)));
      const rounds = [];
      for (let round = 0; round < ROUNDS; round += 1) {
        const figures = {};
        // Whoever is first in one round is last in another.
        const order = targets.map((_, i) => targets[(i + round) % targets.length]);
        for (const target of order) figures[target.name] = await measure(run, target, data.get(target), workload, connections);
        if (workload !== 'mix' && connections === CONNECTIONS[0]) {
          const before = cpuOfEnded(database.process.pid);
          const { rps, requests } = await pgbench(database, workload, { seconds: SECONDS, processos: PROCESSOS });
          await sleep(500);
          const cpu = ((cpuOfEnded(database.process.pid) - before) * 1e6) / requests;
          figures.pgbench = { rps, requests, server: 0, postgres: cpu, cpu };
          if (workload === 'M1') await Promise.all([database.undoWrites('elos', last), sealed(observer)]);
        }
        rounds.push(figures);
      }
      const result = summary(workload, connections, rounds);
      if (workload === 'mix') {
        for (const target of targets) result.targets[target.name].memory = await memory(run, target, data.get(target), connections);
      }
      results.push(result);
      say(table([result]));
    }
  }
  return results;
}

/** elos alone, on few and on many processos. */
async function scale(database, program, folder) {
  const sizes = { elos: PROCESSOS, elos_muitos: MANY };
  const targets = running;
  for (const [name, processos] of Object.entries(sizes)) {
    say(`seeding ${processos} processos`);
    await database.seeded(name, processos, program);
    targets.push(Object.assign(await startElos({ program, database, name, folder }), { observer: await database.client(name) }));
  }
  const run = { database };
  const results = [];
  for (const workload of WORKLOADS) {
    const rounds = [];
    const data = new Map();
    for (const target of targets) {
      const variables = await variablesOf(target, await sample(database, target.name));
      data.set(target, prepare(target, workload, variables, folder));
      await measure(run, target, data.get(target), workload, CONNECTIONS[0], SECONDS);
    }
    for (let round = 0; round < ROUNDS; round += 1) {
      const figures = {};
      for (const target of round % 2 ? targets.toReversed() : targets) {
        figures[target.name] = await measure(run, target, data.get(target), workload, CONNECTIONS[0]);
      }
      rounds.push(figures);
    }
    const result = summary(workload, CONNECTIONS[0], rounds);
    results.push(result);
    say(table([result]));
  }
  return results;
}

/** What was measured where, without which a figure says nothing. */
function setting(database, program) {
  const version = (name) => JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), 'utf8')).version;
  const first = (file, ...args) => execFileSync(file, args, { encoding: 'utf8' }).split('\n')[0].trim();
  return {
    cpu: cpus()[0].model, cores: availableParallelism(), node: process.version,
    postgresql: first(join(database.bin, 'postgres'), '--version'), elos: first(program, 'version'),
    ...Object.fromEntries(['postgraphile', 'mercurius', '@apollo/server'].map((name) => [name, version(name)])),
    processos: PROCESSOS, rounds: ROUNDS, seconds: SECONDS,
  };
}

const program = process.env.ELOS_BENCH_PROGRAM;
// A folder that is named is kept, with the seeded database in it.
const kept = process.env.ELOS_BENCH_DIR;
const folder = kept ?? mkdtempSync('/var/tmp/elos-bench.');
if (kept) mkdirSync(kept, { recursive: true });
execFileSync('chmod', ['755', folder]);
const database = new Database(join(folder, 'postgres'));
const end = async () => {
  await Promise.all(running.flatMap((target) => [target.stop(), target.observer?.end()]));
  await database.stop();
  if (!kept) rmSync(folder, { recursive: true, force: true });
};
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => end().then(() => process.exit(130)));
try {
  await database.start();
  const results = await (options.escala ? scale : peers)(database, program, folder);
  const file = new URL('../resultado.json', import.meta.url);
  const there = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
  const all = { ...there, [options.escala ? 'escala' : 'pares']: { setting: setting(database, program), results } };
  const whole = !options.quick && !options.only && !options.targets && !options.connections;
  console.log(table(results));
  console.log(verdicts(results, options.escala));
  if (whole) {
    const rounded = (_, value) => (typeof value === 'number' ? Number(value.toFixed(3)) : value);
    writeFileSync(file, `${JSON.stringify(all, rounded, 1)}\n`);
    if (!options.escala) writeFileSync(new URL('../resultado.svg', import.meta.url), chart(all.pares));
    say(`written: bench/resultado.json${options.escala ? '' : ', bench/resultado.svg'}`);
  }
} catch (error) {
  say(`\nbench failed: ${error.message}`);
  process.exitCode = 1;
} finally {
  await end();
}
