import type { FunctionConfig } from '@pelton/processor'

/** Whom an installation tells, and what ends it. */
export interface InstallOptions {
  say: (line: string) => void
  /** When it resolves, the installation is given up. */
  stop: Promise<unknown>
}

/** Installs what the function needs beside its own files. Rejects with the installer's error. */
export async function installDependencies(config: FunctionConfig, { say, stop }: InstallOptions): Promise<void> {
  const { kind, loadInstall } = config.runtimeManifest.manifest
  if (!loadInstall) return say(`--install: there is nothing to install for the runtime ${kind}`)
  const install = await loadInstall()
  const controller = new AbortController()
  void stop.then(() => controller.abort('a signal asked to stop'))
  const { folder, runtime, env } = config
  await install({ folder, runtime, env, progress: say, signal: controller.signal })
}
