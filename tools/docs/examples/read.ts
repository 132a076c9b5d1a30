import { Transcript } from '@sluice/core'
import type { Hub } from '@sluice/core/server'

// #region read
/** The content of a stream, from its log, if it ends within a minute. */
export async function answerOf(hub: Hub, streamId: string, owner: string): Promise<string> {
  const handle = await hub.find({ streamId, owner })
  const transcript = new Transcript()
  const signal = AbortSignal.timeout(60_000)
  for await (const event of handle.read({ signal })) transcript.apply(event)
  return transcript.text
}
// #endregion
