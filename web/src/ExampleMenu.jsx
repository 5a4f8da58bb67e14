import { DropdownMenu, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { EXAMPLES } from './examples.js';

/** Examples by name. GraphiQL remembers its tabs, so an example once closed needs a way back. */
export function ExampleMenu() {
  const tabs = useGraphiQL((state) => state.tabs);
  const { changeTab, moveTab } = useGraphiQLActions();

  function open(example) {
    const index = tabs.findIndex((tab) => isUntouched(tab, example));
    // `moveTab` is the one action that takes a whole list of tabs.
    if (index < 0) moveTab([...tabs, asTab(example)]);
    changeTab(index < 0 ? tabs.length : index);
  }

  return (
    <DropdownMenu>
      <DropdownMenu.Button className="graphiql-button elos-examples">
        Exemplos <span aria-hidden="true">▾</span>
      </DropdownMenu.Button>
      <DropdownMenu.Content align="end" className="elos-examples-menu">
        {EXAMPLES.map((example) => (
          <DropdownMenu.Item key={example.title} onSelect={() => open(example)}>
            {example.title}
          </DropdownMenu.Item>
        ))}
      </DropdownMenu.Content>
    </DropdownMenu>
  );
}

function isUntouched(tab, { query, variables }) {
  return tab.query === query && (tab.variables || null) === variables;
}

function asTab({ query, variables }) {
  return {
    // Not randomUUID: browsers offer it on https only.
    id: `example-${Date.now()}`,
    hash: `${query}|${variables ?? ''}|`,
    title: query.match(/^(?:query|mutation) (\w+)/m)[1],
    query,
    variables,
    headers: null,
    operationName: null,
    response: null,
  };
}
