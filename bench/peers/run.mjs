// The run of script/bench: seeds, starts everybody, compares what they say, measures in turns.
// Progress goes to stderr, the tables to stdout, figures and chart to ../resultado.{json,svg}.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { chart } from './chart.mjs';
import { compare, compareFresh, compareLimit, compareWalls, compareWrites, remembered } from './compare.mjs';
import { Database } from './database.mjs';
import { draw, keysOf } from './draw.mjs';
import { kindsOf, prepare } from './load.mjs';
import { BESIDES, measure, measureLimit, memory, overOther, summary } from './measure.mjs';
import { MANY, readOptions, steps } from './options.mjs';
import { Progress, say } from './progress.mjs';
import { table, verdicts } from './table.mjs';
import { issuer, startElos, startPeer } from './targets.mjs';

const options = readOptions(process.argv.slice(2));
const { rounds: ROUNDS, seconds: SECONDS, processos: PROCESSOS, seed } = options;
const WARM = Math.max(2, Math.ceil(SECONDS / 2));

/** The targets that run, to be stopped at the end of the program. */
const running = [];

/** The requests of a load and kind, drawn once. */
function drawer(keys) {
  const known = new Map();
  return (load, kind) => {
    const name = `${load}/${kind}`;
    if (!known.has(name)) known.set(name, draw(load, kind, keys, seed));
    return known.get(name);
  };
}

/** Seconds that a step should take. */
function secondsOf({ workload, peers }) {
  const servers = 1 + peers.filter((name) => name !== 'pgbench').length;
  const each = SECONDS + BESIDES;
  const warm = servers * (WARM + BESIDES);
  return warm + ROUNDS * each * (servers + (peers.includes('pgbench') ? 1 : 0)) + (workload === 'mix' ? servers * each : 0);
}

/** The rounds of one step, in which the targets take turns. */
async function rounds(run, step, targets, progress) {
  const { load, workload, connections, peers } = step;
  const asked = targets.filter((target) => target.name === 'elos' || target.alone || peers.includes(target.name));
  const data = new Map(asked.map((target) => [target, prepare(target, step, (kind) => run.drawn(target, load, kind), run.keysOf(target), run.folder)]));
  const what = `${load} ${workload}, ${connections} connections`;
  const each = SECONDS + BESIDES;
  progress.step(`${what}: warm`, asked.length * (WARM + BESIDES));
  for (const target of asked) await measure(run, target, data.get(target), step, WARM);
  const seen = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const figures = {};
    // The target that is first in one round is last in another.
    for (const target of asked.map((_, i) => asked[(i + round) % asked.length])) {
      progress.step(`${what}, round ${round + 1} of ${ROUNDS}: ${target.name}`, each);
      figures[target.name] = await measure(run, target, data.get(target), step, SECONDS);
    }
    if (peers.includes('pgbench')) {
      progress.step(`${what}, round ${round + 1} of ${ROUNDS}: pgbench`, each);
      figures.pgbench = await measureLimit(run, step, SECONDS);
    }
    seen.push(figures);
  }
  const result = summary(step, seen);
  if (workload === 'mix') {
    for (const target of asked) {
      progress.step(`${what}: memory of ${target.name}`, each);
      result.targets[target.name].memory = await memory(run, target, data.get(target), step, Math.max(SECONDS, 4));
    }
  }
  say(table([result]));
  return result;
}

async function peers(database, program, folder) {
  say(`seeding ${PROCESSOS} processos`);
  await database.seeded('elos', PROCESSOS, program);
  const plan = steps(options);
  const tokens = issuer(folder);
  const targets = running;
  const start = { program, database, folder, issuer: tokens };
  targets.push(await startElos(start));
  const observer = await database.client('elos');
  Object.assign(targets[0], { observer });
  const servers = [...new Set(plan.flatMap((step) => step.peers))].filter((name) => name !== 'pgbench');
  for (const name of servers) targets.push(await startPeer({ ...start, name }));
  const keys = await keysOf(database, 'elos');
  say(`reading everybody's cursors: ${targets.map((target) => target.name).join(', ')}`);
  for (const target of targets) await target.learnCursors(keys);

  const drawn = drawer(keys);
  let answers = 0;
  for (const load of options.loads) {
    const kinds = new Set(plan.filter((step) => step.load === load).flatMap((step) => kindsOf(step.workload)));
    for (const kind of [...kinds].filter((name) => name.startsWith('Q'))) answers += await compare(targets, load, kind, drawn(load, kind), keys, options.quick);
  }
  await remembered(database, observer, answers);
  await compareFresh(database, targets, keys);
  await compareWalls(targets.filter((target) => target.inProduction), keys);
  await compareWrites(database, targets, keys);
  if (plan.some((step) => step.peers.includes('pgbench'))) await compareLimit(database, targets[0], keys, PROCESSOS);

  const run = { database, last: keys.last, folder, processos: PROCESSOS, observer, drawn: (_, load, kind) => drawn(load, kind), keysOf: () => keys };
  const progress = new Progress(plan.reduce((sum, step) => sum + secondsOf(step), 0));
  const results = [];
  for (const step of plan) results.push(await rounds(run, step, targets, progress));
  return results;
}

/** elos alone, on few and on many processos. */
async function scale(database, program, folder) {
  const tokens = issuer(folder);
  const drawers = new Map();
  const targets = running;
  for (const [name, processos] of Object.entries({ elos: PROCESSOS, elos_muitos: PROCESSOS * MANY })) {
    say(`seeding ${processos} processos`);
    await database.seeded(name, processos, program);
    const target = await startElos({ program, database, name, folder, issuer: tokens });
    targets.push(Object.assign(target, { observer: await database.client(name), alone: true }));
    const keys = await keysOf(database, name);
    await target.learnCursors(keys);
    drawers.set(target, { keys, drawn: drawer(keys) });
  }
  const run = { database, folder, drawn: (target, load, kind) => drawers.get(target).drawn(load, kind), keysOf: (target) => drawers.get(target).keys };
  const connections = options.connections?.slice(0, 1) ?? [32];
  const plan = steps({ loads: ['spread'], only: options.only ?? ['Q1', 'Q2', 'Q3'], targets: [], connections });
  const progress = new Progress(2 * plan.reduce((sum, step) => sum + secondsOf(step), 0));
  const results = [];
  for (const step of plan) results.push(await rounds(run, step, targets, progress));
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
    processos: PROCESSOS, rounds: ROUNDS, seconds: SECONDS, seed,
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
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => end().then(() => process.exit(130)));
// When nobody reads the output any more, stop what was started, too.
let left;
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => { left ??= end().then(() => process.exit(1)); });
try {
  await database.start();
  const results = await (options.escala ? scale : peers)(database, program, folder);
  const over = { spread_over_narrow: overOther(results, ['spread', 'narrow']), zipf_over_spread: overOther(results, ['zipf', 'spread']) };
  console.log(table(results));
  console.log(verdicts(results, over, options.escala));
  if (options.whole) {
    const file = new URL('../resultado.json', import.meta.url);
    const there = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    const made = { setting: setting(database, program), ...(options.escala ? {} : over), results };
    const all = { ...there, [options.escala ? 'escala' : 'pares']: made };
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
