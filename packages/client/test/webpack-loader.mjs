// What a page's TypeScript loader does, for the test of webpack.
import { transform } from 'esbuild'

export default function load(source) {
  const done = this.async()
  transform(source, { loader: 'ts', format: 'esm', target: 'es2022' }).then(
    ({ code }) => done(null, code),
    done,
  )
}
