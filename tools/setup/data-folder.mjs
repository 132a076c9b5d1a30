import { accessSync, constants, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/**
 * The folder in which the demo keeps its data unless `DATA_DIR` says otherwise: a folder of the user, for each port, so that
 * two demos at a time do not want the same files.
 */
export function dataFolder(
  { PORT, XDG_DATA_HOME, LOCALAPPDATA },
  platform = process.platform,
  home = homedir(),
) {
  const name = PORT && PORT !== '3000' ? `sluice-demo-${PORT}` : 'sluice-demo'
  if (platform === 'win32') return join(LOCALAPPDATA || join(home, 'AppData', 'Local'), name)
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', name)
  // https://specifications.freedesktop.org/basedir-spec/latest/
  return join(XDG_DATA_HOME || join(home, '.local', 'share'), name)
}

/** The folder, or `memory` if this user may not write there: the demo starts all the same. */
export function usable(folder) {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    accessSync(folder, constants.W_OK)
    return folder
  } catch {
    return 'memory'
  }
}
