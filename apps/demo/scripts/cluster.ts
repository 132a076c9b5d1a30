import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { readSettings } from '../src/server/settings.ts'
import { closeOnSignal } from '../src/server/shutdown.ts'
import { StartError } from '../src/server/start-error.ts'
import { Cluster } from './cluster/cluster.ts'

const main = fileURLToPath(new URL('../dist/server/main.js', import.meta.url))

try {
  // Their mistakes are said once, and not by each instance.
  const { port } = readSettings(process.env)
  if (!existsSync(main))
    throw new StartError('The demo has not been built: `npm run demo:cluster` does that first.')
  const cluster = await Cluster.start({
    nodeArgs: [main],
    port,
    env: process.env,
    say: (line) => console.log(line),
  })
  closeOnSignal(() => cluster.stop())
  console.log(
    `\n  Sluice   ${cluster.url}\n  Cluster  2 instances, Redis, one proxy; the laboratory can kill an instance\n`,
  )
} catch (error) {
  const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
  if (isTaken) console.error('The port is taken. Choose another: PORT=3001 npm run demo:cluster')
  else console.error(error instanceof StartError ? error.message : error)
  process.exitCode = 1
}
