// The database of a run: a PostgreSQL of its own, durable as in production, reached by a socket.
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

// Settings that differ from PostgreSQL's defaults, the same for all targets.
const SETTINGS = { shared_buffers: '1GB', max_connections: 300, max_wal_size: '4GB', listen_addresses: '' };

/** Where initdb, postgres and pgbench are. */
function programs() {
  if (process.env.ELOS_PG_BIN) return process.env.ELOS_PG_BIN;
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => b - a) : [];
  const found = versions.map((v) => join(debian, v, 'bin')).find((bin) => existsSync(join(bin, 'initdb')));
  if (found) return found;
  return execFileSync('sh', ['-c', 'dirname "$(command -v initdb)"'], { encoding: 'utf8' }).trim();
}

/** PostgreSQL refuses to run as root: then it runs as the user `postgres`. */
function owner() {
  if (process.getuid() !== 0) return {};
  const id = (flag) => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}

const roles = () => readFileSync(new URL('roles.sql', import.meta.url), 'utf8');

/** The name of the template database. Its hash changes with the names of the migrations and with the roles, so that a kept folder is then seeded again. */
function templateOf(processos) {
  const migrations = readdirSync(new URL('../../migrations', import.meta.url)).sort();
  const hash = createHash('sha256').update(migrations.join()).update(roles()).digest('hex').slice(0, 8);
  return `semente_${processos}_${hash}`;
}

export class Database {
  constructor(folder) {
    this.folder = folder;
    this.socket = join(folder, 'socket');
    this.bin = programs();
  }

  /** Starts the server; a folder that is there already is used again. */
  async start() {
    const data = join(this.folder, 'data');
    const user = owner();
    if (!existsSync(join(data, 'PG_VERSION'))) {
      rmSync(data, { recursive: true, force: true });
      for (const dir of [this.folder, data, this.socket]) mkdirSync(dir, { recursive: true, mode: 0o755 });
      if (user.uid !== undefined) for (const dir of [data, this.socket]) chownSync(dir, user.uid, user.gid);
      const args = ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-k'];
      execFileSync(join(this.bin, 'initdb'), args, { ...user, cwd: '/', stdio: ['ignore', 'ignore', 'inherit'] });
    }
    const settings = { ...SETTINGS, unix_socket_directories: this.socket };
    const args = ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])];
    const log = openSync(join(this.folder, 'postgres.log'), 'a');
    this.process = spawn(join(this.bin, 'postgres'), args, { ...user, cwd: '/', stdio: ['ignore', log, log] });
    for (let tries = 0; ; tries += 1) {
      try {
        await this.sql('postgres', 'SELECT');
        return this;
      } catch (error) {
        if (tries === 150 || this.process.exitCode !== null) throw new Error(`PostgreSQL did not start: ${error.message}`);
        await sleep(200);
      }
    }
  }

  async stop() {
    if (!this.process || this.process.exitCode !== null) return;
    this.process.kill('SIGINT');
    for (let tries = 0; this.process.exitCode === null && tries < 100; tries += 1) await sleep(100);
  }

  url(user, name) {
    return `postgres://${user}@/${name}?host=${encodeURIComponent(this.socket)}`;
  }

  async client(name, user = 'postgres', options = undefined) {
    const client = new pg.Client({ host: this.socket, user, database: name, options });
    await client.connect();
    return client;
  }

  async sql(name, text, values) {
    const client = await this.client(name);
    try {
      return (await client.query(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  /** Makes the database `name` with about `processos` processos and the roles of all targets, as a copy of a template that is made once for a size. */
  async seeded(name, processos, elos) {
    const template = templateOf(processos);
    const [there] = await this.sql('postgres', 'SELECT datistemplate AS made FROM pg_database WHERE datname = $1', [template]);
    if (!there?.made) {
      if (there) await this.sql('postgres', `DROP DATABASE ${template}`);
      await this.sql('postgres', `CREATE DATABASE ${template}`);
      const env = { ...process.env, ELOS_MIGRATE_URL: this.url('postgres', template) };
      const run = (...args) => execFileSync(elos, args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
      run('migrate', 'run');
      run('seed', '--yes', '--processos', String(processos));
      await this.sql(template, roles());
      await this.sql(template, 'VACUUM ANALYZE');
      await this.sql('postgres', `ALTER DATABASE ${template} IS_TEMPLATE true`);
    }
    await this.sql('postgres', `DROP DATABASE IF EXISTS ${name}`);
    await this.sql('postgres', `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
    await this.sql(name, 'CHECKPOINT');
  }

  /** Deletes what writes left, so that the next load finds what the last one found. */
  async undoWrites(name, { processo, evento }) {
    const client = await this.client(name);
    try {
      await client.query('SET session_replication_role = replica');
      const { rowCount } = await client.query('DELETE FROM processo WHERE id > $1', [processo]);
      if (rowCount === 0) return;
      await client.query('DELETE FROM vinculo WHERE processo_id > $1', [processo]);
      await client.query('DELETE FROM evento WHERE id > $1', [evento]);
      await client.query('DELETE FROM chave_idempotencia');
      // Not ANALYZE: with another sample PostgreSQL may run a prepared statement by another kind of plan.
      await client.query('VACUUM processo, vinculo, evento, chave_idempotencia');
      await client.query('CHECKPOINT');
    } finally {
      await client.end();
    }
  }
}
