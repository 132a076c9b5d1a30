import { useEffect, useState } from 'react'
import type { Lab, LabChange } from '../../shared/api.ts'
import { api } from '../state/api.ts'
import { wordsOf } from '../state/request.ts'
import { visitor } from '../state/visitor.ts'

/** The faults that are chosen, and how to choose others. */
export interface LabControl {
  /** `undefined` until the server has said. */
  readonly lab: Lab | undefined
  /** The result of the last action, for screen readers. */
  readonly words: string
  readonly change: (change: LabChange) => void
  readonly reset: () => void
  readonly cut: (forMs: number) => void
  readonly kill: () => void
}

export function useLab(): LabControl {
  const [lab, setLab] = useState<Lab>()
  const [words, setWords] = useState('')

  const act = async (done: (lab: Lab | undefined) => string, ask: () => Promise<Lab | undefined>) => {
    try {
      await visitor()
      const answered = await ask()
      if (answered !== undefined) setLab(answered)
      setWords(done(answered))
    } catch (error) {
      setWords(wordsOf(error))
    }
  }

  // Once, when it opens.
  useEffect(() => void act(() => '', api.lab), [])

  return {
    lab,
    words,
    change: (change) =>
      void act(
        () => 'Done. It holds from now on.',
        () => api.changeLab(change),
      ),
    reset: () => void act(() => 'Everything is as it should be.', api.resetLab),
    cut: (forMs) =>
      void act(
        () => (forMs === 0 ? 'The connection was cut.' : `The connection is cut for ${forMs / 1000} s.`),
        async () => {
          await api.cut({ forMs })
          return undefined
        },
      ),
    kill: () => void act(() => 'A server process was killed.', api.kill),
  }
}
