import {
  type HttpServer,
  type OnRequest,
  type ServeOptions,
  Site,
  type SiteOptions,
  serve,
} from '@pelton/protocols/http'
import type { Cleanup } from './temp-folder.ts'

/** What a test changes; `limits` in milliseconds and bytes. */
export interface HttpServerOptions extends Partial<Omit<SiteOptions, 'onRequest'>> {
  limits?: ServeOptions['limits']
  tls?: ServeOptions['tls']
  onFault?: ServeOptions['onFault']
}

/** Serves on a free port of the loopback until the test ends; what is still in flight then is cut. */
export async function startHttpServer(
  test: Cleanup,
  onRequest: OnRequest,
  { limits, tls, onFault, ...site }: HttpServerOptions = {},
): Promise<HttpServer> {
  const served = new Site({ maxBodyBytes: 1 << 20, ...site, onRequest })
  const options = { host: '127.0.0.1', port: 0, limits, tls, ...(onFault ? { onFault } : {}) }
  const server = await serve(options, () => served)
  test.after(() => server.close(AbortSignal.abort()))
  return server
}
