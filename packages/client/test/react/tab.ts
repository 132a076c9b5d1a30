import { act, cleanup, type RenderHookResult, renderHook } from '@testing-library/react'
import type { StrictMode } from 'react'
import { afterEach, beforeEach, expect, type MockInstance, vi } from 'vitest'
import type { StreamClient } from '../../src/index.ts'
import { type UseStreamOptions, type UseStreamResult, useStream } from '../../src/react/index.ts'
import { LocalServer, TabStorage } from './local-server.ts'

/** The props that the component under test is rendered with. */
export interface Props extends UseStreamOptions {
  readonly client?: StreamClient
  readonly name?: string
}

type Result = UseStreamResult<unknown, unknown>

/** A fresh server and tab for each test of a file. After each, nobody reads, and React had nothing to complain of. */
export class Tab {
  server = new LocalServer()
  storage = new TabStorage()
  #complaints: MockInstance | undefined

  constructor() {
    beforeEach(() => {
      this.server = new LocalServer()
      this.storage = new TabStorage()
      this.#complaints = vi.spyOn(console, 'error')
    })
    afterEach(() => {
      cleanup()
      expect(this.server.open.size).toBe(0)
      expect(this.#complaints).not.toHaveBeenCalled()
    })
  }

  client(): StreamClient {
    return this.server.client(this.storage)
  }

  use(props: Props = {}, wrapper?: typeof StrictMode): RenderHookResult<Result, Props> {
    const first = this.client()
    return renderHook(
      ({ client = first, name = 'chat', ...options }: Props) => useStream(client, name, options),
      { initialProps: props, ...(wrapper && { wrapper }) },
    )
  }

  /** Has the model say something, as somebody else's turn. */
  async say(...texts: readonly string[]): Promise<void> {
    await act(async () => {
      for (const text of texts) this.server.last.say(text)
    })
  }
}
