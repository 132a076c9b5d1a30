import { expect, test } from 'vitest'
import { dataFolder } from './data-folder.mjs'

test('the demo keeps its data in a folder of the user, one for each port', () => {
  expect(dataFolder({}, 'linux', '/home/ada')).toBe('/home/ada/.local/share/sluice-demo')
  expect(dataFolder({ XDG_DATA_HOME: '/data', PORT: '3000' }, 'linux', '/home/ada')).toBe('/data/sluice-demo')
  expect(dataFolder({ PORT: '3001' }, 'darwin', '/Users/ada')).toBe(
    '/Users/ada/Library/Application Support/sluice-demo-3001',
  )
  expect(dataFolder({ LOCALAPPDATA: '/local' }, 'win32', '/home/ada')).toBe('/local/sluice-demo')
})
