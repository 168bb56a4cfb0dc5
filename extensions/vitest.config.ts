import {defineConfig} from 'vitest/config';

export default defineConfig({
  esbuild: {jsx: 'automatic', jsxImportSource: 'preact'},
  test: {
    environment: 'jsdom',
    env: {OPENCALS_API_URL: 'https://api.test'},
    // The tester ships TypeScript; without this line it would be handed to Node as it is.
    server: {deps: {inline: [/@shopify\/ui-extensions-tester/]}},
  },
});
