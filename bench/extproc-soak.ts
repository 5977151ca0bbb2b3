// npx node bench/extproc-soak.ts [--transactions N] [--seconds S]: N transactions through Envoy and a processor, at most S
// seconds of them, and its memory meanwhile; exit code 1 when it went on growing. Wants what `npm run build` makes.
import { parseArgs } from 'node:util'
import { saturate } from './extproc/load.ts'
import { startProcessor, withProxiedServers } from './extproc/proxied-servers.ts'
import { residentMegabytes } from './process-tree.ts'
import { median, table, whole } from './samples.ts'

const { values } = parseArgs({
  options: {
    transactions: { type: 'string', default: '1000000' },
    seconds: { type: 'string', default: '900' },
  },
})
const size = { transactions: Number(values.transactions), seconds: Number(values.seconds) }
if (!(size.transactions > 0 && size.seconds > 0)) {
  process.stderr.write('--transactions and --seconds are numbers above zero\n')
  process.exit(1)
}

/** Until then the heap finds its size. */
const warmUpTransactions = 500_000
/** What the last quarter may have more than the second: garbage comes and goes by as much. */
const growthMb = 10
const { quarters, transactions, seconds } = await soak()
const rows = quarters.map((samples, i) => [
  `quarter ${i + 1}`,
  ...[Math.min(...samples), median(samples), Math.max(...samples)].map((mb) => `${mb.toFixed(1)} MB`),
])
process.stdout.write(
  `${whole(transactions)} transactions in ${seconds.toFixed(0)} s\n\n${table(['resident', 'lowest', 'median', 'highest'], rows)}\n`,
)
const [, second = [], , last = []] = quarters
const grownMb = median(last) - median(second)
if (transactions < size.transactions) {
  process.stderr.write(`only ${whole(transactions)} transactions were done in time\n`)
  process.exitCode = 1
}
if (grownMb > growthMb) {
  process.stderr.write(`memory grew by ${grownMb.toFixed(1)} MB from the second to the last quarter\n`)
  process.exitCode = 1
}

interface Soaked {
  /** Resident memory in megabytes, every quarter of a second. */
  quarters: number[][]
  transactions: number
  seconds: number
}

function soak(): Promise<Soaked> {
  return withProxiedServers({ Pelton: () => startProcessor('Pelton') }, async ({ proxied: [subject] }) => {
    const { processor, port } = subject ?? {}
    if (!processor || port === undefined) throw new Error('there is no processor')
    for (let done = 0; done < Math.min(warmUpTransactions, size.transactions);)
      done += (await saturate(port, 64, 2)).requests
    const since = performance.now()
    const elapsed = (): number => (performance.now() - since) / 1000
    const quarters: number[][] = [[], [], [], []]
    let transactions = 0
    const sampling = setInterval(() => {
      const quarter = Math.min(3, Math.floor((4 * transactions) / size.transactions))
      quarters[quarter]?.push(residentMegabytes(processor.pid))
    }, 250)
    try {
      while (transactions < size.transactions && elapsed() < size.seconds) {
        const { requests } = await saturate(port, 64, 2)
        transactions += requests
      }
    } finally {
      clearInterval(sampling)
    }
    return { quarters, transactions, seconds: elapsed() }
  })
}
