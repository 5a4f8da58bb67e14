// What a person reads: figures of each target, then what was aimed at and what came.
import { MANY } from './options.mjs';

const number = (value, digits = 0) => (value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits));

export function table(results) {
  const lines = [];
  for (const { load, workload, connections, targets, ratios } of results) {
    lines.push('', `${load} ${workload}, ${connections} connections`);
    const rows = [['', 'req/s', 'server µs', 'PG µs', 'CPU µs', 'p50 ms', 'p99 ms', 'PSS MB', 'CPU ÷ elos', 'in rounds', 'elos rps ÷']];
    for (const [name, t] of Object.entries(targets)) {
      rows.push([name, number(t.rps), number(t.server), number(t.postgres), number(t.cpu), number(t.p50, 1), number(t.p99, 1), number(t.memory),
        number(ratios[name]?.cpu, 2), ratios[name] ? `${number(ratios[name].least, 2)}–${number(ratios[name].most, 2)}` : '', number(ratios[name]?.rps, 2)]);
    }
    const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
    for (const row of rows) lines.push(row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join('  '));
  }
  return lines.join('\n');
}

// Peer's CPU ÷ ours, at least; our CPU ÷ the floor's, at most; our requests a second ÷ pgbench's, at least.
const AIMS = {
  spread: {
    postgraphile: { Q1: 4, Q2: 3, Q3: 2.5, Q4: 2.5, M1k: 3 },
    mercurius: { Q1: 1.7, Q2: 3, Q3: 4, Q4: 1.8, M1k: 3 },
    floor: { Q1: 1.8, Q2: 1.6, Q3: 1.8, Q4: 1.3, M1k: 1.5 },
    pgbench: { Q1: 0.35, Q2: 0.45, Q3: 0.4, Q4: 0.9, M1k: 1 },
  },
  // Nine tenths of what was measured before the loads were told apart.
  narrow: {
    postgraphile: { Q1: 5.5, Q2: 4.7, Q3: 4.3, Q4: 4.3, M1: 2.8 },
    mercurius: { Q1: 2.6, Q2: 4.4, Q3: 6.6, Q4: 2.8, M1: 3 },
    pgbench: { Q1: 0.28, Q2: 0.55, Q3: 0.55, Q4: 1.6, M1: 1.3 },
  },
};
const WAYS = {
  floor: ({ ours }) => ['our CPU ÷ that of the floor', ours, '≤'],
  pgbench: ({ rps }) => ['our requests a second ÷ pgbench', rps, '≥'],
};
const peersWay = (name) => ({ cpu }) => [`CPU of ${name} ÷ ours`, cpu, '≥'];
const SPREAD_OVER_NARROW = { Q1: 1.6, Q2: 1.5, Q3: 1.7, Q4: 1.7 };
/** The most that the floor's CPU may be, divided by pgbench's: above that it is no floor. */
const FLOOR_OVER_PGBENCH = { Q1: 2.4, Q2: 1.8, Q3: 1, Q4: 0.9 };

export function verdicts(results, over, scale) {
  const lines = [''];
  const tell = (what, value, sign, aim) => {
    const good = sign === '≤' ? value <= aim : value >= aim;
    lines.push(`${good ? 'met   ' : 'MISSED'} ${what}: ${number(value, 2)} (aim ${sign} ${aim})`);
  };
  const told = (title, ratios) => Object.entries(ratios).forEach(([workload, targets]) => {
    lines.push(`       ${workload}: ${title}: ${Object.entries(targets).map(([name, value]) => `${name} ${number(value, 2)}`).join(', ')}`);
  });
  if (scale) {
    for (const { workload, ratios } of results) tell(`${workload}: CPU at ${MANY} times the processos ÷ CPU`, ratios.elos_muitos.cpu, '≤', 1.3);
    return lines.join('\n');
  }
  const few = Math.min(...results.map((r) => r.connections));
  const at = (load, workload, connections = few) => results.find((r) => r.load === load && r.workload === workload && r.connections === connections);
  for (const [load, peers] of Object.entries(AIMS)) {
    for (const [peer, aims] of Object.entries(peers)) {
      for (const [workload, aim] of Object.entries(aims)) {
        const ratio = at(load, workload)?.ratios[peer];
        if (!ratio) continue;
        const [what, value, sign] = (WAYS[peer] ?? peersWay(peer))(ratio);
        tell(`${load} ${workload}: ${what}`, value, sign, aim);
      }
    }
  }
  for (const [workload, aim] of Object.entries(SPREAD_OVER_NARROW)) {
    const value = over.spread_over_narrow[workload]?.elos;
    if (value) tell(`${workload}: our CPU spread ÷ narrow`, value, '≤', aim);
  }
  const [plain, keyed] = [at('spread', 'M1'), at('spread', 'M1k')];
  if (plain && keyed) tell('spread: our CPU of M1k ÷ M1', keyed.targets.elos.cpu / plain.targets.elos.cpu, '≤', 1.1);
  for (const [workload, aim] of Object.entries(FLOOR_OVER_PGBENCH)) {
    const { floor, pgbench } = at('spread', workload)?.targets ?? {};
    if (floor && pgbench) tell(`spread ${workload}: CPU of the floor ÷ pgbench`, floor.cpu / pgbench.cpu, '≤', aim);
  }
  const mix = at('spread', 'mix', 128);
  if (mix?.ratios.postgraphile) tell('spread mix at 128 connections: our p99 ÷ PostGraphile', mix.ratios.postgraphile.p99, '≤', 0.25);
  if (mix) tell('spread mix at 128 connections: our memory, MB', mix.targets.elos.memory, '≤', 90);
  told('CPU spread ÷ narrow', over.spread_over_narrow);
  told('CPU zipf ÷ spread', over.zipf_over_spread);
  return lines.join('\n');
}
