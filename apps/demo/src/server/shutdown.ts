/** Closes on Ctrl-C or SIGTERM, and ends the process. A second signal ends it at once. */
export function closeOnSignal(close: () => Promise<void>): void {
  let isClosing = false
  const end = async (signal: NodeJS.Signals) => {
    if (isClosing) process.exit(signal === 'SIGINT' ? 130 : 143)
    isClosing = true
    console.log('\nClosing: answers that are under way get a moment to end. Ctrl-C again ends at once.')
    try {
      await close()
      process.exit(0)
    } catch (error) {
      console.error('The server could not close in good order.', error)
      process.exit(1)
    }
  }
  process.on('SIGINT', (signal) => void end(signal))
  process.on('SIGTERM', (signal) => void end(signal))
}
