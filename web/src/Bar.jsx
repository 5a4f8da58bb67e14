import { Button, ButtonGroup, Tooltip } from '@graphiql/react';
import { ExampleMenu } from './ExampleMenu.jsx';
import { enterAs, enterWith, useSession } from './session.js';

export function Bar() {
  const session = useSession();
  return (
    <>
      <strong className="elos-brand">elos</strong>
      {session.clients && <DemoClients {...session} />}
      {session.clients === null && !session.who && <PasteToken />}
      <p role="status" className="elos-status">
        <Status {...session} />
      </p>
      {session.who && <Leave />}
      <ExampleMenu />
    </>
  );
}

function DemoClients({ clients, who }) {
  return (
    <div role="group" aria-labelledby="elos-enter" className="elos-clients">
      <span id="elos-enter">Entrar como</span>
      <ButtonGroup>
        {clients.map(({ clientId, nome }) => (
          <Tooltip key={clientId} label={nome}>
            <Button
              type="button"
              aria-pressed={who?.azp === clientId}
              className={who?.azp === clientId ? 'active' : ''}
              onClick={() => enterAs(clientId)}
            >
              {clientId}
            </Button>
          </Tooltip>
        ))}
      </ButtonGroup>
    </div>
  );
}

function PasteToken() {
  function submit(event) {
    event.preventDefault();
    const form = event.currentTarget;
    enterWith(form.elements.token.value);
    form.reset();
  }
  return (
    <form className="elos-paste" onSubmit={submit}>
      <label htmlFor="elos-token">Cole um token de acesso</label>
      {/* Not type="password": the browser would offer to keep it. */}
      <input
        id="elos-token"
        name="token"
        required
        autoComplete="off"
        spellCheck="false"
        placeholder="eyJ…"
      />
      <Button type="submit">Entrar</Button>
    </form>
  );
}

/** Reloads: that forgets the token and takes the answers off the screen, those of other tabs too. */
function Leave() {
  return (
    <Button type="button" onClick={() => window.location.reload()}>
      Sair
    </Button>
  );
}

function Status({ clients, entering, who, notice }) {
  if (entering) return 'Entrando…';
  if (who) return <Who {...who} />;
  if (notice) return <span className={`elos-${notice.kind}`}>{notice.text}</span>;
  if (clients) return <span className="elos-hint">Entre como um dos clientes de demonstração</span>;
  return null;
}

function Who({ azp, tribunal, nacional, papeis }) {
  const reach = nacional ? 'nacional' : tribunal?.sigla;
  return (
    <span className="elos-who" title={tribunal?.nome}>
      <span className="elos-dot" aria-hidden="true" />
      <b>{azp}</b> · {reach} · <span className="elos-roles">{papeis.join(', ')}</span>
    </span>
  );
}
