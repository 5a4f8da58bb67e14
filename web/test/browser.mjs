// A headless Chromium, and what a page must not do in it. Shared by the tests that drive one.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { chromium } from 'playwright-core';

/** A page in a profile of its own, watched from the start. */
export async function open(base) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'elos-browser-'));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    viewport: { width: 1440, height: 900 },
    locale: 'pt-BR',
    args: [
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints = watch(page, base);
  const close = async () => {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  };
  return { context, page, complaints, close };
}

/** Collects whatever a page on a closed network with a strict policy must never do. */
function watch(page, base) {
  const seen = new Set();
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (!['data:', 'blob:'].includes(url.protocol) && url.origin !== base.origin) seen.add(`other host: ${url}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) seen.add(`${response.status()}: ${response.url()}`);
  });
  // Aborted is what a reload does to a worker that is still loading.
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText;
    if (reason !== 'net::ERR_ABORTED') seen.add(`failed: ${request.url()} ${reason}`);
  });
  page.on('pageerror', (error) => seen.add(`exception: ${error}`));
  // Chromium reports a violated policy as a console error, too. The one exception is the explorer's:
  // it cannot show a list or a null written in the query, and says so.
  page.on('console', (message) => {
    const known = message.text().startsWith('arg mismatch between arg and selection');
    if (message.type() === 'error' && !known) seen.add(`console: ${message.text()}`);
  });
  return seen;
}
