import { readCommandLine, USAGE, type Wanted } from './command-line.ts'
import { machine } from './machine.ts'

/** The measurements, by name; each returns Markdown. */
const benchmarks: Readonly<Record<string, (wanted: Wanted) => Promise<string>>> = {
  core: async () => (await import('./core/report.ts')).coreReport(),
  ttft: async () => (await import('./ttft/report.ts')).ttftReport(),
  micro: async (wanted) => (await import('./core/micro.ts')).microReport(wanted),
  servers: async (wanted) => (await import('./servers/report.ts')).serversReport(wanted),
  markdown: async (wanted) => (await import('./markdown/report.ts')).markdownReport(wanted),
  document: async () => (await import('./servers/document.ts')).writeDocument(),
}

/** Those that measure what no other one does. */
const ALL = ['core', 'ttft', 'servers']

async function main(args: readonly string[]): Promise<void> {
  const wanted = readCommandLine(args)
  const unknown = wanted.names.find((name) => !Object.hasOwn(benchmarks, name))
  if (unknown !== undefined) {
    throw new TypeError(
      `There is no benchmark "${unknown}"; there is: ${Object.keys(benchmarks).join(', ')}.`,
    )
  }
  console.log(machine())
  for (const name of wanted.names.length > 0 ? wanted.names : ALL) {
    console.log(`\n${await benchmarks[name]!(wanted)}`)
  }
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  // The request cannot be done: a stack would say nothing more.
  if (!(error instanceof TypeError)) throw error
  console.error(`${error.message}\n\n${USAGE}`)
  process.exitCode = 1
}
