import type { WorkerSpec } from '@pelton/core'

/** A worker for a Python function, as the processor would ask for one. */
export function workerSpec(folder: string, handler: string, concurrency: number): WorkerSpec {
  return {
    index: 0,
    function: {
      name: 'bench',
      namespace: 'default',
      version: '1',
      description: '',
      folder,
      handler,
      runtime: 'python',
      functions: {},
    },
    trigger: { kind: 'http', name: 'http' },
    compat: 'none',
    concurrency,
    isolation: 'process',
    env: {},
    attributes: {},
    logLevel: 'info',
    exposeErrors: false,
    hooks: {
      log: (record) => process.stderr.write(`${record.message} ${JSON.stringify(record)}\n`),
      fault: (report) => process.stderr.write(`${report.message}\n`),
      call: async () => undefined,
    },
  }
}
