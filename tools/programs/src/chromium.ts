import { type Browser, chromium } from 'playwright-core'
import { findProgram, type Program } from './find.ts'

const CHROMIUM: Program = {
  title: 'Chromium or Chrome',
  variable: 'CHROMIUM_PATH',
  names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
  places: [
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    '/Applications/Chromium.app/Contents/MacOS/Chromium',
    'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
    'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
  ],
  install: 'Debian: sudo apt-get install chromium; macOS: brew install --cask chromium',
}

const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/**
 * Starts the installed Chromium, headless, without a word to other hosts.
 * @throws {Error} that says what to install, if there is none.
 */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findProgram(CHROMIUM), args: ARGUMENTS })
}
