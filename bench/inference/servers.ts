import { fileURLToPath } from 'node:url'
import { findFreePort } from '@pelton/testkit'
import { kservePeer } from '../../scripts/tools/kserve-peer.ts'
import { type Server, environment, startServing } from '../servers.ts'

const here = fileURLToPath(new URL('.', import.meta.url))
const bin = fileURLToPath(new URL('../../packages/cli/bin/pelton.cjs', import.meta.url))

/** A server of the protocol; `port` is that of REST. */
export interface InferServer extends Server {
  grpcPort: number
}

/** What a model is served by. */
export interface Served {
  /** Below `bench`. */
  folder: string
  handler?: string
  /** More `--set` values. */
  sets?: readonly string[]
}

/** Starts a function as users do; Python is that of the peer. */
export async function startFunction(name: string, { folder, handler, sets = [] }: Served): Promise<InferServer> {
  const [port, grpcPort] = [await findFreePort(), await findFreePort()]
  const attributes = 'spec.triggers.models.attributes'
  const all = [`${attributes}.rest_port=${port}`, `${attributes}.grpc_port=${grpcPort}`, ...sets]
  if (handler !== undefined) all.push(`spec.handler=${handler}`)
  const args = [bin, 'run', `${here}../${folder}`, '--log-format', 'json', ...all.flatMap((set) => ['--set', set])]
  const env = { ...environment(), PELTON_PYTHON: await peerPython() }
  const command = { file: process.execPath, args, env }
  return { ...(await startServing({ name, port, command, readyPath: '/v2/health/ready' })), grpcPort }
}

/** Starts the peer: KServe's server with one worker. `flags`: `quiet` leaves its latency log out. */
export async function startKserve(name: string, flags: readonly string[] = []): Promise<InferServer> {
  const [port, grpcPort] = [await findFreePort(), await findFreePort()]
  const args = [`${here}kserve-server.py`, String(port), String(grpcPort), ...flags]
  const command = { file: await peerPython(), args, env: environment() }
  return { ...(await startServing({ name, port, command, readyPath: '/v2/health/ready' })), grpcPort }
}

async function peerPython(): Promise<string> {
  const { python, skip } = await kservePeer()
  if (python === undefined) throw new Error(`the benchmark of inference ${skip}`)
  return python
}
