import { defineConfig } from 'vite';

export default defineConfig({
  base: '/graphiql/',
  worker: { format: 'es' },
  build: {
    outDir: 'build',
    target: 'es2022',
    // Nothing inline: the page lives under a CSP without 'unsafe-inline' for scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 9000,
    // The bundled libraries ask that their notices go with every copy.
    license: { fileName: 'licenses.md' },
    rolldownOptions: {
      // "use client" in libraries means nothing here, and warns some thirty times.
      onLog: (level, log, show) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && show(level, log),
    },
  },
  // `npm run preview` shows the page against a running `elos demo`.
  server: {
    host: '127.0.0.1',
    proxy: { '/graphql': 'http://127.0.0.1:8080', '/auth': 'http://127.0.0.1:8080' },
  },
});
