const types = 'type.googleapis.com/envoy.extensions'
const localhost = '127.0.0.1'

/**
 * A proxy with a listener for each processor, by its name and port; one without a port has no filter. It answers every
 * request itself, so that no upstream's noise is measured.
 */
export function envoyBootstrap(processors: ReadonlyMap<string, number | undefined>): object {
  const entries = [...processors]
  const clusters = entries.flatMap(([name, port]) => (port === undefined ? [] : [clusterOf(name, port)]))
  const listeners = entries.map(([name, port]) => listenerOf(name, port !== undefined))
  return { static_resources: { listeners, clusters } }
}

function listenerOf(name: string, isProcessed: boolean): object {
  const router = { name: 'router', typed_config: { '@type': `${types}.filters.http.router.v3.Router` } }
  const response = { status: 200, body: { inline_string: 'ok' } }
  const routes = [{ match: { prefix: '/' }, direct_response: response }]
  const connections = {
    '@type': `${types}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: name,
    route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
    http_filters: isProcessed ? [filterOf(name), router] : [router],
  }
  return {
    name,
    address: addressOf(0),
    filter_chains: [{ filters: [{ name: 'http', typed_config: connections }] }],
  }
}

function filterOf(cluster: string): object {
  const config = {
    '@type': `${types}.filters.http.ext_proc.v3.ExternalProcessor`,
    grpc_service: { envoy_grpc: { cluster_name: cluster } },
    processing_mode: { request_header_mode: 'SEND', response_header_mode: 'SEND' },
    // More than its default: how long a busy machine may stall is not what is measured.
    message_timeout: '2s',
  }
  return { name: 'ext_proc', typed_config: config }
}

function clusterOf(name: string, port: number): object {
  const options = {
    '@type': `${types}.upstreams.http.v3.HttpProtocolOptions`,
    explicit_http_config: { http2_protocol_options: {} },
  }
  return {
    name,
    type: 'STATIC',
    typed_extension_protocol_options: { 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': options },
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: addressOf(port) } }] }],
    },
  }
}

function addressOf(port: number): object {
  return { socket_address: { address: localhost, port_value: port } }
}
