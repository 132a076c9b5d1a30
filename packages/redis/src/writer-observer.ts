import type { RedisWriter } from './redis-writer.ts'

/** Who wants to know what becomes of a {@link RedisWriter}: its log. */
export interface WriterObserver {
  /** Its last event is in Redis, or it may write no more: its lease needs nobody. */
  closed(writer: RedisWriter, how: 'ended' | 'lost'): void
  /** Redis has lost the stream, and is about to get it again: where that is not finished, the reaper must find it. */
  restoring(writer: RedisWriter): Promise<void>
  /** Redis had lost the stream, and has it again as far as its record goes. */
  restored(writer: RedisWriter): void
}
