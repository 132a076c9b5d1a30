import { fenced } from './markdown.ts'
import { read } from './workspace.ts'

/** The part of an example between `// #region` and `// #endregion`. */
export function exampleCode(file: string, region: string): string {
  const path = `tools/docs/examples/${file}`
  const found = new RegExp(`^// #region ${region}\\n([\\s\\S]*?)\\s*^// #endregion`, 'm').exec(read(path))
  if (found === null) throw new Error(`${path} has no region ${region}.`)
  // A test takes any port that is free.
  return fenced('ts', found[1]!.replace('port: 0', 'port: 3000'))
}
