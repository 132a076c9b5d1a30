import { commands, help } from './commands.mjs'
import { SetupError } from './say.mjs'

const [name, ...args] = process.argv.slice(2)
const isAskingForHelp = name === '--help' || name === '-h'

if (Object.hasOwn(commands, name ?? '')) {
  try {
    process.exitCode = await commands[name].run(args)
  } catch (error) {
    if (!(error instanceof SetupError)) throw error
    process.stderr.write(`\nsluice: ${error.message}\n`)
    process.exitCode = 1
  }
} else {
  if (!isAskingForHelp && name !== undefined) process.stdout.write(`There is no command "${name}".\n\n`)
  process.stdout.write(help())
  process.exitCode = isAskingForHelp ? 0 : 1
}
