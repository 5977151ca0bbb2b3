/** How Envoy sends a body to the processor. */
export type BodyMode = 'NONE' | 'BUFFERED' | 'BUFFERED_PARTIAL' | 'STREAMED' | 'FULL_DUPLEX_STREAMED'

/** `envoy.extensions.filters.http.ext_proc.v3.ProcessingMode`. */
export interface ProcessingMode {
  request_header_mode?: 'SEND' | 'SKIP'
  response_header_mode?: 'SEND' | 'SKIP'
  request_body_mode?: BodyMode
  response_body_mode?: BodyMode
  request_trailer_mode?: 'SEND' | 'SKIP'
  response_trailer_mode?: 'SEND' | 'SKIP'
}

/** A server that Envoy knows. */
export interface Cluster {
  name: string
  port: number
  isHttp2?: boolean
  /** Members added as they are: health checks, TLS. */
  more?: object
}

/** A path prefix and where it leads. */
export interface Route {
  prefix: string
  /** Name of the upstream's cluster. */
  upstream: string
  /** `ExtProcOverrides`; `false` switches the filter off. Absent: the filter as the listener has it. */
  extProc?: { processor?: string; mode?: ProcessingMode; more?: object } | false
}

/** A port of Envoy, for HTTP/1.1 and HTTP/2 without TLS alike. */
export interface Listener {
  name?: string
  /** Members of the filter's `ExternalProcessor`. */
  extProc: { processor: string; mode?: ProcessingMode; more?: object }
  routes: readonly Route[]
  /** HTTP filters before it. */
  filters?: readonly object[]
  /** Format of an access log that goes to stdout. */
  accessLog?: string
  bufferBytes?: number
}

/** The type URL of one of Envoy's messages. */
export const envoyType = (name: string): string => `type.googleapis.com/envoy.${name}`
const extProcType = 'extensions.filters.http.ext_proc.v3'
const defaultBufferBytes = 32 * 1024 * 1024

/** An Envoy's static bootstrap. */
export function bootstrapOf(listeners: readonly Listener[], clusters: readonly Cluster[]): object {
  return { static_resources: { listeners: listeners.map(listenerOf), clusters: clusters.map(clusterOf) } }
}

function listenerOf(listener: Listener, index: number): object {
  return {
    name: listener.name ?? `listener-${index}`,
    address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
    per_connection_buffer_limit_bytes: listener.bufferBytes ?? defaultBufferBytes,
    filter_chains: [{ filters: [{ name: 'hcm', typed_config: connectionOf(listener) }] }],
  }
}

function connectionOf({ extProc, routes, filters = [], accessLog }: Listener): object {
  const { processor, mode = {}, more = {} } = extProc
  const log = {
    '@type': envoyType('extensions.access_loggers.stream.v3.StdoutAccessLog'),
    log_format: { text_format_source: { inline_string: `${accessLog}\n` } },
  }
  return {
    '@type': envoyType('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'),
    stat_prefix: 'front',
    codec_type: 'AUTO',
    http_protocol_options: { enable_trailers: true },
    ...(accessLog === undefined ? {} : { access_log: [{ name: 'stdout', typed_config: log }] }),
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: routes.map(routeOf) }] },
    http_filters: [
      ...filters,
      {
        name: 'envoy.filters.http.ext_proc',
        typed_config: {
          '@type': envoyType(`${extProcType}.ExternalProcessor`),
          grpc_service: { envoy_grpc: { cluster_name: processor } },
          processing_mode: mode,
          message_timeout: '10s',
          ...more,
        },
      },
      { name: 'router', typed_config: { '@type': envoyType('extensions.filters.http.router.v3.Router') } },
    ],
  }
}

function routeOf({ prefix, upstream, extProc }: Route): object {
  const route = { match: { prefix }, route: { cluster: upstream, timeout: '30s' } }
  if (extProc === undefined) return route
  const override = extProc === false ? { disabled: true } : { overrides: overridesOf(extProc) }
  const perRoute = { '@type': envoyType(`${extProcType}.ExtProcPerRoute`), ...override }
  return { ...route, typed_per_filter_config: { 'envoy.filters.http.ext_proc': perRoute } }
}

function overridesOf({ processor, mode, more }: Exclude<Route['extProc'], false | undefined>): object {
  return {
    ...(processor === undefined ? {} : { grpc_service: { envoy_grpc: { cluster_name: processor } } }),
    ...(mode === undefined ? {} : { processing_mode: mode }),
    ...more,
  }
}

function clusterOf({ name, port, isHttp2 = false, more = {} }: Cluster): object {
  const explicit = isHttp2 ? { http2_protocol_options: {} } : { http_protocol_options: { enable_trailers: true } }
  return {
    name,
    type: 'STATIC',
    connect_timeout: '5s',
    per_connection_buffer_limit_bytes: defaultBufferBytes,
    load_assignment: { cluster_name: name, endpoints: [{ lb_endpoints: [{ endpoint: endpointOf(port) }] }] },
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': envoyType('extensions.upstreams.http.v3.HttpProtocolOptions'),
        explicit_http_config: explicit,
      },
    },
    ...more,
  }
}

function endpointOf(port: number): object {
  return { address: { socket_address: { address: '127.0.0.1', port_value: port } } }
}
