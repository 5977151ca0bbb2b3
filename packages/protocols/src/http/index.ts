export { addHeader, setOwn } from './header-map.ts'
export {
  type HttpListener,
  type HttpListeners,
  type ListenOptions,
  createHttpListeners,
  httpListeners,
} from './http-listeners.ts'
export type {
  BodyEvents,
  BodyWriter,
  HttpHead,
  HttpRequest,
  HttpResponse,
  OnRequest,
  Precheck,
  PushBody,
} from './http-message.ts'
export { type ListenerLimits, defaultLimits } from './listener-limits.ts'
export { parseQuery } from './query.ts'
export { type HttpServer, type ServeOptions, serve } from './serve.ts'
export { type Route, Site, type SiteOptions } from './site.ts'
export { textAnswer } from './text-answer.ts'
export { type TlsFiles, readAuthorities, readTls } from './tls-files.ts'
export type { HttpUpgrade, OnUpgrade } from './upgrade.ts'
