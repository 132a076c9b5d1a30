import { parentPort, workerData } from 'node:worker_threads'
import { Chores } from './chores.ts'
import type { Chore, ChoreDone, ThreadData } from './messages.ts'

const port = parentPort!
const chores = new Chores((workerData as ThreadData).path)

port.on('message', (message: Chore | 'close') => {
  if (message === 'close') {
    chores.close()
    port.close()
    return
  }
  port.postMessage(done(message))
})

function done(chore: Chore): ChoreDone | { readonly error: string } {
  try {
    return chores.do(chore)
  } catch (thrown) {
    return { error: (thrown as Error).message }
  }
}
