import { build } from './build.mjs'
import { cluster } from './cluster.mjs'
import { format, lint } from './lint.mjs'
import { packages } from './packages.mjs'
import { publish, version } from './release.mjs'
import { bench, dev } from './script.mjs'
import { start } from './start.mjs'
import { oldest, soak, test } from './test.mjs'
import { types } from './types.mjs'

/** Each takes the rest of the command line and gives an exit code. */
export const commands = {
  start: { npm: 'npm start', does: 'build everything and start the demo', run: start },
  dev: { npm: 'npm run dev', does: 'start the demo on its sources, without a build', run: dev },
  cluster: {
    npm: 'npm run demo:cluster',
    does: 'the demo as two instances with a Redis, behind one URL',
    run: cluster,
  },
  test: {
    npm: 'npm test',
    does: 'run all tests, those of the named projects, or the suite `security`',
    run: test,
  },
  oldest: {
    npm: 'npm run test:oldest',
    does: 'run the tests that count on the oldest versions of what the packages are used with',
    run: oldest,
  },
  soak: { npm: 'npm run test:soak', does: 'run the long tests under load', run: soak },
  bench: { npm: 'npm run bench', does: 'measure', run: bench },
  build: { npm: 'npm run build', does: 'build all projects', run: build },
  types: { npm: 'npm run types', does: 'type-check sources and tests', run: types },
  lint: {
    npm: 'npm run lint',
    does: 'check style, mistakes, unused code and who may import whom',
    run: lint,
  },
  format: { npm: 'npm run format', does: 'mend what the lint can mend by itself', run: format },
  packages: {
    npm: 'npm run check:packages',
    does: 'check the packages as they would be published',
    run: packages,
  },
  version: {
    npm: 'npm run release:version',
    does: 'make versions and changelogs of the changesets',
    run: version,
  },
  publish: { npm: 'npm run release:publish', does: 'build, and publish what is new', run: publish },
}

export function help() {
  const rows = Object.values(commands).map(({ npm, does }) => `  ${npm.padEnd(26)}${does}\n`)
  return `Commands:\n${rows.join('')}`
}
