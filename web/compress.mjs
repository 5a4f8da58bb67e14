// compress.mjs FROM TO          writes TO anew: one .gz for each file of FROM, nothing else
// compress.mjs --check FROM TO  fails when TO does not hold exactly the files of FROM
import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';

const OS_BYTE = 9;
const check = process.argv.includes('--check');
const [from, to] = process.argv.slice(2).filter((argument) => argument !== '--check');

const files = (folder) =>
  fs
    .readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

function write() {
  fs.rmSync(to, { recursive: true, force: true });
  const total = { raw: 0, gzip: 0 };
  for (const name of files(from)) {
    const raw = fs.readFileSync(path.join(from, name));
    const gzip = zlib.gzipSync(raw, { level: 9 });
    // Node leaves the time empty but names the operating system here; 255 is "unknown".
    gzip[OS_BYTE] = 255;
    const target = path.join(to, `${name}.gz`);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.writeFileSync(target, gzip);
    total.raw += raw.length;
    total.gzip += gzip.length;
  }
  console.log(`${files(to).length} files, ${total.raw} bytes, ${total.gzip} compressed`);
}

// Compares contents, not compressed bytes: those depend on the zlib of the Node at hand.
function differences() {
  const wanted = files(from).map((name) => `${name}.gz`);
  const present = files(to);
  const same = (name) =>
    fs
      .readFileSync(path.join(from, name.slice(0, -3)))
      .equals(zlib.gunzipSync(fs.readFileSync(path.join(to, name))));
  return [
    ...wanted.filter((name) => !present.includes(name)).map((name) => `missing: ${name}`),
    ...present.filter((name) => !wanted.includes(name)).map((name) => `not built: ${name}`),
    ...wanted.filter((name) => present.includes(name) && !same(name)).map((name) => `differs: ${name}`),
  ];
}

if (check) {
  const found = differences();
  for (const line of found) console.error(line);
  console.log(found.length ? `${to} is out of date: npm run build` : `${to} is up to date`);
  process.exitCode = found.length ? 1 : 0;
} else {
  write();
}
