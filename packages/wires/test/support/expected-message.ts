import type { Hub } from '@sluice/core/server'
import type { Wire } from '@sluice/core/transport'
import { readUIMessageStream, type UIMessage, type UIMessageChunk } from 'ai'

/** The message that the AI SDK makes of a stream's log, without any network. */
export async function expectedMessage(hub: Hub, streamId: string, wire: Wire): Promise<UIMessage> {
  const handle = await hub.find({ streamId, authorize: () => true })
  const translator = wire.begin(handle.record)
  const chunks: UIMessageChunk[] = []
  for await (const event of handle.read()) {
    for (const { data } of translator.push(event))
      if (typeof data !== 'string') chunks.push(data as UIMessageChunk)
  }
  const stream = new ReadableStream<UIMessageChunk>({
    start(out) {
      for (const chunk of chunks) out.enqueue(chunk)
      out.close()
    },
  })
  let last: UIMessage | undefined
  for await (const next of readUIMessageStream({ stream })) last = next
  return last!
}
