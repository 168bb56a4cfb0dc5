// The TypeScript compiler over each extension.
import {spawnSync} from 'node:child_process';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const failed = ['booking-page', 'booking-blocks'].filter((name) =>
  spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', join(ROOT, name)], {stdio: 'inherit'}).status !== 0);
process.exit(failed.length);
