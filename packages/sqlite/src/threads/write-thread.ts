import { parentPort, workerData } from 'node:worker_threads'
import type { Batch, ThreadData } from './messages.ts'
import { Writer } from './write.ts'

// The thread that writes if each batch is flushed to the disk. It imports nothing but Node's own and what is of this package:
// a thread does not see the conditions under which the process resolves packages.
const port = parentPort!
const writer = new Writer(workerData as ThreadData, (reply) => port.postMessage(reply))

port.on('message', (message: Batch | 'close') => {
  if (message === 'close') {
    writer.close()
    port.close()
  } else writer.send(message)
})
