// What the system tells of processes: CPU time and memory.
import { readFileSync, readdirSync } from 'node:fs';

/**
 * CPU seconds of processes. `stat` and not the threads' `schedstat`: it also has the threads that
 * ended, and a pool of blocking threads ends some.
 */
export function cpuOf(pids) {
  return pids.reduce((sum, pid) => sum + ticks(pid, USER_AND_SYSTEM), 0);
}

/**
 * Returns a function that returns the CPU seconds of PostgreSQL since this call: of every process but
 * those of autovacuum, whose work would be charged to the target that happens to be measured.
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

// Indexes in the fields of `stat` after the name; a tick is a hundredth of a second.
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
