import { fork } from 'node:child_process'
import { once } from 'node:events'

/** The answers of a child process, by the name of the call. */
export type Calls = Readonly<Record<string, (argument: never) => unknown>>

/** A separate process that answers calls: its CPU time and memory are those of one contestant and no other. */
export interface Child<C extends Calls> {
  call<Name extends keyof C & string>(
    name: Name,
    ...given: Parameters<C[Name]>
  ): Promise<Awaited<ReturnType<C[Name]>>>
  stop(): Promise<void>
}

interface Call {
  readonly id: number
  readonly name: string
  readonly given: unknown
}

interface Answer {
  readonly id: number
  readonly result?: unknown
  readonly error?: string
}

/** Starts a module of this folder as a child. It is gone when it was told to stop, or when this process ends. */
export async function startChild<C extends Calls>(
  module: string,
  args: readonly string[],
  nodeFlags: readonly string[] = [],
): Promise<Child<C>> {
  const child = fork(new URL(module, import.meta.url), args, {
    execArgv: ['--conditions=sluice-source', ...nodeFlags],
    serialization: 'advanced',
  })
  const calls = new Map<number, PromiseWithResolvers<unknown>>()
  let lastId = 0
  child.on('message', ({ id, result, error }: Answer) => {
    const call = calls.get(id)
    calls.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(`${module} ${args.join(' ')}: ${error}`))
  })
  const exited = once(child, 'exit')
  child.once('exit', (code, signal) => {
    for (const { reject } of calls.values()) reject(new Error(`${module} has gone: ${signal ?? code}`))
  })
  await Promise.race([
    once(child, 'message'),
    exited.then(([code]) => Promise.reject(new Error(`${module} ${args.join(' ')} has gone: ${code}`))),
  ])
  return {
    call(name, ...[given]) {
      const call = Promise.withResolvers<unknown>()
      lastId += 1
      calls.set(lastId, call)
      if (child.connected) child.send({ id: lastId, name, given } satisfies Call)
      else call.reject(new Error(`${module} has gone`))
      return call.promise as ReturnType<Child<C>['call']> as never
    },
    async stop() {
      if (!child.connected) return
      child.disconnect()
      await exited
    },
  }
}

/** The child's side. It says that it is there, and answers until its parent disconnects. */
export function answerCalls(calls: Calls): void {
  process.on('message', async ({ id, name, given }: Call) => {
    const answer = await resultOf(calls[name]!, given).then(
      (result): Answer => ({ id, result }),
      (error: Error): Answer => ({ id, error: error.stack ?? error.message }),
    )
    process.send?.(answer)
  })
  // By way of exit, so that a profile is written.
  process.once('disconnect', () => process.exit(0))
  process.send?.({ id: 0 } satisfies Answer)
}

async function resultOf(call: Calls[string], given: unknown): Promise<unknown> {
  return call(given as never)
}
