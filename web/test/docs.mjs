// node test/docs.mjs [BASE]
// Opens /docs of a running `elos demo` (default http://127.0.0.1:8080) in a headless Chromium.
import assert from 'node:assert/strict';
import { open } from './browser.mjs';

const base = new URL(process.argv[2] ?? 'http://127.0.0.1:8080');
const { page, complaints, close } = await open(base);
try {
  const response = await page.goto(new URL('/docs', base).href);
  assert.match(response.headers()['content-security-policy'] ?? '', /default-src 'self'/);
  await page.locator('.opblock').first().waitFor();
  const document = await (await fetch(new URL('/openapi.json', base))).json();
  const operations = Object.values(document.paths).flatMap(Object.keys);
  assert.equal(await page.locator('.opblock').count(), operations.length);

  // Reads may be tried from the page; writes are for programs with a credential.
  for (const [kind, buttons] of [['get', 1], ['post', 0]]) {
    const operation = page.locator(`.opblock-${kind}`).first();
    await operation.locator('.opblock-summary').click();
    await operation.locator('.responses-table').first().waitFor();
    assert.equal(await operation.locator('.try-out__btn').count(), buttons, kind);
  }
  assert.deepEqual([...complaints], []);
  console.log(`ok      /docs shows ${operations.length} operations, and asks nobody else`);
} finally {
  await close();
}
