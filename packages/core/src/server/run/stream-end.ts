import type { StreamEvent, WithoutChunkId } from '../../events.ts'
import type { StreamEnd } from '../definition/define-stream.ts'
import type { StreamRecord } from '../log/log.ts'
import type { PartWriter } from './part-writer.ts'
import type { Rounds } from './rounds.ts'

/** The facts of an end that only the run knows. */
export type EndFacts = Pick<StreamEnd, 'outcome' | 'ttftMs' | 'durationMs'> &
  Pick<Partial<StreamEnd>, 'error' | 'finishReason' | 'usage'>

/** The argument of `onEnd`. */
export function streamEnd(
  record: StreamRecord,
  { transcript, totalChunks }: PartWriter,
  { finished }: Rounds,
  facts: EndFacts,
): StreamEnd {
  const { streamId, stream, owner, createdAt } = record
  const { text, reasoning, toolCalls, data, sources, files, order } = transcript
  const { error, finishReason, usage, ...known } = facts
  return {
    streamId,
    stream,
    owner,
    createdAt,
    ...known,
    text,
    reasoning,
    toolCalls,
    data,
    sources,
    files,
    order,
    rounds: finished,
    usage,
    finishReason,
    error,
    totalChunks,
  }
}

/** The last event of an answer that is whole. */
export function completeEvent(
  { finishReason, usage }: Rounds,
  { totalChunks }: PartWriter,
  { ttftMs, durationMs }: Pick<StreamEnd, 'ttftMs' | 'durationMs'>,
): WithoutChunkId<StreamEvent> {
  return {
    type: 'stream_complete',
    finish_reason: finishReason,
    ...(usage === undefined ? {} : { usage }),
    total_chunks: totalChunks,
    ttft_ms: ttftMs ?? null,
    duration_ms: durationMs,
  }
}
