// node test/graphiql.mjs [BASE] [--screenshot FILE]
// Drives /graphiql of a running `elos demo` (default http://127.0.0.1:8080) in a headless Chromium.
import assert from 'node:assert/strict';
import { parseArgs } from 'node:util';
import { open } from './browser.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { screenshot: { type: 'string' }, timeout: { type: 'string', default: '30000' } },
});
const base = new URL(positionals[0] ?? 'http://127.0.0.1:8080');
const timeout = Number(values.timeout);

const { context, page, complaints, close } = await open(base);
context.setDefaultTimeout(timeout);

let failure = null;
try {
  await step('the page opens, with the example tabs', opens);
  await step('a client signs in by a click', signsIn);
  await step('the nested example answers with data', nestedExample);
  await step('the refused registration shows the rule', refusedExample);
  await step('the subscription is told of a change', subscribedExample);
  await step('a closed example comes back', examplesComeBack);
  await step('leaving keeps the tabs and nothing else', signsOut);
  await step('no token is stored', noTokenStored);
  await step('nothing was asked elsewhere, nothing was refused', () => assert.deepEqual([...complaints], []));
} catch (error) {
  failure = error;
} finally {
  if (failure) await picture();
  await close();
}
if (failure) {
  console.error(failure.message);
  for (const line of complaints) console.error(`  seen: ${line}`);
}
process.exitCode = failure ? 1 : 0;

async function step(name, run) {
  try {
    await run();
    console.log(`ok      ${name}`);
  } catch (error) {
    error.message = `FAILED  ${name}\n${error.message}`;
    throw error;
  }
}

async function opens() {
  const response = await page.goto(new URL('/graphiql', base).href);
  assert.equal(response.status(), 200);
  const policy = response.headers()['content-security-policy'] ?? '';
  assert.match(policy, /default-src 'self'/, 'the page has no content security policy');
  assert.doesNotMatch(policy, /unsafe-eval|script-src[^;]*unsafe-inline/);
  assert.equal(await page.title(), 'elos · GraphiQL');
  await page.getByRole('button', { name: /Execute query/ }).waitFor();
  await tab('ProcessoComVinculos').waitFor();
  await tab('QuemSouEu').waitFor();
  await page.getByText('Entre como um dos clientes de demonstração').waitFor();
}

async function signsIn() {
  await page.getByRole('button', { name: 'tjrn', exact: true }).click();
  await page.getByRole('status').getByText(/TJRN.*pse-consulta/).waitFor();
  // The schema needs the token: the explorer lists its fields only after the sign-in.
  await page.getByRole('button', { name: /GraphiQL Explorer/ }).click();
  await page.locator('.graphiql-explorer-root').getByText('adolescentes', { exact: true }).first().waitFor();
}

async function nestedExample() {
  const answer = await runTab('ProcessoComVinculos');
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  const processos = answer.data.processos.nodes;
  assert.ok(processos.length > 0, 'no processo in the answer');
  assert.match(processos[0].numero, /^\d{7}-\d{2}\.\d{4}\.\d\.\d{2}\.\d{4}$/);
  assert.ok(processos.some(({ adolescentes }) => adolescentes.edges.length > 0), 'no adolescente in the answer');
  await page.locator('.graphiql-response .view-lines').getByText(processos[0].numero).first().waitFor();
  await page.mouse.move(0, 0);
  await picture();
}

async function refusedExample() {
  const answer = await runTab('CadastroRecusado');
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  const codes = answer.data.cadastrarProcesso.erros.map(({ codigo }) => codigo);
  assert.ok(codes.includes('NUMERO_DIGITO_INVALIDO'), `refused with ${codes}`);
  await page.locator('.graphiql-response .view-lines').getByText('NUMERO_DIGITO_INVALIDO').waitFor();
}

