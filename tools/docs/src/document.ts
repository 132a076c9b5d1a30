import { interfaceText, optionTable } from './declarations.ts'
import { errorTable } from './errors.ts'
import { exampleCode } from './examples.ts'
import { markdownCosts } from './markdown-costs.ts'
import { stateDiagram } from './states.ts'

const BLOCK = /(<!-- generated: (.+?) -->\n)[\s\S]*?(<!-- \/generated -->)/g

/** The generators, by their name in `<!-- generated: name argument … -->`. */
const generators: Readonly<Record<string, (...given: string[]) => string>> = {
  errors: errorTable,
  states: stateDiagram,
  interface: interfaceText,
  options: optionTable,
  example: exampleCode,
  'markdown-costs': markdownCosts,
}

/** A document with what stands between `<!-- generated: … -->` and `<!-- /generated -->` made anew. */
export function regenerated(document: string): string {
  return document.replaceAll(BLOCK, (_block, begin: string, what: string, end: string) => {
    const [name, ...given] = what.split(' ')
    const generate = generators[name!]
    if (generate === undefined) throw new Error(`Nothing generates "${what}".`)
    return `${begin}\n${generate(...given)}\n\n${end}`
  })
}
