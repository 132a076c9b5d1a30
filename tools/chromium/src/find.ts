import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome']
const PLACES = [
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
  'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
]

/**
 * Where a Chromium is: `CHROMIUM_PATH`, the first on the `PATH`, or where the system keeps it.
 * @throws {Error} that says what to install, where there is none.
 */
export function findChromium(
  { CHROMIUM_PATH, PATH = '' }: NodeJS.ProcessEnv = process.env,
  places: readonly string[] = PLACES,
): string {
  if (CHROMIUM_PATH) return CHROMIUM_PATH
  const onPath = PATH.split(delimiter).flatMap((folder) => NAMES.map((name) => join(folder, name)))
  const found = [...onPath, ...places].find(isProgram)
  if (found !== undefined) return found
  throw new Error(
    'This needs Chromium or Chrome, and found none. Install it (Debian: sudo apt-get install chromium; ' +
      'macOS: brew install --cask chromium), or set CHROMIUM_PATH to where it is.',
  )
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
