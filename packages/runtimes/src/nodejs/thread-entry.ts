import { openThreadHost } from '@pelton/protocols/worker'
import { startHost } from './host-start.ts'
import { portControl } from './port-control.ts'
import type { ThreadExtra } from './thread-extra.ts'

const { channel, begun, extra } = openThreadHost()
const exit = process.exit.bind(process)
const { resident } = extra as ThreadExtra

startHost({
  channel,
  begun,
  ...(resident ? { resident: { control: portControl(resident.port), data: resident.data } } : {}),
  end: () => exit(0),
})
