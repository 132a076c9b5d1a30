// The same tests, over HTTP/2. The variable is read when they are loaded.
process.env.SLUICE_TEST_PROTOCOL = 'HTTP/2'
await import('./routes.test.ts')
await import('./bad-input.test.ts')
await import('./owners.test.ts')
