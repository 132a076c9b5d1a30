import type { StreamHandle } from '@sluice/core/server'
import type { Wire } from '@sluice/core/transport'

/** How many chunks an answer has so far, as `WorkflowChatTransport` counts them: without `[DONE]`. */
export async function countChunks(handle: StreamHandle, wire: Wire): Promise<number> {
  const { last, record } = handle
  const translator = wire.begin(record)
  let count = 0
  if (last === 0) return 0
  for await (const event of handle.read()) {
    for (const { data } of translator.push(event)) if (typeof data !== 'string') count += 1
    if (event.chunk_id >= last) break
  }
  return count
}