async function subscribedExample() {
  await show('MudancasDeProcessos');
  const opened = page.waitForEvent('websocket');
  await page.getByRole('button', { name: /Execute query/ }).click();
  // Nothing on the page says that the subscription stands, so the change is made again until it is told.
  await opened;
  const nome = `Magistrada Fictícia ${Date.now()}`;
  const told = page.locator('.graphiql-response .view-lines').getByText(nome.split(' ')[2]).waitFor();
  let waiting = true;
  told.finally(() => { waiting = false; }).catch(() => {});
  for (let turn = 0; waiting; turn += 1) {
    await change(`${nome} ${turn}`);
    await page.waitForTimeout(500);
  }
  await told;
  await page.getByRole('button', { name: /Stop query/ }).click();
}

async function change(nome) {
  const basic = Buffer.from('tjrn:demo').toString('base64');
  const token = await fetch(new URL('/auth/realms/pje/protocol/openid-connect/token', base), {
    method: 'POST', headers: { authorization: `Basic ${basic}` }, body: new URLSearchParams({ grant_type: 'client_credentials' }),
  }).then((response) => response.json());
  const ask = async (query, variables) => {
    const headers = { authorization: `Bearer ${token.access_token}`, 'content-type': 'application/json' };
    const response = await fetch(new URL('/graphql', base), { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
    return (await response.json()).data;
  };
  const { processos } = await ask('{ processos(first: 1) { nodes { numero } } }');
  const input = { processo: processos.nodes[0].numero, magistrado: { nome } };
  await ask('mutation($i: AtualizarResponsaveisInput!) { atualizarResponsaveis(input: $i) { erros { mensagem } } }', { i: input });
}

async function examplesComeBack() {
  await tab('Paginas').click();
  await page.locator('.graphiql-tab-active').getByRole('button', { name: 'Close Tab' }).click();
  await tab('Paginas').waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Exemplos' }).click();
  await page.getByRole('menuitem', { name: 'Páginas com variáveis' }).click();
  await tab('Paginas').waitFor();
  const answer = await runTab('Paginas');
  assert.equal(answer.errors, undefined, JSON.stringify(answer.errors));
  assert.equal(typeof answer.data.processos.totalCount, 'number');
}

async function signsOut() {
  // GraphiQL writes its tabs half a second after a change.
  await page.waitForTimeout(1000);
  await noTokenStored();
  const before = await page.locator('.graphiql-tab').count();
  await page.getByRole('button', { name: 'Sair' }).click();
  await page.getByText('Entre como um dos clientes de demonstração').waitFor();
  await tab('Paginas').waitFor();
  assert.equal(await page.locator('.graphiql-tab').count(), before, 'the tabs are not the same');
  assert.equal(await page.getByRole('button', { name: 'Sair' }).count(), 0);
  assert.equal((await page.locator('.graphiql-response .view-lines').innerText()).trim(), '', 'an answer is left');
}

async function noTokenStored() {
  const stored = await page.evaluate(() => [
    ...Object.entries(localStorage),
    ...Object.entries(sessionStorage),
    ['cookie', document.cookie],
  ]);
  assert.ok(stored.some(([key]) => key === 'graphiql:tabState'), 'GraphiQL keeps its tabs elsewhere now');
  for (const [key, value] of stored) assert.ok(!/eyJ|Bearer/.test(value), `a token is stored as ${key}`);
}

async function picture() {
  if (values.screenshot) await page.screenshot({ path: values.screenshot }).catch(console.error);
}

function tab(name) {
  return page.locator('.graphiql-tab-button', { hasText: new RegExp(`^${name}$`) });
}

async function runTab(name) {
  await show(name);
  return run();
}

async function show(name) {
  await tab(name).click();
  // GraphiQL looks for the operations of a tab a moment after it shows it; until then it asks for those of the last one.
  await page.waitForTimeout(1000);
}

/** Runs the tab in front; the answer as the server sent it. */
async function run() {
  const answered = page.waitForResponse((response) => new URL(response.url()).pathname === '/graphql');
  await page.getByRole('button', { name: /Execute query/ }).click();
  return (await answered).json();
}
