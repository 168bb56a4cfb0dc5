// Bundles each extension as the Shopify CLI does and checks the size Shopify allows after compression.
import {mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {deflateSync} from 'node:zlib';
import {build} from 'esbuild';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const KIB = 1024;
const LIMIT = 64 * KIB;
const LIMIT_FULL_PAGE = 128 * KIB;
// Stands for the app's address until whoever serves the bundle knows it.
const API_URL = process.env.OPENCALS_API_URL ?? 'https://opencals-api.invalid';

/** [{target, module}] of a shopify.extension.toml. */
function targets(toml) {
  return toml.split('[[extensions.targeting]]').slice(1).map((part) => ({
    target: /^target = "([^"]+)"/m.exec(part)[1],
    module: /^module = "([^"]+)"/m.exec(part)[1],
  }));
}

let tooLarge = false;
for (const entry of readdirSync(ROOT, {withFileTypes: true})) {
  const folder = join(ROOT, entry.name);
  const found = entry.isDirectory() && entry.name.startsWith('booking-') ? targets(readFileSync(join(folder, 'shopify.extension.toml'), 'utf8')) : [];
  if (found.length === 0) continue;
  const contents = found.map(({target, module}, n) =>
    `import Target_${n} from '${module}'; shopify.extend('${target}', (...args) => Target_${n}(...args));`).join('\n');
  const result = await build({
    stdin: {contents, resolveDir: folder, loader: 'tsx'}, bundle: true, minify: true, write: false, target: 'es6', jsx: 'automatic',
    jsxImportSource: 'preact', legalComments: 'none', loader: {'.esnext': 'ts', '.js': 'jsx'},
    resolveExtensions: ['.tsx', '.ts', '.js', '.json', '.esnext', '.mjs', '.ejs'], logLevel: 'warning',
    define: {'process.env.NODE_ENV': '"production"', 'process.env.OPENCALS_API_URL': JSON.stringify(API_URL)},
  });
  const code = result.outputFiles[0].contents;
  mkdirSync(join(ROOT, 'build'), {recursive: true});
  writeFileSync(join(ROOT, 'build', `${entry.name}.js`), code);
  const size = deflateSync(code).length;
  const limit = found.some(({target}) => target.endsWith('page.render')) ? LIMIT_FULL_PAGE : LIMIT;
  tooLarge ||= size > limit;
  console.log(`${entry.name}: ${(code.length / KIB).toFixed(1)} KiB, compressed ${(size / KIB).toFixed(1)} of ${limit / KIB} KiB${size > limit ? ': TOO LARGE' : ''}`);
}
process.exit(tooLarge ? 1 : 0);
