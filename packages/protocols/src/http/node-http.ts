const http = process.getBuiltinModule('node:http')

/**
 * What is used of `node:http`. An `import` of it would load its WebSocket and fetch as well: 20 ms of start-up and
 * 12 MB of memory that nobody here uses.
 */
export const { IncomingMessage, STATUS_CODES, ServerResponse, createServer, validateHeaderName, validateHeaderValue } =
  http
