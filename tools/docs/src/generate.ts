// Makes the generated parts of the documents anew.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { regenerated } from './document.ts'
import { documents, read, root } from './workspace.ts'

for (const path of documents) {
  const before = read(path)
  const after = regenerated(before)
  if (after === before) continue
  writeFileSync(join(root, path), after)
  console.log(`generated ${path}`)
}
