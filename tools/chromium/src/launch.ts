import { type Browser, chromium } from 'playwright-core'
import { findChromium } from './find.ts'

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
 * @throws {Error} that says what to install, where there is none.
 */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: ARGUMENTS })
}
