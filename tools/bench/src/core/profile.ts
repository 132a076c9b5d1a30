import { mkdirSync, writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { join } from 'node:path'

/** Does something under the CPU profiler of V8, and writes what it saw as a `.cpuprofile`. */
export async function profiled<Result>(
  folder: string,
  name: string,
  act: () => Promise<Result>,
): Promise<Result> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.start')
  const result = await act()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile))
  return result
}
