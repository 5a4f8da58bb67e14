// What a person reads: figures of each target, then what was aimed at and what came.

const number = (value, digits = 0) => (value === undefined || Number.isNaN(value) ? '' : value.toFixed(digits));

export function table(results) {
  const lines = [];
  for (const { workload, connections, targets, ratios } of results) {
    lines.push('', `${workload}, ${connections} connections`);
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

// Peer's CPU ÷ ours, at least; our requests a second ÷ pgbench's, at least.
const AIMS = {
  postgraphile: { Q1: 3.0, Q2: 3.0, Q3: 2.5, Q4: 1.9, M1: 2.0 },
  mercurius: { Q1: 1.5, Q2: 2.0, Q3: 2.5, Q4: 1.2, M1: 1.5 },
  pgbench: { Q1: 0.4, Q2: 0.55, Q3: 0.4, Q4: 0.85, M1: 0.65 },
};

export function verdicts(results, scale) {
  const lines = [''];
  const tell = (what, value, aim, good) => lines.push(`${good ? 'met   ' : 'MISSED'} ${what}: ${number(value, 2)} (aim ${aim})`);
  const at = (workload, connections) => results.find((r) => r.workload === workload && r.connections === connections);
  if (scale) {
    for (const { workload, ratios } of results) {
      tell(`${workload}: CPU at ten times the processos ÷ CPU`, ratios.elos_muitos.cpu, '≤ 1.3', ratios.elos_muitos.cpu <= 1.3);
    }
    return lines.join('\n');
  }
  const few = Math.min(...results.map((r) => r.connections));
  for (const [peer, aims] of Object.entries(AIMS)) {
    for (const [workload, aim] of Object.entries(aims)) {
      const ratio = at(workload, few)?.ratios[peer];
      if (!ratio) continue;
      const value = peer === 'pgbench' ? ratio.rps : ratio.cpu;
      tell(`${workload}: ${peer === 'pgbench' ? 'our requests a second ÷ pgbench' : `CPU of ${peer} ÷ ours`}`, value, `≥ ${aim}`, value >= aim);
    }
  }
  const mix = at('mix', 128);
  if (mix?.ratios.postgraphile) tell('mix at 128 connections: our p99 ÷ PostGraphile', mix.ratios.postgraphile.p99, '≤ 0.25', mix.ratios.postgraphile.p99 <= 0.25);
  if (mix) tell('mix at 128 connections: our memory, MB', mix.targets.elos.memory, '≤ 80', mix.targets.elos.memory <= 80);
  return lines.join('\n');
}
