import type { StreamSession } from '@sluice/client'
import { useEffect, useState } from 'react'
import type { ToolResult } from '../../shared/api.ts'

const NONE: ReadonlyMap<number, string> = new Map()

/** The results of tools in this stream so far, by the index of their call. */
export function useToolResults(session: StreamSession<unknown> | undefined): ReadonlyMap<number, string> {
  const [results, setResults] = useState(NONE)
  useEffect(() => {
    if (session === undefined) return
    let isCurrent = true
    const follow = async (): Promise<void> => {
      try {
        for await (const event of session) {
          if (!isCurrent) return
          const { type, name, data } = event as { type: string; name?: string; data?: ToolResult }
          // It begins, or begins anew: what another stream's tools have given is void.
          if (type === 'stream_start') setResults(NONE)
          if (type !== 'data_chunk' || name !== 'tool_result' || data === undefined) continue
          setResults((before) => new Map(before).set(data.index, data.result))
        }
      } catch {
        // The error is shown with the answer; results that were missed come with the stored answer.
      }
    }
    void follow()
    return () => {
      isCurrent = false
    }
  }, [session])
  return results
}
