import { seededRandom } from '@sluice/random'
import { BoundedMap } from '../bounded-map.ts'
import { countTokens } from './tokens.ts'

// Each of these, with the space before it, is one token of the o200k vocabulary, which is how an answer can be
// cut to an exact number of tokens.
const words = (
  'about across after again all along also always among another answer any around available average before begin ' +
  'behind below between both browser buffer build call can carry change check choose clear client close code come ' +
  'common complete connection context control cost count cover create current data day deep delay detail direct ' +
  'each early easy edge end enough even event every example expect fail fast few field file final find first flow ' +
  'follow full function further general give good great group grow hand hard have head help here high hold hour ' +
  'human idea important include inside instead issue item join keep kind know large last late latency layer leave ' +
  'left less level light like limit line list little load log long loss low main make many matter measure memory ' +
  'message might more most move much must name near need network never next node note number often once only open ' +
  'order other over part path people place plan point possible power process produce queue quick quite rate read ' +
  'real reason record request rest result return right run safe same scale second server short show side simple ' +
  'since single slow small some stage start state step still stop store stream such system table take task team ' +
  'than that the then there thing time together token total true under until update use user value very wait way ' +
  'well what when where while whole why with within work write year'
).split(' ')

const written = new BoundedMap<number, string>(32)

/**
 * Writes Markdown of exactly this many tokens: sections of headings, paragraphs, lists, tables and code, the same
 * for the same size. For benchmarks and for answers that outgrow a window.
 *
 * @param tokens - the size in tokens of the o200k vocabulary, at least 1
 */
export function longAnswer(tokens: number): string {
  const known = written.get(tokens)
  if (known !== undefined) return known
  const answer = write(tokens)
  written.set(tokens, answer)
  return answer
}

function write(tokens: number): string {
  const random = seededRandom(tokens)
  const blocks: string[] = []
  let length = 0
  // Blocks are counted with the blank line that follows them; what is left is filled word by word.
  for (let section = 1; ; section++) {
    const block = `${blockOf(section, random)}\n\n`
    const size = countTokens(block)
    // The filling needs a little room to be a separate paragraph.
    if (length + size + 8 > tokens) break
    blocks.push(block)
    length += size
  }
  let text = blocks.join('')
  // Tokens may join across blocks, so the filling is measured on the whole text.
  let missing = tokens - countTokens(text)
  if (missing > 0) text += 'So'
  for (missing -= 1; missing > 1; missing--) text += ` ${pick(words, random)}`
  if (missing > 0) text += '.'
  return text
}

function blockOf(section: number, random: () => number): string {
  switch (section % 6) {
    case 1:
      return `## ${section}. ${capitalised(phrase(4, random))}`
    case 3:
      return Array.from({ length: 5 }, () => `- **${phrase(2, random)}**: ${phrase(9, random)}`).join('\n')
    case 4:
      return tableOf(random)
    case 5:
      return `\`\`\`ts\nconst ${pick(words, random)}Ms = ${section * 10}\nawait write(${pick(words, random)}Ms)\n\`\`\``
    default:
      return Array.from({ length: 4 }, () => `${capitalised(phrase(14, random))}.`).join(' ')
  }
}

function tableOf(random: () => number): string {
  const row = () => `| ${phrase(2, random)} | ${phrase(3, random)} | ${Math.floor(random() * 1000)} |`
  return ['| part | what it does | ms |', '|---|---|---|', row(), row(), row()].join('\n')
}

function phrase(length: number, random: () => number): string {
  return Array.from({ length }, () => pick(words, random)).join(' ')
}

function pick(from: readonly string[], random: () => number): string {
  return from[Math.floor(random() * from.length)] ?? ''
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
