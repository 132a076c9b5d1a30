import { startNginx } from '@sluice/programs/nginx'
import type { Test } from 'tap'

/** An nginx in front of `upstream`, with its defaults: it buffers what it is not told to pass on. Gives its URL. */
export async function nginxBefore(t: Test, upstream: string): Promise<string> {
  const { url, stop } = await startNginx((folder, port) => {
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
      (name) => `${name}_temp_path ${folder}/${name};`,
    )
    return `pid ${folder}/pid;
     events {}
     http {
       access_log off; ${temp.join(' ')}
       server { listen 127.0.0.1:${port}; location / { proxy_pass ${upstream}; } }
     }`
  })
  t.teardown(stop)
  return url
}
