// How far a run is, and how long it still takes: to stderr, a line for each thing that is measured.
export const say = (text) => process.stderr.write(`${text}\n`);

const minutes = (seconds) => (seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`);

export class Progress {
  /** `expected` is the seconds that all steps should take together. */
  constructor(expected) {
    Object.assign(this, { expected, done: 0, since: performance.now() });
  }

  /** Before a step that should take so many seconds. What is left follows from how long the steps so far took. */
  step(what, seconds) {
    const passed = (performance.now() - this.since) / 1000;
    // The first steps say little of the rest.
    const pace = this.done < 30 ? 1 : passed / this.done;
    const share = Math.floor((100 * this.done) / this.expected);
    say(`[${String(share).padStart(3)}%, ${minutes(Math.max(0, this.expected - this.done) * pace)} left] ${what}`);
    this.done += seconds;
  }
}
