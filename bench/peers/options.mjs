// What the command line asks for. A wrong word ends the run before anything is started.
import { parseArgs } from 'node:util';

export const LOADS = ['spread', 'narrow', 'zipf'];
export const WORKLOADS = ['Q1', 'Q2', 'Q3', 'Q4', 'M1', 'M1k', 'mix'];
export const PEERS = ['floor', 'mercurius', 'apollo', 'postgraphile', 'pgbench'];
const MANY_CONNECTIONS = 10_000;
/** `--escala` measures elos also with this many times the processos. */
export const MANY = 10;

/** The workloads and the peers of each load, if the command line does not say. */
const ASKED = {
  spread: { workloads: WORKLOADS, peers: PEERS },
  narrow: { workloads: ['Q1', 'Q2', 'Q3', 'Q4', 'M1'], peers: ['mercurius', 'postgraphile', 'pgbench'] },
  zipf: { workloads: ['Q1', 'Q2', 'Q3', 'Q4'], peers: ['floor', 'mercurius', 'postgraphile'] },
};

const refuse = (text) => {
  process.stderr.write(`script/bench: ${text}; script/bench --help\n`);
  process.exit(2);
};

function words(name, text, known) {
  if (text === undefined) return undefined;
  const list = [...new Set(text.split(',').map((word) => word.trim()))];
  for (const word of list) if (!known.includes(word)) refuse(`--${name}: ${word || 'nothing'} is none of ${known.join(', ')}`);
  return list;
}

function number(name, text, least, most) {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most) refuse(`--${name} is a whole number from ${least} to ${most}, not ${text || 'nothing'}`);
  return value;
}

function parsed(args) {
  const flag = { type: 'boolean', default: false };
  const text = { type: 'string' };
  const names = ['rounds', 'seconds', 'processos', 'seed', 'only', 'targets', 'connections', 'load'];
  try {
    return parseArgs({ args, options: { quick: flag, escala: flag, ...Object.fromEntries(names.map((name) => [name, text])) } }).values;
  } catch (error) {
    return refuse(error.message.split('\n')[0].replace(/\. To specify.*$/, ''));
  }
}

export function readOptions(args) {
  const said = parsed(args);
  const { quick, escala } = said;
  if (escala && (said.load || said.targets)) refuse('--escala measures elos alone under the spread load: it takes no --load and no --targets');
  const only = words('only', said.only, WORKLOADS);
  const targets = words('targets', said.targets, ['elos', ...PEERS])?.filter((name) => name !== 'elos');
  if (escala && only?.some(writes)) refuse('--escala measures reads');
  const load = words('load', said.load, LOADS);
  const connections = said.connections?.split(',').map((one) => number('connections', one.trim(), 2, MANY_CONNECTIONS));
  const options = {
    quick, escala, only, targets, connections,
    loads: load ?? LOADS,
    named: load !== undefined,
    rounds: number('rounds', said.rounds, 1, 100) ?? (quick ? 2 : 5),
    seconds: number('seconds', said.seconds, 1, 600) ?? (quick ? 2 : 5),
    // Each tribunal needs rows for a full page of Q4 after the last cursor: see draw.mjs.
    processos: number('processos', said.processos, 27 * 200, 10_000_000) ?? 200_000,
    seed: number('seed', said.seed, 0, 2 ** 31 - 1) ?? 24,
  };
  // A run of only a part is for trying, and writes no file.
  const part = quick || only || targets || connections || load || said.processos || said.seed;
  options.whole = !part && options.rounds >= 3 && options.seconds >= 3;
  return options;
}

/** What is measured, in order. What writes comes last: the reads then find the tables as they were packed. */
export function steps({ loads, named, only, targets, connections }) {
  const all = loads.flatMap((load) => {
    // With both --load and --only, a load may have any workload.
    const asked = (only && named ? WORKLOADS : ASKED[load].workloads).filter((name) => !only || only.includes(name));
    return asked.flatMap((workload) => {
      // Many connections tell of latency and memory, and that is what the mix is for.
      const many = connections ?? (workload === 'mix' ? [32, 128] : [32]);
      return many.map((count, nth) => ({
        load, workload, connections: count,
        // The database alone has no mix, and is asked by its own few connections.
        peers: (targets ?? ASKED[load].peers).filter((name) => name !== 'pgbench' || (workload !== 'mix' && nth === 0)),
      }));
    });
  });
  return all.toSorted((a, b) => writes(a.workload) - writes(b.workload));
}

export const writes = (workload) => !workload.startsWith('Q');
