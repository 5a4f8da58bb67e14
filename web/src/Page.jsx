import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { GraphiQL } from 'graphiql';
import { useMemo } from 'react';
import { createPortal } from 'react-dom';
import { Bar } from './Bar.jsx';
import { EXAMPLES } from './examples.js';
import { createFetcher } from './fetcher.js';
import { useSession } from './session.js';

const PLUGINS = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];

export function Page() {
  const { who } = useSession();
  // A new fetcher makes GraphiQL ask for the schema again, which is wanted at each sign-in only.
  const fetcher = useMemo(createFetcher, [who]);
  return (
    <GraphiQL
      fetcher={fetcher}
      // null: no introspection before the sign-in, it would only be refused.
      schema={who ? undefined : null}
      plugins={PLUGINS}
      defaultTabs={EXAMPLES}
      defaultEditorToolsVisibility
      // The history keeps headers even with shouldPersistHeaders off, and a header may be a token.
      isHeadersEditorEnabled={false}
      shouldPersistHeaders={false}
    >
      <GraphiQL.Logo>
        Graph<em>i</em>QL
      </GraphiQL.Logo>
      {createPortal(<Bar />, document.getElementById('bar'))}
    </GraphiQL>
  );
}
