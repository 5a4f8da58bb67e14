// Each peer runs as one process for each core, as its documentation advises: this starts `serve` in
// as many workers. The primary only hands connections out.
import cluster from 'node:cluster';
import { availableParallelism } from 'node:os';

export const port = Number(process.env.PORT);

/** What `pg` connects with; ten connections a process are its default. */
export const pool = { connectionString: process.env.PAR_DATABASE_URL, max: 10 };

export async function inEveryCore(serve) {
  if (!cluster.isPrimary) {
    await serve();
    return process.send('ready');
  }
  const workers = Array.from({ length: availableParallelism() }, () => cluster.fork());
  await Promise.all(workers.map((worker) => new Promise((resolve) => worker.once('message', resolve))));
  cluster.on('exit', (worker, code) => {
    console.error(`worker ${worker.process.pid} ended: ${code}`);
    process.exit(1);
  });
  console.log(JSON.stringify(workers.map((worker) => worker.process.pid)));
}
