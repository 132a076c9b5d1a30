/**
 * Programs that the tests need and no npm package brings. `env` names the variable with a part's path, for us and,
 * once found, to the tests; `names` are looked for on the path, then `places`.
 */
export const parts = [
  {
    name: 'Chromium',
    purpose: 'the browser tests',
    env: 'CHROMIUM_PATH',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    places: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      'C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe',
    ],
    debianPackage: 'chromium',
    advice: {
      darwin: 'brew install --cask chromium',
      linux: 'sudo apt-get install chromium, or Chrome from https://www.google.com/chrome',
      win32: 'Chrome from https://www.google.com/chrome',
    },
  },
  {
    name: 'Firefox',
    purpose: 'the tests of what runs, loads and leaks in a second browser engine',
    isNeeded: () => true,
    env: 'FIREFOX_PATH',
    names: ['firefox-esr', 'firefox'],
    places: [
      '/Applications/Firefox.app/Contents/MacOS/firefox',
      'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
    ],
    debianPackage: 'firefox-esr',
    advice: {
      darwin: 'brew install --cask firefox',
      linux: 'sudo apt-get install firefox-esr',
      win32: 'Firefox from https://www.mozilla.org/firefox',
    },
  },
  {
    name: 'nginx',
    purpose: 'the tests of @sluice/fastify-sse behind a proxy',
    env: 'NGINX_PATH',
    names: ['nginx'],
    places: ['/usr/sbin/nginx', '/usr/local/bin/nginx', '/opt/homebrew/bin/nginx'],
    debianPackage: 'nginx-light',
    advice: {
      darwin: 'brew install nginx',
      linux: 'sudo apt-get install nginx-light',
      win32: 'nginx from https://nginx.org/en/download.html',
    },
  },
  {
    name: 'redis-server',
    purpose: 'the tests of @sluice/redis',
    env: 'REDIS_SERVER_PATH',
    names: ['redis-server', 'valkey-server'],
    places: ['/opt/homebrew/bin/redis-server', '/usr/local/bin/redis-server'],
    debianPackage: 'redis-server',
    advice: {
      darwin: 'brew install redis',
      linux: 'sudo apt-get install redis-server',
      win32: 'a Linux under WSL, as Redis does not run on Windows itself',
    },
  },
]
