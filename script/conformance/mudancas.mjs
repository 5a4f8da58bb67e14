// Something to be told of: one processo whose magistrada changes name, again and again.
const headers = { authorization: `Bearer ${process.env.TOKEN}` };

export async function graphql(base, query, variables = {}) {
  const response = await fetch(`${base}/graphql`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'application/graphql-response+json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

// Changes it every 100 ms until the answer of this is called.
export async function changing(base) {
  const { processos } = await graphql(base, '{ processos(first: 1) { nodes { numero } } }');
  const processo = processos.nodes[0].numero;
  const change = 'mutation($i: AtualizarResponsaveisInput!) { atualizarResponsaveis(input: $i) { erros { mensagem } } }';
  let turn = 0;
  let last = Promise.resolve();
  const timer = setInterval(() => {
    const nome = `Magistrada Fictícia ${++turn}`;
    last = graphql(base, change, { i: { processo, magistrado: { nome } } }).catch((error) => console.error(error));
  }, 100);
  return async () => {
    clearInterval(timer);
    await last;
  };
}

// Runs the checks one after the other and says how many held.
export async function run(protocol, checks) {
  let held = 0;
  for (const [name, check] of checks) {
    const outcome = await check().then((ok) => (ok ? '' : 'it does not'), (error) => String(error?.message ?? error?.reason ?? error));
    if (!outcome) held += 1;
    console.log(`${outcome ? 'FAIL' : 'ok  '} ${protocol}: ${name}${outcome ? ` (${outcome})` : ''}`);
  }
  console.log(`${protocol}: ${held} of ${checks.length}`);
  return held === checks.length;
}
