// Random numbers that a seed determines, so that every run sends the same requests.

/** FNV-1a with the finalizer of MurmurHash3: a number of 32 bits for a text. */
export function hashOf(text) {
  let hash = 2166136261;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Mulberry32: from 0 up to and without 1. */
export function randomOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const uniform = (random, count) => Math.floor(random() * count);

/** The skew of a Zipf load; pgbench takes none at or below one. */
export const SKEW = 1.01;
const sums = new Map();

/** An index below `count`, the first most often: the k-th as often as 1/k^SKEW. */
export function zipf(random, count) {
  if (!sums.has(count)) {
    let sum = 0;
    sums.set(count, Float64Array.from({ length: count }, (_, k) => (sum += (k + 1) ** -SKEW)));
  }
  const table = sums.get(count);
  const wanted = random() * table[count - 1];
  let [low, high] = [0, count - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table[middle] < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
