// Runs one load on one target, measures it, and summarizes the rounds.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { pgbench, wrk } from './load.mjs';
import { writes } from './options.mjs';
import { cpuOf, cpuOfEnded, memoryOf, watchPostgres } from './processes.mjs';

/** Seconds that a measurement takes besides its load: the trail that is sealed, or what writes left. */
export const BESIDES = 1.5;

/** Waits until the trail of what was done is written and sealed in every tribunal, at most about a quarter of a minute. */
export async function sealed(observer) {
  const text = `SELECT NOT EXISTS (SELECT FROM tribunal t LEFT JOIN LATERAL (
      SELECT ate_xid, ate_id FROM selo WHERE tribunal_codigo = t.codigo ORDER BY ordem DESC LIMIT 1) s ON true
    WHERE EXISTS (SELECT FROM auditoria a WHERE a.tribunal_codigo = t.codigo AND (a.xid, a.id) > (coalesce(s.ate_xid, '0'::xid8), coalesce(s.ate_id, 0)))) AS all`;
  await sleep(1200);
  for (let tries = 0; tries < 15; tries += 1) {
    if ((await observer.query(text)).rows[0].all) return;
    await sleep(1000);
  }
}

/** The rows that were written since `last`. */
export async function written(database, last) {
  const [row] = await database.sql('elos', `SELECT (SELECT count(*) FROM processo WHERE id > $1)::int AS processos,
    (SELECT count(*) FROM vinculo WHERE processo_id > $1)::int AS vinculos, (SELECT count(*) FROM evento WHERE id > $2)::int AS eventos`,
  [last.processo, last.evento]);
  return row;
}

/** Measures a load: requests a second, latencies in milliseconds, and the microseconds of CPU a request of the target's processes and of PostgreSQL. */
export async function measure({ database, last }, target, data, { workload, connections }, seconds) {
  const ofPostgres = watchPostgres(database.process.pid);
  const before = cpuOf(target.pids);
  const result = await wrk(target, data, { connections, seconds, workload });
  // What a load leaves to be done belongs to it: elos's trail.
  await (target.observer ? sealed(target.observer) : sleep(500));
  const spent = [cpuOf(target.pids) - before, ofPostgres()];
  // What was on its way at the end was served too, unseen by wrk.
  const served = result.requests + connections;
  const [server, postgres] = spent.map((cpu) => (cpu * 1e6) / served);
  if (writes(workload)) {
    const left = await written(database, last);
    const { processos } = left;
    const enough = workload === 'mix' ? processos > 0 : processos >= result.requests;
    assert.ok(enough && processos <= result.written && processos >= result.written - connections, `${target.name}: ${processos} processos of ${result.written} sent`);
    assert.deepEqual(left, { processos, vinculos: 2 * processos, eventos: processos }, `${target.name} left something half done`);
    await database.undoWrites('elos', last);
  }
  const { rps, p50, p99, requests } = result;
  return { rps, p50, p99, requests, server, postgres, cpu: server + postgres };
}

/** Measures pgbench's load on the database alone. */
export async function measureLimit({ database, last, folder, processos, observer }, step, seconds) {
  const before = cpuOfEnded(database.process.pid);
  const { rps, requests } = await pgbench(database, step, { seconds, processos, folder });
  await sleep(500);
  const cpu = ((cpuOfEnded(database.process.pid) - before) * 1e6) / requests;
  if (writes(step.workload)) await Promise.all([database.undoWrites('elos', last), sealed(observer)]);
  return { rps, requests, server: 0, postgres: cpu, cpu };
}

/** The memory of a target under the mix, in MB: the most that is seen while it runs. */
export async function memory(run, target, data, step, seconds) {
  let most = 0;
  const watch = setInterval(() => { most = Math.max(most, memoryOf(target.pids)); }, 500);
  await measure(run, target, data, step, seconds);
  clearInterval(watch);
  return most;
}

const median = (numbers) => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** The median of each figure over the rounds, and of the ratios of the rounds; for the CPU also the least and the greatest ratio. */
export function summary({ load, workload, connections }, rounds) {
  const names = Object.keys(rounds[0]);
  const middle = (name) => Object.fromEntries(Object.keys(rounds[0][name]).map((key) => [key, median(rounds.map((round) => round[name][key]))]));
  const ratiosOf = (name) => {
    const cpu = rounds.map((round) => round[name].cpu / round.elos.cpu);
    const over = (key) => median(rounds.map((round) => round.elos[key] / round[name][key]));
    return {
      cpu: median(cpu), least: Math.min(...cpu), most: Math.max(...cpu), ours: over('cpu'), rps: over('rps'),
      ...(rounds[0][name].p99 === undefined ? {} : { p99: over('p99') }),
    };
  };
  const targets = Object.fromEntries(names.map((name) => [name, middle(name)]));
  const ratios = Object.fromEntries(names.filter((name) => name !== 'elos').map((name) => [name, ratiosOf(name)]));
  return { load, workload, connections, targets, ratios };
}

/** The CPU of each target under `load` divided by that under `other`, for each workload that was measured under both. */
export function overOther(results, [load, other]) {
  const found = {};
  for (const one of results.filter((it) => it.load === load)) {
    const twin = results.find((it) => it.load === other && it.workload === one.workload && it.connections === one.connections);
    if (!twin) continue;
    const names = Object.keys(one.targets).filter((name) => twin.targets[name]);
    found[one.workload] ??= Object.fromEntries(names.map((name) => [name, one.targets[name].cpu / twin.targets[name].cpu]));
  }
  return found;
}
