import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The answers that a model server knows. */
export interface Answers {
  /** The names of the answers, which are the names of their files. */
  readonly names: readonly string[]
  /**
   * The text that a question is answered with: the answer with the most keywords in the question, or one that
   * refers to the question if there is none.
   */
  for(question: string): string
}

interface Answer {
  readonly name: string
  readonly keywords: readonly RegExp[]
  readonly text: string
}

// Beside `src` and `dist` alike.
const defaultFolder = fileURLToPath(new URL('../../answers', import.meta.url))

/**
 * Reads the answers, once: each is a Markdown file whose first line is a comment with its keywords,
 * `<!-- keywords: logging, correlation id -->`. `default.md` has none; its `{{question}}` stands for the question.
 *
 * @param folder - the folder of the files
 * @throws Error when a file has no keywords, or there is no `default.md`
 */
export function readAnswers(folder: string = defaultFolder): Answers {
  const files = readdirSync(folder).filter((file) => file.endsWith('.md'))
  const all = files
    .sort()
    .map((file) => parse(basename(file, '.md'), readFileSync(join(folder, file), 'utf8')))
  const fallback = all.find(({ name }) => name === 'default')
  if (fallback === undefined) throw new Error(`There is no default.md in ${folder}.`)
  const answers = all.filter((answer) => answer !== fallback)
  for (const { name, keywords } of answers) {
    if (keywords.length === 0) throw new Error(`${name}.md has no keywords in its first line.`)
  }

  return {
    names: all.map(({ name }) => name),
    for(question) {
      let best: Answer | undefined
      let most = 0
      for (const answer of answers) {
        const found = answer.keywords.filter((keyword) => keyword.test(question)).length
        if (found > most) {
          best = answer
          most = found
        }
      }
      return best?.text ?? fallback.text.replaceAll('{{question}}', () => quotable(question))
    },
  }
}

function parse(name: string, file: string): Answer {
  const [, list, text] = /^<!-- keywords: (.*?) -->\n+([\s\S]*)$/.exec(file) ?? []
  const keywords = list?.split(',').map((keyword) => keyword.trim()) ?? []
  return { name, keywords: keywords.filter(Boolean).map(pattern), text: (text ?? file).trim() }
}

/** A keyword as a whole word, or its plural; scripts without spaces have no whole words to look for. */
function pattern(keyword: string): RegExp {
  const escaped = keyword.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return /^[\x20-\x7e]*$/.test(keyword) ? new RegExp(`\\b${escaped}s?\\b`, 'i') : new RegExp(escaped)
}

// The question is quoted inside a sentence, so it must stay on one line and be of a length that one reads.
function quotable(question: string): string {
  const line = question.toWellFormed().replace(/\s+/g, ' ').trim()
  const characters = [...line]
  return characters.length > 200 ? `${characters.slice(0, 200).join('')}…` : line
}
