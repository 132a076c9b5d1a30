import { entityTable } from './entity-table.ts'

/** The characters of all names that HTML knows. */
export function entityNames(): Map<string, string> {
  const map = new Map<string, string>()
  let code = 0
  for (const entry of entityTable.split(' ')) {
    const [, step, second, list] = /^(?:(\d+)(?:\+(\d+))?:)?(.+)$/.exec(entry)!
    code += step === undefined ? 1 : Number(step)
    const char =
      String.fromCodePoint(code) + (second === undefined ? '' : String.fromCodePoint(Number(second)))
    for (const name of list!.split(',')) map.set(name, char)
  }
  return map
}
